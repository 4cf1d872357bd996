//! The score table in the paper's layout, published rows set apart.

use serde::Serialize;

use super::roles::{Role, tags};
use crate::analysis::findings::Findings;
use crate::analysis::findings::run::RunFindings;
use crate::analysis::scores::score_table::{Level, NoLevel};
use crate::report::beside_text;
use crate::report::columns::printable;
use crate::report::kit::marks::{Marks, SignificanceMark};
use crate::report::levels;
use crate::report::names::Names;
use crate::report::typography::typographic;

/// Points and interval of one cell.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
struct Cell {
    points: String,
    interval: String,
    /// Ends of the interval, then the mean, in percent of the scale.
    places: Option<[String; 3]>,
    /// `higher` or `lower` than the only baseline where that is shown, else empty.
    class: &'static str,
    /// Why there is no number, else empty.
    why: String,
}

/// A measured row.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Row {
    name: String,
    tags: Vec<&'static str>,
    baseline: bool,
    control: bool,
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
    /// The ceiling, the baselines and runs, the floor; groups without a row are left out.
    groups: Vec<Vec<Row>>,
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
    let marks = Marks::of(findings);
    let row = |run: &RunFindings| Row {
        name: names.get(&run.info.label).to_owned(),
        tags: tags(run),
        baseline: run.baseline,
        control: Role::of(run).is_control(),
        cells: cells(findings, run, &marks),
    };
    Scores {
        heads,
        groups: groups(findings)
            .map(|runs| runs.into_iter().map(row).collect())
            .collect(),
        published: published(findings),
        reading: findings
            .published
            .first()
            .map_or_else(String::new, |row| row.reading.to_owned()),
        notes: notes(findings),
    }
}

/// The runs of the report, then those that are shown beside.
fn shown(findings: &Findings) -> impl Iterator<Item = &RunFindings> {
    findings.runs.iter().chain(&findings.beside)
}

/// The runs as they stand in the table: baselines before what is compared with them.
fn groups(findings: &Findings) -> impl Iterator<Item = Vec<&RunFindings>> {
    let place = |run: &RunFindings| match (run.baseline, Role::of(run)) {
        (true, _) => 1,
        (false, Role::Ceiling) => 0,
        (false, Role::Model) => 2,
        (false, Role::Floor) => 3,
    };
    let of = move |wanted: [usize; 2]| {
        let mut runs: Vec<&RunFindings> = shown(findings).collect();
        runs.retain(|run| wanted.contains(&place(run)));
        runs.sort_by_key(|run| place(run));
        runs
    };
    let groups = [[0, 0], [1, 2], [3, 3]].map(of);
    groups.into_iter().filter(|group| !group.is_empty())
}

fn cells(findings: &Findings, run: &RunFindings, marks: &Marks<'_>) -> Vec<Cell> {
    let axes = findings.suite.axes.iter().map(|axis| {
        let level = levels::of_axis(&run.table, *axis);
        let level = level.map_or(Err(&NoLevel::NotApplicable), |level| level.as_ref());
        (axis.key(), level)
    });
    let all = axes.chain([("overall", run.table.overall.as_ref())]);
    all.map(|(metric, level)| Cell {
        class: direction(&marks.cell(&run.info.label, metric)),
        ..cell(level)
    })
    .collect()
}

/// Against one baseline the colour of the direction; against several a colour would not say against which.
fn direction(marks: &[SignificanceMark]) -> &'static str {
    match marks {
        [mark] if mark.robust && mark.letter.is_none() => match mark.higher {
            true => "higher",
            false => "lower",
        },
        _ => "",
    }
}

fn cell(level: Result<&Level, &NoLevel>) -> Cell {
    match level {
        Ok(level) => {
            let [lo, hi] = levels::interval(level);
            let [from, to] = level.ci95;
            let place = |points: f64| format!("{:.2}%", points.clamp(0.0, 100.0));
            Cell {
                points: typographic(&levels::points(level)),
                interval: format!("{lo}–{hi}"),
                places: Some([from, to, level.points].map(place)),
                ..Cell::default()
            }
        }
        Err(why) => Cell {
            points: "–".to_owned(),
            why: printable(&levels::why(why)),
            ..Cell::default()
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
    let mut notes = Vec::new();
    if shown(findings).any(|run| Role::of(run).is_control()) {
        notes.push(
            "Controls show the range of scores: what the worst and the best possible answers score under this judge."
                .to_owned(),
        );
    }
    notes.push(format!(
        "Points: {}. Means are weighted by the suite's plan; below them 95 % logit-t intervals over tasks. Overall is \
         the unweighted mean of the axis means, only where every axis has one. Digits follow the standard error.",
        findings.suite.mapping.formula()
    ));
    let empty = findings.runs.iter().flat_map(|run| &run.table.axes);
    let empty: u64 = empty
        .filter_map(|score| score.counts.get("model-empty"))
        .sum();
    if empty > 0 {
        notes.push(format!(
            "{empty} marks were set to 1 without asking the judge: the part of the answer that the axis needs was \
             missing."
        ));
    }
    let beside = shown(findings)
        .filter_map(|run| beside_text::beside_line(&run.info.label, &run.table.beside));
    notes.extend(beside);
    let compared = findings.comparison.as_ref();
    notes.extend(compared.and_then(|found| beside_text::differences_line(&found.beside)));
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
