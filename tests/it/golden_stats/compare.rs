//! Entry-by-entry comparison within a stated tolerance.

use serde::Deserialize;
use serde_json::Value;

/// |got − expected| ≤ abs + rel·|expected|; a missing key is 0.
#[derive(Deserialize)]
pub struct Tolerance {
    #[serde(default)]
    abs: f64,
    #[serde(default)]
    rel: f64,
}

/// One line for each entry of `expected` that `got` misses. Entries that only `got` has are ignored.
pub fn differences(
    path: &str,
    got: &Value,
    expected: &Value,
    tolerance: &Tolerance,
) -> Vec<String> {
    let mut lines = Vec::new();
    walk(path, got, expected, tolerance, &mut lines);
    lines
}

fn walk(path: &str, got: &Value, expected: &Value, tolerance: &Tolerance, lines: &mut Vec<String>) {
    match (got, expected) {
        (Value::Object(got), Value::Object(expected)) => {
            for (key, value) in expected {
                match got.get(key) {
                    Some(found) => walk(&format!("{path}.{key}"), found, value, tolerance, lines),
                    None => lines.push(format!("{path}.{key}: not computed")),
                }
            }
        }
        (Value::Array(got), Value::Array(expected)) if got.len() == expected.len() => {
            for (index, (found, value)) in got.iter().zip(expected).enumerate() {
                walk(&format!("{path}[{index}]"), found, value, tolerance, lines);
            }
        }
        _ if equal(got, expected, tolerance) => {}
        _ => lines.push(format!("{path}: got {got}, expected {expected}")),
    }
}

fn equal(got: &Value, expected: &Value, tolerance: &Tolerance) -> bool {
    match (got.as_f64(), expected.as_f64()) {
        (Some(got), Some(expected)) => {
            (got - expected).abs() <= tolerance.abs + tolerance.rel * expected.abs()
        }
        _ => got == expected,
    }
}
