//! What both bootstraps resample: strata of lattice values, and the exact weighted total that stands for the mean.
//!
//! With design weights W_h = N_h/ΣN the stratified mean is Σ_h N_h/(n_h ΣN) · T_h, where T_h is the total of stratum h.
//! The factors have a common denominator, so the mean is a whole number Σ_h c_h T_h times one constant, and ties between
//! resamples are decided exactly. (In floating point they break at random and move the BCa constants.)

use super::error::{Result, StatsError, same_length};
use super::rational::gcd;

/// Largest lattice value: its square times any realistic sample size fits 128 bits.
const LARGEST_VALUE: u64 = 1 << 40;

/// Strata with exact weights.
#[derive(Debug, Clone, PartialEq)]
pub struct BootstrapDesign {
    strata: Vec<Vec<i64>>,
    multipliers: Vec<i64>,
    unit: f64,
}

impl BootstrapDesign {
    /// `strata` holds the observed values in lattice steps, `population` the sizes N_h. Strata of size 0 must be empty
    /// and are ignored.
    ///
    /// # Errors
    /// [`StatsError::Empty`], [`StatsError::EmptyStratum`] for a stratum with weight but no value,
    /// [`StatsError::OutOfRange`] for the opposite, [`StatsError::Length`], [`StatsError::Overflow`].
    pub fn new(strata: &[Vec<i64>], population: &[u64]) -> Result<Self> {
        same_length("stratum sizes", strata.len(), population.len())?;
        for (stratum, (values, size)) in strata.iter().zip(population).enumerate() {
            match (values.is_empty(), *size) {
                (true, 1..) => return Err(StatsError::EmptyStratum { axis: 0, stratum }),
                (false, 0) => {
                    let what = "size of a stratum with values";
                    return Err(StatsError::OutOfRange {
                        what,
                        range: "above 0",
                        value: 0.0,
                    });
                }
                _ => {}
            }
            if values
                .iter()
                .any(|value| value.unsigned_abs() > LARGEST_VALUE)
            {
                return Err(StatsError::Overflow);
            }
        }
        let used: Vec<(&Vec<i64>, u64)> = strata
            .iter()
            .zip(population.iter().copied())
            .filter(|(_, size)| *size > 0)
            .collect();
        if used.is_empty() {
            return Err(StatsError::Empty);
        }
        let mut common: i128 = 1;
        for (values, _) in &used {
            let n = values.len() as i128;
            common = common
                .checked_mul(n / gcd(common, n))
                .ok_or(StatsError::Overflow)?;
        }
        let multiplier = |(values, size): &(&Vec<i64>, u64)| {
            (common / values.len() as i128)
                .checked_mul(i128::from(*size))
                .ok_or(StatsError::Overflow)
        };
        let wide: Vec<i128> = used.iter().map(multiplier).collect::<Result<_>>()?;
        let divisor = wide
            .iter()
            .fold(0, |divisor, &value| gcd(divisor, value))
            .max(1);
        let narrow =
            |value: &i128| i64::try_from(value / divisor).map_err(|_| StatsError::Overflow);
        let total: f64 = used.iter().map(|(_, size)| *size as f64).sum();
        Ok(Self {
            multipliers: wide.iter().map(narrow).collect::<Result<_>>()?,
            strata: used.iter().map(|(values, _)| (*values).clone()).collect(),
            unit: divisor as f64 / (common as f64 * total),
        })
    }

    /// Strata weighted by their observed sizes, W_h = n_h/N: the plain mean, resampled within strata.
    ///
    /// # Errors
    /// As [`Self::new`].
    pub fn proportional(strata: &[Vec<i64>]) -> Result<Self> {
        let sizes: Vec<u64> = strata.iter().map(|values| values.len() as u64).collect();
        Self::new(strata, &sizes)
    }

    /// The strata that have weight.
    pub fn strata(&self) -> &[Vec<i64>] {
        &self.strata
    }

    /// The whole-number weight c_h of each stratum's total.
    pub fn multipliers(&self) -> &[i64] {
        &self.multipliers
    }

    /// The mean in lattice steps that belongs to a weighted total.
    pub fn mean_of(&self, weighted_total: i128) -> f64 {
        weighted_total as f64 * self.unit
    }

    /// Design weights W_h.
    pub fn weights(&self) -> Vec<f64> {
        let weight = |(values, multiplier): (&Vec<i64>, &i64)| {
            values.len() as f64 * *multiplier as f64 * self.unit
        };
        self.strata
            .iter()
            .zip(&self.multipliers)
            .map(weight)
            .collect()
    }

    /// Σ_h c_h T_h of the observed values.
    pub fn observed_total(&self) -> i128 {
        let totals = self
            .strata
            .iter()
            .map(|values| values.iter().map(|&value| i128::from(value)).sum::<i128>());
        totals
            .zip(&self.multipliers)
            .map(|(total, multiplier)| total * i128::from(*multiplier))
            .sum()
    }

    /// Standard error √(Σ_h W_h² s_h²/n_h) in lattice steps; `None` with a stratum of one value.
    pub fn standard_error(&self) -> Option<f64> {
        let sums: Vec<Moments> = self
            .strata
            .iter()
            .map(|values| Moments::of(values.iter().copied()))
            .collect();
        self.standard_error_of(&sums)
    }

    /// The same from the sums of a resample.
    pub(super) fn standard_error_of(&self, sums: &[Moments]) -> Option<f64> {
        let mut variance = 0.0;
        for (sums, multiplier) in sums.iter().zip(&self.multipliers) {
            // W_h² s²/n = (c·unit)² · n s², and n s² = (nΣy² − (Σy)²)/(n−1), exact in integers until the division.
            let factor = *multiplier as f64 * self.unit;
            variance += factor * factor * sums.scaled_variance()?;
        }
        Some(variance.sqrt())
    }
}

/// Count, sum and sum of squares of integers.
pub(super) struct Moments {
    n: i128,
    sum: i128,
    squares: i128,
}

impl Moments {
    pub(super) fn of(values: impl Iterator<Item = i64>) -> Self {
        let mut moments = Self {
            n: 0,
            sum: 0,
            squares: 0,
        };
        for value in values {
            let value = i128::from(value);
            moments.n += 1;
            moments.sum += value;
            moments.squares += value * value;
        }
        moments
    }

    /// n·s²; `None` below two values.
    fn scaled_variance(&self) -> Option<f64> {
        (self.n >= 2)
            .then(|| (self.n * self.squares - self.sum * self.sum) as f64 / (self.n - 1) as f64)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn proportional_strata_have_unit_multipliers() {
        let design = BootstrapDesign::proportional(&[vec![1, 2], vec![3, 4, 5]]).unwrap();
        assert_eq!(design.multipliers(), [1, 1]);
        assert_eq!(design.mean_of(design.observed_total()), 3.0);
    }

    #[test]
    fn unequal_weights_stay_exact() {
        let design = BootstrapDesign::new(&[vec![1, 2], vec![3, 4, 5]], &[1, 1]).unwrap();
        assert_eq!(design.multipliers(), [3, 2]);
        assert!((design.mean_of(design.observed_total()) - (1.5 + 4.0) / 2.0).abs() < 1e-15);
        assert!((design.weights()[0] - 0.5).abs() < 1e-15);
    }

    #[test]
    fn empty_strata_are_named() {
        assert_eq!(BootstrapDesign::new(&[], &[]), Err(StatsError::Empty));
        assert!(matches!(
            BootstrapDesign::new(&[vec![]], &[3]),
            Err(StatsError::EmptyStratum { .. })
        ));
        assert!(matches!(
            BootstrapDesign::new(&[vec![1]], &[0]),
            Err(StatsError::OutOfRange { .. })
        ));
    }
}
