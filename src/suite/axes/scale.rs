//! The scale of an axis: its ends, and the steps between them that a mark may take.

use serde::{Deserialize, Serialize};

use crate::common::decimal::Decimal;

/// The marks that an axis knows: from `lo` to `hi` in steps of `step`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MarkScale {
    /// The lowest mark: what an empty answer gets.
    pub lo: Decimal,
    /// The highest mark.
    pub hi: Decimal,
    /// Distance of two neighbours.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub step: Decimal,
}

/// The numbers that a judge gives for one mark, each on the scale of the mark, and what is made of them.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct MarkParts {
    /// Their names, in the order of a reply.
    pub names: Vec<String>,
    /// What becomes the mark.
    pub take: Take,
}

/// Which of its parts becomes a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Take {
    /// The smallest: VIEScore and GEdit-Bench.
    Min,
}

impl Take {
    /// The one that becomes the mark; `None` without any.
    pub fn of<T: Ord>(self, parts: impl IntoIterator<Item = T>) -> Option<T> {
        match self {
            Self::Min => parts.into_iter().min(),
        }
    }
}

/// A scale as files declare it, with the parts of a mark where it has some.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct WireScale {
    /// The lowest mark.
    pub lo: Decimal,
    /// The highest mark.
    pub hi: Decimal,
    /// Distance of two neighbours.
    #[serde(default = "one", skip_serializing_if = "is_one")]
    pub step: Decimal,
    /// The names of the parts of a mark; empty where it has none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub parts: Vec<String>,
    /// Which part becomes the mark.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub take: Option<Take>,
}

impl WireScale {
    /// The marks.
    pub fn marks(&self) -> MarkScale {
        MarkScale {
            lo: self.lo,
            hi: self.hi,
            step: self.step,
        }
    }

    /// The parts of a mark.
    pub fn parts(&self) -> Option<MarkParts> {
        let take = self.take.filter(|_| !self.parts.is_empty())?;
        Some(MarkParts {
            names: self.parts.clone(),
            take,
        })
    }

    /// A scale and the parts of its marks as they are written.
    pub fn of(scale: MarkScale, parts: Option<&MarkParts>) -> Self {
        Self {
            lo: scale.lo,
            hi: scale.hi,
            step: scale.step,
            parts: parts.map(|parts| parts.names.clone()).unwrap_or_default(),
            take: parts.map(|parts| parts.take),
        }
    }
}

impl From<MarkScale> for WireScale {
    fn from(scale: MarkScale) -> Self {
        Self::of(scale, None)
    }
}

/// Length of the scale that the statistics work on.
const FIVE_POINT_RANGE: i128 = 4;

fn one() -> Decimal {
    Decimal::whole(1)
}

fn is_one(step: &Decimal) -> bool {
    *step == one()
}

impl MarkScale {
    /// Whole marks 1 to 5.
    pub const FIVE_POINT: Self = Self {
        lo: Decimal::whole(1),
        hi: Decimal::whole(5),
        step: Decimal::whole(1),
    };

    /// A scale; `None` unless `lo` < `hi`, the step is positive and leads from the one to the other.
    pub fn new(lo: Decimal, hi: Decimal, step: Decimal) -> Option<Self> {
        let scale = Self { lo, hi, step };
        scale.is_sound().then_some(scale)
    }

    /// Whether [`new`](Self::new) would make it.
    pub fn is_sound(self) -> bool {
        let step = self.step.scaled();
        self.lo < self.hi && step > 0 && (self.hi.scaled() - self.lo.scaled()) % step == 0
    }

    /// Whether a number is a mark of this scale.
    pub fn holds(self, mark: Decimal) -> bool {
        let step = self.step.scaled();
        self.lo <= mark
            && mark <= self.hi
            && step > 0
            && (mark.scaled() - self.lo.scaled()) % step == 0
    }

    /// Where a mark lies between the ends, 1 at the lowest and 5 at the highest, as numerator and denominator: the
    /// scale that all statistics work on, so that axes with different ends can stand in one family of tests. A mark
    /// 1–5 is itself.
    pub fn five_point(self, mark: Decimal) -> (i128, i128) {
        let range = self.hi.scaled() - self.lo.scaled();
        (
            range + FIVE_POINT_RANGE * (mark.scaled() - self.lo.scaled()),
            range,
        )
    }

    /// The mark at a place of the five-point scale: [`five_point`](Self::five_point) the other way round.
    pub fn mark_at(self, five_point: f64) -> f64 {
        let (lo, hi) = (self.lo.to_f64(), self.hi.to_f64());
        if self == Self::FIVE_POINT {
            return five_point;
        }
        (five_point - 1.0).mul_add((hi - lo) / FIVE_POINT_RANGE as f64, lo)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn d(text: &str) -> Decimal {
        text.parse().unwrap()
    }

    #[test]
    fn a_scale_holds_its_steps_and_nothing_else() {
        let halves = MarkScale::new(d("0"), d("1"), d("0.5")).unwrap();
        for (mark, holds) in [
            ("0.5", true),
            ("0.25", false),
            ("1.5", false),
            ("-0.5", false),
        ] {
            assert_eq!(halves.holds(d(mark)), holds, "{mark}");
        }
        assert_eq!(MarkScale::new(d("1"), d("1"), d("1")), None);
        assert_eq!(MarkScale::new(d("0"), d("1"), d("0.3")), None);
        assert_eq!(MarkScale::new(d("0"), d("1"), d("0")), None);
    }

    #[test]
    fn five_point_marks_are_themselves() {
        for mark in ["1", "2", "3", "4", "5"].map(d) {
            let (above, below) = MarkScale::FIVE_POINT.five_point(mark);
            assert_eq!(above as f64 / below as f64, mark.to_f64());
            assert_eq!(MarkScale::FIVE_POINT.mark_at(mark.to_f64()), mark.to_f64());
        }
        let ten = MarkScale::new(d("0"), d("10"), d("1")).unwrap();
        let (above, below) = ten.five_point(d("7"));
        assert_eq!(above * 10, 38 * below);
        assert!((ten.mark_at(3.8) - 7.0).abs() < 1e-12);
    }
}
