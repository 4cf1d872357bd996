//! How much a judge contradicts itself.

use serde::Serialize;

use super::marks::{Call, bases};
use crate::stats::distribution::{chi_squared_sf, t_quantile};
use crate::stats::interval::{Confidence, Interval};
use crate::stats::variance_components::{OneWay, one_way};
use crate::suite::Axis;

/// Degrees of freedom that stand for a variance that is assumed, not estimated.
const ASSUMED: f64 = 1e6;

/// The variance of one mark about its expectation.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Noise {
    /// In marks squared.
    pub variance: f64,
    /// Degrees of freedom of the estimate.
    pub df: f64,
}

impl Noise {
    /// Of two estimates, the larger.
    fn or_larger(self, other: Option<Self>) -> Self {
        match other {
            Some(other) if other.variance > self.variance => other,
            _ => self,
        }
    }

    /// How far a contrast whose squared weights sum to `weight` lies from its expectation at the
    /// most, with one-sided `confidence`.
    pub fn reach(&self, weight: f64, confidence: f64) -> f64 {
        t_quantile(confidence, self.df) * (self.variance * weight).sqrt()
    }
}

/// Repeated calls of one axis or of all.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Repeatability {
    /// Answers that were marked twice.
    pub pairs: usize,
    /// Share of them with the same mark.
    pub exact_agreement: Option<f64>,
    /// Standard deviation of one mark, in marks.
    pub sd: Option<f64>,
    /// ICC(1,1): the share of the variance that lies between answers.
    pub icc: Option<f64>,
    /// Its 95 % interval.
    pub icc_interval: Option<[f64; 2]>,
    #[serde(skip)]
    noise: Option<Noise>,
}

impl Repeatability {
    /// From the calls of one axis, or of all with `None`.
    pub fn of(calls: &[Call<'_>], axis: Option<Axis>) -> Self {
        let groups: Vec<Vec<f64>> = bases(calls)
            .into_iter()
            .filter(|((of, ..), marks)| axis.is_none_or(|axis| axis == *of) && marks.len() > 1)
            .map(|(_, marks)| marks)
            .collect();
        let same = groups
            .iter()
            .filter(|marks| marks.iter().all(|mark| Some(mark) == marks.first()));
        let same = same.count() as f64;
        let table = one_way(&groups).ok();
        Self {
            pairs: groups.len(),
            exact_agreement: (!groups.is_empty()).then(|| same / groups.len() as f64),
            sd: table.map(|table| table.ms_within.sqrt()),
            icc: table.and_then(|table| table.icc_single()),
            icc_interval: table.and_then(|table| {
                let Interval { lo, hi } = table.icc_single_interval(Confidence::P95)?;
                Some([lo, hi])
            }),
            noise: table.map(|table| noise_of(&table)),
        }
    }

    /// The estimate of the noise.
    pub fn noise(&self) -> Option<Noise> {
        self.noise
    }

    /// Whether the noise is above a standard deviation `limit`, with one-sided `confidence`.
    pub fn exceeds(&self, limit: f64, confidence: f64) -> bool {
        self.noise.is_some_and(|noise| {
            let ratio = noise.df * noise.variance / (limit * limit);
            chi_squared_sf(ratio, noise.df) <= 1.0 - confidence
        })
    }
}

fn noise_of(table: &OneWay) -> Noise {
    Noise {
        variance: table.ms_within,
        df: (table.observations - table.items) as f64,
    }
}

/// The noise that the checks of an axis reckon with: the largest of its own, that of all axes
/// together, and the floor.
pub fn reckoned(own: Option<&Repeatability>, all: &Repeatability, floor_sd: f64) -> Noise {
    let floor = Noise {
        variance: floor_sd * floor_sd,
        df: ASSUMED,
    };
    floor
        .or_larger(all.noise())
        .or_larger(own.and_then(Repeatability::noise))
}
