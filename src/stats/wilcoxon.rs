//! Wilcoxon's signed-rank test, secondary to the sign-flip test: it does not test the mean difference.

use super::distribution::normal_two_sided;
use super::rank::doubled_midranks;
use super::signflip::sign_flip;

/// What zero differences do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Zeros {
    /// Rank with the others, then drop their ranks (Pratt 1959).
    Pratt,
    /// Drop before ranking (Wilcoxon 1945).
    Discard,
}

/// Result of the signed-rank test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Wilcoxon {
    /// Items that were ranked.
    pub ranked: usize,
    /// Zeros among them.
    pub zeros: usize,
    /// R₊, the sum of midranks of positive differences.
    pub r_plus: f64,
    /// R₋.
    pub r_minus: f64,
    /// (R₊ − ½ΣR)/√(ΣR²/4) over non-zero items, optionally moved by ½ towards 0; `None` without any.
    pub z: Option<f64>,
    /// Two-sided normal p; 1 without non-zero items.
    pub p_asymptotic: f64,
    /// Two-sided exact p, conditional on the midranks; `None` above about 790 non-zero items, the work limit of the
    /// exact law.
    pub p_exact: Option<f64>,
    /// Its mid-p.
    pub mid_p_exact: Option<f64>,
}

/// Wilcoxon's signed-rank test of integer differences (lattice steps, so that ties of |d| are exact).
///
/// No pairs, like pairs that are all zero, are no evidence: p = 1.
pub fn wilcoxon(differences: &[i64], zeros: Zeros, continuity: bool) -> Wilcoxon {
    let signed = signed_ranks(differences, zeros);
    let (p_exact, mid_p_exact) = if signed.is_empty() {
        (Some(1.0), Some(1.0))
    } else {
        let exact = sign_flip(&signed).ok();
        (
            exact.map(|test| test.p_two_sided()),
            exact.map(|test| test.mid_p_two_sided()),
        )
    };
    let (r_plus, r_minus) = (half_sum(&signed, true), half_sum(&signed, false));
    let z = normal_score(&signed, continuity);
    let zero_count = differences.iter().filter(|&&d| d == 0).count();
    let (ranked, zeros) = match zeros {
        Zeros::Pratt => (differences.len(), zero_count),
        Zeros::Discard => (differences.len() - zero_count, 0),
    };
    Wilcoxon {
        ranked,
        zeros,
        r_plus,
        r_minus,
        z,
        p_asymptotic: z.map_or(1.0, normal_two_sided),
        p_exact,
        mid_p_exact,
    }
}

/// [`Wilcoxon::p_asymptotic`] alone, without the work of the exact law.
pub fn wilcoxon_asymptotic_p(differences: &[i64], zeros: Zeros, continuity: bool) -> f64 {
    normal_score(&signed_ranks(differences, zeros), continuity).map_or(1.0, normal_two_sided)
}

/// Sum of the midranks of one sign, from doubled midranks.
fn half_sum(signed: &[i64], positive: bool) -> f64 {
    let of_sign = signed.iter().filter(|rank| (**rank > 0) == positive);
    of_sign.map(|rank| rank.unsigned_abs() as f64).sum::<f64>() / 2.0
}

fn normal_score(signed: &[i64], continuity: bool) -> Option<f64> {
    let squares: f64 = signed.iter().map(|&rank| (rank as f64 / 2.0).powi(2)).sum();
    (squares > 0.0).then(|| {
        let gap = 0.5 * (half_sum(signed, true) - half_sum(signed, false));
        let correction = if continuity && gap != 0.0 {
            0.5 * gap.signum()
        } else {
            0.0
        };
        (gap - correction) / (squares / 4.0).sqrt()
    })
}

/// Matched-pairs rank biserial correlation (R₊ − R₋)/ΣR (Kerby 2014).
///
/// With [`Zeros::Discard`] ΣR is that of the non-zero items and the result is `None` without any; with
/// [`Zeros::Pratt`] it is n(n+1)/2 with the zeros' ranks, so ties dilute the effect. `None` for no items.
pub fn rank_biserial(differences: &[i64], zeros: Zeros) -> Option<f64> {
    let signed = signed_ranks(differences, zeros);
    let difference: f64 = signed.iter().map(|&rank| rank as f64).sum();
    let n = differences.len() as f64;
    let total = match zeros {
        Zeros::Discard => signed.iter().map(|rank| rank.unsigned_abs() as f64).sum(),
        Zeros::Pratt => n * (n + 1.0),
    };
    (total > 0.0).then(|| difference / total)
}

/// Doubled midranks of |d| with the sign of d, without the zeros.
fn signed_ranks(differences: &[i64], zeros: Zeros) -> Vec<i64> {
    let ranked: Vec<i64> = match zeros {
        Zeros::Pratt => differences.to_vec(),
        Zeros::Discard => differences.iter().copied().filter(|&d| d != 0).collect(),
    };
    let magnitudes: Vec<u64> = ranked.iter().map(|d| d.unsigned_abs()).collect();
    let ranks = doubled_midranks(&magnitudes);
    ranked
        .iter()
        .zip(ranks)
        .filter(|(d, _)| **d != 0)
        .map(|(d, rank)| d.signum() * rank as i64)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_zeros_are_no_evidence() {
        let test = wilcoxon(&[0, 0, 0], Zeros::Pratt, false);
        assert_eq!(
            (test.z, test.p_asymptotic, test.p_exact),
            (None, 1.0, Some(1.0))
        );
        assert_eq!(rank_biserial(&[0, 0], Zeros::Discard), None);
        assert_eq!(rank_biserial(&[0, 0], Zeros::Pratt), Some(0.0));
        assert_eq!(wilcoxon(&[], Zeros::Pratt, false).p_exact, Some(1.0));
        assert_eq!(wilcoxon_asymptotic_p(&[0, 0], Zeros::Pratt, false), 1.0);
    }

    #[test]
    fn the_asymptotic_p_alone_is_the_same() {
        let differences = [3, -1, 0, 2, 2, -4, 1, 1, 0, 5];
        for zeros in [Zeros::Pratt, Zeros::Discard] {
            for continuity in [false, true] {
                let whole = wilcoxon(&differences, zeros, continuity);
                let alone = wilcoxon_asymptotic_p(&differences, zeros, continuity);
                assert_eq!(alone, whole.p_asymptotic);
            }
        }
    }
}
