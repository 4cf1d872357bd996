//! Pass rates of one model.

use super::distribution::{beta_cdf, beta_quantile, normal_quantile};
use super::error::{Result, StatsError};
use super::interval::{Confidence, Interval};

fn check(successes: u64, trials: u64) -> Result<()> {
    if trials == 0 {
        return Err(StatsError::Empty);
    }
    if successes > trials {
        let range = "no more than the number of trials";
        return Err(StatsError::OutOfRange {
            what: "number of successes",
            range,
            value: successes as f64,
        });
    }
    Ok(())
}

/// Wilson's score interval (1927), the primary interval of a pass rate.
///
/// # Errors
/// [`StatsError::Empty`] without trials, [`StatsError::OutOfRange`] for more successes than trials.
pub fn wilson(successes: u64, trials: u64, confidence: Confidence) -> Result<Interval> {
    check(successes, trials)?;
    let (k, n) = (successes as f64, trials as f64);
    let z2 = normal_quantile(confidence.tail()).powi(2);
    let centre = (k + 0.5 * z2) / (n + z2);
    let half = (z2 * (k * (n - k) / n + 0.25 * z2)).sqrt() / (n + z2);
    // The formula gives 0 and 1 at the ends only up to rounding.
    Ok(Interval {
        lo: if successes == 0 { 0.0 } else { centre - half },
        hi: if successes == trials {
            1.0
        } else {
            centre + half
        },
    })
}

/// Clopper and Pearson's interval (1934), which never covers less than it says.
///
/// # Errors
/// As [`wilson`].
pub fn clopper_pearson(successes: u64, trials: u64, confidence: Confidence) -> Result<Interval> {
    check(successes, trials)?;
    let (k, rest) = (successes as f64, (trials - successes) as f64);
    let tail = confidence.tail();
    Ok(Interval {
        lo: if successes == 0 {
            0.0
        } else {
            beta_quantile(tail, k, rest + 1.0)
        },
        hi: if successes == trials {
            1.0
        } else {
            1.0 - beta_quantile(tail, rest, k + 1.0)
        },
    })
}

/// Agresti and Coull's interval (1998): Wald around Wilson's centre, clipped to 0..1. For comparison with papers.
///
/// # Errors
/// As [`wilson`].
pub fn agresti_coull(successes: u64, trials: u64, confidence: Confidence) -> Result<Interval> {
    check(successes, trials)?;
    let z = normal_quantile(confidence.tail()).abs();
    let n = trials as f64 + z * z;
    let p = (successes as f64 + 0.5 * z * z) / n;
    let interval = Interval::around(p, z * (p * (1.0 - p) / n).sqrt());
    Ok(Interval {
        lo: interval.lo.max(0.0),
        hi: interval.hi.min(1.0),
    })
}

/// Exact two-sided binomial test of a fair coin: min(1, 2·P(X ≤ min(k, n−k))). 1 for no trials.
///
/// P(X ≤ k) is a regularised incomplete beta integral. Where the counts differ by at most one, half of all outcomes or
/// more lie at or below the smaller: p is 1, which rounding of the integral would miss.
pub fn fair_coin_p(heads: u64, tails: u64) -> f64 {
    if heads.abs_diff(tails) <= 1 {
        return 1.0;
    }
    let (fewer, more) = (heads.min(tails), heads.max(tails));
    (2.0 * beta_cdf(more as f64, fewer as f64 + 1.0, 0.5)).min(1.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_trials_and_too_many_successes_are_errors() {
        assert_eq!(wilson(0, 0, Confidence::P95), Err(StatsError::Empty));
        assert!(clopper_pearson(3, 2, Confidence::P95).is_err());
        assert_eq!(fair_coin_p(0, 0), 1.0);
    }

    #[test]
    fn counts_that_differ_by_one_at_most_are_no_evidence() {
        for fewer in 0..200 {
            for more in [fewer, fewer + 1] {
                assert_eq!(fair_coin_p(fewer, more), 1.0, "{fewer} and {more}");
                assert_eq!(fair_coin_p(more, fewer), 1.0, "{more} and {fewer}");
            }
            assert!(fair_coin_p(fewer, fewer + 2) < 1.0, "{fewer}");
        }
        assert!((fair_coin_p(0, 2) - 0.5).abs() < 1e-14);
    }
}
