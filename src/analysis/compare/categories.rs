//! Categories × axes: a second, exploratory family. Nothing here confirms anything.

use serde::Serialize;

use crate::analysis::compare::computed::marked_differently;
use crate::analysis::compare::effects::{Wins, ends};
use crate::analysis::compare::pairs::within;
use crate::analysis::compare::setting::Setting;
use crate::analysis::compare::sign_flip::bounded;
use crate::analysis::compare::standing::{Described, MISSING_LIMIT, Standing, Withheld};
use crate::analysis::scores::sheet::RAW_RANGE;
use crate::analysis::scores::sheet::Sheet;
use crate::stats::effect::WinCount;
use crate::stats::error::Result;
use crate::stats::lattice::{Lattice, differences};
use crate::stats::multiplicity::benjamini_hochberg;
use crate::stats::rational::Rational;
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
    /// What may be said: it is described, or withheld.
    #[serde(flatten)]
    pub standing: Standing,
    /// Items with a score on both sides.
    pub items: usize,
    /// Mean difference in points.
    pub points: f64,
    /// The same in raw marks.
    pub raw: f64,
    /// 95 % interval in points, within the scale; none where too few units leave the whole of it.
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
            let standing = standing((a, b), left.missing_share().max(right.missing_share()));
            let all = differences(&left.values, &right.values)?;
            for category in 0..setting.items.categories.len() {
                let found = one(setting, category, &all)?;
                contrasts.extend(found.map(|found| CategoryContrast {
                    candidate: a.label.clone(),
                    baseline: b.label.clone(),
                    axis,
                    standing,
                    ..found
                }));
            }
        }
    }
    let p: Vec<Option<f64>> = contrasts
        .iter()
        .map(|c| matches!(c.standing, Standing::Descriptive(_)).then_some(c.p))
        .collect();
    for (contrast, adjusted) in contrasts.iter_mut().zip(benjamini_hochberg(&p)?) {
        contrast.p_adjusted = adjusted.unwrap_or(1.0);
    }
    Ok(Exploratory {
        exploratory: true,
        false_discovery_rate: FALSE_DISCOVERY_RATE,
        family_size: p.iter().flatten().count(),
        contrasts,
    })
}

/// A category is only described, and not even that across judges or with too many missing marks.
fn standing((a, b): (&Sheet, &Sheet), missing_share: f64) -> Standing {
    if marked_differently(a, b) {
        Standing::Withheld(Withheld::JudgesDiffer)
    } else if missing_share > MISSING_LIMIT {
        Standing::Withheld(Withheld::MissingMarks)
    } else {
        Standing::Descriptive(Described::Exploratory)
    }
}

/// One category; the runs are filled in by the caller.
fn one(
    setting: &Setting<'_>,
    category: usize,
    all: &[Option<Rational>],
) -> Result<Option<CategoryContrast>> {
    let items = setting.items;
    let here: Vec<usize> = items.of_category(category).collect();
    let values: Vec<Option<Rational>> = here
        .iter()
        .map(|&item| all.get(item).copied().flatten())
        .collect();
    let pairs: Vec<Rational> = values.iter().copied().flatten().collect();
    let Some(section) = items.categories.get(category).filter(|_| !pairs.is_empty()) else {
        return Ok(None);
    };
    let mean = within(items, &here, &values)?;
    let count = WinCount::of(&Lattice::of(&pairs)?.steps)?;
    let slope = setting.mapping.slope();
    let interval = mean.difference_interval(RAW_RANGE, 0.05).interval;
    Ok(Some(CategoryContrast {
        candidate: String::new(),
        baseline: String::new(),
        axis: Axis::IMAGE_QUALITY,
        category: section.name.clone(),
        standing: Standing::Descriptive(Described::Exploratory),
        items: pairs.len(),
        points: mean.value() * slope,
        raw: mean.value(),
        ci95: interval.map(|interval| ends(interval.map(slope, 0.0))),
        wins: Wins {
            wins: count.wins,
            ties: count.ties,
            losses: count.losses,
        },
        p: bounded(mean.sign_flip(setting.seed)?.p),
        p_adjusted: 1.0,
    }))
}
