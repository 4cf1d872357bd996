//! From shares to marks.

use crate::judge::Score;

/// What the oracle found on one axis.
#[derive(Clone, Debug, PartialEq)]
pub struct OracleFinding {
    /// 0–1: how much is right.
    pub share: f64,
    /// The reasons, for people.
    pub reasons: String,
}

impl OracleFinding {
    /// A finding with its reasons.
    pub fn of(share: f64, reasons: String) -> Self {
        Self { share, reasons }
    }

    /// `right` of `all`; 0 of 0 is nothing.
    pub fn share(right: f64, all: usize, what: &str) -> Self {
        let share = if all == 0 { 0.0 } else { right / all as f64 };
        Self::of(share, format!("{right} of {all} {what}"))
    }

    /// The mark: 1 plus the full quarters of the share, so that 5 means all of it.
    pub fn score(&self) -> Score {
        quarters(self.share)
    }

    /// The mark of a stricter judge: 1 plus the full quarters of the square of the share. 1 and 5 stay what they are.
    pub fn strict_score(&self) -> Score {
        quarters(self.share * self.share)
    }
}

fn quarters(share: f64) -> Score {
    // What rounding takes from a sum of thirds must not cost a mark.
    let quarters = (4.0 * share + 1e-6).floor() as i64;
    Score::new(1 + quarters).unwrap_or(Score::LOWEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_are_full_quarters() {
        let mark = |share| OracleFinding::of(share, String::new()).score().rounded();
        assert_eq!(
            [0.0, 0.2, 0.25, 0.5, 0.74, 0.75, 0.99, 1.0].map(mark),
            [1, 1, 2, 3, 3, 4, 4, 5]
        );
        let strict = |share| {
            OracleFinding::of(share, String::new())
                .strict_score()
                .rounded()
        };
        assert_eq!(
            [0.0, 0.5, 0.75, 0.9, 0.99, 1.0].map(strict),
            [1, 2, 3, 4, 4, 5]
        );
        assert_eq!(
            OracleFinding::share(3.0 * (1.0 / 3.0) + 0.0, 1, "x")
                .score()
                .rounded(),
            5
        );
    }
}
