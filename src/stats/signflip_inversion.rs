//! The confidence interval that belongs to the exact sign-flip test.

use super::error::{Result, StatsError};
use super::signflip::sign_flip;

/// Shifts that the two-sided sign-flip test does not reject.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InversionInterval {
    /// Lower end; `None` if no shift is ever rejected on this side (too few items).
    pub lower: Option<InversionEnd>,
    /// Upper end.
    pub upper: Option<InversionEnd>,
}

/// One end of the interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InversionEnd {
    /// The last shift before the p-value first drops to alpha, in the units of the differences.
    pub shift: f64,
    /// p at that shift.
    pub p_inside: f64,
    /// p one grid step further out.
    pub p_outside: f64,
}

/// Inverts the exact test over shifts j/`grid_per_unit`: walks outwards from the mean difference and stops where the
/// two-sided p of d − shift first falls to `alpha` or below.
///
/// The p-value is not monotone in the shift (ties come and go), so the first drop is taken; bisection could miss it.
///
/// # Errors
/// [`StatsError::Empty`], [`StatsError::OutOfRange`] for a zero grid or an alpha outside 0..1, and the errors of
/// [`sign_flip`].
pub fn invert(differences: &[i64], grid_per_unit: u32, alpha: f64) -> Result<InversionInterval> {
    if differences.is_empty() {
        return Err(StatsError::Empty);
    }
    if grid_per_unit == 0 || !(alpha > 0.0 && alpha < 1.0) {
        return Err(StatsError::OutOfRange {
            what: "alpha",
            range: "between 0 and 1, with a grid above 0",
            value: alpha,
        });
    }
    let grid = i64::from(grid_per_unit);
    let scale = |d: &i64| d.checked_mul(grid).ok_or(StatsError::Overflow);
    let scaled: Vec<i64> = differences.iter().map(scale).collect::<Result<_>>()?;
    let sum: i128 = scaled.iter().map(|&d| i128::from(d)).sum();
    let n = scaled.len() as i128;
    let (below, above) = (sum.div_euclid(n) as i64, (sum + n - 1).div_euclid(n) as i64);
    Ok(InversionInterval {
        lower: walk(&scaled, below, -1, grid, alpha)?,
        upper: walk(&scaled, above, 1, grid, alpha)?,
    })
}

fn walk(
    scaled: &[i64],
    start: i64,
    direction: i64,
    grid: i64,
    alpha: f64,
) -> Result<Option<InversionEnd>> {
    let smallest = scaled.iter().copied().min().unwrap_or(start);
    let largest = scaled.iter().copied().max().unwrap_or(start);
    let p_at = |shift: i64| -> Result<f64> {
        let moved = |d: &i64| d.checked_sub(shift).ok_or(StatsError::Overflow);
        let shifted: Vec<i64> = scaled.iter().map(moved).collect::<Result<_>>()?;
        Ok(sign_flip(&shifted)?.p_two_sided())
    };
    let mut shift = start;
    let mut p_inside = p_at(shift)?;
    // One step beyond all data every difference has the same sign; further out nothing changes any more.
    while (smallest - 1..=largest + 1).contains(&shift) {
        let p_outside = p_at(shift + direction)?;
        if p_outside <= alpha {
            return Ok(Some(InversionEnd {
                shift: shift as f64 / grid as f64,
                p_inside,
                p_outside,
            }));
        }
        shift += direction;
        p_inside = p_outside;
    }
    Ok(None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_items_can_never_reject() {
        let interval = invert(&[1, 2, 3, 2, 1], 20, 0.05).unwrap();
        assert_eq!((interval.lower, interval.upper), (None, None));
    }

    #[test]
    fn equal_differences_give_a_point() {
        let interval = invert(&[2; 10], 4, 0.05).unwrap();
        assert_eq!(interval.lower.unwrap().shift, 2.0);
        assert_eq!(interval.upper.unwrap().shift, 2.0);
    }
}
