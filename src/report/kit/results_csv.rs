//! `results.csv`: every number of the tables, one row per quantity of a run or a pair of runs.

use serde::Serialize;

use crate::analysis::compare::categories::CategoryContrast;
use crate::analysis::compare::contrast::{Contrast, Finding};
use crate::analysis::compare::standing::WithinMargin;
use crate::analysis::findings::Findings;
use crate::analysis::findings::run::RunFindings;
use crate::analysis::ranks::leaderboard::Leaderboard;
use crate::analysis::scores::score_table::Level;
use crate::report::compare_notes;
use crate::report::escape::csv_text;
use crate::report::kit::cells::{Column, OVERALL};

/// One row; empty where a quantity does not exist. `scope` is one of `level`, `category-level`,
/// `difference`, `category-difference` (exploratory), `rank` and `published` (means only).
#[derive(Default, Serialize)]
struct Row {
    scope: &'static str,
    run: String,
    baseline: String,
    metric: &'static str,
    axes: usize,
    category: String,
    points: Option<f64>,
    raw: Option<f64>,
    se_points: Option<f64>,
    ci95_lo: Option<f64>,
    ci95_hi: Option<f64>,
    items: Option<usize>,
    wins: Option<usize>,
    ties: Option<usize>,
    losses: Option<usize>,
    superiority: Option<f64>,
    dz: Option<f64>,
    p: Option<f64>,
    family_size: Option<usize>,
    p_adjusted: Option<f64>,
    p_holm: Option<f64>,
    simultaneous_lo: Option<f64>,
    simultaneous_hi: Option<f64>,
    rank_best: Option<usize>,
    rank_worst: Option<usize>,
    group: String,
    expected_marks: Option<u64>,
    missing_marks: Option<u64>,
    bound_lo: Option<f64>,
    bound_hi: Option<f64>,
    note: String,
    standing: &'static str,
    reason: &'static str,
    also: &'static str,
}

/// The file.
///
/// # Errors
/// Those of the CSV writer, which writing into memory does not raise.
pub fn results(findings: &Findings) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for run in &findings.runs {
        for row in levels(findings, run) {
            writer.serialize(rounded(row))?;
        }
    }
    if let Some(comparison) = &findings.comparison {
        for contrast in &comparison.contrasts {
            writer.serialize(rounded(difference(contrast)))?;
        }
        let size = comparison.categories.family_size;
        for contrast in &comparison.categories.contrasts {
            writer.serialize(rounded(category_difference(contrast, size)))?;
        }
    }
    for board in &findings.leaderboards {
        for row in ranks(board) {
            writer.serialize(rounded(row))?;
        }
    }
    for row in published(findings) {
        writer.serialize(row)?;
    }
    let bytes = writer.into_inner().map_err(|error| error.into_error())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn with_level(row: Row, level: &Level) -> Row {
    Row {
        points: Some(level.points),
        raw: Some(level.raw),
        se_points: level.se,
        ci95_lo: level.ci95.first().copied(),
        ci95_hi: level.ci95.last().copied(),
        items: Some(level.items),
        note: level.method.to_owned(),
        ..row
    }
}

fn levels(findings: &Findings, run: &RunFindings) -> Vec<Row> {
    let label = || csv_text(&run.info.label);
    let mut rows = Vec::new();
    for column in Column::of(findings) {
        let score = run
            .table
            .axes
            .iter()
            .find(|score| column == Column::Axis(score.axis));
        let bounds = run.judging.bounds.iter();
        let bounds = bounds
            .into_iter()
            .find(|bounds| column == Column::Axis(bounds.axis));
        let row = Row {
            scope: "level",
            run: label(),
            metric: column.key(),
            axes: if column == Column::Overall {
                findings.suite.axes.len()
            } else {
                1
            },
            expected_marks: score.map(|score| score.expected),
            missing_marks: score.map(|score| score.missing),
            bound_lo: bounds.map(|bounds| bounds.points[0]),
            bound_hi: bounds.map(|bounds| bounds.points[1]),
            ..Row::default()
        };
        rows.push(match column.level(run) {
            Some(level) => with_level(row, level),
            None => Row {
                note: "no-level".to_owned(),
                ..row
            },
        });
    }
    rows.extend(run.categories.iter().map(|category| {
        let row = Row {
            scope: "category-level",
            run: label(),
            metric: category.axis.key(),
            axes: 1,
            category: csv_text(&category.category),
            ..Row::default()
        };
        with_level(row, &category.level)
    }));
    rows
}

fn difference(contrast: &Contrast) -> Row {
    let row = Row {
        scope: "difference",
        run: csv_text(&contrast.candidate),
        baseline: csv_text(&contrast.baseline),
        metric: contrast.metric.key,
        axes: contrast.metric.axes.len(),
        standing: contrast.standing.key(),
        reason: contrast.standing.reason().unwrap_or_default(),
        also: contrast.standing.also().map_or("", WithinMargin::key),
        ..Row::default()
    };
    match &contrast.result {
        Ok(finding) => with_finding(row, finding),
        Err(_) => Row {
            note: "undefined".to_owned(),
            ..row
        },
    }
}

fn with_finding(row: Row, finding: &Finding) -> Row {
    let difference = &finding.difference;
    let adjusted = finding.adjusted.as_ref();
    let simultaneous = adjusted.and_then(|adjusted| adjusted.simultaneous);
    let failures = &finding.failures;
    Row {
        points: Some(difference.points),
        raw: Some(difference.raw),
        se_points: difference.se,
        ci95_lo: difference.ci95.map(|ends| ends[0]),
        ci95_hi: difference.ci95.map(|ends| ends[1]),
        items: Some(difference.items),
        wins: Some(finding.wins.wins),
        ties: Some(finding.wins.ties),
        losses: Some(finding.wins.losses),
        superiority: Some(finding.effects.superiority),
        dz: finding.effects.dz,
        p: Some(finding.test.p),
        family_size: adjusted.map(|adjusted| adjusted.family_size),
        p_adjusted: adjusted.map(|adjusted| adjusted.p_westfall_young),
        p_holm: adjusted.map(|adjusted| adjusted.p_holm),
        simultaneous_lo: simultaneous.map(|ends| ends[0]),
        simultaneous_hi: simultaneous.map(|ends| ends[1]),
        expected_marks: Some(failures.candidate.expected + failures.baseline.expected),
        missing_marks: Some(failures.candidate.missing + failures.baseline.missing),
        bound_lo: failures.bounds.map(|ends| ends[0]),
        bound_hi: failures.bounds.map(|ends| ends[1]),
        note: compare_notes::letters(&finding.flags),
        ..row
    }
}

fn category_difference(contrast: &CategoryContrast, family_size: usize) -> Row {
    Row {
        scope: "category-difference",
        run: csv_text(&contrast.candidate),
        baseline: csv_text(&contrast.baseline),
        metric: contrast.axis.key(),
        axes: 1,
        category: csv_text(&contrast.category),
        points: Some(contrast.points),
        raw: Some(contrast.raw),
        ci95_lo: contrast.ci95.map(|ends| ends[0]),
        ci95_hi: contrast.ci95.map(|ends| ends[1]),
        items: Some(contrast.items),
        wins: Some(contrast.wins.wins),
        ties: Some(contrast.wins.ties),
        losses: Some(contrast.wins.losses),
        p: Some(contrast.p),
        family_size: Some(family_size),
        p_adjusted: Some(contrast.p_adjusted),
        note: "exploratory".to_owned(),
        standing: contrast.standing.key(),
        reason: contrast.standing.reason().unwrap_or_default(),
        ..Row::default()
    }
}

fn ranks(board: &Leaderboard) -> impl Iterator<Item = Row> + '_ {
    board.places.iter().map(|place| Row {
        scope: "rank",
        run: csv_text(&place.run),
        metric: OVERALL,
        axes: board.axes.len(),
        points: Some(place.points),
        ci95_lo: Some(place.ci95[0]),
        ci95_hi: Some(place.ci95[1]),
        family_size: Some(board.pairs.len()),
        rank_best: Some(place.rank_set[0]),
        rank_worst: Some(place.rank_set[1]),
        group: place.letters.clone(),
        ..Row::default()
    })
}

fn published(findings: &Findings) -> Vec<Row> {
    let mut rows = Vec::new();
    for row in &findings.published {
        for column in Column::of(findings) {
            let Some(&value) = row.values.get(column.key()) else {
                continue;
            };
            rows.push(Row {
                scope: "published",
                run: csv_text(&row.model),
                metric: column.key(),
                axes: if column == Column::Overall {
                    findings.suite.axes.len()
                } else {
                    1
                },
                points: Some(value),
                note: format!("{}; {}", row.reading, csv_text(&row.source)),
                ..Row::default()
            });
        }
    }
    rows
}

/// Nine significant digits, as in `results.json`.
fn rounded(row: Row) -> Row {
    let round = |value: Option<f64>| value.map(super::results_json::rounded);
    Row {
        points: round(row.points),
        raw: round(row.raw),
        se_points: round(row.se_points),
        ci95_lo: round(row.ci95_lo),
        ci95_hi: round(row.ci95_hi),
        superiority: round(row.superiority),
        dz: round(row.dz),
        p: round(row.p),
        p_adjusted: round(row.p_adjusted),
        p_holm: round(row.p_holm),
        simultaneous_lo: round(row.simultaneous_lo),
        simultaneous_hi: round(row.simultaneous_hi),
        bound_lo: round(row.bound_lo),
        bound_hi: round(row.bound_hi),
        ..row
    }
}
