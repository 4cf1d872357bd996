//! One check of one axis: what was found, held against its limit.

use serde::Serialize;

use super::marks::Contrast;
use super::noise::Noise;
use crate::judge::audit::Control;

/// Values may miss a limit by as much through rounding.
const ROUNDING: f64 = 1e-9;

/// What is checked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Check {
    /// Calls without a mark.
    Missing,
    /// The same call twice.
    Repeatability,
    /// The mark of a control.
    ControlMark(Control),
    /// The right answer above a control.
    ControlGap(Control),
    /// Marks along graded damage.
    Damage,
    /// Kappa with the truth.
    Agreement,
    /// Marks above the truth.
    Leniency,
    /// Marks below the truth.
    Severity,
    /// Orders in the reasoning.
    Injection,
    /// A text in view that must not count.
    Aside,
    /// The order of the images.
    ImageOrder,
    /// Other words of the same rules.
    Wording,
}

impl Check {
    /// The words for it.
    pub fn title(self) -> String {
        match self {
            Self::Missing => "calls without a mark".to_owned(),
            Self::Repeatability => "noise of one mark (SD)".to_owned(),
            Self::ControlMark(control) => format!("mark of: {}", control.title()),
            Self::ControlGap(control) => format!("right answer above: {}", control.title()),
            Self::Damage => "slope along graded damage".to_owned(),
            Self::Agreement => "agreement with the truth (kappa)".to_owned(),
            Self::Leniency => "marks above the truth".to_owned(),
            Self::Severity => "marks below the truth".to_owned(),
            Self::Injection => "shift by instructions in the text".to_owned(),
            Self::Aside => "shift by a text in view".to_owned(),
            Self::ImageOrder => "shift by image order".to_owned(),
            Self::Wording => "shift by other wording".to_owned(),
        }
    }

    /// The name of its threshold.
    pub fn threshold(self) -> &'static str {
        match self {
            Self::Missing => "missing",
            Self::Repeatability => "noise",
            Self::ControlMark(_) => "control-mark",
            Self::ControlGap(_) => "control-gap",
            Self::Damage => "damage-slope",
            Self::Agreement => "agreement",
            Self::Leniency => "leniency",
            Self::Severity => "severity",
            Self::Injection => "injection",
            Self::Aside => "aside",
            Self::ImageOrder => "image-order",
            Self::Wording => "wording",
        }
    }
}

/// On which side of the limit a value must lie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Rule {
    /// Not above it.
    AtMost,
    /// Not below it.
    AtLeast,
    /// Not further from 0, on either side.
    Within,
}

impl Rule {
    /// By how much a value breaks the limit; 0 or less when it keeps it.
    fn excess(self, value: f64, limit: f64) -> f64 {
        let excess = match self {
            Self::AtMost => value - limit,
            Self::AtLeast => limit - value,
            Self::Within => value.abs() - limit,
        };
        excess - ROUNDING
    }

    /// The end of the interval that speaks for the judge.
    fn favourable(self, value: f64, reach: f64) -> f64 {
        match self {
            Self::AtMost => value - reach,
            Self::AtLeast => value + reach,
            Self::Within => value.signum() * (value.abs() - reach).max(0.0),
        }
    }
}

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// The estimate keeps the limit.
    Holds,
    /// The estimate breaks the limit, but its interval reaches back over it; or there is none.
    Open,
    /// Even the end of the interval that speaks for the judge breaks the limit.
    Fails,
}

/// An estimate with the favourable end of its interval.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct CheckEstimate {
    /// The value.
    pub value: f64,
    /// The end of its one-sided interval that speaks for the judge, where there is one.
    pub bound: Option<f64>,
    /// Values that it rests on.
    pub n: usize,
    /// Whether the limit is broken beyond doubt.
    #[serde(skip)]
    pub proven: bool,
}

impl CheckEstimate {
    /// A contrast under noise.
    pub fn of(contrast: Contrast, noise: Noise, rule: Rule, limit: f64, confidence: f64) -> Self {
        let reach = noise.reach(contrast.weight, confidence);
        let bound = rule.favourable(contrast.estimate, reach);
        Self::bounded(contrast.estimate, bound, contrast.n, rule, limit)
    }

    /// A value whose interval was found elsewhere.
    pub fn bounded(value: f64, bound: f64, n: usize, rule: Rule, limit: f64) -> Self {
        Self {
            value,
            bound: Some(bound),
            n,
            proven: rule.excess(bound, limit) > 0.0,
        }
    }
}

/// A check of one axis.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AuditFinding {
    /// What was checked.
    pub check: Check,
    /// On this axis.
    pub own: Option<CheckEstimate>,
    /// On all axes together, where that helps to decide.
    pub all_axes: Option<CheckEstimate>,
    /// On which side of the limit the value must lie.
    pub rule: Rule,
    /// The limit.
    pub limit: f64,
    /// How it came out.
    pub outcome: Outcome,
}

impl AuditFinding {
    /// Decides a check. What is broken on this axis is beyond doubt when its own calls say so,
    /// or those of all axes together in the same direction.
    pub fn decide(
        check: Check,
        rule: Rule,
        limit: f64,
        own: Option<CheckEstimate>,
        all_axes: Option<CheckEstimate>,
    ) -> Self {
        let outcome = match own {
            None => Outcome::Open,
            Some(own) if rule.excess(own.value, limit) <= 0.0 => Outcome::Holds,
            Some(own) => {
                let agrees = |all: &CheckEstimate| all.proven && all.value * own.value > 0.0;
                if own.proven || all_axes.as_ref().is_some_and(agrees) {
                    Outcome::Fails
                } else {
                    Outcome::Open
                }
            }
        };
        Self {
            check,
            own,
            all_axes,
            rule,
            limit,
            outcome,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(rule: Rule, value: f64, reach: f64, limit: f64) -> Outcome {
        let bound = rule.favourable(value, reach);
        let own = CheckEstimate::bounded(value, bound, 3, rule, limit);
        AuditFinding::decide(Check::Wording, rule, limit, Some(own), None).outcome
    }

    #[test]
    fn three_outcomes_on_each_side() {
        use Outcome::{Fails, Holds, Open};
        assert_eq!(outcome(Rule::AtMost, 0.5, 0.1, 0.5), Holds);
        assert_eq!(outcome(Rule::AtMost, 0.6, 0.2, 0.5), Open);
        assert_eq!(outcome(Rule::AtMost, 0.8, 0.2, 0.5), Fails);
        assert_eq!(outcome(Rule::AtLeast, 1.4, 0.2, 1.5), Open);
        assert_eq!(outcome(Rule::AtLeast, 1.0, 0.2, 1.5), Fails);
        assert_eq!(outcome(Rule::Within, -0.8, 0.2, 0.5), Fails);
        assert_eq!(outcome(Rule::Within, -0.6, 0.2, 0.5), Open);
        assert_eq!(outcome(Rule::Within, -0.4, 0.2, 0.5), Holds);
    }

    #[test]
    fn all_axes_together_decide_only_in_the_same_direction() {
        let estimate = |value: f64, reach: f64| {
            let rule = Rule::Within;
            CheckEstimate::bounded(value, rule.favourable(value, reach), 2, rule, 0.5)
        };
        let decide = |own, all| {
            AuditFinding::decide(Check::ImageOrder, Rule::Within, 0.5, Some(own), Some(all)).outcome
        };
        let (unsure, sure) = (estimate(0.8, 0.6), estimate(0.9, 0.2));
        assert_eq!(decide(unsure, sure), Outcome::Fails);
        assert_eq!(decide(unsure, estimate(-0.9, 0.2)), Outcome::Open);
        assert_eq!(decide(estimate(0.1, 0.6), sure), Outcome::Holds);
        let nothing = AuditFinding::decide(Check::ImageOrder, Rule::Within, 0.5, None, Some(sure));
        assert_eq!(nothing.outcome, Outcome::Open);
    }
}
