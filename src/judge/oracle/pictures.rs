//! Marks of the axes that look at pictures.

use std::collections::BTreeSet;

use super::finding::OracleFinding;
use super::needs::met;
use super::reader::{Content, Reading};
use super::text::{Claims, Step};
use crate::suite::shapes::board::{Board, Cell, Object};
use crate::suite::shapes::target::{Change, Need, Truth};

/// Distance to the clean tile up to which a cell is well drawn, in 8-bit levels.
const CLEAN: f32 = 14.0;
/// Distance from which it counts for nothing.
const SPOILT: f32 = 40.0;

/// Image quality: how near what is drawn comes to the clean tiles. A picture in
/// which no object can be read has none.
pub fn quality(output: &Reading) -> OracleFinding {
    let (mut drawn, mut bare) = (Vec::new(), Vec::new());
    for (_, cell) in output.cells() {
        let credit = f64::from((SPOILT - cell.distance) / (SPOILT - CLEAN)).clamp(0.0, 1.0);
        match cell.content {
            Content::Empty => bare.push(credit),
            Content::Object(_) => drawn.push(credit),
            Content::Unclear => drawn.push(0.0),
        }
    }
    let mean = |credits: &[f64]| credits.iter().sum::<f64>() / credits.len() as f64;
    let board = if bare.is_empty() { 1.0 } else { mean(&bare) };
    let share = if output.board().is_empty() {
        0.0
    } else {
        mean(&drawn) * board
    };
    OracleFinding::of(
        share,
        format!(
            "{} objects read, {} cells unclear",
            output.board().len(),
            output.unclear()
        ),
    )
}

/// Image alignment: the share of required changes, or of needs, that is there.
pub fn alignment(truth: &Truth, output: &Reading) -> OracleFinding {
    match truth {
        Truth::Edit {
            before,
            after,
            changes,
        } => {
            let credits: Vec<f64> = changes
                .iter()
                .map(|change| change_credit(change, changes, before, after, output))
                .collect();
            OracleFinding::share(
                credits.iter().sum(),
                credits.len(),
                "required changes present",
            )
        }
        Truth::Generation { needs, .. } => {
            let board = output.board();
            let strict = |need: &Need| match need {
                // What cannot be read may be anything.
                Need::Only { .. } if output.unclear() > 0 => 0.0,
                need => met(&board, need),
            };
            OracleFinding::share(needs.iter().map(strict).sum(), needs.len(), "needs met")
        }
    }
}

/// How far one change is there: 1 when its cells show what they must, less when an
/// attribute is wrong or the old place is not as it must be.
fn change_credit(
    change: &Change,
    all: &[Change],
    before: &Board,
    after: &Board,
    output: &Reading,
) -> f64 {
    let cell_credit = |cell: Cell| credit(cell, before, after, output);
    match change {
        Change::Move { from, to, .. } => {
            let left = if output.shows(*from, after.get(from).copied()) {
                1.0
            } else {
                0.5
            };
            left * cell_credit(*to)
        }
        Change::Turn { object, at, .. } => {
            let moved = all.iter().find_map(|other| match other {
                Change::Move {
                    object: what, to, ..
                } if what == object => Some(*to),
                _ => None,
            });
            cell_credit(moved.unwrap_or(*at))
        }
        Change::Remove { at, .. } | Change::Add { at, .. } => cell_credit(*at),
    }
}

/// A cell that had to change: 1 when right, 0 when as before, and half the share
/// of newly right attributes when it holds a wrong object.
fn credit(cell: Cell, before: &Board, after: &Board, output: &Reading) -> f64 {
    let (old, new) = (before.get(&cell), after.get(&cell));
    if output.shows(cell, new.copied()) {
        return 1.0;
    }
    let (Content::Object(read), Some(new)) = (output.content(cell), new) else {
        return 0.0;
    };
    let attributes = [
        (
            read.colour == new.colour,
            old.is_none_or(|old| old.colour != new.colour),
        ),
        (
            read.shape == new.shape,
            old.is_none_or(|old| old.shape != new.shape),
        ),
    ];
    let due = attributes.iter().filter(|(_, due)| *due).count();
    let right = attributes
        .iter()
        .filter(|(right, due)| *right && *due)
        .count();
    if due == 0 {
        0.0
    } else {
        0.5 * right as f64 / due as f64
    }
}

/// Image consistency: the untouched objects that are still there, among those and
/// all untouched cells that were disturbed. The board counts as one more object,
/// so that a scene in which everything changes has a mark as well.
pub fn consistency(before: &Board, after: &Board, output: &Reading) -> OracleFinding {
    let untouched = Cell::all().filter(|cell| before.get(cell) == after.get(cell));
    let (kept, disturbed): (Vec<Cell>, Vec<Cell>) =
        untouched.partition(|cell| output.shows(*cell, after.get(cell).copied()));
    let kept = 1 + kept.iter().filter(|cell| after.contains_key(cell)).count();
    OracleFinding::share(
        kept as f64,
        kept + disturbed.len(),
        "untouched things as they were",
    )
}

/// Output alignment: the claims of the text about the result that the picture
/// bears out, among those and the objects of the picture that a text with a result
/// leaves out.
pub fn output_alignment(claims: &Claims, output: &Reading) -> OracleFinding {
    let board = output.board();
    let held: BTreeSet<(Cell, Object)> = claims.held.iter().copied().collect();
    let borne_out = held
        .iter()
        .filter(|(cell, object)| output.shows(*cell, Some(*object)));
    let left_out = board
        .iter()
        .filter(|(cell, object)| !held.contains(&(**cell, **object)));
    let left_out = if held.is_empty() { 0 } else { left_out.count() };
    let steps = claims
        .plan
        .iter()
        .filter(|step| step_shows(step, claims, output));
    let needs = claims.needs.iter().map(|need| match need {
        Need::Only { of } if of.is_empty() => f64::from(u8::from(is_all(&board, &claims.needs))),
        need => met(&board, need),
    });
    let right = (borne_out.count() + steps.count()) as f64 + needs.sum::<f64>();
    let all = held.len() + claims.plan.len() + claims.needs.len() + left_out;
    OracleFinding::share(right, all, "claims borne out")
}

/// Whether the picture shows what a step says has become of an object.
fn step_shows(step: &Step, claims: &Claims, output: &Reading) -> bool {
    let turned = |object: Object| {
        claims.plan.iter().find_map(|other| match other {
            Step::Turn(what, into) if *what == object => Some(*into),
            _ => None,
        })
    };
    let moved = |object: Object| {
        claims.plan.iter().find_map(|other| match other {
            Step::Move(what, to) if *what == object => Some(*to),
            _ => None,
        })
    };
    let anywhere = |object: Object| output.board().values().any(|shown| *shown == object);
    match *step {
        Step::Move(object, to) => output.shows(to, Some(turned(object).unwrap_or(object))),
        Step::Turn(object, into) => match moved(object).or_else(|| claims.place_of(object)) {
            Some(cell) => output.shows(cell, Some(into)),
            None => anywhere(into),
        },
        Step::Remove(object) => match claims.place_of(object) {
            Some(cell) => {
                !output.shows(cell, Some(object)) && output.content(cell) != Content::Unclear
            }
            None => !anywhere(object),
        },
        Step::Add(object, at) => output.shows(at, Some(object)),
    }
}

/// Whether the board holds nothing beside what the needs speak of.
pub fn is_all(board: &Board, needs: &[Need]) -> bool {
    let of = needs.iter().flat_map(|need| match need {
        Need::Count { of, .. } if of.colour.is_some() || of.shape.is_some() => vec![*of],
        Need::More { of, than } => vec![*of, *than],
        Need::Equal { of, and } => vec![*of, *and],
        _ => Vec::new(),
    });
    met(board, &Need::Only { of: of.collect() }) > 0.0
}
