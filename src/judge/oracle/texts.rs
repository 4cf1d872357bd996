//! Marks of the axes that look at the text alone or at the text and the truth.

use std::collections::{BTreeMap, BTreeSet};

use super::finding::OracleFinding;
use super::needs::met;
use super::pictures::is_all;
use super::text::{Claims, Step};
use crate::suite::shapes::board::{Cell, Object};
use crate::suite::shapes::target::{Change, Need, Truth};

/// Text quality: five, less one for every kind of fault; the lowest mark for a
/// text that claims nothing.
pub fn quality(claims: &Claims) -> OracleFinding {
    if claims.is_silent() {
        return OracleFinding::of(0.0, "no claim that can be read".to_owned());
    }
    let mut faults: Vec<&str> = Vec::new();
    let lost = claims.lost as f64 / claims.words.max(1) as f64;
    let limits = [
        (0.0, "words astray"),
        (0.1, "over a tenth astray"),
        (0.3, "near a third astray"),
    ];
    faults.extend(
        limits
            .iter()
            .filter(|(limit, _)| lost > *limit)
            .map(|(_, fault)| *fault),
    );
    let names = ["nothing on what is there", "no plan", "no result"];
    faults.extend(
        claims
            .parts
            .iter()
            .zip(names)
            .filter(|(count, _)| **count == 0)
            .map(|(_, n)| n),
    );
    if claims.parts.iter().any(|count| *count > 1) {
        faults.push("a part comes twice");
    }
    if names_twice(&claims.seen) || names_twice(&claims.held) {
        faults.push("a cell is named twice");
    }
    if !claims.held.is_empty() && !follows(claims) {
        faults.push("the result does not follow from the plan");
    }
    let share = 1.0 - faults.len().min(4) as f64 / 4.0;
    let words = if faults.is_empty() {
        "no fault".to_owned()
    } else {
        faults.join(", ")
    };
    OracleFinding::of(share, words)
}

fn names_twice(list: &[(Cell, Object)]) -> bool {
    let cells: BTreeSet<Cell> = list.iter().map(|(cell, _)| *cell).collect();
    cells.len() < list.len()
}

/// Whether the text's own result is what its own plan makes of what it sees, or
/// meets its own needs.
fn follows(claims: &Claims) -> bool {
    let result = claims.result();
    if !claims.needs.is_empty() {
        return claims.needs.iter().all(|need| match need {
            Need::Only { of } if of.is_empty() => is_all(&result, &claims.needs),
            need => met(&result, need) == 1.0,
        });
    }
    let mut things: Vec<(Cell, Object, Object)> = claims
        .seen
        .iter()
        .map(|(cell, object)| (*cell, *object, *object))
        .collect();
    for step in &claims.plan {
        match *step {
            Step::Move(what, to) => {
                things
                    .iter_mut()
                    .filter(|(_, was, _)| *was == what)
                    .for_each(|thing| thing.0 = to);
            }
            Step::Turn(what, into) => {
                things
                    .iter_mut()
                    .filter(|(_, was, _)| *was == what)
                    .for_each(|thing| thing.2 = into);
            }
            Step::Remove(what) => things.retain(|(_, was, _)| *was != what),
            Step::Add(what, at) => things.push((at, what, what)),
        }
    }
    let outcome: BTreeMap<Cell, Object> =
        things.into_iter().map(|(cell, _, is)| (cell, is)).collect();
    outcome == result
}

/// Text alignment: the plan against the true plan (one half), what is seen and
/// what the result holds against the truth (a quarter each). For a prompt: the
/// needs against the true needs, and the needs that the text's result meets (one
/// half each).
pub fn alignment(truth: &Truth, claims: &Claims) -> OracleFinding {
    match truth {
        Truth::Edit {
            before,
            after,
            changes,
        } => {
            let plan = agreement(
                &claims.plan,
                &changes.iter().map(step_of).collect::<Vec<_>>(),
            );
            let list = |board: &BTreeMap<Cell, Object>| -> Vec<(Cell, Object)> {
                board
                    .iter()
                    .map(|(cell, object)| (*cell, *object))
                    .collect()
            };
            let seen = agreement(&claims.seen, &list(before));
            let held = agreement(&claims.held, &list(after));
            OracleFinding::of(
                0.5 * plan + 0.25 * seen + 0.25 * held,
                format!("agreement of plan {plan:.2}, of seen {seen:.2}, of result {held:.2}"),
            )
        }
        Truth::Generation { needs, .. } => {
            let true_needs: Vec<Need> = needs.iter().map(normal).collect();
            let said: Vec<Need> = claims.needs.iter().map(normal).collect();
            let plan = agreement(&said, &true_needs);
            let result = claims.result();
            let held =
                needs.iter().map(|need| met(&result, need)).sum::<f64>() / needs.len() as f64;
            OracleFinding::of(
                0.5 * plan + 0.5 * held,
                format!("agreement of needs {plan:.2}, needs met by the result {held:.2}"),
            )
        }
    }
}

/// Shared members over all members (Jaccard); 0 when both are empty.
fn agreement<T: Ord>(said: &[T], right: &[T]) -> f64 {
    let (said, right): (BTreeSet<&T>, BTreeSet<&T>) =
        (said.iter().collect(), right.iter().collect());
    let all = said.union(&right).count();
    if all == 0 {
        0.0
    } else {
        said.intersection(&right).count() as f64 / all as f64
    }
}

fn step_of(change: &Change) -> Step {
    match *change {
        Change::Move { object, to, .. } => Step::Move(object, to),
        Change::Turn { object, into, .. } => Step::Turn(object, into),
        Change::Remove { object, .. } => Step::Remove(object),
        Change::Add { object, at } => Step::Add(object, at),
    }
}

/// The same need in one form: `nothing else` names no class, equality no order.
fn normal(need: &Need) -> Need {
    match need {
        Need::Only { .. } => Need::Only { of: Vec::new() },
        Need::Equal { of, and } => Need::Equal {
            of: *of.min(and),
            and: *of.max(and),
        },
        other => other.clone(),
    }
}
