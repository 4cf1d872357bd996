//! The figures of a benchmark: as its own script prints them, and beside each what it is worth.

use serde::Serialize;

use crate::analysis::scores::official::Official;
use crate::analysis::scores::score_table::{Level, NoLevel, ScoreTable};
use crate::common::plain::line;
use crate::report::columns::{LINE, wrapped};
use crate::report::table::text::{Detail, whole};
use crate::report::table::{Column, Table, TableCell};
use crate::suite::Print;

/// What the two figures are.
const MEANING: &str = "Official: what is there, averaged as the benchmark's own script does. Estimate: weighted as the suite \
                       plans, interval over independent units. Both on the scale that the authors print.";

/// The figures of one model under one judge.
#[derive(Serialize)]
pub struct Figures {
    /// As the benchmark's script makes them.
    pub official: Vec<Official>,
    /// As the suite's plan estimates them.
    pub estimate: ScoreTable,
}

impl Figures {
    /// The figures of a score table.
    pub fn of(mut estimate: ScoreTable) -> Self {
        Self {
            official: std::mem::take(&mut estimate.official),
            estimate,
        }
    }

    /// A row per metric.
    pub fn table(&self) -> Table {
        table(&self.official, &self.estimate)
    }
}

/// The figures of a run that was judged, with what they are; nothing for suites on ParaBench's axes.
pub fn figures_text(scores: &ScoreTable) -> Option<String> {
    let shown = (!scores.official.is_empty()).then(|| table(&scores.official, scores))?;
    let text = whole(&shown, Detail::Full);
    Some(format!("{text}\n{}", meaning()))
}

/// What the two figures are, on lines of the usual width.
pub fn meaning() -> String {
    wrapped(MEANING, LINE).join("\n") + "\n"
}

fn table(official: &[Official], found: &ScoreTable) -> Table {
    let columns = [
        Column::words("Metric"),
        Column::words("Official"),
        Column::words("Official rule"),
        Column::numbers("Estimate", ""),
        Column::words("95 % interval"),
        Column::numbers("Units", ""),
    ];
    let level = |metric: &str| {
        let own = found.axes.iter().find(|score| score.axis.key() == metric);
        own.map_or(&found.overall, |score| &score.level)
    };
    let rows = official.iter().map(|official| {
        let mut row = vec![
            TableCell::words(official.metric),
            TableCell::Figures(official.printed.clone()),
            TableCell::words(official.rule),
        ];
        row.extend(estimate(found.print, level(official.metric)));
        row
    });
    let title = format!(
        "Figures of {} by {}",
        line(&found.model),
        line(&found.judge)
    );
    Table::new(title, columns).with_rows(rows)
}

fn estimate(print: Print, level: &Result<Level, NoLevel>) -> [TableCell; 3] {
    let digits = usize::from(print.digits);
    match level {
        Ok(level) => [
            TableCell::number(print.of_points(level.points), digits),
            TableCell::interval(level.ci95.map(|end| print.of_points(end)), digits),
            TableCell::count(level.items),
        ],
        Err(_) => ["-", "", ""].map(TableCell::words),
    }
}
