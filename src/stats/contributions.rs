//! What each unit contributes to a design-weighted mean, as exact whole numbers of one step.
//!
//! The contribution of item i is u_i = Σ_a w_ah v_ia over its observed axes, w_ah = W_ah/(A·n_ah); that of a unit is the
//! sum over its items, and Σu is the estimate. With M the common denominator of all terms, k = M·u are whole numbers: which
//! of two sums of them is larger, and whether they tie, is decided exactly.

use std::collections::HashMap;

use super::rational::{Rational, gcd};

/// One observed value with the weight of its cell.
#[derive(Debug, Clone, Copy)]
pub(super) struct Term {
    /// Unit of the item.
    pub unit: usize,
    /// Number of the weight in the list of weights.
    pub weight: usize,
    /// The value.
    pub value: Rational,
}

/// Contributions of all units of a design; those without an observation contribute 0.
#[derive(Debug, Clone, PartialEq)]
pub struct Contributions {
    pub(super) floats: Vec<f64>,
    pub(super) exact: Option<Exact>,
}

/// Contributions on their lattice.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Exact {
    /// Contribution of each unit in steps; their greatest common divisor is 1.
    pub steps: Vec<i128>,
    /// Size of a step.
    pub step: f64,
    /// Units whose cells carry the same weights have the same number: their contributions share a coarser lattice.
    pub group: Vec<usize>,
}

impl Contributions {
    /// Sums the terms of each of `units` units. `weights` are exact where they fit 128 bits; `approximate` are the same
    /// as floating-point numbers and serve where the exact sums do not fit.
    pub(super) fn of(
        units: usize,
        terms: &[Term],
        weights: &[Option<Rational>],
        approximate: &[f64],
    ) -> Self {
        match Exact::of(units, terms, weights) {
            Some(exact) => Self {
                floats: exact.steps.iter().map(|&k| k as f64 * exact.step).collect(),
                exact: Some(exact),
            },
            None => {
                let mut floats = vec![0.0; units];
                for term in terms {
                    floats[term.unit] += approximate[term.weight] * term.value.to_f64();
                }
                Self {
                    floats,
                    exact: None,
                }
            }
        }
    }

    /// Contribution of each unit of the design, in the units of the values.
    pub fn values(&self) -> &[f64] {
        &self.floats
    }

    /// Whether sums are compared as whole numbers. Not where the common denominator leaves 128 bits.
    pub fn is_exact(&self) -> bool {
        self.exact.is_some()
    }

    /// Σu.
    pub fn total(&self) -> f64 {
        match &self.exact {
            Some(exact) => exact.steps.iter().sum::<i128>() as f64 * exact.step,
            None => self.floats.iter().sum(),
        }
    }
}

impl Exact {
    fn of(units: usize, terms: &[Term], weights: &[Option<Rational>]) -> Option<Self> {
        let mut of_values: i128 = 1;
        let mut of_weights: i128 = 1;
        let mut used = vec![false; weights.len()];
        for term in terms {
            of_values = common_multiple(of_values, term.value.denominator())?;
            if !std::mem::replace(&mut used[term.weight], true) {
                of_weights = common_multiple(of_weights, weights[term.weight]?.denominator())?;
            }
        }
        let multiplier = |weight: &Option<Rational>| -> Option<i128> {
            match weight {
                Some(w) if of_weights % w.denominator() == 0 => {
                    w.numerator().checked_mul(of_weights / w.denominator())
                }
                _ => Some(0),
            }
        };
        let multipliers: Vec<i128> = weights.iter().map(multiplier).collect::<Option<_>>()?;
        let mut steps = vec![0_i128; units];
        for term in terms {
            let value = term
                .value
                .numerator()
                .checked_mul(of_values / term.value.denominator())?;
            let step = value.checked_mul(multipliers[term.weight])?;
            steps[term.unit] = steps[term.unit].checked_add(step)?;
        }
        // Room for sums of all magnitudes and for their doubles.
        let magnitude = steps
            .iter()
            .try_fold(0_i128, |sum, k| sum.checked_add(k.checked_abs()?))?;
        magnitude.checked_mul(4)?;
        let divisor = steps.iter().fold(0, |divisor, &k| gcd(divisor, k)).max(1);
        for k in &mut steps {
            *k /= divisor;
        }
        Some(Self {
            steps,
            step: divisor as f64 / of_weights as f64 / of_values as f64,
            group: groups(units, terms, &multipliers),
        })
    }
}

fn common_multiple(a: i128, b: i128) -> Option<i128> {
    a.checked_mul(b / gcd(a, b))
}

/// Numbers the sets of weights that occur among the cells of a unit.
fn groups(units: usize, terms: &[Term], multipliers: &[i128]) -> Vec<usize> {
    let mut of_unit: Vec<Vec<i128>> = vec![Vec::new(); units];
    for term in terms {
        let (weights, weight) = (&mut of_unit[term.unit], multipliers[term.weight]);
        if let Err(place) = weights.binary_search(&weight) {
            weights.insert(place, weight);
        }
    }
    let mut known = HashMap::new();
    let mut number = |weights: Vec<i128>| {
        let next = known.len();
        *known.entry(weights).or_insert(next)
    };
    of_unit.into_iter().map(&mut number).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rational(numerator: i128, denominator: i128) -> Rational {
        Rational::new(numerator, denominator).unwrap()
    }

    #[test]
    fn steps_are_whole_and_coarse() {
        let terms = [(0, 0, 2), (0, 1, -2), (1, 1, 4)].map(|(unit, weight, value)| Term {
            unit,
            weight,
            value: rational(value, 1),
        });
        let weights = [Some(rational(1, 4)), Some(rational(1, 6))];
        let found = Contributions::of(3, &terms, &weights, &[0.25, 1.0 / 6.0]);
        let exact = found.exact.as_ref().unwrap();
        assert_eq!(exact.steps, [1, 4, 0]);
        assert_eq!(exact.group, [0, 1, 2]);
        assert!((found.total() - 5.0 / 6.0).abs() < 1e-15);
    }

    #[test]
    fn what_does_not_fit_is_summed_in_floating_point() {
        let term = Term {
            unit: 0,
            weight: 0,
            value: rational(i128::MAX, 3),
        };
        let found = Contributions::of(1, &[term], &[Some(rational(2, 5))], &[0.4]);
        assert!(!found.is_exact());
        assert!((found.total() / (0.4 / 3.0 * i128::MAX as f64) - 1.0).abs() < 1e-12);
        assert!(!Contributions::of(1, &[term], &[None], &[0.4]).is_exact());
    }
}
