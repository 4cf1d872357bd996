//! From a number of a judge's own to a mark: thresholds that rise.

use crate::common::decimal::Decimal;
use crate::judge::Score;
use crate::suite::axes::scale::MarkScale;

/// Most thresholds.
const MAX_THRESHOLDS: usize = 10_000;

/// The numbers from which the marks above the lowest of a scale are given, in their order.
#[derive(Clone, Debug, PartialEq)]
pub struct Thresholds(Vec<f64>);

impl Thresholds {
    /// Thresholds; `None` unless they are finite and rise.
    pub fn new(steps: Vec<f64>) -> Option<Self> {
        let finite = steps.iter().all(|step| step.is_finite());
        let rising = steps.is_sorted_by(|a, b| a < b);
        let some = (1..=MAX_THRESHOLDS).contains(&steps.len());
        (some && finite && rising).then_some(Self(steps))
    }

    /// The numbers.
    pub fn steps(&self) -> &[f64] {
        &self.0
    }

    /// Whether there is one for each mark of a scale but its lowest.
    pub fn fit(&self, scale: MarkScale) -> bool {
        let highest = Score::on(scale, scale.hi).map(|mark| mark.steps_on(scale));
        highest == i64::try_from(self.0.len()).ok()
    }

    /// The mark of a number; `None` unless they [`fit`](Self::fit) the scale.
    pub fn mark(&self, scale: MarkScale, value: f64) -> Option<Score> {
        if !self.fit(scale) || value.is_nan() {
            return None;
        }
        let reached = self.0.iter().filter(|step| value >= **step).count();
        let above = i128::try_from(reached).ok()? * scale.step.scaled();
        Score::on(scale, Decimal::from_scaled(scale.lo.scaled() + above)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_gets_the_mark_of_the_last_threshold_that_it_reaches() {
        let d = |text: &str| text.parse::<Decimal>().unwrap();
        let halves = MarkScale::new(d("0"), d("1"), d("0.5")).unwrap();
        let thresholds = Thresholds::new(vec![-2.5, 9.0]).unwrap();
        for (value, mark) in [
            (f64::NEG_INFINITY, "0"),
            (-2.6, "0"),
            (-2.5, "0.5"),
            (8.9, "0.5"),
            (9.0, "1"),
            (f64::INFINITY, "1"),
        ] {
            let found = thresholds.mark(halves, value).unwrap();
            assert_eq!(found.get(), d(mark), "{value}");
        }
        assert_eq!(thresholds.mark(halves, f64::NAN), None);
        assert_eq!(thresholds.mark(MarkScale::FIVE_POINT, 1.0), None);
        for faulty in [vec![], vec![1.0, 1.0], vec![2.0, 1.0], vec![f64::NAN]] {
            assert_eq!(Thresholds::new(faulty), None);
        }
    }
}
