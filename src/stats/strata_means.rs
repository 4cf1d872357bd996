//! Means of strata without the values behind them: how uncertain their weighted mean, and the difference of two, can be.
//!
//! Values lie in 0–1. Of a mean μ they vary most when each is 0 or 1, with variance μ(1−μ) (Bhatia, Davis 2000): so what is
//! said here is exact for marks of 0 and 1, and the widest possible for all others.

use super::distribution::t_two_sided;
use super::interval::{Confidence, Interval, Scale, degenerate_interval, logit_t_interval};

/// A stratum of which only the mean is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StratumMean {
    /// Its share of the whole; shares sum to 1.
    pub weight: f64,
    /// Independent units behind the mean, at least 1.
    pub units: u32,
    /// The mean, 0–1.
    pub mean: f64,
}

/// The weighted mean of strata with its largest standard error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WidestMean {
    /// Σ W·μ, 0–1.
    pub mean: f64,
    /// √Σ W²·μ(1−μ)/(n−1); `None` where a stratum is a single unit.
    pub se: Option<f64>,
    /// Satterthwaite's degrees of freedom; `None` without a standard error above 0.
    pub df: Option<f64>,
    /// Units of all strata.
    pub units: usize,
    /// The largest weight of a unit over the mean weight.
    pub balance: f64,
}

impl WidestMean {
    /// The mean over strata.
    pub fn of(strata: &[StratumMean]) -> Self {
        let spread = spread(strata.iter().map(|s| (*s, s.mean * (1.0 - s.mean))));
        let units: usize = strata.iter().map(|s| s.units as usize).sum();
        let heaviest = strata.iter().map(|s| s.weight / f64::from(s.units.max(1)));
        Self {
            mean: strata.iter().map(|s| s.weight * s.mean).sum(),
            se: spread.map(|(se, _)| se),
            df: spread.and_then(|(_, df)| df),
            units,
            balance: heaviest.fold(0.0, f64::max) * units as f64,
        }
    }

    /// The logit-t interval, or the bound of a sample without variance; with whether it is that bound.
    pub fn interval(&self, confidence: Confidence) -> Option<(Interval, bool)> {
        let scale = Scale::new(0.0, 1.0).ok()?;
        let se = self.se?;
        if se > 0.0 {
            let interval = logit_t_interval(self.mean, se, self.df?, scale, confidence);
            return interval.map(|interval| (interval, false));
        }
        let bound = degenerate_interval(self.mean, self.units, self.balance, scale, confidence);
        bound.map(|interval| (interval, true))
    }
}

/// What is assumed of two means' values over the same units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Pairing {
    /// They are independent; p is the largest of all pairings that are not negative.
    Independent,
    /// As unfavourable as the means allow: in each stratum the squared difference is min(a+b, 2−a−b) on average (Fréchet's
    /// bound, reached by values of 0 and 1).
    Worst,
}

/// Two-sided p of the difference of two means over the same units, with the largest standard error under a pairing. 1 where
/// the means are equal; `None` where a stratum is a single unit. Both are of the same strata.
pub fn largest_p(first: &[StratumMean], second: &[StratumMean], pairing: Pairing) -> Option<f64> {
    let pairs = || first.iter().zip(second);
    let difference: f64 = pairs().map(|(a, b)| a.weight * (a.mean - b.mean)).sum();
    if difference == 0.0 {
        return Some(1.0);
    }
    let variances = pairs().map(|(a, b)| {
        let both = a.mean + b.mean;
        let variance = match pairing {
            Pairing::Independent => a.mean * (1.0 - a.mean) + b.mean * (1.0 - b.mean),
            Pairing::Worst => both.min(2.0 - both) - (a.mean - b.mean).powi(2),
        };
        (*a, variance.max(0.0))
    });
    let (se, _) = spread(variances)?;
    // Satterthwaite's degrees of freedom are never fewer, whatever the variances of the strata are.
    let df = f64::from(first.iter().map(|a| a.units).min()?) - 1.0;
    Some(match se > 0.0 {
        true => t_two_sided(difference / se, df),
        false => 0.0,
    })
}

/// Standard error and degrees of freedom from the variance of the values of each stratum.
fn spread(strata: impl Iterator<Item = (StratumMean, f64)>) -> Option<(f64, Option<f64>)> {
    let (mut whole, mut below) = (0.0, 0.0);
    for (stratum, variance) in strata {
        if stratum.units < 2 {
            return None;
        }
        let df = f64::from(stratum.units) - 1.0;
        let own = stratum.weight.powi(2) * variance / df;
        whole += own;
        below += own.powi(2) / df;
    }
    Some((whole.sqrt(), (below > 0.0).then(|| whole.powi(2) / below)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn strata(counts: &[(u32, u32)]) -> Vec<StratumMean> {
        let all: u32 = counts.iter().map(|(_, n)| n).sum();
        let of = |&(k, n): &(u32, u32)| StratumMean {
            weight: f64::from(n) / f64::from(all),
            units: n,
            mean: f64::from(k) / f64::from(n),
        };
        counts.iter().map(of).collect()
    }

    #[test]
    fn counts_give_the_interval_of_their_marks() {
        // One of 2 and one of 2: by hand, four marks of variance 1/4 in strata of two.
        let mean = WidestMean::of(&strata(&[(1, 2), (1, 2)]));
        assert_eq!(mean.mean, 0.5);
        assert!((mean.se.unwrap() - 0.125_f64.sqrt()).abs() < 1e-15);
        assert!((mean.df.unwrap() - 2.0).abs() < 1e-12);
        let none = WidestMean::of(&strata(&[(0, 40)]));
        let (interval, bound) = none.interval(Confidence::P95).unwrap();
        assert!(bound && interval.lo == 0.0);
        assert!((interval.hi - (1.0 - 0.025_f64.powf(1.0 / 40.0))).abs() < 1e-12);
        assert_eq!(WidestMean::of(&strata(&[(1, 1), (1, 2)])).se, None);
    }

    #[test]
    fn no_pairing_gives_a_larger_p() {
        // All pairings of 6 and 3 of 8 marks, in one stratum: the t test of each is at most the bound.
        let (a, b) = (strata(&[(6, 8)]), strata(&[(3, 8)]));
        let bound = largest_p(&a, &b, Pairing::Worst).unwrap();
        let mut reached = false;
        for both in 1..=3_i32 {
            let (first, second) = (6 - both, 3 - both);
            let discordant = f64::from(first + second) / 8.0;
            let difference = f64::from(first - second) / 8.0;
            let se = ((discordant - difference.powi(2)) / 7.0).sqrt();
            let p = t_two_sided(difference / se, 7.0);
            assert!(p <= bound + 1e-12, "{both}: {p} > {bound}");
            reached |= (p - bound).abs() < 1e-12;
        }
        assert!(reached);
        assert_eq!(largest_p(&a, &a, Pairing::Independent), Some(1.0));
        assert!(largest_p(&a, &b, Pairing::Independent).unwrap() < bound);
    }
}
