//! How many repeats of the judge are worth paying, and how money is best split between answers and repeats: from the
//! noise within the answers of a pilot.

use serde::Serialize;

use crate::analysis::compare::computed::common;
use crate::analysis::compare::pairs::overall_weights;
use crate::analysis::scores::items::Items;
use crate::analysis::scores::sheet::Sheet;
use crate::stats::nested::{
    Nested, difference_variance_with_repeats, nested, repeats_worth_paying,
};
use crate::suite::{Axis, ScoreMap};

/// Numbers of repeats that are always shown.
const SHOWN: u32 = 5;

/// What one more repeat buys.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct RepeatsLine {
    /// Repeats of the judge per answer, on both sides.
    pub repeats: u32,
    /// Standard deviation of the paired item differences in points; none where the noise is estimated to be larger
    /// than all that varies.
    pub sd: Option<f64>,
    /// Share of their variance that is noise of the judge, 0–1.
    pub noise_share: Option<f64>,
}

/// The noise of one side.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SideNoise {
    /// The run.
    pub run: String,
    /// Items with every mark, which the components come from.
    pub items: usize,
    /// Samples per item.
    pub samples: usize,
    /// Repeats of the judge per sample.
    pub repeats: usize,
    /// Variance of one repeat within an answer, points².
    pub repeat_variance: f64,
    /// Variance of answers to the same item beyond the judge's noise, points²; as estimated, so it may be negative.
    /// None with one sample.
    pub sample_variance: Option<f64>,
    /// Repeats per answer that buy most precision at the given cost ratio, √(ratio · repeat variance / sample
    /// variance); none without a cost ratio or where a variance is not estimable.
    pub optimal_repeats: Option<f64>,
}

/// What the repeats of a pilot say.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Repeats {
    /// Both sides, candidate first.
    pub sides: [SideNoise; 2],
    /// Variance of the paired item differences in the pilot, points².
    pub variance: f64,
    /// Its part from one repeat on each side, samples averaged, points²; R repeats divide it by R.
    pub noise: f64,
    /// Per number of repeats.
    pub lines: Vec<RepeatsLine>,
    /// Fewest repeats at which at most a tenth of the variance is noise of the judge; none where no number does it.
    pub worth_paying: Option<u32>,
    /// Cost of one generated answer over that of one repeat, where it was given.
    pub cost_ratio: Option<f64>,
}

/// Why a pilot says nothing about repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoRepeats {
    /// A side has one repeat.
    SingleRepeats,
    /// The sides have different numbers of repeats.
    UnequalRepeats,
    /// No two repeats of an answer differ: identical repeats (temperature 0, a cache) are no replicates.
    NoiseNotEstimable,
    /// Fewer than two items have every mark.
    TooFewComplete,
}

/// Noise and repeats of two runs on one axis, or on the Overall of the axes common to both. `sd` is the standard
/// deviation of the paired item differences in points, as the plan uses it.
///
/// # Errors
/// [`NoRepeats`].
pub fn repeats(
    items: &Items,
    mapping: ScoreMap,
    (a, b): (&Sheet, &Sheet),
    axes: &[Axis],
    sd: f64,
    cost_ratio: Option<f64>,
) -> Result<Repeats, NoRepeats> {
    let planned = (a.judge.repeats, b.judge.repeats);
    if planned.0 < 2 || planned.1 < 2 {
        return Err(NoRepeats::SingleRepeats);
    }
    if planned.0 != planned.1 {
        return Err(NoRepeats::UnequalRepeats);
    }
    let axes: Vec<Axis> = common(a, b, axes).iter().map(|part| part.0).collect();
    let side = |sheet: &Sheet| side_noise(items, mapping, sheet, &axes, cost_ratio);
    let sides = [side(a)?, side(b)?];
    let noise: f64 = sides
        .iter()
        .map(|side| side.repeat_variance / side.samples.max(1) as f64)
        .sum();
    if noise <= 0.0 {
        return Err(NoRepeats::NoiseNotEstimable);
    }
    let variance = sd * sd;
    let worth_paying = repeats_worth_paying(variance, noise, planned.0);
    let mut counts: Vec<u32> = (1..=SHOWN).chain(worth_paying).chain([planned.0]).collect();
    counts.sort_unstable();
    counts.dedup();
    let line = |repeats: u32| {
        let spread = difference_variance_with_repeats(variance, noise, planned.0, repeats);
        RepeatsLine {
            repeats,
            sd: (spread > 0.0).then(|| spread.sqrt()),
            noise_share: (spread > 0.0).then(|| (noise / f64::from(repeats) / spread).min(1.0)),
        }
    };
    Ok(Repeats {
        sides,
        variance,
        noise,
        lines: counts.into_iter().map(line).collect(),
        worth_paying,
        cost_ratio,
    })
}

fn side_noise(
    items: &Items,
    mapping: ScoreMap,
    sheet: &Sheet,
    axes: &[Axis],
    cost_ratio: Option<f64>,
) -> Result<SideNoise, NoRepeats> {
    let scores = complete_scores(items, sheet, axes).ok_or(NoRepeats::TooFewComplete)?;
    let components: Nested = nested(&scores).map_err(|_| NoRepeats::TooFewComplete)?;
    let points = mapping.slope().powi(2);
    Ok(SideNoise {
        run: sheet.label.clone(),
        items: components.items,
        samples: components.seeds,
        repeats: components.repeats,
        repeat_variance: components
            .repeat_variance()
            .ok_or(NoRepeats::SingleRepeats)?
            * points,
        sample_variance: components.seed_variance().map(|raw| raw * points),
        optimal_repeats: cost_ratio.and_then(|ratio| components.optimal_repeats(ratio)),
    })
}

/// Raw scores by item, sample and repeat of the items that have every mark. An Overall is Σ c_a m_a over its axes with
/// the weights of its item values, where an axis that does not exist for an item contributes nothing.
fn complete_scores(items: &Items, sheet: &Sheet, axes: &[Axis]) -> Option<Vec<Vec<Vec<f64>>>> {
    let weights = overall_weights(items, axes).ok()?;
    let (samples, repeats) = (sheet.samples as usize, sheet.judge.repeats as usize);
    let mut scores = Vec::new();
    'items: for (item, stratum) in items.strata().of_item().iter().enumerate() {
        let category = items.categories.get(*stratum)?;
        let mut sums = vec![vec![0.0; repeats]; samples];
        let existing = axes.iter().zip(&weights);
        for (axis, weight) in
            existing.filter(|(axis, _)| axis.exists_in(&category.name, category.kind))
        {
            let marks = sheet.axis(*axis)?.marks.get(item)?.as_ref();
            let Some(marks) = marks else { continue 'items };
            for (sum, mark) in sums.iter_mut().flatten().zip(marks.iter().flatten()) {
                let Some(mark) = mark else { continue 'items };
                *sum += weight.to_f64() * mark.to_f64();
            }
        }
        if axes
            .iter()
            .any(|axis| axis.exists_in(&category.name, category.kind))
        {
            scores.push(sums);
        }
    }
    Some(scores)
}

#[cfg(test)]
#[path = "repeats_tests.rs"]
mod tests;
