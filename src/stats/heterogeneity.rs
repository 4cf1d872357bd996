//! Whether a paired difference depends on the category.
//!
//! Q = Σ_h n_h (d̄_h − d̄)² over the units' differences, with its permutation law: under the hypothesis that the category
//! does not matter, any assignment of the differences to the categories' places is as likely as any other. Q is compared
//! on whole numbers. Categories without spread stay in.
//!
//! Draw b is a Fisher–Yates shuffle from the last unit down; step i uses output b(n−1) + (n−1−i) of the stream as an index
//! in 0..=i. p = (1 + #{Q* ≥ Q})/(1 + B).

use super::design::Design;
use super::error::{Result, StatsError, same_length};
use super::lattice::Lattice;
use super::rational::{Rational, gcd};
use super::splitmix::{Resampling, index, output};

/// Draws of a report.
pub const DEFAULT_DRAWS: u64 = 9_999;

/// Relative room for rounding where Q does not fit whole numbers.
const TIE_SLACK: f64 = 1e-12;

/// Differences of units by category.
#[derive(Debug, Clone, PartialEq)]
pub struct Heterogeneity {
    /// Difference of each unit in steps, in the order of the units.
    steps: Vec<i64>,
    /// Category of each unit.
    category: Vec<usize>,
    /// n_h.
    sizes: Vec<usize>,
    /// Size of a step.
    unit: f64,
    /// Common multiple of the n_h, where it is small enough for whole numbers.
    multiple: Option<i128>,
    /// Whether no sum of steps leaves 64 bits.
    narrow: bool,
}

/// Result of the permutation test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct HeterogeneityTest {
    /// Q in squared units of the values.
    pub q: f64,
    /// Draws with Q* ≥ Q.
    pub count: u64,
    /// (1 + count)/(1 + draws).
    pub p: f64,
}

/// Mean over the observed axes of each item; `None` where none is observed.
///
/// # Errors
/// [`StatsError::Length`], [`StatsError::Overflow`].
pub fn item_means(axes: &[&[Option<Rational>]]) -> Result<Vec<Option<Rational>>> {
    let items = axes.first().map_or(0, |axis| axis.len());
    for axis in axes {
        same_length("values of an axis", items, axis.len())?;
    }
    let mean = |item: usize| {
        let observed: Vec<Rational> = axes.iter().filter_map(|axis| axis[item]).collect();
        Rational::mean(&observed)
    };
    (0..items).map(mean).collect()
}

impl Heterogeneity {
    /// Item differences (see [`item_means`]) over a design, whose strata are the categories. With clusters the means of
    /// the clusters are permuted.
    ///
    /// # Errors
    /// [`StatsError::TooFew`] unless two categories are observed; [`StatsError::OutOfRange`] for a cluster that lies in
    /// several categories, [`StatsError::Length`], [`StatsError::Overflow`].
    pub fn new(design: &Design, differences: &[Option<Rational>]) -> Result<Self> {
        same_length(
            "differences of the items",
            design.items(),
            differences.len(),
        )?;
        let mut of_unit: Vec<(Option<usize>, Vec<Rational>)> =
            vec![(None, Vec::new()); design.units()];
        for (item, difference) in differences.iter().enumerate() {
            let Some(difference) = *difference else {
                continue;
            };
            let stratum = design.strata().of_item()[item];
            let (category, values) = &mut of_unit[design.unit_of_item()[item]];
            if category
                .replace(stratum)
                .is_some_and(|before| before != stratum)
            {
                return Err(StatsError::OutOfRange {
                    what: "categories of a cluster",
                    range: "one",
                    value: 2.0,
                });
            }
            values.push(difference);
        }
        let (mut values, mut category) = (Vec::new(), Vec::new());
        let mut sizes = vec![0; design.strata().count()];
        for (stratum, own) in &of_unit {
            if let (Some(stratum), Some(mean)) = (*stratum, Rational::mean(own)?) {
                values.push(mean);
                category.push(stratum);
                sizes[stratum] += 1;
            }
        }
        let observed = sizes.iter().filter(|&&n| n > 0).count();
        if observed < 2 {
            return Err(StatsError::TooFew {
                have: observed,
                need: 2,
            });
        }
        let lattice = Lattice::of(&values)?;
        Ok(Self {
            unit: lattice.unit(),
            multiple: multiple(&lattice.steps, &sizes),
            narrow: i64::try_from(reach(&lattice.steps)).is_ok(),
            steps: lattice.steps,
            category,
            sizes,
        })
    }

    /// Mean difference of each category; `None` without units.
    pub fn means(&self) -> Vec<Option<f64>> {
        let sums = self.sums(&self.steps);
        let mean = |(sum, &n): (&i128, &usize)| (n > 0).then(|| *sum as f64 * self.unit / n as f64);
        sums.iter().zip(&self.sizes).map(mean).collect()
    }

    /// The observed Q.
    pub fn q(&self) -> f64 {
        self.scaled(self.comparable(&self.steps))
    }

    /// Q of draw `draw`.
    pub fn drawn_q(&self, seed: u64, draw: u64) -> f64 {
        let mut steps = self.steps.clone();
        self.shuffle(seed, draw, &mut steps);
        self.scaled(self.comparable(&steps))
    }

    /// The permutation test.
    ///
    /// # Errors
    /// [`StatsError::Empty`] without draws.
    pub fn test(&self, Resampling { seed, draws }: Resampling) -> Result<HeterogeneityTest> {
        if draws == 0 {
            return Err(StatsError::Empty);
        }
        let observed = self.comparable(&self.steps);
        let mut steps = self.steps.clone();
        let reaches = |draw: &u64| {
            steps.copy_from_slice(&self.steps);
            self.shuffle(seed, *draw, &mut steps);
            self.comparable(&steps).reaches(observed)
        };
        let count = (0..draws).filter(reaches).count() as u64;
        Ok(HeterogeneityTest {
            q: self.scaled(observed),
            count,
            p: (1.0 + count as f64) / (1.0 + draws as f64),
        })
    }

    /// The order within the first category changes no sum: it is left as it falls.
    fn shuffle(&self, seed: u64, draw: u64, steps: &mut [i64]) {
        let last = steps.len() as u64 - 1;
        let start = draw.wrapping_mul(last);
        let first = self.category.chunk_by(|a, b| a == b).next();
        for i in (first.map_or(1, <[usize]>::len)..steps.len()).rev() {
            let number = start.wrapping_add(last - i as u64);
            steps.swap(i, index(output(seed, number), i + 1));
        }
    }

    /// Sum of each category; its units lie together where items are ordered by category, as those of a suite are.
    fn sums(&self, steps: &[i64]) -> Vec<i128> {
        let mut sums = vec![0; self.sizes.len()];
        let mut rest = steps;
        for of_one in self.category.chunk_by(|a, b| a == b) {
            let (own, others) = rest.split_at(of_one.len());
            rest = others;
            let sum = match self.narrow {
                true => i128::from(own.iter().sum::<i64>()),
                false => own.iter().map(|&step| i128::from(step)).sum(),
            };
            if let Some(&category) = of_one.first() {
                sums[category] += sum;
            }
        }
        sums
    }

    /// Σ_h S_h²/n_h, which grows with Q: their difference S²/n is the same for all draws.
    fn comparable(&self, steps: &[i64]) -> Comparable {
        let sums = self.sums(steps);
        let parts = sums.iter().zip(&self.sizes).filter(|(_, n)| **n > 0);
        match self.multiple {
            Some(multiple) => Comparable::Exact(
                parts
                    .map(|(sum, &n)| sum * sum * (multiple / n as i128))
                    .sum(),
            ),
            None => Comparable::Float(
                parts
                    .map(|(sum, &n)| (*sum as f64).powi(2) / n as f64)
                    .sum(),
            ),
        }
    }

    fn scaled(&self, found: Comparable) -> f64 {
        let total: i128 = self.steps.iter().map(|&k| i128::from(k)).sum();
        let n = self.steps.len() as f64;
        let squares = match (found, self.multiple) {
            (Comparable::Exact(whole), Some(multiple)) => {
                let less = total
                    .checked_mul(total)
                    .and_then(|s| s.checked_mul(multiple));
                // Subtracted over one denominator, so that no spread is exactly none.
                match (less, whole.checked_mul(self.steps.len() as i128)) {
                    (Some(less), Some(whole)) => (whole - less) as f64 / n / multiple as f64,
                    _ => whole as f64 / multiple as f64 - (total as f64).powi(2) / n,
                }
            }
            (Comparable::Exact(whole), None) => whole as f64,
            (Comparable::Float(sum), _) => sum - (total as f64).powi(2) / n,
        };
        squares.max(0.0) * self.unit * self.unit
    }
}

/// A quantity that orders draws by Q.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Comparable {
    Exact(i128),
    Float(f64),
}

impl Comparable {
    fn reaches(self, observed: Self) -> bool {
        match (self, observed) {
            (Self::Exact(drawn), Self::Exact(observed)) => drawn >= observed,
            (Self::Float(drawn), Self::Float(observed)) => drawn >= observed * (1.0 - TIE_SLACK),
            _ => true,
        }
    }
}

/// The largest sum of steps in absolute value.
fn reach(steps: &[i64]) -> i128 {
    steps.iter().map(|&k| i128::from(k).abs()).sum()
}

/// The common multiple of the sizes, if the largest possible sum of squares times it fits.
fn multiple(steps: &[i64], sizes: &[usize]) -> Option<i128> {
    let mut multiple: i128 = 1;
    for &n in sizes.iter().filter(|&&n| n > 0) {
        multiple = multiple.checked_mul(n as i128 / gcd(multiple, n as i128))?;
    }
    let reach = reach(steps);
    reach.checked_mul(reach)?.checked_mul(multiple)?;
    Some(multiple)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::strata::Strata;

    fn rationals(values: &[i64]) -> Vec<Option<Rational>> {
        values.iter().map(|&v| Some(v.into())).collect()
    }

    #[test]
    fn equal_categories_are_no_evidence_and_opposite_ones_are() {
        let strata = Strata::new((0..40).map(|i| i / 20).collect(), 2).unwrap();
        let design = Design::new(strata, None).unwrap();
        let resampling = Resampling {
            seed: 3,
            draws: 999,
        };
        let p = |values: Vec<i64>| {
            let test = Heterogeneity::new(&design, &rationals(&values)).unwrap();
            test.test(resampling).unwrap()
        };
        let none = p(vec![2; 40]);
        assert_eq!((none.q, none.p), (0.0, 1.0));
        let opposite = p((0..40).map(|i| if i < 20 { 1 } else { -1 }).collect());
        assert_eq!((opposite.q, opposite.p), (40.0, 0.001));
    }

    #[test]
    fn clusters_are_permuted_whole() {
        let strata = Strata::new(vec![0, 0, 1, 1], 2).unwrap();
        let values = rationals(&[1, 3, -1, -3]);
        let design = Design::new(strata.clone(), Some(&[0, 0, 1, 1])).unwrap();
        let found = Heterogeneity::new(&design, &values).unwrap();
        assert_eq!(found.means(), [Some(2.0), Some(-2.0)]);
        let across = Design::new(strata, Some(&[0, 1, 1, 2])).unwrap();
        assert!(Heterogeneity::new(&across, &values).is_err());
    }

    #[test]
    fn one_category_has_nothing_to_depend_on() {
        let design = Design::new(Strata::single(3), None).unwrap();
        assert!(Heterogeneity::new(&design, &rationals(&[1, 2, 3])).is_err());
    }

    #[test]
    fn items_average_their_observed_axes() {
        let (a, b) = (rationals(&[1, 2]), [Some(2.into()), None]);
        let means = item_means(&[&a, &b]).unwrap();
        assert_eq!(means, [Rational::new(3, 2).ok(), Some(2.into())]);
    }
}
