//! Two models' pass rates on the same items.

use super::distribution::{chi_squared_sf, ln_gamma, normal_quantile};
use super::error::{Result, StatsError};
use super::interval::{Confidence, Interval};
use super::proportion::fair_coin_p;

/// Items by outcome of the two models.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PairedOutcomes {
    /// Both pass.
    pub both: u64,
    /// Only the first passes (b).
    pub first_only: u64,
    /// Only the second passes (c).
    pub second_only: u64,
    /// Neither passes.
    pub neither: u64,
}

impl PairedOutcomes {
    /// Number of items.
    pub fn items(&self) -> u64 {
        self.both + self.first_only + self.second_only + self.neither
    }

    /// The differences of the 0/1 outcomes, +1 for "first only": input of the sign-flip test, which is the same test.
    pub fn differences(&self) -> Vec<i64> {
        let repeat = |value: i64, count: u64| std::iter::repeat_n(value, count as usize);
        repeat(1, self.first_only)
            .chain(repeat(-1, self.second_only))
            .chain(repeat(0, self.both + self.neither))
            .collect()
    }

    /// Counts pairs of outcomes.
    pub fn count(pairs: impl IntoIterator<Item = (bool, bool)>) -> Self {
        let mut table = Self {
            both: 0,
            first_only: 0,
            second_only: 0,
            neither: 0,
        };
        for pair in pairs {
            match pair {
                (true, true) => table.both += 1,
                (true, false) => table.first_only += 1,
                (false, true) => table.second_only += 1,
                (false, false) => table.neither += 1,
            }
        }
        table
    }
}

/// McNemar's test (1947) in its exact form, with company.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct McNemar {
    /// min(1, 2·P(Bin(b+c, ½) ≤ min(b, c))): the sign-flip test of ±1. 1 if nothing is discordant.
    pub p_exact: f64,
    /// The same without half of the observed probability (Fagerland, Lydersen, Laake 2013).
    pub p_mid: f64,
    /// (b−c)²/(b+c), no continuity correction; `None` if nothing is discordant.
    pub chi_squared: Option<f64>,
    /// Its chi-squared p, for comparison with papers.
    pub p_asymptotic: Option<f64>,
}

/// McNemar's test of equal pass rates.
pub fn mcnemar(table: PairedOutcomes) -> McNemar {
    let (b, c) = (table.first_only, table.second_only);
    let discordant = (b + c) as f64;
    let (fewer, more) = (b.min(c), b.max(c));
    let log_equal =
        ln_gamma(discordant + 1.0) - ln_gamma(fewer as f64 + 1.0) - ln_gamma(more as f64 + 1.0);
    let p_equal = (log_equal - discordant * std::f64::consts::LN_2).exp();
    let p_exact = fair_coin_p(b, c);
    let chi_squared = (b + c > 0).then(|| (b as f64 - c as f64).powi(2) / discordant);
    McNemar {
        p_exact,
        // With b = c the two halves overlap in the observed outcome, and make exactly 1 with half of it on each side.
        p_mid: if b == c {
            1.0
        } else {
            (p_exact - p_equal).clamp(0.0, 1.0)
        },
        chi_squared,
        p_asymptotic: chi_squared.map(|x| chi_squared_sf(x, 1.0)),
    }
}

/// Difference of the two pass rates with Tango's score interval (1998).
///
/// The ends are the differences δ at which the score statistic (b−c−nδ)/√(n(2q̃+δ(1−δ))) reaches ±z, where q̃ is the
/// maximum-likelihood rate of "second only" under δ. It falls in δ, so bisection finds both.
///
/// # Errors
/// [`StatsError::Empty`] without items.
pub fn tango(table: PairedOutcomes, confidence: Confidence) -> Result<(f64, Interval)> {
    let n = table.items();
    if n == 0 {
        return Err(StatsError::Empty);
    }
    let (n, b, c) = (n as f64, table.first_only as f64, table.second_only as f64);
    let z = normal_quantile(confidence.tail()).abs();
    let difference = (b - c) / n;
    let solve = |target: f64, mut low: f64, mut high: f64| {
        for _ in 0..200 {
            let middle = 0.5 * (low + high);
            if middle <= low || middle >= high {
                break;
            }
            if tango_score(n, b, c, middle) > target {
                low = middle
            } else {
                high = middle
            }
        }
        0.5 * (low + high)
    };
    let interval = Interval {
        lo: if difference <= -1.0 {
            -1.0
        } else {
            solve(z, -1.0, difference)
        },
        hi: if difference >= 1.0 {
            1.0
        } else {
            solve(-z, difference, 1.0)
        },
    };
    Ok((difference, interval))
}

fn tango_score(n: f64, b: f64, c: f64, delta: f64) -> f64 {
    let linear = (2.0 * n - b + c) * delta - b - c;
    let constant = -c * delta * (1.0 - delta);
    let root = (linear * linear - 8.0 * n * constant).max(0.0).sqrt();
    let rate = (root - linear) / (4.0 * n);
    let variance = n * (2.0 * rate + delta * (1.0 - delta));
    let gap = b - c - n * delta;
    if variance > 0.0 {
        gap / variance.sqrt()
    } else {
        gap.signum() * f64::INFINITY
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_discordant_is_no_evidence() {
        let table = PairedOutcomes {
            both: 40,
            first_only: 0,
            second_only: 0,
            neither: 0,
        };
        let test = mcnemar(table);
        assert_eq!(
            (test.p_exact, test.p_mid, test.chi_squared),
            (1.0, 1.0, None)
        );
    }

    #[test]
    fn one_discordant_pair_is_no_evidence() {
        let table = PairedOutcomes {
            both: 3,
            first_only: 1,
            second_only: 0,
            neither: 4,
        };
        let test = mcnemar(table);
        assert_eq!(test.p_exact, 1.0);
        assert!((test.p_mid - 0.5).abs() < 1e-14);
    }

    #[test]
    fn tango_reproduces_the_published_example() {
        // Fagerland, Lydersen, Laake (2014), Table II: 1, 1, 7, 12.
        let table = PairedOutcomes {
            both: 1,
            first_only: 1,
            second_only: 7,
            neither: 12,
        };
        let (difference, interval) = tango(table, Confidence::P95).unwrap();
        assert!((difference + 0.2857).abs() < 1e-4);
        assert!((interval.lo + 0.517).abs() < 1e-3 && (interval.hi + 0.026).abs() < 1e-3);
    }

    #[test]
    fn no_items_is_an_error() {
        assert_eq!(
            tango(PairedOutcomes::count([]), Confidence::P95),
            Err(StatsError::Empty)
        );
    }
}
