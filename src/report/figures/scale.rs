//! From numbers to places on a sheet, and axes.

use plotters::coord::ranged1d::Ranged;
use plotters::coord::types::RangedCoordf64;

use super::drawing::{Anchor, Drawing, Ink, SMALL};

/// A linear scale.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Scale {
    /// The numbers at both ends.
    pub range: (f64, f64),
    /// Their places.
    pub places: (f64, f64),
}

impl Scale {
    /// A scale over all finite `values` and 0, with a little room at both ends.
    pub fn around_zero(values: impl Iterator<Item = f64>, places: (f64, f64)) -> Self {
        let finite = values.filter(|value| value.is_finite());
        let (lo, hi) = finite.fold((0.0_f64, 0.0_f64), |(lo, hi), v| (lo.min(v), hi.max(v)));
        let room = 0.06 * (hi - lo).max(1.0);
        Self {
            range: (lo - room, hi + room),
            places,
        }
    }

    /// The place of a number.
    pub fn at(&self, value: f64) -> f64 {
        let (lo, hi) = self.range;
        let (first, last) = self.places;
        first + (value - lo) / (hi - lo) * (last - first)
    }

    /// Round numbers on the scale, about `most` of them.
    pub fn ticks(&self, most: usize) -> Vec<f64> {
        let range: RangedCoordf64 = (self.range.0..self.range.1).into();
        range.key_points(most)
    }
}

/// Tick labels below `bottom` and faint lines from `top` to it.
pub fn ticks_below(drawing: &mut Drawing, scale: &Scale, (top, bottom): (f64, f64), most: usize) {
    let ticks = scale.ticks(most);
    let coarse = ticks.iter().all(|tick| tick.fract() == 0.0);
    for tick in ticks {
        let x = scale.at(tick);
        drawing.line((x, top), (x, bottom), Ink::Rule, 0.5);
        let label = if coarse {
            format!("{tick:.0}")
        } else {
            format!("{tick:.1}")
        };
        // A typographic minus; "-0" is 0.
        let label = label.replace("-0.0", "0.0").replace('-', "−");
        let label = if label == "−0" {
            "0".to_owned()
        } else {
            label
        };
        drawing.text(
            (x, bottom + 12.0),
            &label,
            SMALL,
            Ink::Muted,
            Anchor::Middle,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scales_hold_their_values_and_zero() {
        let values = [3.0, f64::NAN, 12.0];
        let scale = Scale::around_zero(values.into_iter(), (100.0, 200.0));
        assert!(scale.at(0.0) > 100.0 && scale.at(12.0) < 200.0);
        assert!(scale.ticks(5).contains(&0.0));
        let empty = Scale::around_zero(std::iter::empty(), (0.0, 10.0));
        assert!(empty.at(0.0).is_finite());
    }
}
