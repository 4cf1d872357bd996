//! The verdict on one axis.

use serde::Serialize;

use super::bench::Bench;
use super::checks::AxisCalls;
use super::detection::Detection;
use super::finding::{AuditFinding, Outcome};
use super::marks::Call;
use super::noise::{Noise, Repeatability, reckoned};
use crate::suite::Axis;

/// Whether a judge may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Fitness {
    /// Every check holds.
    Fit,
    /// No check fails, but one or more are open.
    NotEnoughCalls,
    /// A check fails.
    Unfit,
}

impl Fitness {
    /// The words for it.
    pub fn title(self) -> &'static str {
        match self {
            Self::Fit => "fit",
            Self::NotEnoughCalls => "undecided",
            Self::Unfit => "unfit",
        }
    }
}

/// What an audit found on one axis.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AxisAudit {
    /// The axis.
    pub axis: Axis,
    /// The verdict.
    pub fitness: Fitness,
    /// All checks.
    pub findings: Vec<AuditFinding>,
    /// Calls that were made.
    pub calls: usize,
    /// Calls without a mark.
    pub missing: usize,
    /// Repeated calls.
    pub repeatability: Repeatability,
    /// Which side of the pass mark its answers got.
    pub detection: Detection,
    /// Mean of Kendall's tau-b of mark and deserved mark within each task.
    pub rank_correlation: Option<f64>,
}

impl<'a> Bench<'a> {
    /// The verdict on one axis.
    pub fn axis(&self, axis: Axis) -> AxisAudit {
        let calls: Vec<Call<'_>> = self.of(axis);
        let repeatability = Repeatability::of(&calls, Some(axis));
        let noise = reckoned(Some(&repeatability), &self.all, self.thresholds.noise_floor);
        let view = AxisCalls {
            bench: self,
            axis,
            calls,
            noise,
        };
        let mut findings = vec![view.missing(), view.noise(&repeatability)];
        findings.extend(view.controls());
        findings.extend([view.damage(), view.agreement()]);
        findings.extend(view.biases());
        findings.extend(view.moved());
        let worst = findings.iter().map(|finding| finding.outcome).max();
        AxisAudit {
            axis,
            fitness: match worst {
                Some(Outcome::Holds) => Fitness::Fit,
                Some(Outcome::Fails) => Fitness::Unfit,
                Some(Outcome::Open) | None => Fitness::NotEnoughCalls,
            },
            calls: view.asked(),
            missing: view.lost(),
            rank_correlation: view.rank_correlation(),
            detection: Detection::of(&view.calls),
            findings,
            repeatability,
        }
    }

    fn of(&self, axis: Axis) -> Vec<Call<'a>> {
        let calls = self.calls.iter().filter(|call| call.row.axis == axis);
        calls.copied().collect()
    }

    /// The noise that checks over all axes reckon with.
    pub(super) fn noise(&self) -> Noise {
        reckoned(None, &self.all, self.thresholds.noise_floor)
    }
}
