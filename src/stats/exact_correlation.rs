//! Permutation p of a correlation by all orders of one side: for a handful of points such as five categories.

use super::correlation::{kendall_tau, pearson, spearman};
use super::error::{Result, StatsError, all_finite, same_length};

/// Which correlation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coefficient {
    /// Pearson's r.
    Pearson,
    /// Spearman's rho.
    Spearman,
    /// Kendall's tau-b.
    Kendall,
}

impl Coefficient {
    /// The coefficient of two lists; `None` where it is undefined.
    pub fn of(self, x: &[f64], y: &[f64]) -> Option<f64> {
        match self {
            Self::Pearson => pearson(x, y),
            Self::Spearman => spearman(x, y),
            Self::Kendall => kendall_tau(x, y),
        }
    }
}

/// Largest number of points: 10! orders are 3.6 million.
pub const POINT_LIMIT: usize = 10;

/// Slack with which two orders' coefficients count as equal: their sums differ in the last bits only.
pub(super) const TIE_SLACK: f64 = 1e-12;

/// A correlation with its exact permutation p.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExactCorrelation {
    /// The coefficient.
    pub value: f64,
    /// Share of orders with |r*| ≥ |r|.
    pub p_two_sided: f64,
    /// Share of orders with r* ≥ r.
    pub p_greater: f64,
    /// Orders with |r*| ≥ |r|.
    pub count: u64,
    /// All orders, n!.
    pub total: u64,
}

/// Enumerates all orders of `y`; `None` if the coefficient is undefined.
///
/// # Errors
/// [`StatsError::TooLarge`] above [`POINT_LIMIT`] points, [`StatsError::Length`], [`StatsError::NotFinite`].
pub fn exact_correlation(
    x: &[f64],
    y: &[f64],
    coefficient: Coefficient,
) -> Result<Option<ExactCorrelation>> {
    same_length("second side", x.len(), y.len())?;
    all_finite(x)?;
    all_finite(y)?;
    if x.len() > POINT_LIMIT {
        let work = (1..=x.len()).map(|k| k as f64).product();
        return Err(StatsError::TooLarge {
            work,
            limit: 3_628_800.0,
        });
    }
    let Some(value) = coefficient.of(x, y) else {
        return Ok(None);
    };
    let (mut count, mut greater, mut total) = (0_u64, 0_u64, 0_u64);
    for_each_order(y, |order| {
        // Reordering changes neither side's variance, so the coefficient stays defined.
        if let Some(permuted) = coefficient.of(x, order) {
            total += 1;
            count += u64::from(permuted.abs() >= value.abs() - TIE_SLACK);
            greater += u64::from(permuted >= value - TIE_SLACK);
        }
    });
    let share = |count: u64| count as f64 / total as f64;
    Ok(Some(ExactCorrelation {
        value,
        p_two_sided: share(count),
        p_greater: share(greater),
        count,
        total,
    }))
}

/// Heap's algorithm (1963), without recursion.
fn for_each_order(values: &[f64], mut visit: impl FnMut(&[f64])) {
    let mut order = values.to_vec();
    let mut counters = vec![0; order.len()];
    visit(&order);
    let mut level = 1;
    while level < order.len() {
        if counters[level] < level {
            let partner = if level % 2 == 0 { 0 } else { counters[level] };
            order.swap(partner, level);
            visit(&order);
            counters[level] += 1;
            level = 1;
        } else {
            counters[level] = 0;
            level += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_points_in_order_have_p_two_in_24() {
        let x = [1.0, 2.0, 3.0, 4.0];
        let result = exact_correlation(&x, &x, Coefficient::Kendall)
            .unwrap()
            .unwrap();
        assert_eq!(
            (result.count, result.total, result.p_greater),
            (2, 24, 1.0 / 24.0)
        );
    }

    #[test]
    fn undefined_and_oversized_cases() {
        assert_eq!(
            exact_correlation(&[1.0, 1.0], &[1.0, 2.0], Coefficient::Pearson).unwrap(),
            None
        );
        assert_eq!(
            exact_correlation(&[], &[], Coefficient::Spearman).unwrap(),
            None
        );
        assert!(exact_correlation(&[0.0; 11], &[0.0; 11], Coefficient::Pearson).is_err());
    }
}
