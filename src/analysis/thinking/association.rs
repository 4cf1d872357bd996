//! Item by item: is the gain from thinking associated with output alignment or text quality?
//!
//! The gain and the explanation come from the same thinking answer, so a lucky image raises both. Where
//! there are several samples or repeats, the gain is taken from one and the explanation from another.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::analysis::compare::sign_flip::bounded;
use crate::analysis::scores::items::{AxisSheet, Marks};
use crate::analysis::scores::sheet::Sheet;
use crate::analysis::thinking::disattenuation::{
    Disattenuated, NotDisattenuated, Replicates, Within, disattenuate,
};
use crate::analysis::thinking::study::Study;
use crate::stats::association::{Correlation, association, permutation_p};
use crate::stats::error::Result;
use crate::stats::exact_correlation::Coefficient;
use crate::stats::interval::Confidence;
use crate::stats::rational::Rational;
use crate::stats::splitmix::Resampling;
use crate::stats::strata::Strata;
use crate::suite::Axis;

/// Draws of the bootstrap and of the permutations.
const DRAWS: u64 = 1_999;

/// A correlation with its 95 % interval (stratified item bootstrap).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Coefficients {
    /// Its value; none where a side does not vary.
    pub value: Option<f64>,
    /// 95 % percentile interval.
    pub ci95: Option<[f64; 2]>,
}

/// The association of the gain with one explanation.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ItemAssociation {
    /// The explanation.
    pub explanation: Axis,
    /// `samples`, `repeats`: gain and explanation come from different ones; `shared`: from the same
    /// marks of the same answer, so part of the association is noise that both share.
    pub noise: &'static str,
    /// Items.
    pub items: usize,
    /// Pearson after centring within categories: the one to read.
    pub within: Coefficients,
    /// Two-sided p of it, explanations permuted within categories.
    pub p_within: Option<f64>,
    /// Pearson over all items.
    pub pooled_pearson: Coefficients,
    /// Spearman over all items.
    pub pooled_spearman: Coefficients,
    /// `within` without the noise of what `noise` names, or why it is not corrected; secondary.
    pub disattenuated: std::result::Result<Disattenuated, NotDisattenuated>,
}

/// How shared noise is broken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Noise {
    Samples,
    Repeats,
    Shared,
}

impl Noise {
    fn of(sheet: &Sheet) -> Self {
        match (sheet.samples, sheet.judge.repeats) {
            (2.., _) => Self::Samples,
            (_, 2..) => Self::Repeats,
            _ => Self::Shared,
        }
    }

    fn key(self) -> &'static str {
        match self {
            Self::Samples => "samples",
            Self::Repeats => "repeats",
            Self::Shared => "shared",
        }
    }

    /// The part of an item's marks that serves the gain (`first`) or the explanation.
    fn part(self, marks: &Marks, first: bool) -> Option<f64> {
        let there: Vec<f64> = match self {
            Self::Shared => marks
                .iter()
                .flatten()
                .flatten()
                .map(|m| m.to_f64())
                .collect(),
            Self::Samples => {
                let sample = usize::from(!first);
                marks
                    .get(sample)?
                    .iter()
                    .flatten()
                    .map(|m| m.to_f64())
                    .collect()
            }
            Self::Repeats => {
                let repeat = usize::from(!first);
                let of = |repeats: &Vec<Option<Rational>>| repeats.get(repeat).copied().flatten();
                marks.iter().filter_map(of).map(|m| m.to_f64()).collect()
            }
        };
        crate::stats::sample::mean(&there)
    }

    /// Values of an item that differ by noise alone: its samples, or else all of its marks.
    fn replicates(self, marks: &Marks) -> Vec<f64> {
        let there = |repeats: &Vec<Option<Rational>>| -> Vec<f64> {
            repeats.iter().flatten().map(|mark| mark.to_f64()).collect()
        };
        match self {
            Self::Samples => {
                let mean = |repeats| crate::stats::sample::mean(&there(repeats));
                marks.iter().filter_map(mean).collect()
            }
            Self::Repeats | Self::Shared => marks.iter().flat_map(there).collect(),
        }
    }
}

/// The association with output alignment and with text quality, where the first run has them.
pub(super) fn associations(study: &Study<'_>) -> Result<Vec<ItemAssociation>> {
    let mut found = Vec::new();
    for explanation in [Axis::OUTPUT_ALIGNMENT, Axis::TEXT_QUALITY] {
        found.extend(one(study, explanation)?);
    }
    Ok(found)
}

fn one(study: &Study<'_>, explanation: Axis) -> Result<Option<ItemAssociation>> {
    let noise = Noise::of(study.with);
    let Some(gathered) = Gathered::of(study, explanation, noise) else {
        return Ok(None);
    };
    let (x, y) = (&gathered.gain, &gathered.explanation);
    let present: BTreeSet<usize> = gathered.categories.iter().copied().collect();
    let strata = Strata::new(gathered.categories, study.categories.len())?;
    let draws = Resampling {
        seed: study.seed,
        draws: DRAWS,
    };
    let found = association(x, y, &strata, draws, Confidence::P95)?;
    let centred = |values: &[f64]| crate::analysis::thinking::association::centre(values, &strata);
    let (gain, explains) = (centred(x), centred(y));
    let p = permutation_p(&gain, &explains, &strata, Coefficient::Pearson, draws)?;
    let within = Within {
        value: found.within.value,
        gain: &gain,
        explanation: &explains,
        categories: present.len(),
    };
    // Answers on one side and repeats on the other would be noise of two kinds.
    let alike = noise != Noise::Shared && noise == Noise::of(study.without);
    let replicates = alike.then_some(&gathered.replicates);
    Ok(Some(ItemAssociation {
        explanation,
        noise: noise.key(),
        items: x.len(),
        disattenuated: disattenuate(within, replicates),
        within: coefficients(found.within),
        p_within: p.map(bounded),
        pooled_pearson: coefficients(found.pearson),
        pooled_spearman: coefficients(found.spearman),
    }))
}

/// Items with a gain and an explanation.
struct Gathered {
    gain: Vec<f64>,
    explanation: Vec<f64>,
    /// Position of the item's category among those that are looked at.
    categories: Vec<usize>,
    replicates: Replicates,
}

impl Gathered {
    /// `None` where an axis does not apply or fewer than three items are there.
    fn of(study: &Study<'_>, explanation: Axis, noise: Noise) -> Option<Self> {
        let after = study.with.axis(study.axis)?;
        let before = study.without.axis(study.axis)?;
        let explains = study.with.axis(explanation)?;
        let mut gathered = Self {
            gain: Vec::new(),
            explanation: Vec::new(),
            categories: Vec::new(),
            replicates: Replicates::default(),
        };
        for (item, stratum) in study.items.strata().of_item().iter().enumerate() {
            let category = study.categories.iter().position(|number| number == stratum);
            let Some(category) = category else { continue };
            let marks = (at(after, item), at(before, item), at(explains, item));
            let (Some(with), Some(without), Some(explained)) = marks else {
                continue;
            };
            let whole = before.values.get(item).and_then(Option::as_ref);
            let parts = (noise.part(with, true), whole, noise.part(explained, false));
            if let (Some(first), Some(whole), Some(explanation)) = parts {
                gathered.gain.push(first - whole.to_f64());
                gathered.explanation.push(explanation);
                gathered.categories.push(category);
                let replicates = &mut gathered.replicates;
                replicates.with.push(noise.replicates(with));
                replicates.without.push(noise.replicates(without));
                replicates.explanation.push(noise.replicates(explained));
            }
        }
        (gathered.gain.len() >= 3).then_some(gathered)
    }
}

fn at(sheet: &AxisSheet, item: usize) -> Option<&Marks> {
    sheet.marks.get(item)?.as_ref()
}

fn coefficients(correlation: Correlation) -> Coefficients {
    Coefficients {
        value: correlation.value,
        ci95: correlation
            .interval
            .map(|interval| [interval.lo, interval.hi]),
    }
}

/// Deviations from the stratum means: permuting them within strata keeps these means, so Pearson's
/// coefficient of them is the one within categories.
fn centre(values: &[f64], strata: &Strata) -> Vec<f64> {
    let present: Vec<Option<f64>> = values.iter().copied().map(Some).collect();
    let means: Vec<f64> = strata
        .split(&present)
        .iter()
        .map(|part| crate::stats::sample::mean(part).unwrap_or(0.0))
        .collect();
    values
        .iter()
        .zip(strata.of_item())
        .map(|(value, stratum)| value - means.get(*stratum).copied().unwrap_or(0.0))
        .collect()
}
