//! Random input scenes, and which of them are held out for suites.

use super::board::{Board, Cell, Colour, Direction, Object, Shape};
use super::dice::Dice;
use super::target::Need;
use crate::common::digest::Digest;

/// Fewest objects of an input scene.
const FEWEST: usize = 4;
/// Most objects of an input scene.
const MOST: usize = 6;
/// One combination in so many is held out.
const HELD_OUT_ONE_IN: u64 = 8;

/// Who a task is made for. Suites and training data share no combination: no set
/// of objects of an input scene, and no set of needs of a prompt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Split {
    /// Suites of every seed.
    Test,
    /// Training data of every seed.
    Training,
}

impl Split {
    fn of(combination: &str) -> Self {
        let digest = Digest::of_fields([b"parabench shapes split 1", combination.as_bytes()]);
        if digest.as_u64().is_multiple_of(HELD_OUT_ONE_IN) {
            Self::Test
        } else {
            Self::Training
        }
    }

    /// Whether an input scene belongs here: by the set of its objects, wherever
    /// they lie.
    pub fn has_scene(self, board: &Board) -> bool {
        Self::of(&inventory(board)) == self
    }

    /// Whether a generation prompt belongs here: by its needs, however worded.
    pub fn has_needs(self, needs: &[Need]) -> bool {
        Self::of(&needs_key(needs)) == self
    }
}

/// The needs of a prompt in a fixed order, however worded.
pub fn needs_key(needs: &[Need]) -> String {
    let mut names: Vec<String> = needs.iter().map(|need| format!("{need:?}")).collect();
    names.sort();
    names.join(";")
}

/// The objects of a board in the order of their names, without their places.
pub fn inventory(board: &Board) -> String {
    let mut names: Vec<String> = board.values().map(Object::to_string).collect();
    names.sort();
    names.join(", ")
}

/// A scene of four to six objects, no two alike, many in touch or in line with
/// each other. `None` when the throw does not work out.
pub fn scene(dice: &mut Dice, split: Split) -> Option<Board> {
    let count = FEWEST + dice.below(MOST - FEWEST + 1);
    let objects = objects(dice, count);
    let board = place(dice, &objects)?;
    split.has_scene(&board).then_some(board)
}

/// Different objects of few colours and shapes, so that classes have several members.
fn objects(dice: &mut Dice, count: usize) -> Vec<Object> {
    let (few, many) = (3 + dice.below(2), 3 + dice.below(2));
    let colours = dice.some(&Colour::ALL, few);
    let shapes = dice.some(&Shape::ALL, many);
    let pairs: Vec<Object> = colours
        .iter()
        .flat_map(|&colour| shapes.iter().map(move |&shape| Object { colour, shape }))
        .collect();
    dice.some(&pairs, count)
}

fn place(dice: &mut Dice, objects: &[Object]) -> Option<Board> {
    let mut board = Board::new();
    for &object in objects {
        let cell = free_cell(dice, &board)?;
        board.insert(cell, object);
    }
    Some(board)
}

fn free_cell(dice: &mut Dice, board: &Board) -> Option<Cell> {
    let taken: Vec<Cell> = board.keys().copied().collect();
    let near = match dice.pick(&taken) {
        Some(mate) if dice.chance(35) => mate.next(dice.pick(&Direction::ALL)?),
        Some(mate) if dice.chance(35) => {
            let along = dice.below(6) as u8;
            let in_row = dice.chance(50);
            let (column, row) = if in_row {
                (along, mate.row())
            } else {
                (mate.column(), along)
            };
            Cell::at(column, row)
        }
        _ => Cell::at(dice.below(6) as u8, dice.below(6) as u8),
    };
    near.filter(|cell| !board.contains_key(cell)).or_else(|| {
        let free: Vec<Cell> = Cell::all().filter(|c| !board.contains_key(c)).collect();
        dice.pick(&free)
    })
}
