//! One candidate against one baseline on one metric: the words in which every form of a comparison speaks of it.

use serde::Serialize;

use crate::analysis::compare::categories_alike::CategoriesAlike;
use crate::analysis::compare::crossing::Crossed;
use crate::analysis::compare::effects::{Effects, Wins};
use crate::analysis::compare::margin::MarginTest;
use crate::analysis::compare::sign_flip::Test;
use crate::analysis::compare::sources::Sources;
use crate::analysis::compare::standing::{Standing, Untested};
use crate::analysis::scores::failures::Failures;
use crate::analysis::scores::pass_rate::PassRates;
use crate::suite::{Axis, ScoreMap};

/// What a contrast is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Metric {
    /// The axis's key, or `overall`.
    pub key: &'static str,
    /// The axes behind it: one, or those of the Overall. An Overall is only comparable with one
    /// over the same axes.
    pub axes: Vec<Axis>,
}

impl Metric {
    /// One axis.
    pub fn axis(axis: Axis) -> Self {
        Self {
            key: axis.key(),
            axes: vec![axis],
        }
    }

    /// The mean of the axis means over `axes`.
    pub fn overall(axes: Vec<Axis>) -> Self {
        Self {
            key: "overall",
            axes,
        }
    }

    /// Whether this is an Overall.
    pub fn is_overall(&self) -> bool {
        self.key == "overall"
    }
}

/// A difference of design-weighted means, candidate minus baseline.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Difference {
    /// In points.
    pub points: f64,
    /// In raw marks.
    pub raw: f64,
    /// Standard error over units, in points.
    pub se: Option<f64>,
    /// Satterthwaite's degrees of freedom.
    pub df: Option<f64>,
    /// The contrast's own 95 % interval in points, within the scale; none where [`no_interval`](Self::no_interval)
    /// says why.
    pub ci95: Option<[f64; 2]>,
    /// The same in raw marks.
    pub ci95_raw: Option<[f64; 2]>,
    /// How it was made: `t`, `rare-bound`, `constant-bound`, `bridge`, or `none`.
    pub ci95_method: &'static str,
    /// Why there is no interval: `no-pairs`, `single-pair`, `one-unit-stratum`, `design-too-thin`.
    pub no_interval: Option<&'static str>,
    /// Standard error from repeats of the judge alone, for these very items, in points; needs two
    /// repeats.
    pub se_judge_only: Option<f64>,
    /// Items with a score on both sides.
    pub items: usize,
    /// Units with a score on both sides: items, or clusters of them.
    pub units: usize,
    /// What so few units could hide; up to [`UNSEEN_UNITS`] units.
    pub unseen: Option<Unseen>,
}

/// Units up to which a difference says what they could hide.
pub const UNSEEN_UNITS: usize = 200;

/// What the units that were not drawn could hide.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Unseen {
    /// Share of the target population, 0–1, that could differ by the whole scale and leave no trace here (95 %).
    pub share: f64,
    /// How far that would move the mean, in points.
    pub points: f64,
}

/// Something a reader of a line must know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flag {
    /// The differences are skewed: rare large ones.
    Skewed,
    /// Few pairs differ: the interval is an exact bound.
    FewNonZeroPairs,
    /// All differences are equal.
    NoSpread,
    /// More than 2 % of the marks of an axis are missing in a run.
    MissingAboveTwoPercent,
    /// Missing marks could undo the direction that is shown.
    NotRobustToMissing,
    /// Samples or repeats differ between the sides: the sign-flip test is only asymptotic.
    UnequalRepeats,
    /// The sides were marked by different judges.
    JudgesDiffer,
    /// They were, and a bridge joins them.
    Bridged,
    /// The judge is the same by what was asked for, but other models were served for the two sides.
    ServedModelsDiffer,
    /// The p was drawn, and its own uncertainty includes alpha.
    DrawnPStraddlesAlpha,
    /// Strata with fewer than six units take the spread of all units.
    ThinStrata,
    /// The mean points one way, most tasks the other.
    PointsAgainstTasks,
}

/// Why there is no difference to report.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Undefined {
    /// The axis does not apply to one of the models.
    NotApplicable,
    /// A stratum has no pair, so its weight rests on nothing.
    EmptyStratum(String),
    /// No item was marked on both sides.
    NoPairs,
}

impl Undefined {
    /// What may be said of a contrast without an estimate.
    pub fn standing(&self) -> Standing {
        Standing::NotTested(match self {
            Self::NotApplicable => Untested::NotApplicable,
            Self::EmptyStratum(_) => Untested::EmptyStratum,
            Self::NoPairs => Untested::NoPairs,
        })
    }
}

/// The numbers of a contrast.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ContrastFinding {
    /// The difference with its own interval.
    pub difference: Difference,
    /// Items won, tied and lost; none across judges, whose marks of one item are on two scales.
    pub wins: Option<Wins>,
    /// Effect sizes; none across judges.
    pub effects: Option<Effects>,
    /// What joins the two runs, where different judges marked them.
    pub crossed: Option<Crossed>,
    /// The tests, not adjusted.
    pub test: Test,
    /// Adjustment for the family, or the test of the primary contrast; none where the contrast is neither.
    pub adjusted: Option<Adjusted>,
    /// Pass rates; axes only.
    pub pass: Option<PassRates>,
    /// Against the margin.
    pub margin: Option<MarginTest>,
    /// Missing marks.
    pub failures: Failures,
    /// 95 % BCa interval in points, when cross-checks were asked for.
    pub bca95: Option<[f64; 2]>,
    /// Ratio of the two means, where it was asked for; discouraged.
    pub ratio: Option<RatioOfMeans>,
    /// Whether the difference depends on the category; beside Overall.
    pub by_category: Option<CategoriesAlike>,
    /// Where the spread of a task's difference comes from; none with fewer than two complete tasks.
    pub sources: Option<Sources>,
    /// What a reader must know.
    pub flags: Vec<Flag>,
}

/// One line of the comparison.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Contrast {
    /// The run that is compared.
    pub candidate: String,
    /// The run it is compared with.
    pub baseline: String,
    /// On what.
    pub metric: Metric,
    /// What may be said. Nothing else decides that.
    #[serde(flatten)]
    pub standing: Standing,
    /// The numbers, or why there are none.
    pub result: Result<ContrastFinding, Undefined>,
}

/// The adjustment of one contrast.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Adjusted {
    /// Whether this is the declared primary contrast, tested first at full alpha and outside the family.
    pub primary: bool,
    /// Contrasts that are adjusted together with this one; 1 for the primary contrast.
    pub family_size: usize,
    /// Step-down max-T p (Holm's where the family's `joint_law` says so), never below the unadjusted p nor, behind a gate,
    /// below the primary's. For the primary contrast its own p.
    pub p_westfall_young: f64,
    /// Whether this p is the smallest that the draws can give: it is then a bound.
    pub at_draw_limit: bool,
    /// Holm's p from the unadjusted ones.
    pub p_holm: f64,
    /// Interval in points that holds together with those of the family at 1 − alpha; for the primary contrast its own,
    /// or the repeated one of a look. Where a direction is claimed and the interval would reach across 0, it ends at 0:
    /// the region that is compatible with a step-down test.
    pub simultaneous: Option<[f64; 2]>,
    /// How it was made: `t`, `rare-bound`, `constant-bound`, `bridge`, `repeated`, or `none`.
    pub simultaneous_method: &'static str,
}

/// Candidate over baseline, in points, over the items with a mark on both sides.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RatioOfMeans {
    /// Mean of the candidate over mean of the baseline.
    pub ratio: f64,
    /// Fieller's 95 % interval; none where it is unbounded, since the baseline's mean does not differ from 0.
    pub fieller95: Option<[f64; 2]>,
    /// t² times the squared relative standard error of the baseline's mean; the interval is bounded below 1.
    pub g: f64,
    /// The two means in points.
    pub means: [f64; 2],
    /// The mapping whose zero it depends on.
    pub mapping: ScoreMap,
    /// [`CAUTION`](crate::analysis::compare::ratio::CAUTION).
    pub caution: &'static str,
}
