//! The figure that a benchmark's own script prints, beside the estimate: what is there is averaged, and nothing is said
//! of what is missing.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::analysis::scores::items::{AxisSheet, Items};
use crate::common::decimal::Decimal;
use crate::run::manifest::SuiteSection;
use crate::stats::rational::Rational;
use crate::suite::axes::{Across, MissingAs};
use crate::suite::{Axis, Print};

/// How figures are printed where the suite does not state it.
const IN_POINTS: Print = Print {
    lowest: Decimal::whole(0),
    highest: Decimal::whole(100),
    digits: 2,
};
/// Distance from the middle of two printed numbers, in units of the last digit, within which both are named.
const TIE: f64 = 1e-6;

/// The official figure of one metric.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Official {
    /// The axis, or the score.
    pub metric: &'static str,
    /// On the authors' scale.
    pub value: f64,
    /// As the script prints it; both numbers where the value lies in their middle.
    pub printed: String,
    /// How it was made.
    pub rule: &'static str,
    /// Items, or marks, behind it.
    pub count: usize,
}

/// The official figures of one run: every axis and computed score that applies.
pub fn officials(
    suite: &SuiteSection,
    items: &Items,
    sheets: &BTreeMap<Axis, AxisSheet>,
) -> Vec<Official> {
    let all = suite.axes.iter().chain(&suite.scores);
    all.filter_map(|&axis| official(suite, items, sheets, axis))
        .collect()
}

/// How the figures of a suite are printed.
pub fn in_print(suite: &SuiteSection) -> Print {
    suite.print.unwrap_or(IN_POINTS)
}

fn official(
    suite: &SuiteSection,
    items: &Items,
    sheets: &BTreeMap<Axis, AxisSheet>,
    axis: Axis,
) -> Option<Official> {
    let declaration = axis.declaration();
    let (value, rule, count) = match &declaration.across {
        Across::Planned if declaration.pooled => {
            let values = there(suite, axis, sheets)?;
            let found = values.iter().flatten().copied();
            (
                mean(found)?,
                "mean of the tasks",
                values.iter().flatten().count(),
            )
        }
        Across::Planned | Across::Equal => {
            let weights = items.weights(axis);
            let values = there(suite, axis, sheets)?;
            let of_category = |stratum: usize| {
                let here = items.of_category(stratum);
                mean(here.filter_map(|item| values.get(item).copied().flatten()))
            };
            let (mut sum, mut whole) = (0.0, 0.0);
            for (stratum, weight) in weights.iter().enumerate() {
                if let Some(mean) = of_category(stratum) {
                    sum += weight * mean;
                    whole += weight;
                }
            }
            let rule = match &declaration.across {
                Across::Equal => "mean of the categories",
                _ => "weighted mean of the categories",
            };
            let value = (whole > 0.0).then(|| sum / whole)?;
            (value, rule, values.iter().flatten().count())
        }
        Across::Marks(_) => {
            let keys = axis.formula()?.axes();
            let entering = sheets.iter().filter(|(axis, _)| keys.contains(&axis.key()));
            let marks: Vec<f64> = entering
                .filter_map(|(axis, _)| there(suite, *axis, sheets))
                .flatten()
                .flatten()
                .collect();
            (
                mean(marks.iter().copied())?,
                "mean of the marks",
                marks.len(),
            )
        }
    };
    let print = in_print(suite);
    let value = print.value(value);
    Some(Official {
        metric: axis.key(),
        value,
        printed: printed(value, print.digits),
        rule,
        count,
    })
}

/// Item values on the five-point scale; what is missing is left out, or the lowest where the script counts it so.
fn there(
    suite: &SuiteSection,
    axis: Axis,
    sheets: &BTreeMap<Axis, AxisSheet>,
) -> Option<Vec<Option<f64>>> {
    let sheet = sheets.get(&axis)?;
    let lowest = axis.declaration().missing == MissingAs::Lowest;
    let others = suite.axes.iter().filter(|_| axis.declaration().complete);
    let others: Vec<&AxisSheet> = others.filter_map(|other| sheets.get(other)).collect();
    let has = |other: &AxisSheet, item: usize| {
        let applies = other.marks.get(item).is_some_and(Option::is_some);
        !applies || other.values.get(item).is_some_and(Option::is_some)
    };
    let both = sheet.values.iter().zip(&sheet.marks).enumerate();
    let values = both.map(|(item, (value, marks))| {
        let filled = (lowest && marks.is_some()).then_some(1.0);
        let value = value.map(Rational::to_f64).or(filled);
        value.filter(|_| others.iter().all(|other| has(other, item)))
    });
    Some(values.collect())
}

fn mean(values: impl Iterator<Item = f64>) -> Option<f64> {
    let values: Vec<f64> = values.collect();
    crate::stats::sample::mean(&values)
}

/// A number with so many decimals.
fn printed(value: f64, digits: u8) -> String {
    let digits = usize::from(digits);
    let unit = 10_f64.powi(-(digits as i32));
    let off = TIE * unit;
    let ends = [value - off, value + off].map(|value| format!("{value:.digits$}"));
    match &ends {
        // What rounds to nothing has no sign.
        _ if value.abs() <= off => format!("{:.digits$}", 0.0),
        [low, high] if low == high => format!("{value:.digits$}"),
        [low, high] => format!("{low} or {high}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tie_names_both_numbers() {
        assert_eq!(printed(0.628, 4), "0.6280");
        assert_eq!(printed(0.12345, 4), "0.1234 or 0.1235");
        assert_eq!(printed(57.3737373737, 2), "57.37");
        assert_eq!(printed(-1e-17, 4), "0.0000");
    }
}
