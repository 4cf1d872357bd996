//! The numbers of one contrast, adjustment for its page aside.

use crate::analysis::compare::across::across;
use crate::analysis::compare::categories_alike::categories_alike;
use crate::analysis::compare::computed::{
    Computed, Means, Part, common, judges_differ, marked_differently,
};
use crate::analysis::compare::contrast::{
    Contrast, ContrastFinding, Difference, Flag, Metric, UNSEEN_UNITS, Undefined, Unseen,
};
use crate::analysis::compare::effects::{effects, ends};
use crate::analysis::compare::margin::margin_test;
use crate::analysis::compare::pairs::Pairs;
use crate::analysis::compare::setting::Setting;
use crate::analysis::compare::sign_flip::test;
use crate::analysis::compare::sources::sources;
use crate::analysis::compare::standing::Standing;
use crate::analysis::judges::noise::judge_noise_se;
use crate::analysis::judges::panel;
use crate::analysis::scores::failures::{Extremes, FLAGGED_SHARE, failures};
use crate::analysis::scores::items::Items;
use crate::analysis::scores::pass_rate::pass_rates;
use crate::analysis::scores::sheet::RAW_RANGE;
use crate::analysis::scores::sheet::Sheet;
use crate::common::digest::Digest;
use crate::stats::error::{Result, StatsError};
use crate::stats::interval::Interval;
use crate::stats::lattice::Lattice;
use crate::stats::rational::Rational;
use crate::stats::sample;
use crate::suite::Axis;
use crate::suite::axes::scale::MarkScale;

/// Level of a contrast's own interval, two-sided.
const OWN_ALPHA: f64 = 0.05;

/// Skewness of the differences beyond which rare large ones are flagged.
const SKEWED: f64 = 2.0;

/// Compares two sheets on one axis.
///
/// # Errors
/// As [`on_overall`].
pub fn on_axis(setting: &Setting<'_>, a: &Sheet, b: &Sheet, axis: Axis) -> Result<Computed> {
    let metric = Metric::axis(axis);
    match (a.axis(axis), b.axis(axis)) {
        (Some(left), Some(right)) => on_parts(setting, (a, b), metric, &[(axis, left, right)]),
        _ => Ok(undefined(a, b, metric, Undefined::NotApplicable)),
    }
}

/// Compares two sheets on the Overall of the axes that apply to both.
///
/// # Errors
/// [`StatsError::Overflow`] where item values leave the number range.
pub fn on_overall(setting: &Setting<'_>, a: &Sheet, b: &Sheet, axes: &[Axis]) -> Result<Computed> {
    let parts = common(a, b, axes);
    let metric = Metric::overall(parts.iter().map(|(axis, _, _)| *axis).collect());
    if parts.is_empty() {
        return Ok(undefined(a, b, metric, Undefined::NotApplicable));
    }
    on_parts(setting, (a, b), metric, &parts)
}

fn undefined(a: &Sheet, b: &Sheet, metric: Metric, why: Undefined) -> Computed {
    Computed {
        contrast: Contrast {
            candidate: a.label.clone(),
            baseline: b.label.clone(),
            metric,
            standing: why.standing(),
            result: Err(why),
        },
        means: None,
    }
}

fn five_point(metric: &Metric) -> bool {
    metric
        .axes
        .iter()
        .all(|axis| axis.scale() == MarkScale::FIVE_POINT)
}

fn on_parts(
    setting: &Setting<'_>,
    (a, b): (&Sheet, &Sheet),
    metric: Metric,
    parts: &[Part<'_>],
) -> Result<Computed> {
    let pairs = match Pairs::of_sheets(setting.items, parts) {
        Ok(pairs) => pairs,
        Err(error) => {
            let why = why(setting.items, error)?;
            return Ok(undefined(a, b, metric, why));
        }
    };
    if let Some(crossing) = setting.crossing.filter(|_| judges_differ(a, b)) {
        let axes: Vec<Axis> = parts.iter().map(|(axis, _, _)| *axis).collect();
        if let Ok(found) = crossing.join(setting.items, (a, b), &axes)? {
            return across(setting, (a, b), metric, parts, (pairs, found));
        }
    }
    let (finding, extremes) = finding(setting, (a, b), &metric, parts, &pairs)?;
    Ok(Computed {
        contrast: Contrast {
            candidate: a.label.clone(),
            baseline: b.label.clone(),
            metric,
            // Until its page is decided.
            standing: Standing::NotShown { interval: false },
            result: Ok(finding),
        },
        means: Some(Means {
            observed: pairs.mean,
            extremes,
            judges_differ: marked_differently(a, b),
            joined: None,
        }),
    })
}

fn why(items: &Items, error: StatsError) -> Result<Undefined> {
    match error {
        StatsError::EmptyStratum { stratum, .. } => {
            let category = items.categories.get(stratum);
            let name = category.map_or_else(String::new, |c| c.name.clone());
            Ok(Undefined::EmptyStratum(name))
        }
        StatsError::Empty => Ok(Undefined::NoPairs),
        other => Err(other),
    }
}

fn finding(
    setting: &Setting<'_>,
    (a, b): (&Sheet, &Sheet),
    metric: &Metric,
    parts: &[Part<'_>],
    pairs: &Pairs,
) -> Result<(ContrastFinding, Option<Extremes>)> {
    let sides = match (metric.is_overall(), parts) {
        (false, [(_, x, y)]) => Some((x.values.as_slice(), y.values.as_slice())),
        _ => None,
    };
    let differences: Vec<Rational> = pairs
        .by_item(setting.items)?
        .into_iter()
        .flatten()
        .collect();
    let lattice = Lattice::of(&differences)?;
    let floats: Vec<f64> = differences.iter().map(|d| d.to_f64()).collect();
    let (wins, effects) = effects(&floats, &lattice, sides, delta_seed(setting, metric))?;
    // Wilcoxon's test takes every item for a unit.
    let by_item = setting.cross_checks && !setting.items.clustered();
    let (failures, extremes) = failures(setting.items, setting.mapping, parts, setting.seed)?;
    let mut finding = ContrastFinding {
        difference: difference(setting, pairs),
        wins: Some(wins),
        effects: Some(effects),
        crossed: None,
        test: test(&pairs.mean, &lattice, setting.seed, by_item)?,
        adjusted: None,
        // The threshold is a mark of the scale 1 to 5.
        pass: match sides.filter(|_| five_point(metric)) {
            Some(sides) => pass_rates(setting.items, sides, setting.pass_threshold, setting.seed)?,
            None => None,
        },
        margin: margin_test(setting, &pairs.mean)?,
        failures,
        bca95: None,
        ratio: None,
        by_category: match metric.is_overall() && setting.described {
            true => categories_alike(setting, pairs)?,
            false => None,
        },
        sources: match setting.described {
            true => sources(setting.mapping, (a, b), parts, own_raw(pairs))?,
            false => None,
        },
        flags: Vec::new(),
    };
    // Repeats of a panel are judges, and their differences no noise.
    if a.judge.identity.kind != panel::KIND && b.judge.identity.kind != panel::KIND {
        finding.difference.se_judge_only =
            judge_noise_se(setting.items, parts).map(|se| se * setting.mapping.slope());
    }
    if setting.cross_checks {
        finding.bca95 = super::cross_check::bca(setting, pairs).map(ends);
    }
    finding.flags = flags(setting, (a, b), &finding, pairs, &floats);
    Ok((finding, extremes))
}

/// The mean difference and its own 95 % interval, raw marks.
fn own_raw(pairs: &Pairs) -> (f64, Option<Interval>) {
    let own = pairs.mean.difference_interval(RAW_RANGE, OWN_ALPHA);
    (pairs.mean.value(), own.interval)
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

fn difference(setting: &Setting<'_>, pairs: &Pairs) -> Difference {
    let (mean, slope) = (&pairs.mean, setting.mapping.slope());
    let found = mean.difference_interval(RAW_RANGE, OWN_ALPHA);
    let units = mean.units();
    let unseen = mean.unseen_bound(RAW_RANGE);
    Difference {
        points: mean.value() * slope,
        raw: mean.value(),
        se: mean.se().map(|se| se * slope),
        df: mean.df(),
        ci95: found
            .interval
            .map(|interval| ends(interval.map(slope, 0.0))),
        ci95_raw: found.interval.map(ends),
        ci95_method: found.kind.key(),
        no_interval: found.kind.reason().map(|reason| reason.key()),
        se_judge_only: None,
        items: pairs.count(),
        units,
        unseen: (units <= UNSEEN_UNITS).then_some(Unseen {
            share: unseen.share,
            points: unseen.bound * slope,
        }),
    }
}

fn flags(
    setting: &Setting<'_>,
    (a, b): (&Sheet, &Sheet),
    finding: &ContrastFinding,
    pairs: &Pairs,
    floats: &[f64],
) -> Vec<Flag> {
    let mean = &pairs.mean;
    let difference = &finding.difference;
    let skewness = sample::skewness(floats).unwrap_or(0.0).abs();
    let extremes = mean.extremes();
    let lean = finding
        .effects
        .as_ref()
        .map_or(0.0, |e| e.superiority - 0.5);
    let raised = [
        (judges_differ(a, b), Flag::JudgesDiffer),
        (
            !judges_differ(a, b) && marked_differently(a, b),
            Flag::ServedModelsDiffer,
        ),
        (
            a.samples != b.samples || a.judge.repeats != b.judge.repeats,
            Flag::UnequalRepeats,
        ),
        (
            difference.units > 1 && extremes.lo == extremes.hi,
            Flag::NoSpread,
        ),
        (
            skewness > SKEWED && difference.units <= UNSEEN_UNITS,
            Flag::Skewed,
        ),
        (
            difference.ci95_method == "rare-bound",
            Flag::FewNonZeroPairs,
        ),
        (
            finding.failures.worst_share() > FLAGGED_SHARE,
            Flag::MissingAboveTwoPercent,
        ),
        (
            finding.test.straddles(setting.alpha),
            Flag::DrawnPStraddlesAlpha,
        ),
        (!mean.thin_strata().is_empty(), Flag::ThinStrata),
        (difference.points * lean < 0.0, Flag::PointsAgainstTasks),
    ];
    raised
        .into_iter()
        .filter_map(|(raised, flag)| raised.then_some(flag))
        .collect()
}
