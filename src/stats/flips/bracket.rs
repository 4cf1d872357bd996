//! An upper bound of the sign-flip p for contributions without a usable lattice.
//!
//! With ε = Σ|u|/2¹⁸, |u| = εk + r: the law of K = Σ ±k is exact, and T differs from εK by R = Σ ±r. By Hoeffding (1963)
//! P(|R| on one side > c√Σr²) ≤ e^{−c²/2}, so that P(T ≥ t) ≤ P(εK ≥ t − η) + e^{−c²/2} with η = c√Σr²; c makes the last term
//! a 2,000th of the tail. Where Σ|r| is smaller than η, it bounds R for certain and the last term goes.

use crate::stats::signflip::subset_sums;

/// Non-zero units up to which a bracket is computed: the rounding of more would show.
pub const MOST_UNITS: usize = 1_000;

/// Steps of the lattice.
const STEPS: f64 = (1_u64 << 18) as f64;

/// Share of the tail that the uncertain part of the rounding may add.
const ADDED_SHARE: f64 = 2000.0;

/// Room for rounding of the scaled contributions, in steps.
const SLACK: f64 = 1e-7;

/// Two-sided p, at least the exact one. `None` without contributions.
pub fn upper_bound(contributions: &[f64]) -> Option<f64> {
    let mut magnitudes: Vec<f64> = contributions
        .iter()
        .map(|u| u.abs())
        .filter(|u| *u > 0.0)
        .collect();
    // Sums must not depend on the order of the units.
    magnitudes.sort_by(f64::total_cmp);
    let total: f64 = magnitudes.iter().sum();
    if magnitudes.is_empty() || !total.is_finite() {
        return None;
    }
    let observed = observed(contributions) / total * STEPS;
    if observed <= SLACK {
        return Some(1.0);
    }
    let scaled: Vec<f64> = magnitudes.iter().map(|u| u / total * STEPS).collect();
    let steps: Vec<u64> = scaled.iter().map(|u| u.round() as u64).collect();
    let rests = || scaled.iter().zip(&steps).map(|(u, k)| u - *k as f64);
    // All units on one side is always possible.
    let smallest = 0.5_f64.powi(magnitudes.len() as i32);
    let scale = rests().map(|r| r * r).sum::<f64>().sqrt();
    let certain: f64 = rests().map(f64::abs).sum();
    let c_at = |p: f64| (2.0 * (ADDED_SHARE / p).ln()).sqrt();
    let farthest = certain.min(c_at(2.0 * smallest) * scale);
    let tail = Tail::of(&steps, observed - farthest);
    let c = c_at(2.0 * tail.at_least(observed).max(smallest));
    let likely = c * scale;
    let one_sided = if certain <= likely {
        tail.at_least(observed - certain)
    } else {
        tail.at_least(observed - likely) + (-0.5 * c * c).exp()
    };
    Some((2.0 * one_sided.max(smallest)).min(1.0))
}

/// |Σu|, the positive and the negative terms summed in ascending order.
fn observed(contributions: &[f64]) -> f64 {
    let sum = |sign: f64| -> f64 {
        let mut side: Vec<f64> = contributions
            .iter()
            .map(|u| u * sign)
            .filter(|u| *u > 0.0)
            .collect();
        side.sort_by(f64::total_cmp);
        side.iter().sum()
    };
    (sum(1.0) - sum(-1.0)).abs()
}

/// The upper tail of the law of K.
struct Tail {
    reach: u64,
    /// P(subset sum ≤ s) for as many s as the tail needs.
    cumulative: Vec<f64>,
}

impl Tail {
    /// The tail from `x` on, within the upper half.
    fn of(steps: &[u64], x: f64) -> Self {
        let reach: u64 = steps.iter().sum();
        let mut sorted: Vec<u64> = steps.iter().copied().filter(|&k| k > 0).collect();
        sorted.sort_unstable();
        let needed = ((reach as f64 - x.max(0.0)) / 2.0).ceil() as u64 + 1;
        let mut cumulative = subset_sums(&sorted, needed.min(reach / 2) as usize);
        let mut sum = 0.0;
        for mass in &mut cumulative {
            sum += *mass;
            *mass = sum;
        }
        Self { reach, cumulative }
    }

    /// P(K ≥ x); 1 for x ≤ 0.
    fn at_least(&self, x: f64) -> f64 {
        let x = x - SLACK;
        if x <= 0.0 {
            return 1.0;
        }
        if x > self.reach as f64 {
            return 0.0;
        }
        // K = S − 2·(subset sum): K ≥ x means that the subset sums to at most (S − x)/2.
        let last = ((self.reach as f64 - x) / 2.0).floor() as usize;
        self.cumulative
            .get(last)
            .or(self.cumulative.last())
            .copied()
            .unwrap_or(1.0)
    }
}
