//! `--require "output_alignment > 0"`: a comparison that must hold, for training pipelines.
//!
//! It holds when the lower end of the interval that is adjusted for the family lies above the
//! threshold: 0 asks for superiority, a negative number for non-inferiority with that margin.

use std::str::FromStr;

use serde::Serialize;

use crate::analysis::compare::Comparison;
use crate::analysis::compare::contrast::{Contrast, Finding, Undefined};
use crate::analysis::scores::failures::NO_CLAIM_SHARE;
use crate::stats::interval::{Confidence, t_interval};
use crate::suite::Axis;

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
    "`{0}` is no requirement: METRIC > POINTS is expected, METRIC being {keys} or overall, for example `output_alignment > 0` (better) or `overall > -2.5` (not worse by 2.5 points)",
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
                key => Axis::ALL.into_iter().find(|axis| axis.key() == key)?.key(),
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
    /// Lower end of the adjusted interval, in points (of the interval alone for Overall, which is not
    /// in the family, and for a declared primary contrast).
    pub lower: Option<f64>,
    /// Whether it holds here.
    pub held: bool,
    /// What was found, in words.
    pub found: String,
}

/// A requirement and how it fared.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Verdict {
    /// What was required.
    pub requirement: Requirement,
    /// Whether it holds for every pair of runs, of which there is at least one.
    pub held: bool,
    /// One per pair of runs.
    pub checks: Vec<Check>,
}

/// Holds a comparison against a requirement.
pub fn verdict(comparison: &Comparison, requirement: &Requirement) -> Verdict {
    let checks: Vec<Check> = comparison
        .contrasts
        .iter()
        .filter(|contrast| contrast.metric.key == requirement.metric)
        .map(|contrast| check(comparison, contrast, requirement))
        .collect();
    Verdict {
        requirement: requirement.clone(),
        held: !checks.is_empty() && checks.iter().all(|check| check.held),
        checks,
    }
}

fn check(comparison: &Comparison, contrast: &Contrast, requirement: &Requirement) -> Check {
    let mut check = Check {
        candidate: contrast.candidate.clone(),
        baseline: contrast.baseline.clone(),
        points: None,
        lower: None,
        held: false,
        found: String::new(),
    };
    match &contrast.result {
        Err(why) => check.found = undefined(why),
        Ok(finding) => {
            check.points = Some(finding.difference.points);
            check.lower = lower(comparison, contrast, finding);
            (check.held, check.found) = judge(comparison, finding, check.lower, requirement.above);
            let axes = contrast.metric.axes.len();
            if contrast.metric.is_overall() && axes < Axis::ALL.len() {
                check.found += &format!(" (over {axes} common axes)");
            }
        }
    }
    check
}

fn undefined(why: &Undefined) -> String {
    match why {
        Undefined::NotApplicable => "the axis does not apply to both models".to_owned(),
        Undefined::EmptyStratum(name) => format!("no pair in category {name}"),
        Undefined::NoPairs => "no item was marked on both sides".to_owned(),
        Undefined::TooFine => "the marks do not fit exact arithmetic".to_owned(),
    }
}

fn lower(comparison: &Comparison, contrast: &Contrast, finding: &Finding) -> Option<f64> {
    if !contrast.metric.is_overall() {
        return finding.adjusted.as_ref()?.simultaneous.map(|[lo, _]| lo);
    }
    let difference = &finding.difference;
    let confidence = Confidence::new(1.0 - comparison.family.alpha).ok()?;
    let interval = t_interval(
        difference.points,
        difference.se?,
        difference.df?,
        confidence,
    )?;
    Some(interval.lo)
}

fn judge(
    comparison: &Comparison,
    finding: &Finding,
    lower: Option<f64>,
    above: f64,
) -> (bool, String) {
    let gate = comparison.family.primary.as_ref();
    let behind_gate = finding.adjusted.as_ref().is_some_and(|a| !a.primary);
    let share = finding.failures.share();
    let points = finding.difference.points;
    let Some(lower) = lower else {
        let why = if finding.difference.se.is_none_or(|se| se == 0.0) {
            "all differences are equal, so there is no interval"
        } else {
            "the axis is not in the declared family"
        };
        return (false, format!("difference {points:+.2}: {why}"));
    };
    let found = format!("difference {points:+.2}, lower end {lower:+.2}");
    if share > NO_CLAIM_SHARE {
        let share = 100.0 * share;
        return (
            false,
            format!("{found}, but {share:.1} % of the marks are missing"),
        );
    }
    if finding.descriptive {
        return (
            false,
            format!(
                "{found}, but looks were declared for the primary contrast: this line only describes"
            ),
        );
    }
    if behind_gate && gate.is_some_and(|primary| !primary.passed) {
        return (
            false,
            format!("{found}, but the primary contrast did not pass"),
        );
    }
    (lower > above, found)
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
            "beauty > 0",
            "overall > x",
            "overall > 1e9",
        ] {
            assert!(bad.parse::<Requirement>().is_err(), "{bad}");
        }
    }
}
