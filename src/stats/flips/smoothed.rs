//! An upper bound of the sign-flip p for many units without a usable lattice.
//!
//! With G normal, of standard deviation τ and independent of T, P(T ≥ t)·P(G ≥ −a) ≤ P(T + G ≥ t − a): a little noise makes
//! the law smooth, and what it can hide is bounded. The tail of Y = T + G at x = t − a is an integral of its characteristic
//! function along a line Re s = θ > 0,
//!
//! P(Y ≥ x) ≤ (h/2π) e^{K(θ)−θx} Σ_j φ_θ(jh) e^{−ijhx}/(θ + ijh),
//!
//! with K(θ) = Σ ln cosh(θu) + θ²τ²/2 and φ_θ the characteristic function of the tilted law. The trapezoidal sum adds only
//! the tails one and more periods 2π/h away, all positive, so that it is a bound itself; the noise cuts the sum off. With
//! a = 4τ and τ = 1/2000 of the standard deviation of T, the bound exceeds p by less than 2 % for p above 1e-15.
//! (Abate, Whitt 1992 for the sum and its aliasing; Esscher 1932 for the tilt.)

use std::f64::consts::PI;

/// Units up to which the bound is computed.
pub const MOST_UNITS: usize = 1_000_000;

/// τ as a share of the standard deviation of T.
const NOISE: f64 = 1.0 / 2000.0;
/// a in units of τ.
const SHIFT: f64 = 4.0;
/// Period 2π/h in standard deviations.
const PERIOD: f64 = 40.0;
/// Smallest tilt in inverse standard deviations: near the centre the saddle point alone would let the periods overlap.
const LEAST_TILT: f64 = 1.0;
/// Frequencies at which τ·jh exceeds this carry less than e^−60.
const CUT: f64 = 11.0;
/// A term below e^−60 is left out.
const NEGLIGIBLE: f64 = -60.0;
/// Room for what is left out and for rounding, relative to the largest term of the sum.
const ROOM: f64 = 1e-12;

/// Two-sided p, at least the exact one. `None` without contributions that differ from 0.
pub fn upper_bound(contributions: &[f64]) -> Option<f64> {
    let sizes = Sizes::of(contributions);
    let sd = sizes
        .terms
        .iter()
        .map(|(u, c)| c * u * u)
        .sum::<f64>()
        .sqrt();
    if !(sd > 0.0 && sd.is_finite()) {
        return None;
    }
    // In units of the standard deviation of T.
    let terms: Vec<(f64, f64)> = sizes.terms.iter().map(|(u, c)| (u / sd, *c)).collect();
    let x = sizes.observed / sd - SHIFT * NOISE;
    if x <= 0.0 {
        return Some(1.0);
    }
    let hidden = crate::stats::distribution::normal_cdf(SHIFT);
    let one_sided = Smoothed::new(&terms, x).tail() / hidden;
    Some((2.0 * one_sided).min(1.0))
}

/// Distinct magnitudes with their counts, and |Σu|.
struct Sizes {
    terms: Vec<(f64, f64)>,
    observed: f64,
}

impl Sizes {
    fn of(contributions: &[f64]) -> Self {
        let mut sorted: Vec<f64> = contributions
            .iter()
            .copied()
            .filter(|u| *u != 0.0)
            .collect();
        // Sums must not depend on the order of the units, nor on which run comes first.
        sorted.sort_by(|a, b| a.abs().total_cmp(&b.abs()));
        let side = |sign: f64| sorted.iter().map(|u| (u * sign).max(0.0)).sum::<f64>();
        let mut terms: Vec<(f64, f64)> = Vec::new();
        for u in sorted.iter().map(|u| u.abs()) {
            match terms.last_mut() {
                // Equal but for rounding.
                Some((size, count)) if u - *size <= 1e-13 * u => *count += 1.0,
                _ => terms.push((u, 1.0)),
            }
        }
        // The frequent ones decide soonest that a frequency is negligible.
        terms.sort_by(|a, b| b.1.total_cmp(&a.1));
        Self {
            observed: (side(1.0) - side(-1.0)).abs(),
            terms,
        }
    }
}

struct Smoothed<'a> {
    terms: &'a [(f64, f64)],
    x: f64,
    theta: f64,
    /// K(θ) − θx.
    exponent: f64,
    /// 1/cosh²(θu) by term.
    narrowing: Vec<f64>,
    /// tanh(θu) by term.
    lean: Vec<f64>,
}

impl<'a> Smoothed<'a> {
    fn new(terms: &'a [(f64, f64)], x: f64) -> Self {
        let mean = |theta: f64| -> f64 {
            let sum: f64 = terms.iter().map(|(u, c)| c * u * (theta * u).tanh()).sum();
            sum + theta * NOISE * NOISE
        };
        let mut high = 2.0;
        while mean(high) < x && high < 1e9 {
            high *= 2.0;
        }
        let saddle = crate::stats::root::bisect(0.0, high, |theta| mean(theta) < x);
        let theta = saddle.max(LEAST_TILT);
        // ln cosh y = y + ln((1 + e^{−2y})/2).
        let log_cosh = |y: f64| y + ((-2.0 * y).exp().ln_1p() - std::f64::consts::LN_2);
        let cumulant: f64 = terms.iter().map(|(u, c)| c * log_cosh(theta * u)).sum();
        let tanh = |(u, _): &(f64, f64)| (theta * u).tanh();
        Self {
            terms,
            x,
            theta,
            exponent: cumulant + 0.5 * (theta * NOISE).powi(2) - theta * x,
            narrowing: terms
                .iter()
                .map(|(u, _)| (theta * u).cosh().powi(-2))
                .collect(),
            lean: terms.iter().map(tanh).collect(),
        }
    }

    /// The bound of P(Y ≥ x).
    fn tail(&self) -> f64 {
        let step = 2.0 * PI / PERIOD;
        let last = (CUT / (NOISE * step)).ceil() as u64;
        let mut sum = 1.0 / self.theta;
        for j in 1..=last {
            let s = j as f64 * step;
            let Some((log_size, phase)) = self.characteristic(s) else {
                continue;
            };
            // Both signs of j: twice the real part of φ·e^{−isx}/(θ + is).
            let angle = phase - s * self.x;
            let real = self.theta * angle.cos() + s * angle.sin();
            sum += 2.0 * log_size.exp() * real / (self.theta * self.theta + s * s);
        }
        let sum = sum + ROOM / self.theta;
        (self.exponent.exp() * sum * step / (2.0 * PI)).min(1.0)
    }

    /// ln|φ_θ(s)| and arg φ_θ(s); `None` where it is negligible.
    fn characteristic(&self, s: f64) -> Option<(f64, f64)> {
        let noise = (s * NOISE).powi(2);
        let mut log_size = -0.5 * noise;
        for ((u, count), narrowing) in self.terms.iter().zip(&self.narrowing) {
            // |cosh((θ + is)u)|²/cosh²(θu) = 1 − sin²(su)/cosh²(θu).
            log_size += 0.5 * count * (-narrowing * (s * u).sin().powi(2)).max(-1.0).ln_1p();
            if log_size < NEGLIGIBLE {
                return None;
            }
        }
        let mut phase = self.theta * s * NOISE * NOISE;
        for ((u, count), lean) in self.terms.iter().zip(&self.lean) {
            let (sin, cos) = (s * u).sin_cos();
            phase += count * (lean * sin).atan2(cos);
        }
        Some((log_size, phase))
    }
}
