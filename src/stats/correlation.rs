//! Pearson, Spearman and Kendall correlation.

use super::distribution::normal_two_sided;
use super::rank::{midranks, tie_sizes};
use super::sample;

/// Pearson's correlation; `None` for unequal lengths, fewer than two pairs, or a side without variance.
pub fn pearson(x: &[f64], y: &[f64]) -> Option<f64> {
    if x.len() != y.len() {
        return None;
    }
    let (centre_x, centre_y) = (sample::mean(x)?, sample::mean(y)?);
    let (squares_x, squares_y) = (sample::sum_of_squares(x), sample::sum_of_squares(y));
    let product: f64 = x
        .iter()
        .zip(y)
        .map(|(a, b)| (a - centre_x) * (b - centre_y))
        .sum();
    let r = product / (squares_x.sqrt() * squares_y.sqrt());
    // Rounding may leave ±1.0000000000000002.
    r.is_finite().then(|| r.clamp(-1.0, 1.0))
}

/// Spearman's rank correlation: Pearson's of the midranks. `None` as [`pearson`], and for NaN.
pub fn spearman(x: &[f64], y: &[f64]) -> Option<f64> {
    if x.iter().chain(y).any(|value| value.is_nan()) {
        return None;
    }
    pearson(&midranks(x), &midranks(y))
}

/// Kendall's tau-b with a test of independence.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Kendall {
    /// tau-b.
    pub tau: f64,
    /// Two-sided p: exact without ties up to 33 pairs (or when all but one pair of pairs agree), else normal.
    pub p: f64,
}

/// Pairs of pairs by how they order.
struct Concordance {
    /// Concordant minus discordant.
    balance: f64,
    discordant: u64,
    tied_x: u64,
    tied_y: u64,
    total: u64,
}

/// Kendall's tau-b (1945), by comparing all n(n−1)/2 pairs; `None` for unequal lengths, NaN, or a side that is all ties.
pub fn kendall(x: &[f64], y: &[f64]) -> Option<Kendall> {
    if x.len() != y.len() || x.iter().chain(y).any(|value| value.is_nan()) {
        return None;
    }
    let pairs = concordance(x, y);
    let untied = (pairs.total - pairs.tied_x) as f64 * (pairs.total - pairs.tied_y) as f64;
    if untied <= 0.0 {
        return None;
    }
    let tau = (pairs.balance / untied.sqrt()).clamp(-1.0, 1.0);
    let fewer = pairs.discordant.min(pairs.total - pairs.discordant);
    let exact = pairs.tied_x == 0 && pairs.tied_y == 0 && (x.len() <= 33 || fewer <= 1);
    let p = if exact {
        kendall_exact_p(x.len(), fewer)
    } else {
        kendall_normal_p(x, y, &pairs)
    };
    Some(Kendall { tau, p })
}

/// tau-b alone.
pub fn kendall_tau(x: &[f64], y: &[f64]) -> Option<f64> {
    kendall(x, y).map(|kendall| kendall.tau)
}

fn concordance(x: &[f64], y: &[f64]) -> Concordance {
    let mut pairs = Concordance {
        balance: 0.0,
        discordant: 0,
        tied_x: 0,
        tied_y: 0,
        total: 0,
    };
    for i in 0..x.len() {
        for j in 0..i {
            let (dx, dy) = (x[i] - x[j], y[i] - y[j]);
            pairs.total += 1;
            pairs.tied_x += u64::from(dx == 0.0);
            pairs.tied_y += u64::from(dy == 0.0);
            if dx != 0.0 && dy != 0.0 {
                let agree = (dx > 0.0) == (dy > 0.0);
                pairs.balance += if agree { 1.0 } else { -1.0 };
                pairs.discordant += u64::from(!agree);
            }
        }
    }
    pairs
}

/// 2·P(inversions of a random order of n ≤ `fewer`): the law of inversions is a sum of independent uniform numbers on
/// 0..j, j < n (Kendall 1970, §5.2).
fn kendall_exact_p(n: usize, fewer: u64) -> f64 {
    let last = fewer as usize;
    let mut law = vec![0.0; last + 1];
    law[0] = 1.0;
    for choices in 2..=n {
        // Running sums: new[k] = mean of old[k−choices+1..=k].
        let mut next = vec![0.0; last + 1];
        let mut window = 0.0;
        for k in 0..=last {
            window += law[k];
            if k >= choices {
                window -= law[k - choices];
            }
            next[k] = window / choices as f64;
        }
        law = next;
    }
    (2.0 * law.iter().sum::<f64>()).min(1.0)
}

/// Normal approximation with the tie-corrected variance (Kendall 1970, §4.9).
fn kendall_normal_p(x: &[f64], y: &[f64], pairs: &Concordance) -> f64 {
    let n = x.len() as f64;
    let m = n * (n - 1.0);
    let sums = |values: &[f64]| {
        tie_sizes(values)
            .iter()
            .map(|&size| size as f64)
            .fold((0.0, 0.0), |(cubic, linear), t| {
                (
                    cubic + t * (t - 1.0) * (t - 2.0),
                    linear + t * (t - 1.0) * (2.0 * t + 5.0),
                )
            })
    };
    let ((cubic_x, linear_x), (cubic_y, linear_y)) = (sums(x), sums(y));
    let mut variance = (m * (2.0 * n + 5.0) - linear_x - linear_y) / 18.0;
    variance += 2.0 * pairs.tied_x as f64 * pairs.tied_y as f64 / m;
    if n > 2.0 {
        variance += cubic_x * cubic_y / (9.0 * m * (n - 2.0));
    }
    normal_two_sided(pairs.balance / variance.sqrt())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_without_variance_have_no_correlation() {
        assert_eq!(pearson(&[1.0, 1.0], &[1.0, 2.0]), None);
        assert_eq!(pearson(&[], &[]), None);
        assert_eq!(kendall(&[3.0; 4], &[1.0, 2.0, 3.0, 4.0]), None);
        assert_eq!(kendall(&[], &[]), None);
        assert_eq!(spearman(&[f64::NAN, 1.0], &[1.0, 2.0]), None);
    }

    #[test]
    fn exact_kendall_p_counts_orders() {
        let x = [1.0, 2.0, 3.0, 4.0, 5.0];
        assert!((kendall(&x, &x).unwrap().p - 2.0 / 120.0).abs() < 1e-15);
        let one_swap = [2.0, 1.0, 3.0, 4.0, 5.0];
        assert!((kendall(&x, &one_swap).unwrap().p - 10.0 / 120.0).abs() < 1e-15);
    }
}
