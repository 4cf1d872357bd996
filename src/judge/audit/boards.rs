//! Boards with more and more of them wrong.

use super::texts::{other_colour, shuffled};
use crate::suite::shapes::board::{Board, Cell, Object};
use crate::suite::shapes::target::Change;

/// The right board with one required change after the other carried out in the wrong colour,
/// then not at all; the last one is the board before.
pub fn undone(before: &Board, after: &Board, changes: &[Change]) -> Vec<Board> {
    let mut board = after.clone();
    let mut boards = Vec::new();
    for change in changes {
        let cells = cells_of(change);
        if let Some(object) = cells.last().and_then(|cell| board.get_mut(cell)) {
            object.colour = other_colour(object.colour);
            boards.push(board.clone());
        }
        for cell in cells {
            match before.get(&cell) {
                Some(object) => board.insert(cell, *object),
                None => board.remove(&cell),
            };
        }
        boards.push(board.clone());
    }
    boards
}

/// The cells that a change touches; the one that it fills comes last.
fn cells_of(change: &Change) -> Vec<Cell> {
    match change {
        Change::Move { from, to, .. } => vec![*from, *to],
        Change::Turn { at, .. } | Change::Remove { at, .. } | Change::Add { at, .. } => vec![*at],
    }
}

/// The right board with more and more of the objects that were to stay swapped for others.
pub fn disturbed(before: &Board, after: &Board, seed: u64) -> Vec<Board> {
    let stays: Vec<Cell> = after
        .iter()
        .filter(|(cell, object)| before.get(cell) == Some(object))
        .map(|(cell, _)| *cell)
        .collect();
    swapped(after, &stays, seed)
}

/// The board with more and more of its objects swapped for others.
pub fn wrong_objects(board: &Board, seed: u64) -> Vec<Board> {
    let cells: Vec<Cell> = board.keys().copied().collect();
    swapped(board, &cells, seed)
}

fn swapped(board: &Board, cells: &[Cell], seed: u64) -> Vec<Board> {
    let mut board = board.clone();
    let mut boards = Vec::new();
    for cell in shuffled(cells.len(), seed)
        .into_iter()
        .filter_map(|place| cells.get(place))
    {
        if let Some(object) = board.get_mut(cell) {
            *object = other_object(*object);
            boards.push(board.clone());
        }
    }
    boards
}

/// An object of another colour and another shape.
fn other_object(object: Object) -> Object {
    let next = usize::from(object.code()) + 6;
    Object::all().cycle().nth(next).unwrap_or(object)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn board(cells: &[(&str, &str)]) -> Board {
        cells
            .iter()
            .map(|(cell, object)| (cell.parse().unwrap(), object.parse().unwrap()))
            .collect()
    }

    #[test]
    fn each_step_spoils_one_thing_more() {
        let before = board(&[
            ("a1", "red circle"),
            ("b2", "blue star"),
            ("c3", "pink heart"),
        ]);
        let after = board(&[
            ("a2", "red circle"),
            ("b2", "blue star"),
            ("c3", "pink heart"),
        ]);
        let change = Change::Move {
            object: "red circle".parse().unwrap(),
            from: "a1".parse().unwrap(),
            to: "a2".parse().unwrap(),
        };
        let boards = undone(&before, &after, &[change]);
        assert_eq!(boards.len(), 2);
        assert_eq!(boards.last(), Some(&before));
        let boards = disturbed(&before, &after, 1);
        assert_eq!(boards.len(), 2);
        for (count, board) in boards.iter().enumerate() {
            assert_eq!(
                board.get(&"a2".parse().unwrap()),
                after.get(&"a2".parse().unwrap())
            );
            let wrong = board
                .iter()
                .filter(|(cell, object)| after.get(cell) != Some(object));
            assert_eq!(wrong.count(), count + 1);
        }
        let object: Object = "black heart".parse().unwrap();
        let other = other_object(object);
        assert!(other.colour != object.colour && other.shape != object.shape);
    }
}
