//! Midranks.

/// Twice the midrank of each value (1-based), in input order. Doubled, because a tie of two has a half-integer rank and
/// the exact tests need whole numbers. NaN sorts last and ties with nothing.
pub fn doubled_midranks<T: PartialOrd>(values: &[T]) -> Vec<u64> {
    let mut order: Vec<usize> = (0..values.len()).collect();
    order.sort_by(|&a, &b| {
        values[a]
            .partial_cmp(&values[b])
            .unwrap_or(std::cmp::Ordering::Equal)
    });
    let mut ranks = vec![0; values.len()];
    let mut start = 0;
    while start < order.len() {
        let mut end = start + 1;
        while end < order.len() && values[order[end]] == values[order[start]] {
            end += 1;
        }
        // Ranks start+1..=end share the mean (start + 1 + end)/2.
        for &item in &order[start..end] {
            ranks[item] = (start + 1 + end) as u64;
        }
        start = end;
    }
    ranks
}

/// Midranks (1-based).
pub fn midranks<T: PartialOrd>(values: &[T]) -> Vec<f64> {
    doubled_midranks(values)
        .iter()
        .map(|&rank| rank as f64 / 2.0)
        .collect()
}

/// Sizes of the groups of equal values, singletons included.
pub fn tie_sizes<T: PartialOrd>(values: &[T]) -> Vec<u64> {
    let mut ranks = doubled_midranks(values);
    ranks.sort_unstable();
    ranks
        .chunk_by(|a, b| a == b)
        .map(|group| group.len() as u64)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ties_share_their_mean_rank() {
        assert_eq!(midranks(&[10, 20, 10, 30]), [1.5, 3.0, 1.5, 4.0]);
        assert_eq!(tie_sizes(&[10, 20, 10, 30]), [2, 1, 1]);
        assert!(midranks::<f64>(&[]).is_empty());
    }
}
