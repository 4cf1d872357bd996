//! What a study of a bridge finds.

use serde::Serialize;

use crate::analysis::bridge::file::{Draw, Marker};
use crate::analysis::compare::SuiteInfo;
use crate::analysis::compare::contrast::{Metric, Undefined};
use crate::analysis::compare::standing::Standing;
use crate::common::digest::Digest;
use crate::suite::Axis;

/// What is asked of a bridge.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Terms {
    /// Margin in points within which a favour counts as none.
    pub margin: f64,
    /// Two-sided family-wise level of the favours.
    pub alpha: f64,
    /// Half-width in points that the interval of a shift is to have.
    pub half_width: f64,
    /// Joint sign flips of the family.
    pub draws: u64,
}

/// The result. Its JSON form is stable under `schema`: keys are added, never renamed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Study {
    /// Version of this form.
    pub schema: u32,
    /// The program that made it.
    pub program: String,
    /// Digest of the bridge.
    pub bridge: Digest,
    /// What was asked of the models; the tasks are those that were drawn.
    pub suite: SuiteInfo,
    /// How the tasks were drawn.
    pub draw: Draw,
    /// The judge that is left.
    pub old: Marker,
    /// The judge that follows.
    pub new: Marker,
    /// The runs.
    pub runs: Vec<StudyRun>,
    /// Margin in points.
    pub margin: f64,
    /// Two-sided family-wise level of the favours.
    pub alpha: f64,
    /// Half-width in points that was wished for.
    pub half_width: f64,
    /// Shift by axis, then of Overall.
    pub shifts: Vec<Shift>,
    /// Favours of every pair of runs by axis, then of Overall.
    pub favours: Vec<Favour>,
    /// Favours that were tested together.
    pub family_size: usize,
    /// Tasks without which no favour of this family can be shown to lie within the margin.
    pub tasks_for_margin: Option<u64>,
    /// The runs in order under each judge.
    pub places: Places,
    /// Whether the new judge may take the old one's place.
    pub replacement: Replacement,
}

/// A run of the bridge.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StudyRun {
    /// What tables call it.
    pub label: String,
    /// The model's name.
    pub model: String,
    /// Whether the model is declared to think.
    pub thinks: bool,
    /// Answers, axis by axis, that both judges should have marked.
    pub expected: u64,
    /// Of these, those that one of them did not mark.
    pub missing: u64,
}

/// How far the new judge marks from the old one.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Shift {
    /// On what.
    pub metric: Metric,
    /// The numbers, or why there are none.
    pub result: std::result::Result<ShiftFound, Undefined>,
}

/// The numbers of a shift.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct ShiftFound {
    /// Mean under the old judge, in points.
    pub old: f64,
    /// Mean under the new judge, in points.
    pub new: f64,
    /// New minus old, in points.
    pub points: f64,
    /// Its standard error over tasks, in points.
    pub se: Option<f64>,
    /// Its own 95 % interval in points.
    pub ci95: Option<[f64; 2]>,
    /// How the interval was made.
    pub ci95_method: &'static str,
    /// Tasks with marks of both judges in every run.
    pub tasks: usize,
    /// Tasks for the half-width that was wished for, if they differ as these do; `None` where the interval is a bound.
    pub tasks_for_half_width: Option<u64>,
}

/// Whether the change of judge favours one run over another.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Favour {
    /// The first run.
    pub a: String,
    /// The second run.
    pub b: String,
    /// On what.
    pub metric: Metric,
    /// What may be said; higher means that the change favours the first run.
    #[serde(flatten)]
    pub standing: Standing,
    /// The numbers, or why there are none.
    pub result: std::result::Result<FavourFound, Undefined>,
}

/// The numbers of a favour.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FavourFound {
    /// Shift of the first run minus that of the second, in points.
    pub points: f64,
    /// Standard error over tasks, in points.
    pub se: Option<f64>,
    /// Its own 95 % interval in points.
    pub ci95: Option<[f64; 2]>,
    /// Interval that holds together with those of the family.
    pub simultaneous: Option<[f64; 2]>,
    /// Two-sided sign-flip p.
    pub p: f64,
    /// Step-down max-T p over the family; none where it is not tested.
    pub p_adjusted: Option<f64>,
    /// p of the equivalence test within the margin, adjusted by Holm; none where it is not tested.
    pub p_equivalence_holm: Option<f64>,
    /// Tasks with marks of both judges in both runs.
    pub tasks: usize,
    /// The larger share of answers without a pair of marks, of any axis in either run.
    pub missing_share: f64,
}

/// The order of the runs under each judge, by the mean of the axes that apply to all. Nothing is tested here.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Places {
    /// The axes.
    pub axes: Vec<Axis>,
    /// The runs, best under the old judge first.
    pub runs: Vec<BridgePlace>,
    /// Pairs that stand in another order under the new judge.
    pub swapped: Vec<[String; 2]>,
}

/// One run in both orders.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BridgePlace {
    /// The run.
    pub run: String,
    /// Mean under the old judge, in points.
    pub old: f64,
    /// Mean under the new judge, in points.
    pub new: f64,
    /// Place under the old judge, from 1; ties share the better one.
    pub old_place: usize,
    /// Place under the new judge.
    pub new_place: usize,
}

/// Whether the new judge may take the old one's place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Replacement {
    /// Every favour is shown to lie within the margin.
    WithinMargin,
    /// A favour is shown.
    Favours,
    /// Neither: a favour may be larger than the margin.
    NotShown,
    /// The tasks cannot show it, whatever the marks are.
    TooFewTasks,
    /// A bridge of one run says nothing about favour.
    OneRun,
}
