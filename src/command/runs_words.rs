//! Words of `parabench runs` for states, times and marks.

use jiff::Timestamp;

use crate::report::table::TableCell;
use crate::run::inventory::{Overview, State};

/// When something last changed, as a cell.
pub(super) fn changed(at: Option<Timestamp>) -> TableCell {
    TableCell::words(at.map_or_else(String::new, |time| {
        time.strftime("%Y-%m-%d %H:%M UTC").to_string()
    }))
}

pub(super) fn state(state: State) -> &'static str {
    match state {
        State::Complete => "complete",
        State::Unfinished => "unfinished",
        State::InUse => "in use",
        State::Unreadable => "unreadable",
    }
}

pub(super) fn marks(run: &Overview) -> String {
    let marks = run
        .marks
        .iter()
        .map(|(status, count)| format!("{count} {status}"));
    marks.collect::<Vec<_>>().join(", ")
}
