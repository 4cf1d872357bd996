//! The reasoning that belongs to a truth: what is there, what must change or be,
//! and what the result holds. The grammar is in the suite's README.

use super::board::Board;
use super::naming::number;
use super::target::{Change, Class, Need, Truth};

/// The right reasoning for a task.
pub fn reasoning(truth: &Truth) -> String {
    match truth {
        Truth::Edit {
            before,
            after,
            changes,
        } => {
            let plan: Vec<String> = changes.iter().map(change).collect();
            text(before, "I", &plan, after)
        }
        Truth::Generation { needs, example } => {
            let plan: Vec<String> = needs.iter().map(|wanted| need(wanted, needs)).collect();
            text(&Board::new(), "I need", &plan, example)
        }
    }
}

/// The three sentences.
pub fn text(seen: &Board, verb: &str, plan: &[String], result: &Board) -> String {
    format!(
        "I see {}. {verb} {}. The result holds {}.",
        contents(seen),
        plan.join(", "),
        contents(result)
    )
}

/// `red circle at b2, blue star at e5`, in reading order; `nothing` when empty.
pub fn contents(board: &Board) -> String {
    let parts: Vec<String> = board
        .iter()
        .map(|(cell, object)| format!("{object} at {cell}"))
        .collect();
    if parts.is_empty() {
        "nothing".to_owned()
    } else {
        parts.join(", ")
    }
}

/// One change in words.
pub fn change(change: &Change) -> String {
    match change {
        Change::Move { object, to, .. } => format!("move {object} to {to}"),
        Change::Turn { object, into, .. } => format!("turn {object} into {into}"),
        Change::Remove { object, .. } => format!("remove {object}"),
        Change::Add { object, at } => format!("add {object} at {at}"),
    }
}

/// One need in words.
fn need(need: &Need, all: &[Need]) -> String {
    let called = |class: Class| {
        let single = all.contains(&Need::Count { of: class, is: 1 });
        if single {
            class.to_string()
        } else {
            class.plural()
        }
    };
    match need {
        Need::Count { of, is } => format!("{} {}", number(usize::from(*is)), called(*of)),
        Need::Only { .. } => "nothing else".to_owned(),
        Need::Place { of, side, than } => {
            format!("{} {} {}", called(*of), side.words(), called(*than))
        }
        Need::OneRow { of } => format!("{} in one row", called(*of)),
        Need::OneColumn { of } => format!("{} in one column", called(*of)),
        Need::Within { of, zone } => format!("{} {}", called(*of), zone.words()),
        Need::AllColours { of } => format!("{} of different colours", called(*of)),
        Need::More { of, than } => format!("more {} than {}", called(*of), called(*than)),
        Need::Equal { of, and } => format!("as many {} as {}", called(*of), called(*and)),
    }
}

/// The words and marks of a text, as a word-level tokenizer counts them.
pub fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split_whitespace().flat_map(|word| {
        let body = word.trim_end_matches(['.', ',', ';', ':']);
        let mark = word.get(body.len()..).filter(|mark| !mark.is_empty());
        std::iter::once(body).chain(mark)
    })
}
