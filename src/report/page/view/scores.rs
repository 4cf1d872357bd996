//! The score table in the paper's layout, published rows set apart.

use serde::Serialize;

use crate::analysis::findings::Findings;
use crate::analysis::findings::run::RunFindings;
use crate::analysis::scores::score_table::{Level, NoLevel};
use crate::report::columns::printable;
use crate::report::levels;
use crate::report::names::Names;
use crate::report::typography::typographic;

/// Points and interval of one cell.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Cell {
    points: String,
    interval: String,
    /// Why there is no number, else empty.
    why: String,
}

/// A measured row.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Row {
    name: String,
    baseline: bool,
    cells: Vec<Cell>,
}

/// A published row.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct PublishedRow {
    name: String,
    source: String,
    cells: Vec<String>,
}

/// The table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Scores {
    /// Columns in two words each.
    heads: Vec<[String; 2]>,
    rows: Vec<Row>,
    published: Vec<PublishedRow>,
    /// How published rows must be read.
    reading: String,
    notes: Vec<String>,
}

/// The table of all runs.
pub(super) fn scores(findings: &Findings, names: &Names) -> Scores {
    let mut heads: Vec<[String; 2]> = Vec::new();
    for axis in &findings.suite.axes {
        let (word, rest) = axis.title().split_once(' ').unwrap_or((axis.title(), ""));
        heads.push([word.to_owned(), rest.to_owned()]);
    }
    heads.push(["Overall".to_owned(), String::new()]);
    let row = |run: &RunFindings| Row {
        name: names.get(&run.info.label).to_owned(),
        baseline: run.baseline,
        cells: cells(findings, run),
    };
    Scores {
        heads,
        rows: findings.runs.iter().map(row).collect(),
        published: published(findings),
        reading: findings
            .published
            .first()
            .map_or_else(String::new, |row| row.reading.to_owned()),
        notes: notes(findings),
    }
}

fn cells(findings: &Findings, run: &RunFindings) -> Vec<Cell> {
    let axes = findings.suite.axes.iter().map(|axis| {
        let score = run.table.axes.iter().find(|score| score.axis == *axis);
        score.map_or(Err(&NoLevel::NotApplicable), |score| score.level.as_ref())
    });
    axes.chain([run.table.overall.as_ref()]).map(cell).collect()
}

fn cell(level: Result<&Level, &NoLevel>) -> Cell {
    match level {
        Ok(level) => {
            let [lo, hi] = levels::interval(level);
            Cell {
                points: typographic(&levels::points(level)),
                interval: format!("{lo}–{hi}"),
                why: String::new(),
            }
        }
        Err(why) => Cell {
            points: "–".to_owned(),
            interval: String::new(),
            why: printable(&levels::why(why)),
        },
    }
}

fn published(findings: &Findings) -> Vec<PublishedRow> {
    let keys = findings
        .suite
        .axes
        .iter()
        .map(|axis| axis.key())
        .chain(["overall"]);
    let keys: Vec<&str> = keys.collect();
    let row = |row: &crate::analysis::findings::published_rows::PublishedRow| PublishedRow {
        name: row.model.clone(),
        source: row.source.replace("table", "Table "),
        cells: keys
            .iter()
            .map(|key| {
                row.values
                    .get(*key)
                    .map_or_else(|| "–".to_owned(), |v| format!("{v:.1}"))
            })
            .collect(),
    };
    findings.published.iter().map(row).collect()
}

fn notes(findings: &Findings) -> Vec<String> {
    let mut notes = vec![format!(
        "Points: {}. Means are weighted by the suite's plan; below them 95 % logit-t intervals over tasks. Overall is \
         the unweighted mean of the axis means, only where every axis has one. Digits follow the standard error.",
        findings.suite.mapping.formula()
    )];
    let empty = findings.runs.iter().flat_map(|run| &run.table.axes);
    let empty: u64 = empty
        .filter_map(|score| score.counts.get("model-empty"))
        .sum();
    if empty > 0 {
        notes.push(format!(
            "{empty} marks are 1 without a call to the judge, because the answer was empty where the axis looks."
        ));
    }
    let left_out = findings
        .runs
        .first()
        .map(|run| run.table.strata_left_out.join(", "));
    if let Some(names) = left_out.filter(|names| !names.is_empty()) {
        notes.push(format!(
            "Not asked, so not part of any mean: {}.",
            printable(&names)
        ));
    }
    notes
}
