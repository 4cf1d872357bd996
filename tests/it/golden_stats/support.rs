//! Numbers to JSON and back in the vectors' conventions.

use parabench::stats::interval::Interval;
use parabench::stats::rational::Rational;
use parabench::stats::score_map::ScoreMap;
use parabench::stats::weighted::AxisCells;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

/// A family's result, or why it could not be computed.
pub type Computed = Result<Value, Box<dyn std::error::Error>>;

/// Reads a family's input.
pub fn read<T: DeserializeOwned>(input: Value) -> Result<T, serde_json::Error> {
    serde_json::from_value(input)
}

/// Infinities are strings, everything undefined is null.
pub fn number(value: impl Into<Option<f64>>) -> Value {
    match value.into() {
        Some(f64::INFINITY) => json!("inf"),
        Some(f64::NEG_INFINITY) => json!("-inf"),
        other => json!(other),
    }
}

/// An interval is a list of two ends.
pub fn ends(interval: impl Into<Option<Interval>>) -> Value {
    match interval.into() {
        Some(Interval { lo, hi }) => json!([number(lo), number(hi)]),
        None => Value::Null,
    }
}

/// Computes each entry of a list.
pub fn each<T>(inputs: Vec<T>, compute: impl FnMut(T) -> Computed) -> Computed {
    inputs
        .into_iter()
        .map(compute)
        .collect::<Result<Vec<Value>, _>>()
        .map(Value::Array)
}

/// Length of the scale of raw marks.
pub const RANGE: f64 = 4.0;
pub const ALPHA: f64 = 0.05;
/// Seed of flips that are drawn; the vectors ask for none.
pub const SEED: u64 = 0;

pub fn points(raw: f64) -> f64 {
    ScoreMap::POINTS.difference(raw)
}

/// Planned sizes of one axis, 0 where it does not exist.
pub fn planned(sizes: &[u32], exists: &[bool]) -> Vec<u32> {
    let size = |(&size, &exists): (&u32, &bool)| if exists { size } else { 0 };
    sizes.iter().zip(exists).map(size).collect()
}

pub fn exact(values: &[Option<i64>]) -> Vec<Option<Rational>> {
    values.iter().map(|v| v.map(Rational::from)).collect()
}

/// Cells of some axes.
pub fn cells<'a>(
    values: &'a [Vec<Option<Rational>>],
    planned: &'a [Vec<u32>],
) -> Vec<AxisCells<'a>> {
    let axes = values.iter().zip(planned);
    axes.map(|(values, planned)| AxisCells { values, planned })
        .collect()
}
