//! The study of a bridge as CSV: a row per shift, favour and place.

use serde::Serialize;

use crate::analysis::judges::bridge::Study;
use crate::report::escape::csv_text;

/// One row; empty where a quantity does not exist.
#[derive(Default, Serialize)]
struct Row {
    kind: &'static str,
    metric: &'static str,
    a: String,
    b: String,
    standing: &'static str,
    reason: &'static str,
    points: Option<f64>,
    se: Option<f64>,
    ci95_lo: Option<f64>,
    ci95_hi: Option<f64>,
    simultaneous_lo: Option<f64>,
    simultaneous_hi: Option<f64>,
    p: Option<f64>,
    p_adjusted: Option<f64>,
    p_equivalence_holm: Option<f64>,
    old_points: Option<f64>,
    new_points: Option<f64>,
    old_place: Option<usize>,
    new_place: Option<usize>,
    tasks: Option<usize>,
    tasks_for_half_width: Option<u64>,
}

/// The table.
///
/// # Errors
/// Those of the CSV writer, which writing into memory does not raise.
pub fn bridge_csv(study: &Study) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for shift in &study.shifts {
        let found = shift.result.as_ref().ok();
        let [lo, hi] = ends(found.and_then(|found| found.ci95));
        writer.serialize(Row {
            kind: "shift",
            metric: shift.metric.key,
            points: found.map(|found| found.points),
            se: found.and_then(|found| found.se),
            ci95_lo: lo,
            ci95_hi: hi,
            old_points: found.map(|found| found.old),
            new_points: found.map(|found| found.new),
            tasks: found.map(|found| found.tasks),
            tasks_for_half_width: found.and_then(|found| found.tasks_for_half_width),
            ..Row::default()
        })?;
    }
    for favour in &study.favours {
        let found = favour.result.as_ref().ok();
        let [lo, hi] = ends(found.and_then(|found| found.ci95));
        let [all_lo, all_hi] = ends(found.and_then(|found| found.simultaneous));
        writer.serialize(Row {
            kind: "favour",
            metric: favour.metric.key,
            a: csv_text(&favour.a),
            b: csv_text(&favour.b),
            standing: favour.standing.key(),
            reason: favour.standing.reason().unwrap_or_default(),
            points: found.map(|found| found.points),
            se: found.and_then(|found| found.se),
            ci95_lo: lo,
            ci95_hi: hi,
            simultaneous_lo: all_lo,
            simultaneous_hi: all_hi,
            p: found.map(|found| found.p),
            p_adjusted: found.and_then(|found| found.p_adjusted),
            p_equivalence_holm: found.and_then(|found| found.p_equivalence_holm),
            tasks: found.map(|found| found.tasks),
            ..Row::default()
        })?;
    }
    for place in &study.places.runs {
        writer.serialize(Row {
            kind: "place",
            metric: "overall",
            a: csv_text(&place.run),
            old_points: Some(place.old),
            new_points: Some(place.new),
            old_place: Some(place.old_place),
            new_place: Some(place.new_place),
            ..Row::default()
        })?;
    }
    let bytes = writer.into_inner().map_err(|error| error.into_error())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn ends(interval: Option<[f64; 2]>) -> [Option<f64>; 2] {
    [interval.map(|[lo, _]| lo), interval.map(|[_, hi]| hi)]
}
