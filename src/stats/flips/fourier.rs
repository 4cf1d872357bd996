//! One tail of T = Σ ±a by a tilted Fourier sum, exact on a lattice.
//!
//! Tilting by θ with Σ c_a·a·tanh(θa) = t moves the centre of the law to the observed t, so that the sum over N > S
//! frequencies keeps its relative accuracy however small the tail is. With c_a units of magnitude a, π_a = 1/(1 + e^{−2θa}),
//! ω = e^{2πi/N}, φ_j = Π_a (1 − π_a + π_a ω^{ja})^{c_a}, s = (t + S)/2 and r_j = e^{−2θ}ω^{−j}:
//!
//! P(T ≥ t) = e^{Σ c_a ln cosh(θa) − θt} · N⁻¹ Σ_j φ_j ω^{−js} (1 − r_j^{N−s})/(1 − r_j).
//!
//! The subset sums behind T lie in 0..=S, so N frequencies leave nothing out. (Esscher 1932 for the tilt; Abate, Whitt
//! 1992 for the inversion.)
//!
//! A factor of magnitude a repeats after N/gcd(a, N) frequencies. Magnitudes of a stratified mean are small multiples of a
//! few weights, so N is taken as a multiple of those: a few short tables then hold all factors.

mod lanes;
mod periods;

use std::f64::consts::LN_2;

use self::lanes::{LANES, Lanes, angle};
use self::periods::{Table, Term};
use super::Tails;

/// The square of the size below which a factor φ_j is left out. At most 2·10⁷ factors of 1e−25, each weighted by at most
/// N/(πj), move the sum by less than its rounding does.
const NEGLIGIBLE: f64 = 1e-50;

/// Tails at t = `observed` > 0; `sizes` lists magnitudes with the number of units that have them, S below 2³².
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
    let frequencies = tilted.frequencies as f64;
    Tails {
        outer: (tilted.log_scale + (outer / frequencies).ln()).exp(),
        equal: (tilted.log_scale + (equal.max(0.0) / frequencies).ln()).exp(),
    }
}

struct Tilted {
    theta: f64,
    /// Σ c ln cosh(θa) − θt.
    log_scale: f64,
    tables: Vec<Table>,
    /// Magnitudes without a table, the most frequent first.
    terms: Vec<Term>,
    /// N.
    frequencies: u64,
    /// s: units' magnitudes that must be positive.
    start: u64,
}

impl Tilted {
    fn new(sizes: &[(u64, u64)], observed: u64, reach: u64) -> Self {
        let theta = tilt(sizes, observed as f64);
        let frequencies = periods::frequencies(sizes, reach);
        let term = |&(magnitude, count): &(u64, u64)| Term {
            magnitude,
            count,
            pi: 1.0 / (1.0 + (-2.0 * theta * magnitude as f64).exp()),
            turns: Lanes::turns(|lane| angle(lane, magnitude, frequencies)),
        };
        let (tables, mut terms) = periods::tables(sizes.iter().map(term).collect(), frequencies);
        terms.sort_by_key(|term| std::cmp::Reverse(term.count));
        // ln cosh x = x + ln((1 + e^{−2x})/2), and Σ c·a − t = S − t.
        let logs = sizes
            .iter()
            .map(|&(a, c)| c as f64 * ((-2.0 * theta * a as f64).exp().ln_1p() - LN_2));
        Self {
            theta,
            log_scale: theta * (reach - observed) as f64 + logs.sum::<f64>(),
            tables,
            terms,
            frequencies,
            start: (observed + reach) / 2,
        }
    }

    /// Σ_j φ_j ω^{−js}·(geometric sum) and Σ_j φ_j ω^{−js}; the second half of the frequencies is the conjugate of the first.
    fn sums(&self) -> (f64, f64) {
        let geometric = Geometric::new(self);
        let starts = self.turns(self.start);
        let halves = Lanes::turns(|lane| 0.5 * self.angle(lane, 1));
        let last = self.frequencies / 2;
        let (mut outer, mut equal) = (0.0, 0.0);
        for first in (0..=last).step_by(LANES) {
            let Some(factors) = self.characteristic(first) else {
                continue;
            };
            let starts = starts.turned(self.angle(first, self.start).sin_cos());
            let halves = halves.turned((0.5 * self.angle(first, 1)).sin_cos());
            let terms = geometric.terms(&factors, &starts, &halves);
            for ((j, re), im) in (first..=last).zip(terms.re).zip(terms.im) {
                let own_conjugate = j == 0 || 2 * j == self.frequencies;
                let times = if own_conjugate { 1.0 } else { 2.0 };
                outer += times * re;
                equal += times * im;
            }
        }
        (outer, equal)
    }

    /// φ_j for j = `first` and those after it; `None` where all of them are negligible.
    fn characteristic(&self, first: u64) -> Option<Lanes> {
        let mut product = Lanes::ONE;
        for table in &self.tables {
            table.multiply(&mut product, first);
        }
        for term in &self.terms {
            if product.largest() < NEGLIGIBLE {
                return None;
            }
            product.multiply(&term.factors(first, self.frequencies));
        }
        (product.largest() >= NEGLIGIBLE).then_some(product)
    }

    /// ω^{ka} for k = 0, 1, … in the lanes.
    fn turns(&self, a: u64) -> Lanes {
        Lanes::turns(|lane| self.angle(lane, a))
    }

    fn angle(&self, j: u64, a: u64) -> f64 {
        angle(j, a, self.frequencies)
    }
}

/// (1 − r^m)/(1 − r) for r = e^{−2θ}ω^{−j} and m = N − s. As ω^{jN} = 1, r^m turns by ω^{js}.
struct Geometric {
    /// |r^m|.
    above: f64,
    /// |r|.
    below: f64,
    /// 1 − |r|.
    rest: f64,
}

impl Geometric {
    fn new(tilted: &Tilted) -> Self {
        let length = tilted.frequencies - tilted.start;
        Self {
            above: (-2.0 * tilted.theta * length as f64).exp(),
            below: (-2.0 * tilted.theta).exp(),
            rest: -(-2.0 * tilted.theta).exp_m1(),
        }
    }

    /// The real parts of φ_j ω^{−js}·(geometric sum), and in the place of imaginary parts those of φ_j ω^{−js}. `starts` holds
    /// ω^{js}, `halves` ω^{j/2}: with the sine of the half angle 1 − r keeps its digits where r is near 1.
    fn terms(&self, factors: &Lanes, starts: &Lanes, halves: &Lanes) -> Lanes {
        let mut terms = Lanes::ONE;
        for lane in 0..LANES {
            let (cos, sin) = (starts.re[lane], starts.im[lane]);
            let re = factors.re[lane] * cos + factors.im[lane] * sin;
            let im = factors.im[lane] * cos - factors.re[lane] * sin;
            let above = (1.0 - self.above * cos, -self.above * sin);
            let (half_cos, half_sin) = (halves.re[lane], halves.im[lane]);
            let below = (
                self.rest + 2.0 * self.below * half_sin * half_sin,
                2.0 * self.below * half_sin * half_cos,
            );
            let square = below.0 * below.0 + below.1 * below.1;
            let sum_re = above.0 * below.0 + above.1 * below.1;
            let sum_im = above.1 * below.0 - above.0 * below.1;
            terms.re[lane] = (re * sum_re - im * sum_im) / square;
            terms.im[lane] = re;
        }
        terms
    }
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
