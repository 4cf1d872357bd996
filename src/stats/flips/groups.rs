//! The exact law of T where units fall into groups of equal weights.
//!
//! Within a group all contributions are multiples of one step, so its law has few points. The groups are split into two
//! halves; the points of both are sorted, and P(T ≥ t) = Σ_x p(x)·P(Y ≥ t − x) is one sweep over them (a meet in the middle,
//! as in Pagano, Tritchler 1983, for sums that no single lattice holds).

use super::Tails;
use crate::stats::rational::gcd;

/// Largest number of points of a half.
pub const MOST_POINTS: f64 = 2e6;
/// Largest number of laws whose halves are searched; more never fit [`MOST_POINTS`] anyway.
const MOST_LAWS: usize = 40;
/// Steps of work for the laws of the groups themselves.
const LAW_WORK: f64 = 5e7;

/// Tails at T = Σ `steps` ≠ 0; `None` if the halves would be too large.
pub(super) fn tails(steps: &[i128], group: &[usize]) -> Option<Tails> {
    let total: i128 = steps.iter().sum();
    let (left, right) = halves(Lattice::by_group(steps, group))?;
    let (left, right) = (points(&left)?, points(&right)?);
    let observed = total.abs();
    let mut suffix = vec![0.0; right.len() + 1];
    for (place, (_, mass)) in right.iter().enumerate().rev() {
        suffix[place] = suffix[place + 1] + mass;
    }
    // x rises, so the first y with x + y ≥ t falls.
    let (mut first, mut tails) = (
        right.len(),
        Tails {
            outer: 0.0,
            equal: 0.0,
        },
    );
    for (x, mass) in &left {
        while first > 0 && right[first - 1].0 >= observed - x {
            first -= 1;
        }
        tails.outer += mass * suffix[first];
        if let Some((y, other)) = right.get(first)
            && x + y == observed
        {
            tails.equal += mass * other;
        }
    }
    Some(tails)
}

/// The units of a group: magnitudes in multiples of `step`.
#[derive(Clone, Debug)]
struct Lattice {
    step: i128,
    magnitudes: Vec<i128>,
}

impl Lattice {
    fn by_group(steps: &[i128], group: &[usize]) -> Vec<Self> {
        let mut found: std::collections::BTreeMap<usize, Vec<i128>> = Default::default();
        for (k, group) in steps.iter().zip(group).filter(|(k, _)| **k != 0) {
            found.entry(*group).or_default().push(k.abs());
        }
        found.into_values().map(Self::of).collect()
    }

    /// `magnitudes` in absolute terms.
    fn of(magnitudes: Vec<i128>) -> Self {
        let step = magnitudes.iter().fold(0, |step, &k| gcd(step, k)).max(1);
        Self {
            step,
            magnitudes: magnitudes.into_iter().map(|k| k / step).collect(),
        }
    }

    /// Points of the law.
    fn points(&self) -> f64 {
        self.magnitudes.iter().sum::<i128>() as f64 + 1.0
    }

    fn work(&self) -> f64 {
        self.points() * self.magnitudes.len() as f64
    }

    fn joined(&self, other: &Self) -> Self {
        let of = |lattice: &Self| {
            let step = lattice.step;
            lattice.magnitudes.iter().map(move |k| k * step).collect()
        };
        let mut all: Vec<i128> = of(self);
        let others: Vec<i128> = of(other);
        all.extend(others);
        Self::of(all)
    }

    /// Points of the law of both together, without making it.
    fn points_with(&self, other: &Self) -> f64 {
        let step = gcd(self.step, other.step) as f64;
        let reach = |lattice: &Self| (lattice.points() - 1.0) * (lattice.step as f64 / step);
        reach(self) + reach(other) + 1.0
    }

    /// P(subset sum = s) by the shift algorithm, with the sums as signed totals: 2s − S steps.
    fn law(&self) -> Vec<(i128, f64)> {
        let mut magnitudes: Vec<usize> = self
            .magnitudes
            .iter()
            .map(|&k| usize::try_from(k).unwrap_or(usize::MAX))
            .collect();
        magnitudes.sort_unstable();
        let reach: usize = magnitudes.iter().sum();
        let law = super::super::signflip::subset_sums(
            &magnitudes.iter().map(|&k| k as u64).collect::<Vec<_>>(),
            reach,
        );
        law.into_iter()
            .enumerate()
            .map(|(s, mass)| ((2 * s as i128 - reach as i128) * self.step, mass))
            .filter(|(_, mass)| *mass > 0.0)
            .collect()
    }
}

/// Splits the groups into two halves of few points; groups are joined while that is what it takes. `None` if both halves
/// cannot be held.
fn halves(mut lattices: Vec<Lattice>) -> Option<(Vec<Lattice>, Vec<Lattice>)> {
    lattices.sort_by(|a, b| a.step.cmp(&b.step).then(a.magnitudes.cmp(&b.magnitudes)));
    lattices.dedup_by(|next, kept| {
        let same = next.step == kept.step;
        if same {
            *kept = kept.joined(next);
        }
        same
    });
    while lattices.len() <= MOST_LAWS {
        if lattices.iter().any(|lattice| lattice.work() > LAW_WORK) {
            return None;
        }
        if let Some(sides) = split(&lattices) {
            return Some(parts(lattices, &sides));
        }
        let (a, b) = best_join(&lattices)?;
        let other = lattices.swap_remove(b);
        lattices[a] = lattices[a].joined(&other);
    }
    None
}

/// The two groups whose joint law is the shortest compared with the product of both; `None` if no joint law is shorter.
fn best_join(lattices: &[Lattice]) -> Option<(usize, usize)> {
    let mut best: Option<(f64, (usize, usize))> = None;
    for a in 0..lattices.len() {
        for b in a + 1..lattices.len() {
            let (x, y) = (&lattices[a], &lattices[b]);
            let gain = x.points_with(y).ln() - x.points().ln() - y.points().ln();
            if gain < 0.0 && best.is_none_or(|(least, _)| gain < least) {
                best = Some((gain, (a, b)));
            }
        }
    }
    best.map(|(_, pair)| pair)
}

/// Which side each group goes to, so that the products of points are as equal as possible; `None` if one is too large.
fn split(lattices: &[Lattice]) -> Option<Vec<bool>> {
    let sizes: Vec<f64> = lattices.iter().map(|l| l.points().ln()).collect();
    let sides = if sizes.len() <= 16 {
        best_split(&sizes)
    } else {
        greedy_split(&sizes)
    };
    let product = |side: bool| -> f64 {
        let own = sizes.iter().zip(&sides).filter(|(_, s)| **s == side);
        own.map(|(size, _)| size).sum()
    };
    // A little room for the logarithms.
    let fits = product(true).max(product(false)) <= MOST_POINTS.ln() + 1e-9;
    fits.then_some(sides)
}

fn parts(lattices: Vec<Lattice>, sides: &[bool]) -> (Vec<Lattice>, Vec<Lattice>) {
    let (mut left, mut right) = (Vec::new(), Vec::new());
    for (lattice, side) in lattices.into_iter().zip(sides) {
        if *side { &mut left } else { &mut right }.push(lattice);
    }
    (left, right)
}

fn best_split(sizes: &[f64]) -> Vec<bool> {
    let total: f64 = sizes.iter().sum();
    let of = |pattern: u32| -> f64 {
        let chosen = sizes
            .iter()
            .enumerate()
            .filter(|(i, _)| pattern >> i & 1 == 1);
        chosen.map(|(_, size)| size).sum()
    };
    let larger = |pattern: u32| of(pattern).max(total - of(pattern));
    let patterns = 0..1_u32 << sizes.len();
    let best = patterns.min_by(|a, b| larger(*a).total_cmp(&larger(*b)));
    (0..sizes.len())
        .map(|i| best.unwrap_or(0) >> i & 1 == 1)
        .collect()
}

fn greedy_split(sizes: &[f64]) -> Vec<bool> {
    let mut order: Vec<usize> = (0..sizes.len()).collect();
    order.sort_by(|&a, &b| sizes[b].total_cmp(&sizes[a]));
    let (mut left, mut right, mut sides) = (0.0, 0.0, vec![false; sizes.len()]);
    for place in order {
        sides[place] = left <= right;
        *(if sides[place] { &mut left } else { &mut right }) += sizes[place];
    }
    sides
}

/// The law of a half: sums of one point of each group, ascending, equal sums joined.
fn points(lattices: &[Lattice]) -> Option<Vec<(i128, f64)>> {
    let mut all = vec![(0_i128, 1.0)];
    for lattice in lattices {
        let law = lattice.law();
        let mut next = Vec::with_capacity(all.len().checked_mul(law.len())?);
        for (x, p) in &all {
            next.extend(law.iter().map(|(y, q)| (x + y, p * q)));
        }
        all = next;
    }
    all.sort_unstable_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    all.dedup_by(|next, kept| {
        let same = next.0 == kept.0;
        if same {
            kept.1 += next.1;
        }
        same
    });
    Some(all)
}
