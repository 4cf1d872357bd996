//! One tail of T = Σ ±a by a tilted Fourier sum, exact on a lattice.
//!
//! Tilting by θ with Σ c_a·a·tanh(θa) = t moves the centre of the law to the observed t, so that the sum over N = S + 1
//! frequencies keeps its relative accuracy however small the tail is. With c_a units of magnitude a, π_a = 1/(1 + e^{−2θa}),
//! ω = e^{2πi/N}, φ_j = Π_a (1 − π_a + π_a ω^{ja})^{c_a}, s = (t + S)/2 and r_j = e^{−2θ}ω^{−j}:
//!
//! P(T ≥ t) = e^{Σ c_a ln cosh(θa) − θt} · N⁻¹ Σ_j φ_j ω^{−js} (1 − r_j^{S−s+1})/(1 − r_j).
//!
//! The subset sums behind T lie in 0..=S, so N frequencies leave nothing out. (Esscher 1932 for the tilt; Abate, Whitt
//! 1992 for the inversion.)

use std::f64::consts::{LN_2, PI};

use super::Tails;

/// A frequency whose factor is below e^−90 adds nothing to a sum of at most 2·10⁷ terms; this is its square.
const NEGLIGIBLE: f64 = 1e-78;
/// Frequencies that are worked on side by side.
const LANES: usize = 32;

/// [`LANES`] complex numbers: real parts, imaginary parts.
#[derive(Clone, Copy)]
struct Lanes {
    re: [f64; LANES],
    im: [f64; LANES],
}

impl Lanes {
    const ONE: Self = Self {
        re: [1.0; LANES],
        im: [0.0; LANES],
    };

    /// e^{iα} for each lane's angle.
    fn turns(angle: impl Fn(u64) -> f64) -> Self {
        let mut lanes = Self::ONE;
        for ((re, im), lane) in lanes.re.iter_mut().zip(&mut lanes.im).zip(0..) {
            (*im, *re) = angle(lane).sin_cos();
        }
        lanes
    }

    /// (1 − π) + π·e^{iα}, α being this turned by one more angle.
    fn mixed(&self, (cos, sin): (f64, f64), pi: f64) -> Self {
        let mut mixed = Self::ONE;
        for lane in 0..LANES {
            mixed.re[lane] = 1.0 - pi + pi * (self.re[lane] * cos - self.im[lane] * sin);
            mixed.im[lane] = pi * (self.re[lane] * sin + self.im[lane] * cos);
        }
        mixed
    }

    fn multiply(&mut self, by: &Self) {
        for lane in 0..LANES {
            let (re, im) = (self.re[lane], self.im[lane]);
            self.re[lane] = re * by.re[lane] - im * by.im[lane];
            self.im[lane] = re * by.im[lane] + im * by.re[lane];
        }
    }

    /// Multiplies by a power, by repeated squaring.
    fn multiply_power(&mut self, mut base: Self, mut count: u64) {
        loop {
            if count & 1 == 1 {
                self.multiply(&base);
            }
            count >>= 1;
            if count == 0 {
                return;
            }
            let square = base;
            base.multiply(&square);
        }
    }

    /// The largest squared size.
    fn largest(&self) -> f64 {
        let squares = self
            .re
            .iter()
            .zip(&self.im)
            .map(|(re, im)| re * re + im * im);
        squares.fold(0.0, f64::max)
    }
}

/// Tails at t = `observed` > 0; `sizes` lists magnitudes with the number of units that have them.
pub fn tails(sizes: &[(u64, u64)], observed: u64) -> Tails {
    let reach: u64 = sizes.iter().map(|(a, c)| a * c).sum();
    if observed >= reach {
        let units: u64 = sizes.iter().map(|(_, c)| c).sum();
        let mass = (-(units as f64) * LN_2).exp();
        return Tails {
            outer: mass,
            equal: mass,
        };
    }
    let tilted = Tilted::new(sizes, observed, reach);
    let (outer, equal) = tilted.sums();
    let frequencies = reach as f64 + 1.0;
    Tails {
        outer: (tilted.log_scale + (outer / frequencies).ln()).exp(),
        equal: (tilted.log_scale + (equal.max(0.0) / frequencies).ln()).exp(),
    }
}

/// A magnitude of the units.
struct Term {
    magnitude: u64,
    count: u64,
    pi: f64,
    /// ω^{ka} for k = 0, 1, … in the lanes.
    turns: Lanes,
}

struct Tilted {
    theta: f64,
    /// Σ c ln cosh(θa) − θt.
    log_scale: f64,
    /// The most frequent magnitude first.
    terms: Vec<Term>,
    frequencies: u64,
    /// s: units' magnitudes that must be positive.
    start: u64,
    /// S − s + 1.
    tail_length: u64,
}

impl Tilted {
    fn new(sizes: &[(u64, u64)], observed: u64, reach: u64) -> Self {
        let theta = tilt(sizes, observed as f64);
        let frequencies = reach + 1;
        let term = |&(magnitude, count): &(u64, u64)| Term {
            magnitude,
            count,
            pi: 1.0 / (1.0 + (-2.0 * theta * magnitude as f64).exp()),
            turns: Lanes::turns(|lane| angle(lane, magnitude, frequencies)),
        };
        let mut terms: Vec<Term> = sizes.iter().map(term).collect();
        terms.sort_by_key(|term| std::cmp::Reverse(term.count));
        // ln cosh x = x + ln((1 + e^{−2x})/2), and Σ c·a − t = S − t.
        let logs = sizes
            .iter()
            .map(|&(a, c)| c as f64 * ((-2.0 * theta * a as f64).exp().ln_1p() - LN_2));
        let start = (observed + reach) / 2;
        Self {
            theta,
            log_scale: theta * (reach - observed) as f64 + logs.sum::<f64>(),
            terms,
            frequencies,
            start,
            tail_length: reach - start + 1,
        }
    }

    /// Σ_j φ_j ω^{−js}·(geometric sum) and Σ_j φ_j ω^{−js}; the second half of the frequencies is the conjugate of the first.
    fn sums(&self) -> (f64, f64) {
        let (mut outer, mut equal) = (0.0, 0.0);
        let last = self.frequencies / 2;
        for first in (0..=last).step_by(LANES) {
            let Some(factors) = self.characteristic(first) else {
                continue;
            };
            let lanes = factors.re.into_iter().zip(factors.im);
            for (j, (re, im)) in (first..=last).zip(lanes) {
                let (sin, cos) = self.angle(j, self.start).sin_cos();
                let (re, im) = (re * cos + im * sin, im * cos - re * sin);
                let (geometric_re, geometric_im) = self.geometric(j);
                let own_conjugate = j == 0 || 2 * j == self.frequencies;
                let times = if own_conjugate { 1.0 } else { 2.0 };
                outer += times * (re * geometric_re - im * geometric_im);
                equal += times * re;
            }
        }
        (outer, equal)
    }

    /// φ_j for j = `first` and those after it; `None` where all of them are negligible.
    fn characteristic(&self, first: u64) -> Option<Lanes> {
        let mut product = Lanes::ONE;
        for term in &self.terms {
            let (sin, cos) = self.angle(first, term.magnitude).sin_cos();
            let factor = term.turns.mixed((cos, sin), term.pi);
            product.multiply_power(factor, term.count);
            if product.largest() < NEGLIGIBLE {
                return None;
            }
        }
        Some(product)
    }

    fn angle(&self, j: u64, a: u64) -> f64 {
        angle(j, a, self.frequencies)
    }

    /// (1 − r^m)/(1 − r) for r = e^{−2θ}ω^{−j} and m = S − s + 1.
    fn geometric(&self, j: u64) -> (f64, f64) {
        let one_minus = |log_size: f64, angle: f64| {
            let size = log_size.exp();
            let re = -log_size.exp_m1() + 2.0 * size * (0.5 * angle).sin().powi(2);
            (re, -size * angle.sin())
        };
        let m = self.tail_length;
        let above = one_minus(-2.0 * self.theta * m as f64, -self.angle(j, m));
        let below = one_minus(-2.0 * self.theta, -self.angle(j, 1));
        let square = below.0 * below.0 + below.1 * below.1;
        (
            (above.0 * below.0 + above.1 * below.1) / square,
            (above.1 * below.0 - above.0 * below.1) / square,
        )
    }
}

/// 2π·(j·a mod N)/N.
fn angle(j: u64, a: u64, frequencies: u64) -> f64 {
    let turns = u128::from(j) * u128::from(a) % u128::from(frequencies);
    2.0 * PI * turns as f64 / frequencies as f64
}

/// θ > 0 with Σ c·a·tanh(θa) = t, by bisection; 0 < t < S.
fn tilt(sizes: &[(u64, u64)], observed: f64) -> f64 {
    let mean = |theta: f64| -> f64 {
        let terms = sizes.iter().map(|&(a, c)| {
            let a = a as f64;
            c as f64 * a * (theta * a).tanh()
        });
        terms.sum()
    };
    let mut high = 1.0;
    // tanh rounds to 1 at 20: with the smallest magnitude there, the mean is S.
    while mean(high) < observed && high < 40.0 {
        high *= 2.0;
    }
    super::super::root::bisect(0.0, high, |theta| mean(theta) < observed)
}
