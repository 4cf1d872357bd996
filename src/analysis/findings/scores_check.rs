//! Whether a score table says what the logs beside it say.

use crate::analysis::runs::log::{LoggedMark, RunLog};
use crate::analysis::runs::source::RunSource;
use crate::judge::Mark;
use crate::run::record::{MarkKey, SampleKey};
use crate::run::scores::{ScoreRow, Status};

/// A row that the log of marks does not bear out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unsupported {
    /// Number of the row in `scores.csv`, from 1, the header not counted.
    pub row: usize,
    /// What the row says: the mark, or why there is none.
    pub found: String,
    /// What the log says.
    pub logged: String,
}

/// Rows with a judge's mark, or a judge's reason for none, that differ from the log; all of them. Rows that
/// follow from the answers alone, and runs without logs, are not looked at.
pub fn unsupported(source: &RunSource) -> Vec<Unsupported> {
    let Some(log) = &source.log else {
        return Vec::new();
    };
    let rows = source.run.rows.iter().enumerate();
    rows.filter_map(|(index, row)| {
        let says = said(row)?;
        let logged = logged(log, row);
        (logged != Some(says)).then(|| Unsupported {
            row: index + 1,
            found: text(Some(says)),
            logged: text(logged),
        })
    })
    .collect()
}

/// The judge's mark that a row claims.
fn said(row: &ScoreRow) -> Option<Mark> {
    match row.status {
        Status::Ok => row.score.map(Mark::Scored),
        Status::Missing(reason) => Some(Mark::Missing(reason)),
        _ => None,
    }
}

/// The last mark in the log, if it is about the answer that is stored.
fn logged(log: &RunLog, row: &ScoreRow) -> Option<Mark> {
    let key = MarkKey {
        sample: SampleKey {
            task: row.task.clone(),
            sample: row.seed,
        },
        axis: row.axis.key(),
        repeat: row.repeat,
    };
    let mark: &LoggedMark = log.marks.get(&*row.judge)?.get(&key)?;
    (log.answers.get(&key.sample) == Some(&mark.answer)).then_some(mark.mark)
}

fn text(mark: Option<Mark>) -> String {
    match mark {
        Some(Mark::Scored(score)) => score.get().to_string(),
        Some(Mark::Missing(reason)) => reason.key().to_owned(),
        None => "no mark".to_owned(),
    }
}
