//! Numbers to JSON and back in the vectors' conventions.

use parabench::stats::interval::Interval;
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
