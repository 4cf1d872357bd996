//! Items that the parser `compat-skip-item` drops: RISEBench keeps no mark of an item if one of its answers gives none.

use crate::judge::{Identity, MissingReason};
use crate::run::scores::{PartsCell, ScoreRow, Status};
use crate::suite::calls::Parser;
use crate::suite::{Axis, Call};

/// Drops the marks of one answer under one judge, repeat by repeat, where a mark of a call with the parser is missing. What
/// was not asked yet, or got no answer of the model, drops nothing. The log keeps what was said.
pub(super) fn skip_items(rows: &mut [ScoreRow], calls: &[Call], judge: &Identity) {
    let linked = |axis: Axis, category: &str| {
        let mut calls = calls.iter();
        let call = calls.find(|call| call.marks(axis, category));
        call.is_some_and(|call| judge.parser(&call.rubric) == Parser::CompatSkipItem)
    };
    let unread: Vec<u32> = rows
        .iter()
        .filter(|row| matches!(row.status, Status::Missing(_)) && linked(row.axis, &row.category))
        .map(|row| row.repeat)
        .collect();
    let dropped = |row: &&mut ScoreRow| {
        row.status == Status::Ok && unread.contains(&row.repeat) && linked(row.axis, &row.category)
    };
    for row in rows.iter_mut().filter(dropped) {
        row.score = None;
        row.status = Status::Missing(MissingReason::ItemSkipped);
        if row.parts != PartsCell::Absent {
            row.parts = PartsCell::Of(Vec::new());
        }
    }
}
