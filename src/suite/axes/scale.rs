//! The scale of an axis: its ends, and the steps between them that a mark may take.

mod wire;

use serde::{Deserialize, Serialize};

use crate::common::decimal::{Decimal, MAX_DECIMALS};

pub use self::wire::WireScale;

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
    /// What kind of numbers marks are.
    #[serde(skip)]
    pub numbers: Numbers,
}

/// What kind of numbers the marks of a scale are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Numbers {
    /// The steps alone: any other number is no mark.
    #[default]
    Steps,
    /// Continuous between two ends, rounded to the step when they are read.
    Continuous,
    /// Continuous without one of the ends or both, where [`MarkScale::LIMIT`] stands; rounded to the step. There is no place
    /// between the ends, so such marks stand for themselves in all statistics.
    Endless,
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
        numbers: Numbers::Steps,
    };

    /// Where an end is not stated: the largest whole number that a mark can be.
    pub const LIMIT: Decimal = Decimal::whole(999_999);

    /// A scale; `None` unless `lo` < `hi`, the step is positive and leads from the one to the other.
    pub fn new(lo: Decimal, hi: Decimal, step: Decimal) -> Option<Self> {
        let scale = Self {
            lo,
            hi,
            step,
            numbers: Numbers::Steps,
        };
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

    /// Whether it lacks an end.
    pub fn is_endless(self) -> bool {
        self.numbers == Numbers::Endless
    }

    /// A number as a mark would be written: rounded to the step, half away from zero, where marks are continuous.
    pub fn rounded(self, number: Decimal) -> Decimal {
        let step = self.step.scaled();
        if self.numbers == Numbers::Steps || step <= 0 {
            return number;
        }
        let (scaled, half) = (number.scaled(), step / 2);
        let steps = match scaled < 0 {
            true => (scaled - half) / step,
            false => (scaled + half) / step,
        };
        Decimal::from_scaled(steps * step).unwrap_or(number)
    }

    /// The decimals of continuous marks.
    pub fn decimals(self) -> Option<u8> {
        if self.numbers == Numbers::Steps {
            return None;
        }
        (0..=MAX_DECIMALS).find(|decimals| wire::unit(*decimals) == self.step)
    }

    /// The scale in words: `from 1 to 5 in steps of 1`.
    pub fn in_words(self) -> String {
        let Self { lo, hi, step, .. } = self;
        let ends = match (lo > Decimal::whole(-999_999), hi < Self::LIMIT) {
            _ if !self.is_endless() => format!("from {lo} to {hi}"),
            (true, _) => format!("from {lo} on"),
            (_, true) => format!("up to {hi}"),
            (false, false) => format!("of less than {} in magnitude", Self::LIMIT),
        };
        match self.decimals() {
            None => format!("{ends} in steps of {step}"),
            Some(decimals) => format!("{ends} with {decimals} decimals"),
        }
    }

    /// Where a mark lies between the ends, 1 at the lowest and 5 at the highest, as numerator and denominator: the
    /// scale that all statistics work on, so that axes with different ends can stand in one family of tests. A mark
    /// 1–5 is itself, and so is a mark of a scale without ends.
    pub fn five_point(self, mark: Decimal) -> (i128, i128) {
        if self.is_endless() {
            return (mark.scaled(), Decimal::whole(1).scaled());
        }
        let range = self.hi.scaled() - self.lo.scaled();
        (
            range + FIVE_POINT_RANGE * (mark.scaled() - self.lo.scaled()),
            range,
        )
    }

    /// The mark at a place of the five-point scale: [`five_point`](Self::five_point) the other way round.
    pub fn mark_at(self, five_point: f64) -> f64 {
        let (lo, hi) = (self.lo.to_f64(), self.hi.to_f64());
        if self == Self::FIVE_POINT || self.is_endless() {
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
    fn continuous_marks_are_rounded_to_their_decimals() {
        let read = |text: &str| {
            #[derive(Deserialize)]
            struct Holder {
                scale: WireScale,
            }
            let holder: Holder = toml::from_str(&format!("scale = {text}")).unwrap();
            assert_eq!(holder.scale.faults(), Vec::new());
            let scale = holder.scale.marks();
            assert_eq!(WireScale::of(scale, None).marks(), scale);
            scale
        };
        let reward = read("{ decimals = 4 }");
        assert!(reward.is_endless() && reward.decimals() == Some(4));
        for (said, kept) in [
            ("9.31271234", "9.3127"),
            ("9.31275", "9.3128"),
            ("-2.00005", "-2.0001"),
            ("0.00004", "0"),
            ("12", "12"),
        ] {
            let kept = d(kept);
            assert_eq!(reward.rounded(d(said)), kept, "{said}");
            assert!(reward.holds(kept));
            let (above, below) = reward.five_point(kept);
            assert_eq!(above as f64 / below as f64, kept.to_f64());
            assert_eq!(reward.mark_at(kept.to_f64()), kept.to_f64());
        }
        let share = read("{ decimals = 2, lo = 0, hi = 1 }");
        assert!(!share.is_endless());
        assert_eq!(share.rounded(d("0.335")), d("0.34"));
        assert!(!share.holds(d("1.01")));
        assert_eq!(share.in_words(), "from 0 to 1 with 2 decimals");
        let above = read("{ decimals = 1, lo = 0 }");
        assert!(above.is_endless() && !above.holds(d("-0.1")) && above.holds(d("7000.5")));
        assert_eq!(above.in_words(), "from 0 on with 1 decimals");
        assert_eq!(read("\"binary\""), read("{ lo = 0, hi = 1 }"));
        let halves = read("{ lo = 0, hi = 1, step = 0.5 }");
        assert_eq!(halves.rounded(d("0.3")), d("0.3"));
        assert_eq!(halves.in_words(), "from 0 to 1 in steps of 0.5");
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
