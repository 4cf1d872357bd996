//! What a stated process has done some steps later.

use super::{Rule, class, number, word};
use crate::suite::shapes::board::{Colour, Direction, Object, Shape};
use crate::suite::shapes::dice::Dice;
use crate::suite::shapes::naming::extreme;
use crate::suite::shapes::stage::Stage;
use crate::suite::shapes::target::Class;

pub(super) const RULES: [Rule; 5] = [drift, ripen, become_other, fade, grow];

/// The question after a process: what is there so many steps later.
fn later(dice: &mut Dice, process: &str, steps: usize) -> Option<String> {
    let count = format!(
        "{} step{}",
        number(steps),
        if steps == 1 { "" } else { "s" }
    );
    word(
        dice,
        &[
            format!("{process}. Show the picture after {count}"),
            format!("{process}. Draw what is there {count} later"),
            format!("{process}. Let {count} pass"),
        ],
    )
}

/// In each step the foremost moves first, so that a queue moves together.
fn drift(dice: &mut Dice, stage: &mut Stage) -> Option<String> {
    let (class, members) = class(dice, stage, 1, 3)?;
    let direction = dice.pick(&Direction::ALL)?;
    let steps = 1 + dice.below(3);
    for _ in 0..steps {
        for id in stage.foremost_first(members.clone(), direction) {
            stage.step(id, direction);
        }
    }
    let (who, way) = (class.plural(), direction.name());
    let process = word(
        dice,
        &[
            format!("in each step {who} move one cell {way} and wait when blocked"),
            format!("{who} drift {way} by one cell per step unless something is in the way"),
        ],
    )?;
    later(dice, &process, steps)
}

/// Colours follow each other; all at once in each step.
fn ripen(dice: &mut Dice, stage: &mut Stage) -> Option<String> {
    let chain = dice.some(&Colour::ALL, 3);
    let &[first, second, third] = chain.as_slice() else {
        return None;
    };
    let steps = 1 + dice.below(2);
    let follow = |object: Object| Object {
        colour: follower(object.colour, [first, second, third]),
        ..object
    };
    all_at_once(stage, steps, follow);
    let [a, b] = [first, second].map(|colour| Class::from(colour).plural());
    let (b_name, c_name) = (second.name(), third.name());
    let process = word(
        dice,
        &[
            format!("in each step {a} turn {b_name} and {b} turn {c_name}"),
            format!("{a} ripen to {b_name} and {b} to {c_name}, one colour per step"),
        ],
    )?;
    later(dice, &process, steps)
}

/// Shapes follow each other; all at once in each step.
fn become_other(dice: &mut Dice, stage: &mut Stage) -> Option<String> {
    let chain = dice.some(&Shape::ALL, 3);
    let &[first, second, third] = chain.as_slice() else {
        return None;
    };
    let steps = 1 + dice.below(2);
    let follow = |object: Object| Object {
        shape: follower(object.shape, [first, second, third]),
        ..object
    };
    all_at_once(stage, steps, follow);
    let [a, b, c] = [first, second, third].map(Shape::plural);
    let process = word(
        dice,
        &[
            format!("in each step {a} become {b} and {b} become {c}"),
            format!("{a} grow into {b} and {b} into {c}, one form per step"),
        ],
    )?;
    later(dice, &process, steps)
}

fn follower<T: Copy + PartialEq>(value: T, [first, second, third]: [T; 3]) -> T {
    if value == first {
        second
    } else if value == second {
        third
    } else {
        value
    }
}

fn all_at_once(stage: &mut Stage, steps: usize, follow: impl Fn(Object) -> Object) {
    let now: Vec<_> = stage
        .pieces()
        .map(|(id, piece)| (id, piece.object))
        .collect();
    for (id, object) in now {
        let then = (0..steps).fold(object, |object, _| follow(object));
        stage.turn(id, then);
    }
}

/// The outermost shape vanishes in each step.
fn fade(dice: &mut Dice, stage: &mut Stage) -> Option<String> {
    let direction = dice.pick(&Direction::ALL)?;
    let steps = 1 + dice.below(2);
    for _ in 0..steps {
        let id = extreme(stage, direction)?;
        stage.remove(id);
    }
    let which = match direction {
        Direction::Up => "highest",
        Direction::Down => "lowest",
        Direction::Left => "leftmost",
        Direction::Right => "rightmost",
    };
    let process = word(
        dice,
        &[
            format!("in each step the {which} shape vanishes"),
            format!("with every step the shape that is then {which} fades away"),
        ],
    )?;
    later(dice, &process, steps)
}

/// Members of a class leave copies where there is room.
fn grow(dice: &mut Dice, stage: &mut Stage) -> Option<String> {
    let (class, members) = class(dice, stage, 1, 3)?;
    let direction = dice.pick(&Direction::ALL)?;
    let side = direction.side();
    for id in members {
        let piece = stage.get(id)?.clone();
        if let Some(cell) = stage.free(piece.cell.next(direction)) {
            stage.add(piece.object, cell);
        }
    }
    let who = class.plural();
    let process = word(
        dice,
        &[
            format!("in each step {who} leave a copy in the cell {side} them if it is free"),
            format!("{who} send out a twin to the free cell {side} them in every step"),
        ],
    )?;
    later(dice, &process, 1)
}
