//! How instructions refer to objects: by what they are, by where they lie, or by
//! a chain over another object. Every name fits exactly one object.

use super::board::{Cell, Direction};
use super::dice::Dice;
use super::stage::{Piece, PieceId, Stage};
use super::target::Class;

/// A name for a piece. Once something has happened, only pieces that it did not
/// touch are named, and only by what they are, so that it does not matter whether
/// a reader thinks of the picture before or after. `None` where there is no such name.
pub fn name(dice: &mut Dice, stage: &Stage, id: PieceId) -> Option<String> {
    let piece = stage.get(id)?;
    if !stage.is_fresh() {
        return plain(stage, piece).filter(|_| piece.is_untouched());
    }
    let by_chain = chains(dice, stage, id);
    if !by_chain.is_empty() && dice.chance(40) {
        return dice.pick(&by_chain);
    }
    let mut names: Vec<String> = plain(stage, piece).into_iter().collect();
    names.extend(by_class(stage, piece));
    names.extend(by_extreme(stage, id));
    dice.pick(&names)
}

/// A name by what the piece is: `the red circle`.
pub fn plain(stage: &Stage, piece: &Piece) -> Option<String> {
    let alike = stage.which(|other| other.object == piece.object).len();
    (alike == 1).then(|| format!("the {}", piece.object))
}

/// Names by shape alone or by colour alone, where there is no other.
fn by_class(stage: &Stage, piece: &Piece) -> Vec<String> {
    [
        Class::from(piece.object.shape),
        Class::from(piece.object.colour),
    ]
    .into_iter()
    .filter(|class| stage.which(|other| class.holds(other.object)).len() == 1)
    .map(|class| format!("the {class}"))
    .collect()
}

/// Names by lying furthest to one side, alone.
fn by_extreme(stage: &Stage, id: PieceId) -> Vec<String> {
    let words = ["highest", "lowest", "leftmost", "rightmost"];
    Direction::ALL
        .into_iter()
        .zip(words)
        .filter(|(direction, _)| extreme(stage, *direction) == Some(id))
        .map(|(_, word)| format!("the {word} shape"))
        .collect()
}

/// The piece that lies further in a direction than all others.
pub fn extreme(stage: &Stage, direction: Direction) -> Option<PieceId> {
    let order = stage.foremost_first(stage.which(|_| true), direction);
    let along = |id: &PieceId| {
        stage.get(*id).map(|piece| match direction {
            Direction::Up | Direction::Down => piece.cell.row(),
            Direction::Left | Direction::Right => piece.cell.column(),
        })
    };
    match order.as_slice() {
        [first, second, ..] if along(first) != along(second) => Some(*first),
        [only] => Some(*only),
        _ => None,
    }
}

/// Names over another piece: next to it, or alone with it in a row or column.
fn chains(dice: &mut Dice, stage: &Stage, id: PieceId) -> Vec<String> {
    let Some(piece) = stage.get(id) else {
        return Vec::new();
    };
    let mut names = Vec::new();
    for (other_id, other) in stage.pieces().filter(|(other, _)| *other != id) {
        let mut anchors: Vec<String> = plain(stage, other).into_iter().collect();
        anchors.extend(by_class(stage, other));
        anchors.extend(by_extreme(stage, other_id));
        let Some(anchor) = dice.pick(&anchors) else {
            continue;
        };
        for direction in Direction::ALL {
            if other.cell.next(direction) == Some(piece.cell) {
                names.push(format!("the shape directly {} {anchor}", direction.side()));
            }
        }
        for (line, word) in [
            (Cell::row as fn(Cell) -> u8, "row"),
            (Cell::column, "column"),
        ] {
            let mates = stage.which(|mate| line(mate.cell) == line(other.cell));
            if line(piece.cell) == line(other.cell) && mates.len() == 2 {
                names.push(format!("the shape in the same {word} as {anchor}"));
            }
        }
    }
    names
}

/// `one cell`, `two cells` …: numbers in words, as far as the world counts.
pub fn number(count: usize) -> &'static str {
    const WORDS: [&str; 10] = [
        "no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine",
    ];
    WORDS.get(count).copied().unwrap_or("many")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::suite::shapes::board::Board;

    #[test]
    fn names_fit_one_object() {
        let board: Board = [
            ("a1", "red circle"),
            ("b1", "blue star"),
            ("d4", "red star"),
        ]
        .into_iter()
        .map(|(cell, object)| (cell.parse().unwrap(), object.parse().unwrap()))
        .collect();
        let stage = Stage::new(&board);
        let star = stage.at("b1".parse().unwrap()).unwrap();
        let mut seen = std::collections::BTreeSet::new();
        for seed in 0..200 {
            seen.insert(name(&mut Dice::new(seed, "test", 0), &stage, star).unwrap());
        }
        assert!(seen.contains("the blue star") && seen.contains("the blue shape"));
        assert!(seen.contains("the shape directly right of the circle"));
        assert!(seen.contains("the shape in the same row as the leftmost shape"));
        assert!(!seen.contains("the star") && !seen.contains("the highest shape"));
    }
}
