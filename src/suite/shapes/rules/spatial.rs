//! Where things go, relative to others.

use super::{Rule, beside, cells, someone, two, word};
use crate::suite::shapes::board::{Cell, Direction, SIDE};
use crate::suite::shapes::dice::Dice;
use crate::suite::shapes::stage::Stage;

pub(super) const RULES: [Rule; 6] = [
    go_beside,
    go_beside,
    go_some_cells,
    swap,
    slide,
    go_to_corner,
];

fn go_beside(dice: &mut Dice, stage: &mut Stage) -> Option<String> {
    let ((id, a), (mate, b)) = two(dice, stage)?;
    let direction = dice.pick(&Direction::ALL)?;
    let side = direction.side();
    let cell = beside(stage, mate, direction)?;
    stage.place(id, cell);
    word(
        dice,
        &[
            format!("move {a} to the cell {side} {b}"),
            format!("put {a} directly {side} {b}"),
            format!("place {a} so that it is directly {side} {b}"),
        ],
    )
}

fn go_some_cells(dice: &mut Dice, stage: &mut Stage) -> Option<String> {
    let (id, a) = someone(dice, stage)?;
    let direction = dice.pick(&Direction::ALL)?;
    let count = 1 + dice.below(3);
    let mut cell = stage.get(id)?.cell;
    for _ in 0..count {
        cell = cell.next(direction)?;
    }
    let cell = stage.free(Some(cell))?;
    stage.place(id, cell);
    let (far, way) = (cells(count), direction.name());
    word(
        dice,
        &[
            format!("move {a} {far} {way}"),
            format!("shift {a} {way} by {far}"),
            format!("let {a} jump {far} {way}"),
        ],
    )
}

fn swap(dice: &mut Dice, stage: &mut Stage) -> Option<String> {
    let ((id, a), (mate, b)) = two(dice, stage)?;
    let (here, there) = (stage.get(id)?.cell, stage.get(mate)?.cell);
    stage.place(id, there);
    stage.place(mate, here);
    word(
        dice,
        &[
            format!("swap {a} and {b}"),
            format!("let {a} and {b} trade places"),
            format!("exchange the places of {a} and {b}"),
        ],
    )
}

fn slide(dice: &mut Dice, stage: &mut Stage) -> Option<String> {
    let (id, a) = someone(dice, stage)?;
    let direction = dice.pick(&Direction::ALL)?;
    let way = direction.name();
    (stage.slide(id, direction) > 0).then_some(())?;
    word(
        dice,
        &[
            format!("slide {a} {way} until something stops it"),
            format!("push {a} {way} as far as it can go"),
        ],
    )
}

fn go_to_corner(dice: &mut Dice, stage: &mut Stage) -> Option<String> {
    let (id, a) = someone(dice, stage)?;
    let (right, low) = (dice.chance(50), dice.chance(50));
    let end = |far: bool| if far { SIDE - 1 } else { 0 };
    let cell = stage.free(Cell::at(end(right), end(low)))?;
    stage.place(id, cell);
    let corner = format!(
        "{} {} corner",
        if low { "bottom" } else { "top" },
        if right { "right" } else { "left" }
    );
    word(
        dice,
        &[
            format!("move {a} to the {corner}"),
            format!("put {a} in the {corner}"),
        ],
    )
}
