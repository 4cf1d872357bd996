//! Entry-by-entry comparison within a stated tolerance.

use serde::Deserialize;
use serde_json::Value;

/// |got − expected| ≤ abs + rel·|expected|; a missing key is 0. Below a key `bracket_*` the expected value is the truth
/// that an upper bound must meet from above: expected·(1 − 10⁻³) ≤ got ≤ expected·(1 + bracket_rel).
#[derive(Deserialize)]
pub struct Tolerance {
    #[serde(default)]
    abs: f64,
    #[serde(default)]
    rel: f64,
    #[serde(default)]
    bracket_rel: f64,
}

/// What an upper bound may lack for rounding.
const BRACKET_SLACK: f64 = 1e-3;

/// One line for each entry of `expected` that `got` misses. Entries that only `got` has are ignored.
pub fn differences(
    path: &str,
    got: &Value,
    expected: &Value,
    tolerance: &Tolerance,
) -> Vec<String> {
    let mut lines = Vec::new();
    walk(path, got, expected, tolerance, Rule::Within, &mut lines);
    lines
}

/// How numbers are compared.
#[derive(Clone, Copy)]
enum Rule {
    Within,
    Bracket,
}

fn walk(
    path: &str,
    got: &Value,
    expected: &Value,
    tolerance: &Tolerance,
    rule: Rule,
    lines: &mut Vec<String>,
) {
    match (got, expected) {
        (Value::Object(got), Value::Object(expected)) => {
            for (key, value) in expected {
                let below = format!("{path}.{key}");
                let rule = if key.starts_with("bracket_") {
                    Rule::Bracket
                } else {
                    rule
                };
                match got.get(key) {
                    Some(found) => walk(&below, found, value, tolerance, rule, lines),
                    None => lines.push(format!("{below}: not computed")),
                }
            }
        }
        (Value::Array(got), Value::Array(expected)) if got.len() == expected.len() => {
            for (index, (found, value)) in got.iter().zip(expected).enumerate() {
                walk(
                    &format!("{path}[{index}]"),
                    found,
                    value,
                    tolerance,
                    rule,
                    lines,
                );
            }
        }
        _ if equal(got, expected, tolerance, rule) => {}
        _ => lines.push(format!("{path}: got {got}, expected {expected}")),
    }
}

fn equal(got: &Value, expected: &Value, tolerance: &Tolerance, rule: Rule) -> bool {
    match (got.as_f64(), expected.as_f64(), rule) {
        (Some(got), Some(expected), Rule::Within) => {
            (got - expected).abs() <= tolerance.abs + tolerance.rel * expected.abs()
        }
        (Some(got), Some(expected), Rule::Bracket) => {
            expected * (1.0 - BRACKET_SLACK) <= got
                && got <= expected * (1.0 + tolerance.bracket_rel)
        }
        _ => got == expected,
    }
}

#[test]
fn a_bracket_is_met_from_above_only() {
    let tolerance = Tolerance {
        abs: 0.0,
        rel: 1e-9,
        bracket_rel: 0.05,
    };
    let wrong = |got: f64| {
        let (got, expected) = (
            serde_json::json!({"bracket_p": [got]}),
            serde_json::json!({"bracket_p": [0.02]}),
        );
        differences("case", &got, &expected, &tolerance).len()
    };
    assert_eq!([0.0199, 0.02, 0.0209, 0.0211].map(wrong), [1, 0, 0, 1]);
}
