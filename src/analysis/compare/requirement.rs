//! `--require "output_alignment > 0"`: a comparison that must hold, for training pipelines.
//!
//! It holds by the standing of the contrast and by nothing else: 0 asks for a direction that is shown, a negative number
//! for that or for non-inferiority within a margin of that size, declared before the marks.

use std::str::FromStr;

use serde::Serialize;

use crate::analysis::compare::Comparison;
use crate::analysis::compare::contrast::Contrast;
use crate::analysis::compare::standing::{Direction, Standing, WithinMargin};
use crate::analysis::runs::declaration::Declared;
use crate::suite::Axis;
use crate::suite::axes::are_whole;

/// What must hold.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Requirement {
    /// An axis's key, or `overall`.
    pub metric: &'static str,
    /// Points that the lower end must exceed.
    pub above: f64,
}

/// Text that is no requirement.
#[derive(Debug, thiserror::Error)]
#[error(
    "`{0}` is not a requirement; expected METRIC > POINTS, where METRIC is an axis of the suite (for example {keys}) \
     or overall, for example `output_alignment > 0` (better) or `overall > -2.5` (not worse by 2.5 points)",
    keys = Axis::ALL.map(Axis::key).join(", ")
)]
pub struct NotARequirement(String);

impl FromStr for Requirement {
    type Err = NotARequirement;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let parse = || {
            let (metric, above) = text.split_once('>')?;
            let metric = metric.trim();
            let above: f64 = above.trim().parse().ok()?;
            let metric = match metric {
                "overall" => "overall",
                key => Axis::by_key(key).ok()?.key(),
            };
            (above.is_finite() && above.abs() < 100.0).then_some(Self { metric, above })
        };
        parse().ok_or_else(|| NotARequirement(text.chars().take(80).collect()))
    }
}

impl std::fmt::Display for Requirement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} > {}", self.metric, self.above)
    }
}

/// One contrast held against a requirement.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Check {
    /// The run that is compared.
    pub candidate: String,
    /// The run it is compared with.
    pub baseline: String,
    /// Difference in points.
    pub points: Option<f64>,
    /// Lower end of the adjusted interval in points, of the interval alone for a declared primary contrast.
    pub lower: Option<f64>,
    /// What may be said about the contrast: the only thing that decides.
    #[serde(flatten)]
    pub standing: Standing,
    /// Whether it holds here.
    pub held: bool,
    /// What was found, in words.
    pub found: String,
}

/// A requirement and how it fared.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RequirementOutcome {
    /// What was required.
    pub requirement: Requirement,
    /// Whether it holds for every pair of runs, of which there is at least one.
    pub held: bool,
    /// One per pair of runs.
    pub checks: Vec<Check>,
}

/// A metric that a comparison does not have.
#[derive(Debug, thiserror::Error)]
#[error("--require `{requirement}`: the suite {suite} has no {metric}; there are {known}", metric = requirement.metric)]
pub struct NoMetric {
    requirement: Requirement,
    suite: String,
    known: String,
}

/// Holds a comparison against a requirement.
///
/// # Errors
/// [`NoMetric`]: a requirement on nothing could neither hold nor fail.
pub fn verdict(
    comparison: &Comparison,
    requirement: &Requirement,
) -> Result<RequirementOutcome, NoMetric> {
    let metrics = comparison.suite.axes.iter().map(|axis| axis.key());
    let metrics: Vec<&str> = metrics.chain(["overall"]).collect();
    if !metrics.contains(&requirement.metric) {
        return Err(NoMetric {
            requirement: requirement.clone(),
            suite: comparison.suite.name.clone(),
            known: metrics.join(", "),
        });
    }
    Ok(held_against(comparison, requirement))
}

fn held_against(comparison: &Comparison, requirement: &Requirement) -> RequirementOutcome {
    let checks: Vec<Check> = comparison
        .contrasts
        .iter()
        .filter(|contrast| contrast.metric.key == requirement.metric)
        .map(|contrast| check(comparison, contrast, requirement))
        .collect();
    RequirementOutcome {
        requirement: requirement.clone(),
        held: !checks.is_empty() && checks.iter().all(|check| check.held),
        checks,
    }
}

fn check(comparison: &Comparison, contrast: &Contrast, requirement: &Requirement) -> Check {
    let finding = contrast.result.as_ref().ok();
    let adjusted = finding.and_then(|finding| finding.adjusted.as_ref());
    let lower = adjusted
        .and_then(|adjusted| adjusted.simultaneous)
        .map(|[lo, _]| lo);
    let points = finding.map(|finding| finding.difference.points);
    let held = holds(comparison, contrast.standing, lower, requirement.above);
    let mut found = points.map_or_else(String::new, |points| format!("difference {points:+.2}, "));
    if let Some(lower) = lower {
        found += &format!("lower end {lower:+.2}, ");
    }
    found += contrast.standing.key();
    if let Some(reason) = contrast.standing.reason() {
        found += &format!(" ({reason})");
    }
    if let Some(also) = contrast.standing.also() {
        found += &format!(", also {}", also.key());
    }
    let axes = contrast.metric.axes.len();
    if contrast.metric.is_overall() && !are_whole(&contrast.metric.axes) {
        found += &format!(" (over {axes} common axes)");
    }
    if !held && requirement.above < 0.0 {
        found += &missing_margin(comparison, requirement.above);
    }
    Check {
        candidate: contrast.candidate.clone(),
        baseline: contrast.baseline.clone(),
        points,
        lower,
        standing: contrast.standing,
        held,
        found,
    }
}

/// Whether a standing meets a threshold: one of 0 or more asks for a direction whose interval lies above it, one below 0
/// for that or for a margin of at most this size that was declared before the marks. A condition meets nothing.
fn holds(comparison: &Comparison, standing: Standing, lower: Option<f64>, above: f64) -> bool {
    let margin = comparison.margin;
    let small = margin.declared == Declared::Before && margin.points <= -above;
    let within =
        |shown: Option<WithinMargin>| small && shown.is_some_and(|shown| !shown.conditional);
    match standing {
        Standing::Shown {
            direction: Direction::Higher,
            ..
        } => above <= 0.0 || lower.is_some_and(|lower| lower > above),
        Standing::Shown {
            direction: Direction::Lower,
            also,
        } => within(also),
        Standing::Margin(shown) => within(Some(shown)),
        Standing::Conditional { .. }
        | Standing::NotShown { .. }
        | Standing::NotTested(_)
        | Standing::Withheld(_)
        | Standing::Descriptive(_) => false,
    }
}

/// What a requirement below 0 lacks, where no margin can meet it.
fn missing_margin(comparison: &Comparison, above: f64) -> String {
    let needed = -above;
    let margin = comparison.margin;
    match margin.declared {
        Declared::Before if margin.points <= needed => String::new(),
        Declared::Before => format!(
            "; the declared margin of {} points is larger than {needed}",
            margin.points
        ),
        Declared::Late => "; the margin was declared when the comparison was made, not before the \
                         marks (`run --declare FILE`)"
            .to_owned(),
        Declared::Nothing => format!(
            "; no margin was declared, and the default of {} points cannot meet a requirement; put `margin = \
             {needed}` into a declaration and give it to `run --declare FILE` before the first mark",
            margin.points
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requirements_are_parsed_or_refused() {
        let good: Requirement = " output_alignment>-2.5 ".parse().unwrap();
        assert_eq!(good.to_string(), "output_alignment > -2.5");
        assert_eq!(
            "overall > 0".parse::<Requirement>().unwrap().metric,
            "overall"
        );
        for bad in [
            "",
            "overall",
            "overall < 1",
            "Beauty! > 0",
            "overall > x",
            "overall > 1e9",
        ] {
            assert!(bad.parse::<Requirement>().is_err(), "{bad}");
        }
    }
}
