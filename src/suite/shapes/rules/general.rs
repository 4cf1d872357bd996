//! Adding, removing, replacing, painting, counting.

use super::{Rule, beside, class, newcomer, paint, someone, word};
use crate::suite::shapes::board::{Colour, Direction, Object, Shape};
use crate::suite::shapes::dice::Dice;
use crate::suite::shapes::stage::Stage;

pub(super) const RULES: [Rule; 8] = [
    add, remove, replace, recolour, remove_all, paint_all, compare, parity,
];

fn add(dice: &mut Dice, stage: &mut Stage) -> Option<String> {
    let (mate, b) = someone(dice, stage)?;
    let object = newcomer(dice, stage)?;
    let direction = dice.pick(&Direction::ALL)?;
    let cell = beside(stage, mate, direction)?;
    stage.add(object, cell);
    let side = direction.side();
    word(
        dice,
        &[
            format!("add a {object} directly {side} {b}"),
            format!("draw a {object} in the cell {side} {b}"),
        ],
    )
}

fn remove(dice: &mut Dice, stage: &mut Stage) -> Option<String> {
    let (id, a) = someone(dice, stage)?;
    stage.remove(id);
    word(
        dice,
        &[
            format!("remove {a}"),
            format!("take {a} away"),
            format!("delete {a}"),
        ],
    )
}

fn replace(dice: &mut Dice, stage: &mut Stage) -> Option<String> {
    let (id, a) = someone(dice, stage)?;
    let object = newcomer(dice, stage)?;
    stage.turn(id, object);
    word(
        dice,
        &[
            format!("replace {a} by a {object}"),
            format!("turn {a} into a {object}"),
        ],
    )
}

fn recolour(dice: &mut Dice, stage: &mut Stage) -> Option<String> {
    let (id, a) = someone(dice, stage)?;
    let colour = dice.pick(&Colour::ALL)?;
    let shape = stage.get(id)?.object.shape;
    (!stage.has(Object { colour, shape })).then_some(())?;
    paint(stage, id, colour)?;
    let colour = colour.name();
    word(
        dice,
        &[format!("paint {a} {colour}"), format!("make {a} {colour}")],
    )
}

fn remove_all(dice: &mut Dice, stage: &mut Stage) -> Option<String> {
    let (class, members) = class(dice, stage, 2, 3)?;
    members.into_iter().for_each(|id| stage.remove(id));
    let all = class.plural();
    word(
        dice,
        &[format!("remove all {all}"), format!("take away all {all}")],
    )
}

fn paint_all(dice: &mut Dice, stage: &mut Stage) -> Option<String> {
    let (class, members) = class(dice, stage, 2, 3)?;
    let colour = dice.pick(&Colour::ALL)?;
    let changed: Vec<_> = members
        .into_iter()
        .filter_map(|id| paint(stage, id, colour))
        .collect();
    (!changed.is_empty()).then_some(())?;
    let (all, colour) = (class.plural(), colour.name());
    word(
        dice,
        &[
            format!("paint all {all} {colour}"),
            format!("make all {all} {colour}"),
        ],
    )
}

/// What is to be done depends on which of two shapes there are more of.
fn compare(dice: &mut Dice, stage: &mut Stage) -> Option<String> {
    stage.is_fresh().then_some(())?;
    let (id, a) = someone(dice, stage)?;
    let (many, few) = (dice.pick(&Shape::ALL)?, dice.pick(&Shape::ALL)?);
    let count = |shape| stage.which(|piece| piece.object.shape == shape).len();
    (many != few && count(many) + count(few) >= 2).then_some(())?;
    let holds = count(many) > count(few);
    let (yes, no) = (dice.pick(&Colour::ALL)?, dice.pick(&Colour::ALL)?);
    (yes != no).then_some(())?;
    paint(stage, id, if holds { yes } else { no })?;
    let (many, few, yes, no) = (many.plural(), few.plural(), yes.name(), no.name());
    word(
        dice,
        &[
            format!("if there are more {many} than {few}, paint {a} {yes}, otherwise {no}"),
            format!("paint {a} {yes} if {many} outnumber {few}, else {no}"),
        ],
    )
}

/// What is to be done depends on how many shapes there are.
fn parity(dice: &mut Dice, stage: &mut Stage) -> Option<String> {
    stage.is_fresh().then_some(())?;
    let ((id, a), colour) = (someone(dice, stage)?, dice.pick(&Colour::ALL)?);
    if stage.pieces().count().is_multiple_of(2) {
        stage.remove(id);
    } else {
        paint(stage, id, colour)?;
    }
    let colour = colour.name();
    word(
        dice,
        &[
            format!(
                "count the shapes: if their number is even, remove {a}, otherwise paint it {colour}"
            ),
            format!("remove {a} if there is an even number of shapes, else paint it {colour}"),
        ],
    )
}
