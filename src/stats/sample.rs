//! Moments and order statistics of plain samples.

/// Arithmetic mean; `None` for an empty sample.
///
/// Equal values give exactly that value. A sum would be off by rounding (seven times 0.1 is not 0.7), and every test for
/// "no variance" further on relies on deviations that are exactly zero.
pub fn mean(values: &[f64]) -> Option<f64> {
    let (first, rest) = values.split_first()?;
    if rest.iter().all(|value| value == first) {
        return Some(*first);
    }
    Some(values.iter().sum::<f64>() / values.len() as f64)
}

/// Sum of squared deviations from the mean (two passes); 0 for an empty sample, exactly 0 for equal values.
pub fn sum_of_squares(values: &[f64]) -> f64 {
    let Some(centre) = mean(values) else {
        return 0.0;
    };
    values.iter().map(|value| (value - centre).powi(2)).sum()
}

/// Unbiased variance (divisor n−1); `None` below two values.
pub fn variance(values: &[f64]) -> Option<f64> {
    (values.len() >= 2).then(|| sum_of_squares(values) / (values.len() - 1) as f64)
}

/// Standard deviation (divisor n−1); `None` below two values.
pub fn standard_deviation(values: &[f64]) -> Option<f64> {
    variance(values).map(f64::sqrt)
}

/// Unbiased covariance of pairs (divisor n−1); `None` below two pairs or for unequal lengths.
pub fn covariance(x: &[f64], y: &[f64]) -> Option<f64> {
    if x.len() != y.len() || x.len() < 2 {
        return None;
    }
    let (mean_x, mean_y) = (mean(x)?, mean(y)?);
    let sum: f64 = x
        .iter()
        .zip(y)
        .map(|(a, b)| (a - mean_x) * (b - mean_y))
        .sum();
    Some(sum / (x.len() - 1) as f64)
}

/// Moment coefficient of skewness m₃/m₂^{3/2}; `None` for fewer than two values or none that differ.
pub fn skewness(values: &[f64]) -> Option<f64> {
    let centre = mean(values)?;
    let squares = sum_of_squares(values);
    if squares <= 0.0 {
        return None;
    }
    let n = values.len() as f64;
    let cubes: f64 = values.iter().map(|value| (value - centre).powi(3)).sum();
    Some((cubes / n) / (squares / n).powf(1.5))
}

/// Quantile of an ascending sample by linear interpolation between order statistics (Hyndman–Fan type 7, NumPy's
/// `linear`); `q` is clamped to 0..=1. `None` for an empty sample.
pub fn quantile_sorted(ascending: &[f64], q: f64) -> Option<f64> {
    let last = ascending.len().checked_sub(1)?;
    let position = q.clamp(0.0, 1.0) * last as f64;
    let below = position.floor() as usize;
    let fraction = position - below as f64;
    let low = *ascending.get(below)?;
    let high = *ascending.get((below + 1).min(last))?;
    // Equal neighbours are returned as they are, so that a tie is never blurred by rounding (or by ∞ − ∞).
    Some(if low == high || fraction == 0.0 {
        low
    } else {
        low + (high - low) * fraction
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_samples_have_no_moments() {
        assert_eq!(mean(&[]), None);
        assert_eq!(variance(&[3.0]), None);
        assert_eq!(skewness(&[2.0, 2.0]), None);
        assert_eq!(quantile_sorted(&[], 0.5), None);
    }

    #[test]
    fn equal_values_have_exactly_no_variance() {
        assert_eq!(variance(&[0.1; 7]), Some(0.0));
    }

    #[test]
    fn quantiles_interpolate_like_numpy() {
        let sample = [1.0, 2.0, 4.0, 8.0];
        assert_eq!(quantile_sorted(&sample, 0.5), Some(3.0));
        assert_eq!(
            quantile_sorted(&sample, 0.9),
            Some(4.0 + 4.0 * 0.7000000000000002)
        );
    }
}
