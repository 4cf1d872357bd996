//! An interval that may be looked at after every item.
//!
//! The predictable plug-in empirical-Bernstein confidence sequence of Waudby-Smith and Ramdas (2024, *JRSS-B* 86, theorem
//! 2) for the mean of bounded items in random order. It holds at all times at once, and pays for it: about twice the
//! width of a t interval at 300 items. For live displays only; the planned analysis decides.

use super::error::{Result, StatsError, all_finite};
use super::interval::{Confidence, Interval, Scale};

/// Largest bet λ; the paper recommends ½ or ¾.
const LARGEST_BET: f64 = 0.5;

/// The interval after each item, in order, for values on `scale` (for differences of 1–5 scores: −4 to 4). Each is the
/// intersection of all so far, as all hold together; it is empty of meaning, and collapses to its nearest point, only if
/// the items are not in random order.
///
/// # Errors
/// [`StatsError::NotFinite`], [`StatsError::OutOfRange`] for a value outside the scale.
pub fn confidence_sequence(
    values: &[f64],
    scale: Scale,
    confidence: Confidence,
) -> Result<Vec<Interval>> {
    all_finite(values)?;
    let log_term = (2.0 / (1.0 - confidence.level())).ln();
    let mut intervals = Vec::with_capacity(values.len());
    let mut running = Interval { lo: 0.0, hi: 1.0 };
    // Regularised mean and variance start at ½ and ¼, as if one item had been seen.
    let (mut sum, mut squares, mut mean, mut variance) = (0.5, 0.25, 0.5, 0.25);
    let (mut bets, mut weighted, mut penalty) = (0.0, 0.0, 0.0);
    for (position, &value) in values.iter().enumerate() {
        if !(scale.lo()..=scale.hi()).contains(&value) {
            return Err(StatsError::OutOfRange {
                what: "value of an item",
                range: "on the scale",
                value,
            });
        }
        let (x, t) = ((value - scale.lo()) / scale.range(), position as f64 + 1.0);
        let bet = (2.0 * log_term / (variance * t * t.ln_1p()))
            .sqrt()
            .min(LARGEST_BET);
        bets += bet;
        weighted += bet * x;
        penalty += 4.0 * (x - mean).powi(2) * (-(-bet).ln_1p() - bet) / 4.0;
        sum += x;
        mean = sum / (t + 1.0);
        squares += (x - mean).powi(2);
        variance = squares / (t + 1.0);
        let now = Interval::around(weighted / bets, (log_term + penalty) / bets);
        running.lo = running.lo.max(now.lo.min(running.hi));
        running.hi = running.hi.min(now.hi.max(running.lo));
        intervals.push(running.map(scale.range(), scale.lo()));
    }
    Ok(intervals)
}

#[cfg(test)]
mod tests {
    use super::super::splitmix::{index, output};
    use super::*;

    fn items(run: u64) -> Vec<f64> {
        (0..300)
            .map(|item| [1.0, 3.0, 4.0, 5.0, 5.0][index(output(11, 300 * run + item), 5)])
            .collect()
    }

    #[test]
    fn the_truth_is_rarely_left_at_any_time() {
        let missed = (0..200).filter(|&run| {
            let intervals = confidence_sequence(&items(run), Scale::RAW, Confidence::P95).unwrap();
            intervals.iter().any(|interval| !interval.contains(3.6))
        });
        assert!(missed.count() <= 10);
    }

    #[test]
    fn it_narrows_and_stays_on_the_scale() {
        let intervals = confidence_sequence(&items(1), Scale::RAW, Confidence::P95).unwrap();
        assert!(
            intervals
                .windows(2)
                .all(|pair| pair[1].width() <= pair[0].width() + 1e-12)
        );
        assert!(intervals[0].lo >= 1.0 && intervals[0].hi <= 5.0);
        // About twice the t interval, ±0.17 here.
        assert!(
            (0.5..0.9).contains(&intervals[299].width()),
            "{}",
            intervals[299].width()
        );
    }

    #[test]
    fn values_off_the_scale_are_refused() {
        assert!(confidence_sequence(&[6.0], Scale::RAW, Confidence::P95).is_err());
        assert!(confidence_sequence(&[f64::NAN], Scale::RAW, Confidence::P95).is_err());
        assert!(
            confidence_sequence(&[], Scale::RAW, Confidence::P95)
                .unwrap()
                .is_empty()
        );
    }
}
