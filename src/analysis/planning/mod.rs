//! How small a difference so many items can show, and how many items a difference needs.

pub mod labels;
pub mod means_power;
pub mod undecided;

use serde::Serialize;

use crate::analysis::compare::computed::common;
use crate::analysis::compare::pairs::Pairs;
use crate::analysis::scores::items::Items;
use crate::analysis::scores::sheet::Sheet;
use crate::stats::error::{Result, StatsError};
use crate::stats::power::{detectable, items_needed, power};
use crate::stats::rational::Rational;
use crate::stats::sample;
use crate::suite::{Axis, ScoreMap};

/// Items that a pilot should have before its spread is believed.
pub const PILOT_ITEMS: usize = 60;

/// What is assumed.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct PowerAssumptions {
    /// Standard deviation of the paired item differences, in points.
    pub sd: f64,
    /// Two-sided level of one test.
    pub alpha: f64,
    /// Wanted power.
    pub power: f64,
    /// Contrasts that are tested together; the second column divides alpha by it.
    pub contrasts: u32,
}

/// What a number of items can show.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Detectable {
    /// Items.
    pub items: u32,
    /// Smallest difference in points that one test finds with the wanted power.
    pub points: f64,
    /// The same with alpha divided by the number of contrasts (Bonferroni).
    pub points_adjusted: f64,
    /// Half of the 95 % interval of a difference, in points.
    pub half_width: f64,
}

/// What a difference needs.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Needed {
    /// The difference in points.
    pub points: f64,
    /// Items with which one test finds it with the wanted power.
    pub items: u64,
    /// The same with alpha divided by the number of contrasts.
    pub items_adjusted: u64,
    /// Power of one test at the numbers of items of the plan's first line.
    pub power: f64,
}

impl PowerAssumptions {
    fn adjusted_alpha(&self) -> f64 {
        self.alpha / f64::from(self.contrasts.max(1))
    }

    /// The detectable difference at `items`.
    ///
    /// # Errors
    /// [`StatsError::OutOfRange`] for fewer than two items or an impossible plan.
    pub fn detectable(&self, items: u32) -> Result<Detectable> {
        let n = f64::from(items);
        let at = |alpha: f64| detectable(n, alpha, self.power).map(|dz| dz * self.sd);
        let quantile = crate::stats::distribution::t_quantile(0.975, n - 1.0);
        Ok(Detectable {
            items,
            points: at(self.alpha)?,
            points_adjusted: at(self.adjusted_alpha())?,
            half_width: quantile * self.sd / n.sqrt(),
        })
    }

    /// The items that `points` needs, and the power that `items` give it.
    ///
    /// # Errors
    /// [`StatsError::OutOfRange`] for a difference of 0, [`StatsError::NoSolution`].
    pub fn needed(&self, points: f64, items: u32) -> Result<Needed> {
        let dz = points / self.sd;
        let at = |alpha: f64| items_needed(dz, alpha, self.power).map(|n| n.ceil() as u64);
        Ok(Needed {
            points,
            items: at(self.alpha)?,
            items_adjusted: at(self.adjusted_alpha())?,
            power: power(dz, f64::from(items), self.alpha)?,
        })
    }
}

/// Spread of a pilot.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Pilot {
    /// The run that would be the candidate.
    pub candidate: String,
    /// The run it is compared with.
    pub baseline: String,
    /// An axis's key, or `overall`.
    pub metric: &'static str,
    /// Pairs behind it.
    pub items: usize,
    /// SE·√n in points: the spread that the stratified interval works with.
    pub sd: f64,
    /// Plain standard deviation of the differences in points, strata ignored.
    pub sd_plain: f64,
    /// Fewer than [`PILOT_ITEMS`] items: believe it little.
    pub small: bool,
}

/// The spread of two runs on one axis, or on the Overall of the axes common to both.
///
/// # Errors
/// [`StatsError::Empty`] where the axis does not apply to both, [`StatsError::TooFew`] without spread.
pub fn pilot(
    items: &Items,
    mapping: ScoreMap,
    (a, b): (&Sheet, &Sheet),
    axis: Option<Axis>,
    axes: &[Axis],
) -> Result<Pilot> {
    let wanted = axis.map_or_else(|| axes.to_vec(), |axis| vec![axis]);
    let pairs = Pairs::of_sheets(items, &common(a, b, &wanted))?;
    let few = StatsError::TooFew {
        have: pairs.mean.units(),
        need: 2,
    };
    let se = pairs.mean.se().filter(|&se| se > 0.0).ok_or(few)?;
    let observed: Vec<f64> = pairs
        .by_item(items)?
        .into_iter()
        .flatten()
        .map(Rational::to_f64)
        .collect();
    let plain = sample::standard_deviation(&observed).unwrap_or(0.0);
    Ok(Pilot {
        candidate: a.label.clone(),
        baseline: b.label.clone(),
        metric: axis.map_or("overall", Axis::key),
        items: pairs.count(),
        sd: se * (pairs.count() as f64).sqrt() * mapping.slope(),
        sd_plain: plain * mapping.slope(),
        small: pairs.count() < PILOT_ITEMS,
    })
}
