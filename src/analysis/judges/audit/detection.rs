//! Sensitivity and false alarms of a judge at the pass mark.

use serde::Serialize;

use super::marks::Call;
use crate::judge::audit::Variation;
use crate::stats::interval::Confidence;
use crate::stats::proportion::clopper_pearson;

/// An answer that deserves less is flawed, and a mark below says so: 4 of 5, which pass rates take by default too.
pub const PASS_MARK: f64 = 4.0;

/// A share of answers.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Rate {
    /// Answers that got less than the pass mark.
    pub count: u64,
    /// Answers that were marked.
    pub of: u64,
    /// `count / of`, from 0 to 1.
    pub share: f64,
    /// Clopper and Pearson's 95 % interval of the share. It takes the calls for independent, and is wider than need be where the
    /// answers are not equally hard.
    pub ci95: [f64; 2],
}

/// Which side of the pass mark answers got. Every answer counts once, as it was put plainly; one without a mark does not count.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Detection {
    /// Of the answers that deserve less than the pass mark, those that got less.
    pub sensitivity: Option<Rate>,
    /// Of the answers that deserve the pass mark or more, those that got less.
    pub false_alarms: Option<Rate>,
}

impl Detection {
    /// From calls of one axis or of all.
    pub fn of(calls: &[Call<'_>]) -> Self {
        let plain = calls
            .iter()
            .filter(|call| call.row.variation == Variation::Plain);
        let (flawed, sound): (Vec<_>, Vec<_>) = plain
            .filter_map(|call| Some((call.truth(), call.score()?)))
            .partition(|(truth, _)| *truth < PASS_MARK);
        Self {
            sensitivity: Rate::of(&flawed),
            false_alarms: Rate::of(&sound),
        }
    }
}

impl Rate {
    /// How many of these pairs of truth and mark have a mark below the pass mark; none without a pair.
    fn of(pairs: &[(f64, f64)]) -> Option<Self> {
        let below = pairs.iter().filter(|(_, mark)| *mark < PASS_MARK);
        let (count, of) = (below.count() as u64, pairs.len() as u64);
        let interval = clopper_pearson(count, of, Confidence::P95).ok()?;
        Some(Self {
            count,
            of,
            share: count as f64 / of as f64,
            ci95: [interval.lo, interval.hi],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_are_of_marks_below_the_pass_mark() {
        let rate = Rate::of(&[(1.0, 1.0), (3.0, 4.0), (2.0, 3.0)]).unwrap();
        assert_eq!((rate.count, rate.of), (2, 3));
        // Clopper and Pearson of 2 of 3, as R's binom.test prints it.
        let near = |a: f64, b: f64| (a - b).abs() < 1e-6;
        assert!(near(rate.ci95[0], 0.094_299_3) && near(rate.ci95[1], 0.991_596_2));
        assert_eq!(Rate::of(&[]), None);
    }
}
