//! Exact fractions.
//!
//! Averages of judge repeats are fractions with small denominators. The exact tests need to know which of two sums is
//! larger, and whether they tie, so these averages are kept exact until the very end.

use std::cmp::Ordering;

use super::error::{Result, StatsError};

/// A reduced fraction with a positive denominator.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Rational {
    numerator: i128,
    denominator: i128,
}

impl Rational {
    /// Zero.
    pub const ZERO: Self = Self {
        numerator: 0,
        denominator: 1,
    };

    /// `numerator` / `denominator`, reduced.
    ///
    /// # Errors
    /// [`StatsError::OutOfRange`] for a zero denominator, [`StatsError::Overflow`] at the end of the number range.
    pub fn new(numerator: i128, denominator: i128) -> Result<Self> {
        if denominator == 0 {
            return Err(StatsError::OutOfRange {
                what: "denominator",
                range: "not zero",
                value: 0.0,
            });
        }
        if numerator == i128::MIN || denominator == i128::MIN {
            return Err(StatsError::Overflow);
        }
        let divisor = gcd(numerator, denominator) * denominator.signum();
        Ok(Self {
            numerator: numerator / divisor,
            denominator: denominator / divisor,
        })
    }

    /// Numerator; carries the sign.
    pub fn numerator(self) -> i128 {
        self.numerator
    }

    /// Denominator, at least 1.
    pub fn denominator(self) -> i128 {
        self.denominator
    }

    /// The nearest floating-point number (numerator and denominator are rounded first).
    pub fn to_f64(self) -> f64 {
        self.numerator as f64 / self.denominator as f64
    }

    /// Sum.
    ///
    /// # Errors
    /// [`StatsError::Overflow`].
    pub fn checked_add(self, other: Self) -> Result<Self> {
        let left = self
            .numerator
            .checked_mul(other.denominator)
            .ok_or(StatsError::Overflow)?;
        let right = other
            .numerator
            .checked_mul(self.denominator)
            .ok_or(StatsError::Overflow)?;
        let denominator = self
            .denominator
            .checked_mul(other.denominator)
            .ok_or(StatsError::Overflow)?;
        Self::new(
            left.checked_add(right).ok_or(StatsError::Overflow)?,
            denominator,
        )
    }

    /// Difference.
    ///
    /// # Errors
    /// [`StatsError::Overflow`].
    pub fn checked_sub(self, other: Self) -> Result<Self> {
        self.checked_add(Self {
            numerator: -other.numerator,
            denominator: other.denominator,
        })
    }

    /// Product.
    ///
    /// # Errors
    /// [`StatsError::Overflow`].
    pub fn checked_mul(self, other: Self) -> Result<Self> {
        let numerator = self
            .numerator
            .checked_mul(other.numerator)
            .ok_or(StatsError::Overflow)?;
        let denominator = self
            .denominator
            .checked_mul(other.denominator)
            .ok_or(StatsError::Overflow)?;
        Self::new(numerator, denominator)
    }

    /// Mean of fractions; `None` for none.
    ///
    /// # Errors
    /// [`StatsError::Overflow`].
    pub fn mean(values: &[Self]) -> Result<Option<Self>> {
        if values.is_empty() {
            return Ok(None);
        }
        let mut sum = Self::ZERO;
        for value in values {
            sum = sum.checked_add(*value)?;
        }
        sum.checked_mul(Self {
            numerator: 1,
            denominator: values.len() as i128,
        })
        .map(Some)
    }
}

impl PartialOrd for Rational {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Rational {
    fn cmp(&self, other: &Self) -> Ordering {
        let left = self.numerator.checked_mul(other.denominator);
        let right = other.numerator.checked_mul(self.denominator);
        match (left, right) {
            (Some(left), Some(right)) => left.cmp(&right),
            // Beyond 128 bits equality is known, the order is that of the nearest floating-point numbers.
            _ if self == other => Ordering::Equal,
            _ => self.to_f64().total_cmp(&other.to_f64()),
        }
    }
}

impl From<i64> for Rational {
    fn from(value: i64) -> Self {
        Self {
            numerator: i128::from(value),
            denominator: 1,
        }
    }
}

/// Greatest common divisor of the magnitudes; 0 only for two zeros.
pub(crate) fn gcd(a: i128, b: i128) -> i128 {
    let (mut a, mut b) = (a.unsigned_abs(), b.unsigned_abs());
    while b != 0 {
        (a, b) = (b, a % b);
    }
    // Both arguments come from i128 without its minimum, so the divisor fits.
    a as i128
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fractions_are_reduced_and_signed_above() {
        let third = Rational::new(-2, -6).unwrap();
        assert_eq!((third.numerator(), third.denominator()), (1, 3));
        assert_eq!(Rational::new(2, -6).unwrap().numerator(), -1);
        assert_eq!(Rational::new(0, -6).unwrap(), Rational::ZERO);
        assert!(Rational::new(1, 0).is_err());
    }

    #[test]
    fn a_mean_is_exact() {
        let values = [1, 2, 2].map(Rational::from);
        assert_eq!(
            Rational::mean(&values).unwrap(),
            Some(Rational::new(5, 3).unwrap())
        );
        assert_eq!(Rational::mean(&[]).unwrap(), None);
    }

    #[test]
    fn overflow_is_an_error() {
        let huge = Rational::new(i128::MAX, 3).unwrap();
        assert_eq!(huge.checked_mul(huge), Err(StatsError::Overflow));
    }
}
