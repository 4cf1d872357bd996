//! The exact sign-flip test.
//!
//! Null hypothesis: exchanging the two models' outputs on any item leaves the law of the data unchanged, so each
//! difference d_i is symmetric about 0. Given |d_i|, the statistic T = Σ ±|k_i| then has a known law on a lattice, built
//! item by item (shift algorithm: Pagano, Tritchler 1983; Streitberg, Röhmel 1986). Only positive numbers are added, so
//! the relative error of every tail is about n·2⁻⁵².
//!
//! Zeros are dropped: they double every count and change no probability. Studentising would change nothing either, as
//! Σd² is the same under every flip.

use super::error::{Result, StatsError};

/// Limit of the exact computation: non-zero items times the sum of magnitudes, about a second of work.
pub const WORK_LIMIT: f64 = 5e8;

/// Smallest p that is printed as a number. A smaller result may have lost digits to underflow (2⁻ⁿ leaves the range of
/// floating point above a thousand non-zero items) and is reported as "below" this bound; never as 0.
pub const P_FLOOR: f64 = 1e-300;

/// The exact law of T at the observed value. Tail probabilities include the observed value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct SignFlip {
    /// T = Σ k_i in lattice steps.
    pub statistic: i64,
    /// Pairs that were passed.
    pub pairs: usize,
    /// Pairs with a non-zero difference.
    pub nonzero: usize,
    /// S = Σ |k_i|, the largest possible T.
    pub sum_abs: i64,
    /// P(T* ≥ T).
    pub p_greater: f64,
    /// P(T* ≤ T).
    pub p_less: f64,
    /// P(T* = T).
    pub p_equal: f64,
}

impl SignFlip {
    /// min(1, 2·min(P(T* ≥ T), P(T* ≤ T))); equals P(|T*| ≥ |T|) unless T = 0.
    pub fn p_two_sided(&self) -> f64 {
        (2.0 * self.p_greater.min(self.p_less)).min(1.0)
    }

    /// The two-sided p for a report: `None` without pairs, where nothing was tested. (One or more pairs without any
    /// difference were tested and give 1.)
    pub fn reported_p(&self) -> Option<f64> {
        (self.pairs > 0).then(|| self.p_two_sided())
    }

    /// P(T* ≥ T) − ½P(T* = T).
    pub fn mid_p_greater(&self) -> f64 {
        self.p_greater - 0.5 * self.p_equal
    }

    /// P(T* ≤ T) − ½P(T* = T).
    pub fn mid_p_less(&self) -> f64 {
        self.p_less - 0.5 * self.p_equal
    }

    /// Twice the smaller mid-p tail: less conservative than [`Self::p_two_sided`], no longer guaranteed.
    ///
    /// Without any non-zero difference the smaller tail is ½, so this is 1.
    pub fn mid_p_two_sided(&self) -> f64 {
        (2.0 * self.mid_p_greater().min(self.mid_p_less())).min(1.0)
    }

    /// The two-sided p as a reduced fraction; `None` above 52 non-zero items, where 2ⁿ patterns no longer fit the 53 bits
    /// in which the probabilities are held exactly.
    pub fn p_two_sided_fraction(&self) -> Option<(u64, u64)> {
        if self.nonzero > 52 {
            return None;
        }
        let patterns = 1_u64 << self.nonzero;
        let count = (self.p_two_sided() * patterns as f64) as u64;
        let shift = count.trailing_zeros().min(patterns.trailing_zeros());
        Some((count >> shift, patterns >> shift))
    }
}

/// Exact test of integer differences (lattice steps; see [`super::lattice::Lattice`]).
///
/// No pairs at all are the empty sum: every probability is 1.
///
/// # Errors
/// [`StatsError::TooLarge`] beyond [`WORK_LIMIT`], where the Monte Carlo version
/// takes over; [`StatsError::Overflow`].
pub fn sign_flip(differences: &[i64]) -> Result<SignFlip> {
    let mut magnitudes: Vec<u64> = differences
        .iter()
        .filter(|&&d| d != 0)
        .map(|d| d.unsigned_abs())
        .collect();
    let (statistic, sum_abs) = totals(differences)?;
    let work = magnitudes.len() as f64 * sum_abs as f64;
    if work > WORK_LIMIT {
        return Err(StatsError::TooLarge {
            work,
            limit: WORK_LIMIT,
        });
    }
    magnitudes.sort_unstable();
    // T = 2P − S, where P is the sum of a random subset of the magnitudes; by symmetry the tail beyond |T| is the tail of
    // P at or below (S − |T|)/2, and larger subset sums never need to be computed.
    let last = ((sum_abs - statistic.abs()) / 2) as usize;
    let law = subset_sums(&magnitudes, last);
    let outer: f64 = law.iter().sum();
    let p_equal = law.last().copied().unwrap_or(0.0);
    let inner = 1.0 - outer + p_equal;
    let (p_greater, p_less) = if statistic >= 0 {
        (outer, inner)
    } else {
        (inner, outer)
    };
    Ok(SignFlip {
        statistic,
        pairs: differences.len(),
        nonzero: magnitudes.len(),
        sum_abs,
        p_greater,
        p_less,
        p_equal,
    })
}

/// Σ d and Σ |d|.
pub(super) fn totals(differences: &[i64]) -> Result<(i64, i64)> {
    let sum_abs: i128 = differences.iter().map(|&d| i128::from(d).abs()).sum();
    let statistic: i128 = differences.iter().map(|&d| i128::from(d)).sum();
    let narrow = |value: i128| i64::try_from(value).map_err(|_| StatsError::Overflow);
    Ok((narrow(statistic)?, narrow(sum_abs)?))
}

/// Magnitudes that are added to the law before it is halved as often: 2 to this power stays far from the largest number.
const UNHALVED: usize = 900;

/// P(subset sum = s) for s = 0..=last, every magnitude being in the subset with probability ½.
pub(super) fn subset_sums(ascending: &[u64], last: usize) -> Vec<f64> {
    let mut law = vec![0.0; last + 1];
    law[0] = 1.0;
    let mut reach = 0_usize;
    // A magnitude of 0 changes no sum.
    let zeros = ascending.partition_point(|&magnitude| magnitude == 0);
    for magnitudes in ascending[zeros..].chunks(UNHALVED) {
        for &magnitude in magnitudes {
            // A magnitude beyond the window is in no subset that counts.
            let shift = usize::try_from(magnitude).unwrap_or(usize::MAX);
            reach = reach.saturating_add(shift).min(last);
            if shift <= reach {
                add_shifted(&mut law[..=reach], shift);
            }
        }
        let halved = 0.5_f64.powi(magnitudes.len() as i32);
        law[..=reach].iter_mut().for_each(|mass| *mass *= halved);
    }
    law
}

/// `law[s] += law[s − shift]` from the top down, in blocks that do not overlap what they read; 0 < `shift` < length.
fn add_shifted(law: &mut [f64], shift: usize) {
    let mut end = law.len();
    while end > shift {
        let start = (end - shift).max(shift);
        let (below, block) = law.split_at_mut(start);
        let source = &below[start - shift..end - shift];
        for (mass, moved) in block[..end - start].iter_mut().zip(source) {
            *mass += moved;
        }
        end = start;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_equal_gains_have_probability_one_eighth_per_side() {
        let test = sign_flip(&[2, 2, 2, 0]).unwrap();
        assert_eq!(
            (test.p_greater, test.p_less, test.p_two_sided()),
            (0.125, 1.0, 0.25)
        );
        assert_eq!(test.p_two_sided_fraction(), Some((1, 4)));
    }

    #[test]
    fn zeros_say_nothing() {
        let test = sign_flip(&[0, 0]).unwrap();
        assert_eq!(
            (test.nonzero, test.p_two_sided(), test.mid_p_two_sided()),
            (0, 1.0, 1.0)
        );
        assert_eq!(sign_flip(&[]).unwrap().reported_p(), None);
        assert_eq!(sign_flip(&[0]).unwrap().reported_p(), Some(1.0));
    }

    #[test]
    fn magnitudes_of_zero_change_no_sum() {
        let law = subset_sums(&[0, 0, 1, 2], 3);
        assert_eq!(law, [0.25; 4]);
    }

    #[test]
    fn impossible_sizes_are_refused_not_attempted() {
        assert!(matches!(
            sign_flip(&[i64::MAX / 2, 1]),
            Err(StatsError::TooLarge { .. })
        ));
        assert_eq!(sign_flip(&[i64::MIN, i64::MIN]), Err(StatsError::Overflow));
    }
}
