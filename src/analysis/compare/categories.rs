//! Categories × axes: a second, exploratory family. Nothing here confirms anything.

use serde::Serialize;

use crate::analysis::compare::contrast::Setting;
use crate::analysis::compare::effects::{Wins, ends};
use crate::analysis::compare::sign_flip::bounded;
use crate::analysis::scores::sheet::Sheet;
use crate::stats::effect::WinCount;
use crate::stats::error::Result;
use crate::stats::interval::Confidence;
use crate::stats::lattice::{Lattice, differences};
use crate::stats::multiplicity::benjamini_hochberg;
use crate::stats::paired::PairedSummary;
use crate::stats::rational::Rational;
use crate::stats::signflip_monte_carlo::exact_or_monte_carlo;
use crate::suite::Axis;

/// Expected share of false claims among those made.
pub const FALSE_DISCOVERY_RATE: f64 = 0.10;

/// One category on one axis.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CategoryContrast {
    /// The run that is compared.
    pub candidate: String,
    /// The run it is compared with.
    pub baseline: String,
    /// The axis.
    pub axis: Axis,
    /// The category.
    pub category: String,
    /// Items with a score on both sides.
    pub items: usize,
    /// Mean difference in points.
    pub points: f64,
    /// The same in raw marks.
    pub raw: f64,
    /// 95 % t interval in points; none where all differences are equal.
    pub ci95: Option<[f64; 2]>,
    /// Items won, tied and lost.
    pub wins: Wins,
    /// Two-sided sign-flip p.
    pub p: f64,
    /// Adjusted after Benjamini and Hochberg over the whole exploratory family.
    pub p_adjusted: f64,
}

/// The exploratory family.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Exploratory {
    /// Always true; here so that no reader of the JSON misses it.
    pub exploratory: bool,
    /// Expected share of false claims among those made.
    pub false_discovery_rate: f64,
    /// Contrasts in the family.
    pub family_size: usize,
    /// All of them.
    pub contrasts: Vec<CategoryContrast>,
}

/// Every category and axis of every pair of runs.
///
/// # Errors
/// [`crate::stats::error::StatsError::Overflow`].
pub fn explore(
    setting: &Setting<'_>,
    pairs: &[(&Sheet, &Sheet)],
    axes: &[Axis],
) -> Result<Exploratory> {
    let mut contrasts = Vec::new();
    for (a, b) in pairs {
        for &axis in axes {
            let (Some(left), Some(right)) = (a.axis(axis), b.axis(axis)) else {
                continue;
            };
            let all = differences(&left.values, &right.values)?;
            for category in 0..setting.items.categories.len() {
                contrasts.extend(one(setting, (a, b), axis, category, &all)?);
            }
        }
    }
    let p: Vec<Option<f64>> = contrasts.iter().map(|c| Some(c.p)).collect();
    for (contrast, adjusted) in contrasts.iter_mut().zip(benjamini_hochberg(&p)?) {
        contrast.p_adjusted = adjusted.unwrap_or(1.0);
    }
    Ok(Exploratory {
        exploratory: true,
        false_discovery_rate: FALSE_DISCOVERY_RATE,
        family_size: contrasts.len(),
        contrasts,
    })
}

fn one(
    setting: &Setting<'_>,
    (a, b): (&Sheet, &Sheet),
    axis: Axis,
    category: usize,
    all: &[Option<Rational>],
) -> Result<Option<CategoryContrast>> {
    let here = setting.items.of_category(category);
    let pairs: Vec<Rational> = here.filter_map(|item| *all.get(item)?).collect();
    let Some(section) = setting
        .items
        .categories
        .get(category)
        .filter(|_| !pairs.is_empty())
    else {
        return Ok(None);
    };
    let lattice = Lattice::of(&pairs)?;
    let floats: Vec<f64> = pairs.iter().map(|d| d.to_f64()).collect();
    let summary = PairedSummary::of(&floats)?;
    let count = WinCount::of(&lattice.steps)?;
    let slope = setting.mapping.slope();
    let raw = summary.mean.unwrap_or(0.0);
    let interval = summary.t_interval(Confidence::P95);
    Ok(Some(CategoryContrast {
        candidate: a.label.clone(),
        baseline: b.label.clone(),
        axis,
        category: section.name.clone(),
        items: pairs.len(),
        points: raw * slope,
        raw,
        ci95: interval.map(|interval| ends(interval.map(slope, 0.0))),
        wins: Wins {
            wins: count.wins,
            ties: count.ties,
            losses: count.losses,
        },
        p: bounded(exact_or_monte_carlo(&lattice.steps, setting.seed)?.p_two_sided()),
        p_adjusted: 1.0,
    }))
}
