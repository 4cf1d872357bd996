//! Item values as exact fractions, and differences as whole numbers of steps on their common lattice.
//!
//! Every exact procedure works on integers k_i = L·d_i / g, where L is the least common multiple of the denominators
//! and g the greatest common divisor of the numerators: ties are then decided exactly.

use super::error::{Result, StatsError, same_length};
use super::rational::{Rational, gcd};

/// An item's value on one axis: the mean over seeds of the mean over the available repeats. Seeds without any usable
/// repeat are left out; `None` if none is left.
///
/// # Errors
/// [`StatsError::Overflow`].
pub fn item_value<R, M>(seeds: &[R]) -> Result<Option<Rational>>
where
    R: AsRef<[Option<M>]>,
    M: Copy + Into<Rational>,
{
    let mut means = Vec::with_capacity(seeds.len());
    for repeats in seeds {
        let available: Vec<Rational> = repeats
            .as_ref()
            .iter()
            .flatten()
            .map(|&score| score.into())
            .collect();
        means.extend(Rational::mean(&available)?);
    }
    Rational::mean(&means)
}

/// Difference a − b of each pair; `None` where a side is missing.
///
/// # Errors
/// [`StatsError::Length`] for unequal lengths, [`StatsError::Overflow`].
pub fn differences(
    a: &[Option<Rational>],
    b: &[Option<Rational>],
) -> Result<Vec<Option<Rational>>> {
    same_length("second model's values", a.len(), b.len())?;
    let pair = |(x, y): (&Option<Rational>, &Option<Rational>)| match (x, y) {
        (Some(x), Some(y)) => x.checked_sub(*y).map(Some),
        _ => Ok(None),
    };
    a.iter().zip(b).map(pair).collect()
}

/// Weight of one item on an axis in the Overall of complete data, c_a = (N/N_a)/A: the Overall is then the mean of
/// Σ_a c_a v_ia over all `items`. `axis_items` is the number N_a of items on which the axis exists.
///
/// # Errors
/// [`StatsError::OutOfRange`] for an axis without items or a set without axes.
pub fn overall_weight(items: usize, axis_items: usize, axes: usize) -> Result<Rational> {
    Rational::new(items as i128, (axis_items as i128) * (axes as i128))
}

/// Σ_a c_a d_ia for each item. An axis missing on an item contributes 0, which keeps the sum antisymmetric in the two
/// models and the sign-flip test exact; an item without any axis is `None`.
///
/// # Errors
/// [`StatsError::Length`], [`StatsError::Overflow`].
pub fn weighted_sum(
    weights: &[Rational],
    axes: &[Vec<Option<Rational>>],
) -> Result<Vec<Option<Rational>>> {
    same_length("weights of the axes", axes.len(), weights.len())?;
    let items = axes.first().map_or(0, Vec::len);
    let mut sums = vec![None; items];
    for (weight, values) in weights.iter().zip(axes) {
        same_length("values of an axis", items, values.len())?;
        for (sum, value) in sums.iter_mut().zip(values) {
            if let Some(value) = value {
                *sum = Some(
                    sum.unwrap_or(Rational::ZERO)
                        .checked_add(weight.checked_mul(*value)?)?,
                );
            }
        }
    }
    Ok(sums)
}

/// Values as whole numbers of steps.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lattice {
    /// Each value in units of `divisor` / `denominator`.
    pub steps: Vec<i64>,
    /// L, the least common multiple of the denominators.
    pub denominator: i64,
    /// g, the greatest common divisor of the numerators over L; 1 if all values are zero.
    pub divisor: i64,
}

impl Lattice {
    /// Size of one step.
    pub fn unit(&self) -> f64 {
        self.divisor as f64 / self.denominator as f64
    }

    /// Puts values on their coarsest common lattice through zero.
    ///
    /// # Errors
    /// [`StatsError::Overflow`] if the steps do not fit 64 bits.
    pub fn of(values: &[Rational]) -> Result<Self> {
        let mut denominator: i128 = 1;
        for value in values {
            let factor = value.denominator() / gcd(denominator, value.denominator());
            denominator = denominator
                .checked_mul(factor)
                .ok_or(StatsError::Overflow)?;
        }
        let scaled = |value: &Rational| {
            value
                .numerator()
                .checked_mul(denominator / value.denominator())
                .ok_or(StatsError::Overflow)
        };
        let wide: Vec<i128> = values.iter().map(scaled).collect::<Result<_>>()?;
        let divisor = wide
            .iter()
            .fold(0, |divisor, &value| gcd(divisor, value))
            .max(1);
        let narrow = |value: i128| i64::try_from(value).map_err(|_| StatsError::Overflow);
        Ok(Self {
            steps: wide
                .iter()
                .map(|value| narrow(value / divisor))
                .collect::<Result<_>>()?,
            denominator: narrow(denominator)?,
            divisor: narrow(divisor)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn repeats_are_averaged_within_seeds_first() {
        let seeds = [
            vec![Some(5), None, Some(4)],
            vec![Some(1)],
            vec![None, None],
        ];
        assert_eq!(
            item_value(&seeds).unwrap(),
            Some(Rational::new(11, 4).unwrap())
        );
        assert_eq!(item_value(&[vec![None::<i64>]]).unwrap(), None);
        assert_eq!(item_value::<Vec<Option<i64>>, _>(&[]).unwrap(), None);
    }

    #[test]
    fn the_lattice_is_the_coarsest() {
        let values = [(2, 3), (-4, 3), (2, 1)].map(|(n, d)| Rational::new(n, d).unwrap());
        let lattice = Lattice::of(&values).unwrap();
        assert_eq!(
            lattice,
            Lattice {
                steps: vec![1, -2, 3],
                denominator: 3,
                divisor: 2
            }
        );
        assert_eq!(Lattice::of(&[Rational::ZERO]).unwrap().divisor, 1);
        assert_eq!(Lattice::of(&[]).unwrap().steps, Vec::<i64>::new());
    }

    #[test]
    fn a_missing_axis_contributes_nothing() {
        let (half, one) = (Rational::new(1, 2).unwrap(), Rational::from(1));
        let axes = [
            vec![Some(one), None, None],
            vec![Some(one), Some(one), None],
        ];
        let sums = weighted_sum(&[half, half], &axes).unwrap();
        assert_eq!(sums, vec![Some(one), Some(half), None]);
    }
}
