//! What may be said about every contrast of a page, decided together: the gate of a declared primary contrast, one
//! step-down family of all axes and Overall over all pairs of runs, intervals that hold together, and the margin tests.

pub(crate) mod adjust;
mod settle;

use serde::Serialize;

use self::adjust::{adjust_family, adjust_margins, test_primary};
use self::settle::settle;
use crate::analysis::compare::computed::{Computed, Means};
use crate::analysis::compare::contrast::{Adjusted, Contrast, ContrastFinding};
use crate::analysis::compare::looks::{Interim, LookAtPrimary};
use crate::analysis::compare::setting::Setting;
use crate::analysis::compare::sign_flip::BRIDGE;
use crate::analysis::compare::standing::{Described, Gate, MISSING_LIMIT, Role, Tested};
use crate::analysis::scores::sheet::RAW_RANGE;
use crate::stats::difference_interval::sidak;
use crate::stats::error::Result;
use crate::stats::interval::{Confidence, Interval};
use crate::suite::Axis;

/// The family as a whole.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Family {
    /// Number of contrasts in it: every axis and Overall of every pair, but for undefined and withheld ones, those that
    /// are only described, and the primary contrast.
    pub size: usize,
    /// Two-sided family-wise level.
    pub alpha: f64,
    /// Draws of the joint sign flips.
    pub draws: u64,
    /// Two-sided level of each interval that holds together with the others (Šidák).
    pub interval_alpha: f64,
    /// `exact` within one pair of runs; `asymptotic` across pairs that share a run; `holm` where lines join different
    /// judges, so that all are adjusted by Holm.
    pub joint_law: &'static str,
    /// Margin tests that were adjusted together; none at a look.
    pub margin_tests: usize,
    /// The declared primary contrast, if any, and whether it opened the gate.
    pub primary: Option<Primary>,
}

/// The declared primary contrast.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Primary {
    /// Its axis.
    pub axis: Axis,
    /// Its baseline.
    pub baseline: String,
    /// Whether it is shown, perhaps under a condition; otherwise no other contrast can be.
    pub passed: bool,
}

/// What decides the page.
#[derive(Clone, Debug)]
pub struct FamilyPlan<'a> {
    /// Axes of the family; Overall always belongs to it.
    pub axes: &'a [Axis],
    /// Axis and baseline label of the primary contrast.
    pub primary: Option<(Axis, &'a str)>,
    /// How the p of the family are adjusted.
    pub adjusting: Adjusting,
    /// Whether looks were declared, and in time.
    pub looks: Looking<'a>,
}

/// How the p of a family are adjusted. A page is decided by draws; the other two enclose what they give, at no cost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adjusting {
    /// Step-down max-T with so many joint sign flips.
    Draws(u64),
    /// Not at all: no adjusted p is below the p alone.
    Alone,
    /// By Holm: valid without draws, and rarely below what they give.
    Holm,
}

impl Adjusting {
    fn draws(self) -> u64 {
        match self {
            Self::Draws(draws) => draws,
            Self::Alone | Self::Holm => 0,
        }
    }
}

/// Whether the page is a look.
#[derive(Clone, Debug)]
pub enum Looking<'a> {
    /// No looks were declared.
    Not,
    /// They were declared before the marks: this is one of them.
    At(&'a LookAtPrimary),
    /// They were declared when the page was made: more tasks may follow, so nothing is tested.
    TooLate,
}

impl FamilyPlan<'_> {
    fn is_primary(&self, contrast: &Contrast) -> bool {
        self.primary.is_some_and(|(axis, baseline)| {
            contrast.metric.key == axis.key() && contrast.baseline == baseline
        })
    }

    fn role(&self, contrast: &Contrast) -> Role {
        let declared = |axis: &Axis| self.axes.contains(axis);
        match self.looks {
            Looking::TooLate => Role::Described(Described::Looks),
            Looking::At(_) if !self.is_primary(contrast) => Role::Described(Described::Looks),
            _ if contrast.metric.is_overall() || contrast.metric.axes.iter().all(declared) => {
                Role::Confirmatory
            }
            _ => Role::Described(Described::Exploratory),
        }
    }
}

/// A defined contrast on its way to a standing.
struct Line<'a> {
    contrast: &'a mut Contrast,
    means: &'a Means,
    role: Role,
    primary: bool,
    /// The test of a direction, once it is known.
    test: Option<Tested>,
    /// Two-sided level of the bounds for missing marks.
    bounds_alpha: f64,
}

impl Line<'_> {
    fn finding(&self) -> Option<&ContrastFinding> {
        self.contrast.result.as_ref().ok()
    }

    fn finding_mut(&mut self) -> Option<&mut ContrastFinding> {
        self.contrast.result.as_mut().ok()
    }

    fn p(&self) -> Option<f64> {
        Some(self.finding()?.test.p)
    }

    /// The interval of the difference at a two-sided level, raw marks, and how it was made.
    fn interval(&self, alpha: f64) -> (Option<Interval>, &'static str) {
        match &self.means.joined {
            Some(joined) => {
                let level = Confidence::new(1.0 - alpha).ok();
                let interval = level.and_then(|level| joined.interval_at(RAW_RANGE, level));
                (interval, BRIDGE)
            }
            None => {
                let found = self.means.observed.difference_interval(RAW_RANGE, alpha);
                (found.interval, found.kind.key())
            }
        }
    }

    fn withheld(&self) -> bool {
        let share = self.finding().map_or(0.0, |f| f.failures.worst_share());
        self.means.judges_differ || share > MISSING_LIMIT
    }

    /// Whether it is tested at all, by the family or by itself.
    fn tested(&self) -> bool {
        self.role == Role::Confirmatory && !self.withheld()
    }
}

/// Decides the standing of every contrast, in place.
///
/// # Errors
/// Those of the statistics, which sound contrasts do not raise.
pub fn decide(
    setting: &Setting<'_>,
    computed: &mut [Computed],
    plan: &FamilyPlan<'_>,
) -> Result<(Family, Option<Interim>)> {
    let mut lines = lines(setting, computed, plan);
    let margin_tests = match plan.looks {
        // They know nothing of looks, at each of which they would be tried again.
        Looking::At(_) => 0,
        Looking::Not | Looking::TooLate => adjust_margins(setting, &mut lines)?,
    };
    let mut interim = None;
    let mut gate = plan.primary.map_or(Gate::None, |_| Gate::Closed);
    let mut p_primary = 0.0;
    for line in lines.iter_mut().filter(|line| line.primary) {
        p_primary = line.p().unwrap_or(1.0);
        interim = test_primary(setting, line, plan);
        settle(setting, line, Gate::None, margin_tests);
        gate = Gate::behind(line.contrast.standing);
    }
    let size = lines.iter().filter(|line| in_family(line)).count();
    adjust_family(setting, &mut lines, plan, p_primary)?;
    for line in lines.iter_mut().filter(|line| !line.primary) {
        settle(setting, line, gate, margin_tests);
    }
    let family = Family {
        size,
        alpha: setting.alpha,
        draws: plan.adjusting.draws(),
        interval_alpha: sidak(setting.alpha, size),
        joint_law: match across(lines.iter().filter(|line| in_family(line))) {
            true => "holm",
            false => joint_law(lines.iter().filter(|line| in_family(line))),
        },
        margin_tests,
        primary: plan.primary.map(|(axis, baseline)| Primary {
            axis,
            baseline: baseline.to_owned(),
            passed: gate != Gate::Closed,
        }),
    };
    Ok((family, interim))
}

fn lines<'a>(
    setting: &Setting<'_>,
    computed: &'a mut [Computed],
    plan: &FamilyPlan<'_>,
) -> Vec<Line<'a>> {
    let line = |c: &'a mut Computed| {
        let (role, primary) = (plan.role(&c.contrast), plan.is_primary(&c.contrast));
        Some(Line {
            means: c.means.as_ref()?,
            contrast: &mut c.contrast,
            role,
            primary,
            test: None,
            bounds_alpha: setting.alpha,
        })
    };
    computed.iter_mut().filter_map(line).collect()
}

/// Whether any of the lines joins different judges.
fn across<'a>(mut lines: impl Iterator<Item = &'a Line<'a>>) -> bool {
    lines.any(|line| line.means.joined.is_some())
}

fn in_family(line: &Line<'_>) -> bool {
    line.tested() && !line.primary
}

/// Sign flips keep the joint law within one pair of runs, and only its covariance across pairs.
fn joint_law<'a>(members: impl Iterator<Item = &'a Line<'a>>) -> &'static str {
    let mut pairs = members.map(|line| (&line.contrast.candidate, &line.contrast.baseline));
    let first = pairs.next();
    if pairs.all(|pair| Some(pair) == first) {
        "exact"
    } else {
        "asymptotic"
    }
}
