//! A comparison as CSV: one row per contrast, categories included.

use serde::Serialize;

use crate::analysis::compare::Comparison;
use crate::analysis::compare::categories::CategoryContrast;
use crate::analysis::compare::contrast::{Contrast, Finding};
use crate::analysis::compare::standing::WithinMargin;
use crate::report::compare_notes;
use crate::report::escape::csv_cell;

/// One row; empty where a quantity does not exist. `scope` is `axis`, `overall`,
/// `overall-of-common-axes` (where one of the two runs does not think) or `category`, the last one
/// exploratory. Points, raw marks and p as in the JSON.
#[derive(Default, Serialize)]
struct Row<'a> {
    #[serde(serialize_with = "csv_cell")]
    candidate: &'a str,
    #[serde(serialize_with = "csv_cell")]
    baseline: &'a str,
    scope: &'static str,
    metric: &'static str,
    #[serde(serialize_with = "csv_cell")]
    category: &'a str,
    items: Option<usize>,
    points: Option<f64>,
    raw: Option<f64>,
    se_points: Option<f64>,
    df: Option<f64>,
    ci95_lo: Option<f64>,
    ci95_hi: Option<f64>,
    wins: Option<usize>,
    ties: Option<usize>,
    losses: Option<usize>,
    superiority: Option<f64>,
    superiority_lo: Option<f64>,
    superiority_hi: Option<f64>,
    dz: Option<f64>,
    gz: Option<f64>,
    p: Option<f64>,
    mid_p: Option<f64>,
    family_size: Option<usize>,
    p_westfall_young: Option<f64>,
    p_holm: Option<f64>,
    simultaneous_lo: Option<f64>,
    simultaneous_hi: Option<f64>,
    p_benjamini_hochberg: Option<f64>,
    missing_candidate: Option<u64>,
    missing_baseline: Option<u64>,
    bound_lo: Option<f64>,
    bound_hi: Option<f64>,
    standing: &'static str,
    reason: &'static str,
    also: &'static str,
    flags: String,
}

/// The table as CSV text, with a header.
///
/// # Errors
/// Those of the CSV writer, which writing into memory does not raise.
pub fn compare_csv(comparison: &Comparison) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for contrast in &comparison.contrasts {
        writer.serialize(contrast_row(contrast))?;
    }
    let size = comparison.categories.family_size;
    for contrast in &comparison.categories.contrasts {
        writer.serialize(category_row(contrast, size))?;
    }
    let bytes = writer.into_inner().map_err(|error| error.into_error())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn contrast_row(contrast: &Contrast) -> Row<'_> {
    let row = Row {
        candidate: &contrast.candidate,
        baseline: &contrast.baseline,
        scope: match contrast.metric.is_overall() {
            false => "axis",
            true if compare_notes::common_axes(contrast) => "overall-of-common-axes",
            true => "overall",
        },
        metric: contrast.metric.key,
        standing: contrast.standing.key(),
        reason: contrast.standing.reason().unwrap_or_default(),
        also: contrast.standing.also().map_or("", WithinMargin::key),
        ..Row::default()
    };
    match &contrast.result {
        Ok(finding) => with_finding(row, finding),
        Err(_) => row,
    }
}

fn with_finding<'a>(row: Row<'a>, finding: &Finding) -> Row<'a> {
    let (difference, effects) = (&finding.difference, &finding.effects);
    let adjusted = finding.adjusted.as_ref();
    let simultaneous = adjusted.and_then(|adjusted| adjusted.simultaneous);
    let (lo, hi) = (|ends: [f64; 2]| ends[0], |ends: [f64; 2]| ends[1]);
    Row {
        items: Some(difference.items),
        points: Some(difference.points),
        raw: Some(difference.raw),
        se_points: difference.se,
        df: difference.df,
        ci95_lo: difference.ci95.map(lo),
        ci95_hi: difference.ci95.map(hi),
        wins: Some(finding.wins.wins),
        ties: Some(finding.wins.ties),
        losses: Some(finding.wins.losses),
        superiority: Some(effects.superiority),
        superiority_lo: effects.superiority_ci95.map(lo),
        superiority_hi: effects.superiority_ci95.map(hi),
        dz: effects.dz,
        gz: effects.gz,
        p: Some(finding.test.p),
        mid_p: finding.test.mid_p,
        family_size: adjusted.map(|adjusted| adjusted.family_size),
        p_westfall_young: adjusted.map(|adjusted| adjusted.p_westfall_young),
        p_holm: adjusted.map(|adjusted| adjusted.p_holm),
        simultaneous_lo: simultaneous.map(lo),
        simultaneous_hi: simultaneous.map(hi),
        missing_candidate: Some(finding.failures.candidate.missing),
        missing_baseline: Some(finding.failures.baseline.missing),
        bound_lo: finding.failures.bounds.map(lo),
        bound_hi: finding.failures.bounds.map(hi),
        flags: compare_notes::letters(&finding.flags),
        ..row
    }
}

fn category_row(contrast: &CategoryContrast, family_size: usize) -> Row<'_> {
    Row {
        candidate: &contrast.candidate,
        baseline: &contrast.baseline,
        scope: "category",
        metric: contrast.axis.key(),
        category: &contrast.category,
        standing: contrast.standing.key(),
        reason: contrast.standing.reason().unwrap_or_default(),
        items: Some(contrast.items),
        points: Some(contrast.points),
        raw: Some(contrast.raw),
        ci95_lo: contrast.ci95.map(|ends| ends[0]),
        ci95_hi: contrast.ci95.map(|ends| ends[1]),
        wins: Some(contrast.wins.wins),
        ties: Some(contrast.wins.ties),
        losses: Some(contrast.wins.losses),
        p: Some(contrast.p),
        family_size: Some(family_size),
        p_benjamini_hochberg: Some(contrast.p_adjusted),
        ..Row::default()
    }
}
