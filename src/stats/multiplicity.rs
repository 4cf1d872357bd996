//! Adjusted p-values.
//!
//! An undefined hypothesis (`None`) is not in the family: it is left out of the count and stays undefined.

use super::error::{Result, StatsError};

/// Bonferroni: min(1, m·p).
///
/// # Errors
/// [`StatsError::OutOfRange`] for a p outside 0..=1.
pub fn bonferroni(p: &[Option<f64>]) -> Result<Vec<Option<f64>>> {
    adjust(p, |ascending| {
        let m = ascending.len() as f64;
        ascending.iter().map(|p| (m * p).min(1.0)).collect()
    })
}

/// Holm's step-down (1979): p̃_(j) = max_{l≤j} min(1, (m−l+1)·p_(l)). Controls the chance of any false claim.
///
/// # Errors
/// [`StatsError::OutOfRange`] for a p outside 0..=1.
pub fn holm(p: &[Option<f64>]) -> Result<Vec<Option<f64>>> {
    adjust(p, |ascending| {
        let m = ascending.len();
        let mut largest = 0.0_f64;
        let mut step = |(rank, p): (usize, &f64)| {
            largest = largest.max(((m - rank) as f64 * p).min(1.0));
            largest
        };
        ascending.iter().enumerate().map(&mut step).collect()
    })
}

/// Benjamini and Hochberg's step-up (1995): p̃_(j) = min_{l≥j} min(1, m·p_(l)/l). Controls the expected share of false
/// claims; for exploratory families only.
///
/// # Errors
/// [`StatsError::OutOfRange`] for a p outside 0..=1.
pub fn benjamini_hochberg(p: &[Option<f64>]) -> Result<Vec<Option<f64>>> {
    adjust(p, |ascending| {
        let m = ascending.len() as f64;
        let mut adjusted = ascending.to_vec();
        let mut smallest = 1.0_f64;
        for (rank, value) in adjusted.iter_mut().enumerate().rev() {
            // The ratio first: it is at least 1, so rounding cannot put the result below p.
            smallest = smallest.min(m / (rank + 1) as f64 * *value);
            *value = smallest;
        }
        adjusted
    })
}

/// Holm behind a gate: a declared primary hypothesis is tested first at full alpha, the others only if it passes, so
/// none of their adjusted p can be below the primary's.
///
/// # Errors
/// [`StatsError::OutOfRange`] for a p outside 0..=1.
pub fn gatekept_holm(primary: f64, others: &[Option<f64>]) -> Result<Vec<Option<f64>>> {
    check(0, primary)?;
    Ok(holm(others)?
        .into_iter()
        .map(|p| p.map(|p| p.max(primary)))
        .collect())
}

/// Sorts the defined p-values, applies a rule to them and puts the results back in place.
fn adjust(p: &[Option<f64>], rule: impl FnOnce(&[f64]) -> Vec<f64>) -> Result<Vec<Option<f64>>> {
    let mut defined = Vec::new();
    for (position, value) in p.iter().enumerate() {
        if let Some(value) = *value {
            check(position, value)?;
            defined.push((position, value));
        }
    }
    defined.sort_by(|a, b| a.1.total_cmp(&b.1));
    let ascending: Vec<f64> = defined.iter().map(|(_, value)| *value).collect();
    let mut adjusted = vec![None; p.len()];
    for ((position, _), value) in defined.iter().zip(rule(&ascending)) {
        adjusted[*position] = Some(value);
    }
    Ok(adjusted)
}

fn check(position: usize, p: f64) -> Result<()> {
    if p.is_nan() {
        return Err(StatsError::NotFinite { index: position });
    }
    if (0.0..=1.0).contains(&p) {
        Ok(())
    } else {
        Err(StatsError::OutOfRange {
            what: "p-value",
            range: "from 0 to 1",
            value: p,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn undefined_hypotheses_are_not_counted() {
        assert_eq!(
            holm(&[Some(0.02), None, Some(0.04)]).unwrap(),
            [Some(0.04), None, Some(0.04)]
        );
        assert_eq!(bonferroni(&[None]).unwrap(), [None]);
        assert!(holm(&[]).unwrap().is_empty());
    }

    #[test]
    fn impossible_p_values_are_refused() {
        assert!(holm(&[Some(f64::NAN)]).is_err());
        assert!(benjamini_hochberg(&[Some(1.1)]).is_err());
    }

    #[test]
    fn nothing_passes_a_closed_gate() {
        assert_eq!(gatekept_holm(0.3, &[Some(0.001)]).unwrap(), [Some(0.3)]);
    }
}
