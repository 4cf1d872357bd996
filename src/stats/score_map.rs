//! From raw scores to the printed scale.
//!
//! The choice of map is a convention. p-values, standardised effects and ranks do not depend on it; points do, and
//! ratios of means change altogether.

use super::interval::{Interval, Scale};

/// A printed scale, `factor`·x + `offset` of the raw score x.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ScoreMap {
    /// Points per raw score step.
    pub factor: f64,
    /// Points at raw score 0.
    pub offset: f64,
}

impl ScoreMap {
    /// 25(x−1): scores 1–5 become 0–100.
    pub const POINTS: Self = Self {
        factor: 25.0,
        offset: -25.0,
    };
    /// 20x: scores 1–5 become 20–100.
    pub const TWENTY: Self = Self {
        factor: 20.0,
        offset: 0.0,
    };

    /// A level (a score or a mean of scores).
    pub fn level(self, raw: f64) -> f64 {
        self.factor * raw + self.offset
    }

    /// A difference of levels, or a standard error.
    pub fn difference(self, raw: f64) -> f64 {
        self.factor * raw
    }

    /// An interval of a level.
    pub fn level_interval(self, raw: Interval) -> Interval {
        raw.map(self.factor, self.offset)
    }

    /// An interval of a difference.
    pub fn difference_interval(self, raw: Interval) -> Interval {
        raw.map(self.factor, 0.0)
    }

    /// The printed ends of a raw scale.
    pub fn scale(self, raw: Scale) -> Option<Scale> {
        let ends = self.level_interval(Interval::new(raw.lo(), raw.hi()));
        Scale::new(ends.lo, ends.hi).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_two_maps_of_the_literature() {
        assert_eq!(ScoreMap::POINTS.level(5.0), 100.0);
        assert_eq!(ScoreMap::POINTS.scale(Scale::RAW), Some(Scale::POINTS));
        assert_eq!(ScoreMap::TWENTY.level(1.0), 20.0);
        assert_eq!(ScoreMap::POINTS.difference(-1.0), -25.0);
    }
}
