//! Cells that the tables of the kit share, as plain text.

use crate::analysis::findings::Findings;
use crate::analysis::findings::published_rows::PublishedRow;
use crate::analysis::findings::run::RunFindings;
use crate::analysis::scores::score_table::Level;
use crate::suite::Axis;

/// The key of the last column.
pub const OVERALL: &str = "overall";

/// A column of the score table: an axis or Overall.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Column {
    /// An axis.
    Axis(Axis),
    /// The unweighted mean of all axis means.
    Overall,
}

impl Column {
    /// The columns of the paper's table, as far as the suite has them.
    pub fn of(findings: &Findings) -> Vec<Self> {
        let in_suite = |axis: &Axis| findings.suite.axes.contains(axis);
        let axes = Axis::ALL.into_iter().filter(in_suite).map(Self::Axis);
        axes.chain([Self::Overall]).collect()
    }

    /// Its key in files.
    pub fn key(self) -> &'static str {
        match self {
            Self::Axis(axis) => axis.key(),
            Self::Overall => OVERALL,
        }
    }

    /// Its title.
    pub fn title(self) -> &'static str {
        match self {
            Self::Axis(axis) => axis.title(),
            Self::Overall => "Overall",
        }
    }

    /// The level of a run in it.
    pub fn level(self, run: &RunFindings) -> Option<&Level> {
        match self {
            Self::Axis(axis) => {
                let score = run.table.axes.iter().find(|score| score.axis == axis)?;
                score.level.as_ref().ok()
            }
            Self::Overall => run.table.overall.as_ref().ok(),
        }
    }

    /// The printed value of a published row in it; `-` where the paper has none.
    pub fn published(self, row: &PublishedRow) -> String {
        let value = row.values.get(self.key());
        value.map_or_else(|| "-".to_owned(), |value| format!("{value:.1}"))
    }
}
