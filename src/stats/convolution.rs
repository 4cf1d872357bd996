//! Laws on the integers and their sums.

/// A probability law on consecutive integers.
#[derive(Debug, Clone, PartialEq)]
pub struct LatticeLaw {
    start: i64,
    mass: Vec<f64>,
}

/// Mass below which the ends of a law are cut off. All cut masses of one benchmark together stay below 1e-20, five
/// orders below the tolerance of quantiles, and the law of a sum of 300 items shrinks to a third of its full width.
const NEGLIGIBLE: f64 = 1e-25;

impl LatticeLaw {
    /// All mass on one integer.
    pub fn point(at: i64) -> Self {
        Self {
            start: at,
            mass: vec![1.0],
        }
    }

    /// The empirical law of a sample; `None` for an empty one. The caller bounds max − min.
    pub fn empirical(values: &[i64]) -> Option<Self> {
        let (start, end) = (*values.iter().min()?, *values.iter().max()?);
        let mut counts = vec![0_u64; (end - start) as usize + 1];
        for value in values {
            counts[(value - start) as usize] += 1;
        }
        let n = values.len() as f64;
        Some(Self {
            start,
            mass: counts.iter().map(|&count| count as f64 / n).collect(),
        })
    }

    /// Law of the sum of two independent variables.
    #[must_use]
    pub fn add(&self, other: &Self) -> Self {
        let (short, long) = if self.mass.len() <= other.mass.len() {
            (self, other)
        } else {
            (other, self)
        };
        let mass = convolve(&short.mass, &long.mass);
        Self {
            start: self.start + other.start,
            mass,
        }
        .trimmed()
    }

    /// Law of the sum of this variable and `n` independent copies of `item`.
    ///
    /// Either the copies one by one, each a pass over the sums for every value that `item` takes, or their whole sum
    /// first: what is less work. A fine lattice has many integers and few values, a coarse one takes them all.
    #[must_use]
    pub fn add_copies(&self, item: &Self, n: usize) -> Self {
        let span = ((item.mass.len() - 1) * n) as f64;
        let values = item.mass.iter().filter(|&&mass| mass > 0.0).count() as f64;
        let one_by_one = n as f64 * values * (self.mass.len() as f64 + span / 2.0);
        let at_once = span * (self.mass.len() as f64 + span / 3.0);
        if one_by_one > at_once {
            return self.add(&item.sum_of(n));
        }
        let values: Vec<(usize, f64)> = item
            .mass
            .iter()
            .copied()
            .enumerate()
            .filter(|(_, mass)| *mass > 0.0)
            .collect();
        (0..n).fold(self.clone(), |law, _| law.add_values(item, &values))
    }

    /// Adds one copy of `item`, whose `values` are the places of its mass.
    fn add_values(&self, item: &Self, values: &[(usize, f64)]) -> Self {
        let mut mass = vec![0.0; self.mass.len() + item.mass.len() - 1];
        for &(place, weight) in values {
            for (sum, x) in mass[place..].iter_mut().zip(&self.mass) {
                *sum += weight * x;
            }
        }
        Self {
            start: self.start + item.start,
            mass,
        }
        .trimmed()
    }

    /// Law of the sum of `n` independent copies, by repeated squaring.
    #[must_use]
    pub fn sum_of(&self, mut n: usize) -> Self {
        let mut result = Self::point(0);
        let mut power = self.clone();
        while n > 0 {
            if n & 1 == 1 {
                result = result.add(&power);
            }
            n >>= 1;
            if n > 0 {
                power = power.add(&power);
            }
        }
        result
    }

    fn trimmed(mut self) -> Self {
        let first = self
            .mass
            .iter()
            .position(|&mass| mass > NEGLIGIBLE)
            .unwrap_or(0);
        let last = self
            .mass
            .iter()
            .rposition(|&mass| mass > NEGLIGIBLE)
            .unwrap_or(first);
        self.mass.truncate(last + 1);
        self.mass.drain(..first);
        self.start += first as i64;
        self
    }

    /// P(X = x).
    pub fn mass(&self, x: i64) -> f64 {
        usize::try_from(x - self.start)
            .ok()
            .and_then(|at| self.mass.get(at))
            .copied()
            .unwrap_or(0.0)
    }

    /// P(X ≤ x).
    pub fn cdf(&self, x: i64) -> f64 {
        match usize::try_from(x - self.start) {
            Ok(at) => self.mass.iter().take(at.saturating_add(1)).sum(),
            Err(_) => 0.0,
        }
    }

    /// The smallest x with P(X ≤ x) ≥ q, up to a rounding slack of 1e-15 in the sum.
    pub fn quantile(&self, q: f64) -> i64 {
        let mut cumulative = 0.0;
        for (offset, mass) in self.mass.iter().enumerate() {
            cumulative += mass;
            if cumulative >= q - 1e-15 {
                return self.start + offset as i64;
            }
        }
        self.start + self.mass.len() as i64 - 1
    }

    /// Mean and standard deviation.
    pub fn moments(&self) -> (f64, f64) {
        // Around the start, so that the cancellation is that of the law's width, not of its position.
        let (mut first, mut second) = (0.0, 0.0);
        for (offset, mass) in self.mass.iter().enumerate() {
            first += mass * offset as f64;
        }
        for (offset, mass) in self.mass.iter().enumerate() {
            second += mass * (offset as f64 - first).powi(2);
        }
        (self.start as f64 + first, second.sqrt())
    }
}

/// `Σ_i short[i]·long[k−i]` for all k. Four entries of the shorter list are spread at once: one pass over the sums instead of
/// four, which doubles the speed.
fn convolve(short: &[f64], long: &[f64]) -> Vec<f64> {
    let length = short.len() + long.len() - 1;
    let mut padded = vec![0.0; long.len() + 6];
    padded[3..3 + long.len()].copy_from_slice(long);
    let width = long.len() + 3;
    let mut sums = vec![0.0; length + 3];
    for (block, weights) in short.chunks(4).enumerate() {
        let weight = |position: usize| weights.get(position).copied().unwrap_or(0.0);
        let (w0, w1, w2, w3) = (weight(0), weight(1), weight(2), weight(3));
        let sums = sums[4 * block..].iter_mut();
        let (x0, x1) = (&padded[3..3 + width], &padded[2..2 + width]);
        let (x2, x3) = (&padded[1..1 + width], &padded[..width]);
        for ((((sum, x0), x1), x2), x3) in sums.zip(x0).zip(x1).zip(x2).zip(x3) {
            *sum += w0 * x0 + w1 * x1 + w2 * x2 + w3 * x3;
        }
    }
    sums.truncate(length);
    sums
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn two_dice() {
        let die = LatticeLaw::empirical(&[1, 2, 3, 4, 5, 6]).unwrap();
        let two = die.sum_of(2);
        assert!((two.mass(7) - 6.0 / 36.0).abs() < 1e-15);
        assert!((two.cdf(4) - 6.0 / 36.0).abs() < 1e-15);
        assert_eq!((two.mass(1), two.mass(13), two.cdf(1)), (0.0, 0.0, 0.0));
        assert_eq!(
            (two.quantile(0.5), two.quantile(0.0), two.quantile(1.0)),
            (7, 2, 12)
        );
        let (mean, sd) = two.moments();
        assert!((mean - 7.0).abs() < 1e-13 && (sd - (35.0_f64 / 6.0).sqrt()).abs() < 1e-13);
    }

    #[test]
    fn copies_one_by_one_and_at_once_have_one_law() {
        let other = LatticeLaw::empirical(&[-2, 0, 0, 5]).unwrap();
        for item in [
            vec![0, 1, 2, 3],
            vec![-700, 0, 0, 1300],
            vec![4],
            vec![-1, 90, 91, 400],
        ] {
            let item = LatticeLaw::empirical(&item).unwrap();
            for n in [0, 1, 2, 17, 60] {
                let (law, at_once) = (other.add_copies(&item, n), other.add(&item.sum_of(n)));
                let ends = |law: &LatticeLaw| law.start..law.start + law.mass.len() as i64;
                let (a, b) = (ends(&law), ends(&at_once));
                for x in a.start.min(b.start)..a.end.max(b.end) {
                    let difference = (law.mass(x) - at_once.mass(x)).abs();
                    assert!(difference < 1e-15, "{x}: {difference}");
                }
            }
        }
    }

    #[test]
    fn nothing_has_no_law_and_no_copies_sum_to_zero() {
        assert_eq!(LatticeLaw::empirical(&[]), None);
        assert_eq!(LatticeLaw::point(3).sum_of(0), LatticeLaw::point(0));
    }
}
