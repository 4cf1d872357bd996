//! One candidate against one baseline on one metric: everything that a line of the
//! comparison says, adjustment for the family aside.

use serde::Serialize;

use crate::analysis::compare::effects::{Effects, Wins, effects, ends};
use crate::analysis::compare::family::Adjusted;
use crate::analysis::compare::margin::{MarginTest, margin_test};
use crate::analysis::compare::pairs::Pairs;
use crate::analysis::compare::ratio::RatioOfMeans;
use crate::analysis::compare::sign_flip::{Test, test};
use crate::analysis::judges::noise::judge_noise_se;
use crate::analysis::judges::panel;
use crate::analysis::runs::served::models;
use crate::analysis::scores::failures::{FLAGGED_SHARE, Failures, NO_CLAIM_SHARE, failures};
use crate::analysis::scores::pass_rate::{PassRates, pass_rates};
use crate::analysis::scores::sheet::{AxisSheet, Items, Sheet};
use crate::common::digest::Digest;
use crate::stats::error::StatsError;
use crate::stats::interval::Confidence;
use crate::stats::paired::{Fragility, fragility};
use crate::stats::stratified::Estimate;
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
    /// Standard error over items, in points.
    pub se: Option<f64>,
    /// Satterthwaite's degrees of freedom.
    pub df: Option<f64>,
    /// 95 % interval in points, stratified t; none where all differences are equal.
    pub ci95: Option<[f64; 2]>,
    /// The same in raw marks.
    pub ci95_raw: Option<[f64; 2]>,
    /// Standard error from repeats of the judge alone, for these very items, in points; needs two
    /// repeats.
    pub se_judge_only: Option<f64>,
    /// Items with a score on both sides.
    pub items: usize,
}

/// Something a reader of a line must know.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Flag {
    /// The differences are skewed: rare large ones, the interval is optimistic.
    Skewed,
    /// Fewer than ten pairs differ: the interval is optimistic.
    FewNonZeroPairs,
    /// All differences are equal: there is no interval.
    NoSpread,
    /// More than 2 % of the marks of a side are missing.
    MissingAboveTwoPercent,
    /// More than 5 % of the marks of a side are missing: nothing may be claimed from this line.
    NoClaim,
    /// Missing marks could change the sign.
    NotRobustToMissing,
    /// Samples or repeats differ between the sides: the sign-flip test is only asymptotic.
    UnequalRepeats,
    /// The sides were marked by different judges.
    JudgesDiffer,
    /// The judge is the same by what was asked for, but other models were served for the two sides.
    ServedModelsDiffer,
    /// The p was drawn, and its own uncertainty includes alpha.
    DrawnPStraddlesAlpha,
    /// The adjusted p and the interval disagree about alpha: the adjusted p decides.
    PAndIntervalDisagree,
    /// A stratum with a single pair was merged with another.
    StrataMerged,
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
    /// The numbers do not fit exact arithmetic.
    TooFine,
}

/// The numbers of a contrast.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Finding {
    /// The difference with its interval.
    pub difference: Difference,
    /// Items won, tied and lost.
    pub wins: Wins,
    /// Effect sizes.
    pub effects: Effects,
    /// The tests, not adjusted.
    pub test: Test,
    /// Adjustment for the family; Overall stands beside the family and has none.
    pub adjusted: Option<Adjusted>,
    /// Pass rates; axes only.
    pub pass: Option<PassRates>,
    /// Against the declared margin.
    pub margin: Option<MarginTest>,
    /// Missing marks.
    pub failures: Failures,
    /// 95 % BCa interval in points, when cross-checks were asked for.
    pub bca95: Option<[f64; 2]>,
    /// Ratio of the two means, where it was asked for; discouraged.
    pub ratio: Option<RatioOfMeans>,
    /// Whether looks were declared for another contrast: this line then only describes.
    pub descriptive: bool,
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
    /// The numbers, or why there are none.
    pub result: Result<Finding, Undefined>,
}

/// What all contrasts of a comparison share.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    /// The items.
    pub items: &'a Items,
    /// From marks to points.
    pub mapping: ScoreMap,
    /// Two-sided level of the tests.
    pub alpha: f64,
    /// A raw item value of at least this passes.
    pub pass_threshold: u8,
    /// Declared margin in points.
    pub margin: Option<f64>,
    /// Seed of everything that is drawn.
    pub seed: u64,
    /// Whether judges differ.
    pub judges_differ: bool,
    /// Whether to compute the cross-checks.
    pub cross_checks: bool,
}

/// A contrast with the differences that the family's adjustment needs.
#[derive(Clone, Debug)]
pub struct Computed {
    /// The contrast.
    pub contrast: Contrast,
    /// Its pairs, where it is defined.
    pub pairs: Option<Pairs>,
}

/// Compares two sheets on one axis.
pub fn on_axis(setting: &Setting<'_>, a: &Sheet, b: &Sheet, axis: Axis) -> Computed {
    let metric = Metric::axis(axis);
    let (Some(left), Some(right)) = (a.axis(axis), b.axis(axis)) else {
        return undefined(a, b, metric, Undefined::NotApplicable);
    };
    let pairs = Pairs::on_axis(setting.items, axis, left, right);
    finish(setting, a, b, metric, pairs)
}

/// Compares two sheets on the Overall of the axes that apply to both.
pub fn on_overall(setting: &Setting<'_>, a: &Sheet, b: &Sheet, axes: &[Axis]) -> Computed {
    let parts: Vec<(Axis, &AxisSheet, &AxisSheet)> = common(a, b, axes);
    let metric = Metric::overall(parts.iter().map(|(axis, _, _)| *axis).collect());
    let pairs = parts
        .iter()
        .map(|(axis, x, y)| Ok((*axis, Pairs::on_axis(setting.items, *axis, x, y)?)))
        .collect::<Result<Vec<_>, StatsError>>()
        .and_then(|parts| Pairs::overall(setting.items, &parts));
    finish(setting, a, b, metric, pairs)
}

/// The axes that apply to both sides.
pub fn common<'a>(
    a: &'a Sheet,
    b: &'a Sheet,
    axes: &[Axis],
) -> Vec<(Axis, &'a AxisSheet, &'a AxisSheet)> {
    axes.iter()
        .filter_map(|&axis| Some((axis, a.axis(axis)?, b.axis(axis)?)))
        .collect()
}

fn undefined(a: &Sheet, b: &Sheet, metric: Metric, why: Undefined) -> Computed {
    Computed {
        contrast: Contrast {
            candidate: a.label.clone(),
            baseline: b.label.clone(),
            metric,
            result: Err(why),
        },
        pairs: None,
    }
}

fn finish(
    setting: &Setting<'_>,
    a: &Sheet,
    b: &Sheet,
    metric: Metric,
    pairs: Result<Pairs, StatsError>,
) -> Computed {
    let found = pairs.and_then(|pairs| Ok((finding(setting, a, b, &metric, &pairs)?, pairs)));
    match found {
        Err(error) => {
            let why = why(setting.items, &error);
            undefined(a, b, metric, why)
        }
        Ok((finding, pairs)) => Computed {
            contrast: Contrast {
                candidate: a.label.clone(),
                baseline: b.label.clone(),
                metric,
                result: Ok(finding),
            },
            pairs: Some(pairs),
        },
    }
}

fn why(items: &Items, error: &StatsError) -> Undefined {
    match error {
        StatsError::EmptyStratum { stratum, .. } => {
            let category = items.categories.get(*stratum);
            Undefined::EmptyStratum(category.map_or_else(String::new, |c| c.name.clone()))
        }
        StatsError::Overflow | StatsError::TooLarge { .. } => Undefined::TooFine,
        _ => Undefined::NoPairs,
    }
}

fn finding(
    setting: &Setting<'_>,
    a: &Sheet,
    b: &Sheet,
    metric: &Metric,
    pairs: &Pairs,
) -> Result<Finding, StatsError> {
    let parts = common(a, b, &metric.axes);
    let sides = match (metric.is_overall(), parts.as_slice()) {
        (false, [(_, x, y)]) => Some((x.values.as_slice(), y.values.as_slice())),
        _ => None,
    };
    let lattice = pairs.lattice()?;
    let (wins, effects) = effects(pairs, &lattice, sides, delta_seed(setting, metric))?;
    let estimate = pairs.estimate(setting.items)?;
    let mut finding = Finding {
        difference: difference(setting.mapping, &estimate, pairs),
        wins,
        effects,
        test: test(&lattice, setting.seed, setting.cross_checks)?,
        adjusted: None,
        pass: sides.and_then(|(x, y)| pass_rates(x, y, setting.pass_threshold)),
        margin: setting
            .margin
            .and_then(|margin| margin_test(&estimate, setting.mapping, margin, setting.alpha)),
        failures: failures(setting.items, setting.mapping, &parts)?,
        bca95: None,
        ratio: None,
        descriptive: false,
        flags: Vec::new(),
    };
    // Repeats of a panel are judges, and their differences no noise.
    if a.judge.identity.kind != panel::KIND && b.judge.identity.kind != panel::KIND {
        finding.difference.se_judge_only =
            judge_noise_se(setting.items, &parts).map(|se| se * setting.mapping.slope());
    }
    if setting.cross_checks {
        finding.bca95 = super::cross_check::bca(setting, pairs).map(ends);
    }
    finding.flags = flags(setting, a, b, &finding, pairs);
    if !estimate.merged.is_empty() {
        finding.flags.push(Flag::StrataMerged);
    }
    Ok(finding)
}

/// Seed of the interval of Cliff's delta, the same for both orders of the runs; where cross-checks are wanted.
fn delta_seed(setting: &Setting<'_>, metric: &Metric) -> Option<u64> {
    let fields = [
        b"parabench cliffs delta 1".as_slice(),
        &setting.seed.to_le_bytes(),
        metric.key.as_bytes(),
    ];
    setting
        .cross_checks
        .then(|| Digest::of_fields(fields).as_u64())
}

fn difference(mapping: ScoreMap, raw: &Estimate, pairs: &Pairs) -> Difference {
    let interval = raw.t_interval(Confidence::P95);
    let slope = mapping.slope();
    Difference {
        points: raw.value * slope,
        raw: raw.value,
        se: raw.se.map(|se| se * slope),
        df: raw.df,
        ci95: interval.map(|interval| ends(interval.map(slope, 0.0))),
        ci95_raw: interval.map(ends),
        se_judge_only: None,
        items: pairs.count(),
    }
}

/// Whether the endpoints named other models for the two sides. Silence is no difference.
fn served_differ(a: &Sheet, b: &Sheet) -> bool {
    let (a, b) = (models(&a.served), models(&b.served));
    !a.is_empty() && !b.is_empty() && a != b
}

fn flags(
    setting: &Setting<'_>,
    a: &Sheet,
    b: &Sheet,
    finding: &Finding,
    pairs: &Pairs,
) -> Vec<Flag> {
    let share = finding.failures.share();
    let unequal = a.samples != b.samples || a.judge.repeats != b.judge.repeats;
    let fragile = fragility(&pairs.observed());
    let raised = [
        (setting.judges_differ, Flag::JudgesDiffer),
        (
            !setting.judges_differ && served_differ(a, b),
            Flag::ServedModelsDiffer,
        ),
        (unequal, Flag::UnequalRepeats),
        (finding.difference.ci95.is_none(), Flag::NoSpread),
        (fragile == Some(Fragility::Skewed), Flag::Skewed),
        (
            fragile == Some(Fragility::FewNonzero),
            Flag::FewNonZeroPairs,
        ),
        (share > NO_CLAIM_SHARE, Flag::NoClaim),
        (
            share > FLAGGED_SHARE && share <= NO_CLAIM_SHARE,
            Flag::MissingAboveTwoPercent,
        ),
        (!finding.failures.survives, Flag::NotRobustToMissing),
        (
            finding.test.straddles(setting.alpha),
            Flag::DrawnPStraddlesAlpha,
        ),
    ];
    raised
        .into_iter()
        .filter_map(|(raised, flag)| raised.then_some(flag))
        .collect()
}
