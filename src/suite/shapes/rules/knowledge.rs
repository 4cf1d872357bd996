//! What needs facts from outside the picture.

use super::{Rule, beside, paint, someone, word};
use crate::suite::shapes::board::{Direction, Object};
use crate::suite::shapes::dice::Dice;
use crate::suite::shapes::facts::{COLOURS, NUMBERS, SHAPES};
use crate::suite::shapes::stage::Stage;
use crate::suite::shapes::target::Class;

pub(super) const RULES: [Rule; 6] = [
    paint_like,
    paint_like,
    form_like,
    remove_alike,
    go_as_many,
    add_like,
];

fn paint_like(dice: &mut Dice, stage: &mut Stage) -> Option<String> {
    let (id, a) = someone(dice, stage)?;
    let (thing, colour) = dice.pick(&COLOURS)?;
    absent(
        stage,
        Object {
            colour,
            ..stage.get(id)?.object
        },
    )?;
    paint(stage, id, colour)?;
    word(
        dice,
        &[
            format!("paint {a} the colour of {thing}"),
            format!("give {a} the colour of {thing}"),
            format!("make {a} the same colour as {thing}"),
        ],
    )
}

fn form_like(dice: &mut Dice, stage: &mut Stage) -> Option<String> {
    let (id, a) = someone(dice, stage)?;
    let (thing, shape) = dice.pick(&SHAPES)?;
    let object = Object {
        shape,
        ..stage.get(id)?.object
    };
    absent(stage, object)?;
    stage.turn(id, object);
    word(
        dice,
        &[
            format!("give {a} the form of {thing}"),
            format!("turn {a} into the form of {thing}"),
        ],
    )
}

fn remove_alike(dice: &mut Dice, stage: &mut Stage) -> Option<String> {
    let (thing, class) = if dice.chance(60) {
        let (thing, colour) = dice.pick(&COLOURS)?;
        (format!("the colour of {thing}"), Class::from(colour))
    } else {
        let (thing, shape) = dice.pick(&SHAPES)?;
        (format!("the form of {thing}"), Class::from(shape))
    };
    let members = stage.which(|piece| class.holds(piece.object));
    (stage.is_fresh() && (1..=3).contains(&members.len())).then_some(())?;
    members.into_iter().for_each(|id| stage.remove(id));
    word(
        dice,
        &[
            format!("remove every shape that has {thing}"),
            format!("take away all that has {thing}"),
        ],
    )
}

fn go_as_many(dice: &mut Dice, stage: &mut Stage) -> Option<String> {
    let (id, a) = someone(dice, stage)?;
    let (thing, count) = dice.pick(&NUMBERS)?;
    let direction = dice.pick(&Direction::ALL)?;
    let mut cell = stage.get(id)?.cell;
    for _ in 0..count {
        cell = cell.next(direction)?;
    }
    let cell = stage.free(Some(cell))?;
    stage.place(id, cell);
    let way = direction.name();
    word(
        dice,
        &[
            format!("move {a} {way} by as many cells as {thing}"),
            format!("shift {a} as many cells {way} as {thing}"),
        ],
    )
}

fn add_like(dice: &mut Dice, stage: &mut Stage) -> Option<String> {
    let (mate, b) = someone(dice, stage)?;
    let ((form, shape), (tint, colour)) = (dice.pick(&SHAPES)?, dice.pick(&COLOURS)?);
    let direction = dice.pick(&Direction::ALL)?;
    let object = Object { colour, shape };
    absent(stage, object)?;
    let cell = beside(stage, mate, direction)?;
    stage.add(object, cell);
    let side = direction.side();
    word(
        dice,
        &[
            format!(
                "add a shape with the form of {form} and the colour of {tint} directly {side} {b}"
            ),
            format!(
                "directly {side} {b}, add something formed like {form} and coloured like {tint}"
            ),
        ],
    )
}

/// Two objects alike would leave later names without a bearer.
fn absent(stage: &Stage, object: Object) -> Option<()> {
    (!stage.has(object)).then_some(())
}
