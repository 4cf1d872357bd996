//! Stopping early: declared looks at one primary contrast, with boundaries that keep its error probability.
//!
//! Between the looks nothing else may be tested, so every other line of the comparison only describes.

use serde::Serialize;

use crate::analysis::compare::effects::ends;
use crate::analysis::runs::declaration::Looks;
use crate::analysis::scores::items::Items;
use crate::analysis::scores::sheet::RAW_RANGE;
use crate::stats::error::Result;
use crate::stats::interval::Interval;
use crate::stats::sequential::{
    Look, Spending, boundaries, conditional_power, look_interval, look_statistic,
};
use crate::stats::weighted::WeightedMean;
use crate::suite::Axis;

/// Share of the planned items from which on stopping for futility is considered.
pub const FUTILITY_FROM: f64 = 0.6;

/// Conditional power below which a run may be stopped for futility.
pub const FUTILE: f64 = 0.1;

/// What stands beside the estimate of a run that stopped early.
pub const BIAS: &str = "The estimate of a run that stopped early is biased away from 0.";

/// The boundary of one look.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Boundary {
    /// Number of the look, from 1.
    pub look: usize,
    /// Share of the planned items.
    pub share: f64,
    /// Items of that share, rounded.
    pub items: u64,
    /// Stop for a difference if |Z| reaches this.
    pub z: f64,
    /// The two-sided p that belongs to it.
    pub p_nominal: f64,
    /// Error probability spent up to here, two-sided.
    pub spent: f64,
    /// The difference in points that reaches the boundary, where a spread is known.
    pub points: Option<f64>,
}

/// Boundaries after O'Brien and Fleming (Lan and DeMets's spending) at `shares` of `items`; `sd` is the standard
/// deviation of the paired item differences in points, where it is known.
///
/// # Errors
/// [`crate::stats::error::StatsError`] unless the shares rise from above 0 to at most 1.
pub fn boundary_table(
    shares: &[f64],
    items: u32,
    alpha: f64,
    sd: Option<f64>,
) -> Result<Vec<Boundary>> {
    let looks = boundaries(shares, alpha, Spending::ObrienFleming)?;
    Ok(table(&looks, items, sd))
}

fn table(looks: &[Look], items: u32, sd: Option<f64>) -> Vec<Boundary> {
    let line = |(number, look): (usize, &Look)| {
        let count = (look.information * f64::from(items)).round();
        Boundary {
            look: number + 1,
            share: look.information,
            items: count as u64,
            z: look.z,
            p_nominal: look.p_nominal,
            spent: look.spent,
            points: sd
                .filter(|_| count > 0.0)
                .map(|sd| look.z * sd / count.sqrt()),
        }
    };
    looks.iter().enumerate().map(line).collect()
}

/// What a look decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Decision {
    /// The boundary is reached: stop, the runs differ.
    StopForDifference,
    /// The rest would hardly change it: stopping without a difference is allowed, not required.
    StopForFutility,
    /// Neither: go on to the next look.
    GoOn,
    /// The last look, and the boundary is not reached.
    EndedWithoutDifference,
    /// All differences are equal: there is no Z.
    NoSpread,
}

/// A declared look at the primary contrast.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Interim {
    /// The axis.
    pub axis: Axis,
    /// The baseline.
    pub baseline: String,
    /// Number of this look, from 1.
    pub look: usize,
    /// Items of the axis that were asked.
    pub items: u64,
    /// Items of the axis that were planned.
    pub planned_items: u32,
    /// All looks.
    pub boundaries: Vec<Boundary>,
    /// Normal quantile of the t probability of the difference over its standard error.
    pub z: Option<f64>,
    /// |Z| that stops for a difference here.
    pub boundary: f64,
    /// Chance of reaching the last boundary if the trend goes on; none at the last look.
    pub conditional_power: Option<f64>,
    /// What follows.
    pub decision: Decision,
    /// Repeated interval in points, difference ± the t quantile of the boundary's probability times the standard error,
    /// within the scale: it holds at all looks together.
    pub repeated_interval: Option<[f64; 2]>,
    /// [`BIAS`], where the run stops before the last look.
    pub bias: Option<&'static str>,
}

/// A look at the primary contrast that was declared before the marks.
#[derive(Clone, Debug)]
pub struct LookAtPrimary {
    axis: Axis,
    baseline: String,
    asked: u64,
    planned: u32,
    here: LookPosition,
}

impl LookAtPrimary {
    /// Finds the declared look that these items are.
    ///
    /// # Errors
    /// One line that says which looks were planned, where the items that were asked are none of them.
    pub fn find(
        declared: &Looks,
        items: &Items,
        (axis, baseline): (Axis, &str),
        alpha: f64,
    ) -> std::result::Result<Self, String> {
        let looks = boundaries(&declared.shares, alpha, Spending::ObrienFleming)
            .map_err(|error| format!("  [looks] shares: {error}"))?;
        let asked = asked(items, axis);
        let at = find(declared, asked).ok_or_else(|| no_look(declared, asked, axis))?;
        Ok(Self {
            axis,
            baseline: baseline.to_owned(),
            asked,
            planned: declared.planned_items,
            here: LookPosition { looks, at },
        })
    }

    /// What the look says about the primary difference, which is in raw marks; `slope` makes points of them.
    pub fn interim(&self, mean: &WeightedMean, slope: f64) -> Interim {
        let here = &self.here;
        let (z, decision) = here.decide(mean);
        Interim {
            axis: self.axis,
            baseline: self.baseline.clone(),
            look: here.at + 1,
            items: self.asked,
            planned_items: self.planned,
            boundaries: table(&here.looks, self.planned, None),
            z,
            boundary: here.boundary(),
            conditional_power: z.and_then(|z| here.power(z)),
            decision,
            repeated_interval: here
                .interval(mean)
                .map(|interval| ends(interval.map(slope, 0.0))),
            bias: here.stops(decision).then_some(BIAS),
        }
    }
}

/// Items that were asked in the categories where the axis exists; lost marks do not make another look.
fn asked(items: &Items, axis: Axis) -> u64 {
    let counts = items
        .categories
        .iter()
        .filter(|category| axis.exists_for(category.kind))
        .map(|category| u64::from(category.selected));
    counts.sum()
}

/// The planned look whose number of items is nearest, if it is within one item.
fn find(declared: &Looks, asked: u64) -> Option<usize> {
    let gap = |share: &f64| (share * f64::from(declared.planned_items) - asked as f64).abs();
    let gaps = declared.shares.iter().map(gap).enumerate();
    gaps.filter(|(_, gap)| *gap <= 1.0 + 1e-9)
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .map(|(number, _)| number)
}

fn no_look(declared: &Looks, asked: u64, axis: Axis) -> String {
    let items = |share: &f64| {
        (share * f64::from(declared.planned_items))
            .round()
            .to_string()
    };
    let planned: Vec<String> = declared.shares.iter().map(items).collect();
    format!(
        "  [looks] these runs have {asked} tasks of {axis}; looks are declared at {} tasks: compare runs of these \
         sizes only (--limit)",
        planned.join(", ")
    )
}

/// All looks, and which one this is.
#[derive(Clone, Debug)]
struct LookPosition {
    looks: Vec<Look>,
    at: usize,
}

impl LookPosition {
    fn look(&self) -> Option<&Look> {
        self.looks.get(self.at)
    }

    fn boundary(&self) -> f64 {
        self.look().map_or(f64::INFINITY, |look| look.z)
    }

    fn reached(&self, z: f64) -> bool {
        z.abs() >= self.boundary()
    }

    fn is_last(&self) -> bool {
        self.at + 1 == self.looks.len()
    }

    /// Chance of reaching the last boundary if the trend goes on.
    fn power(&self, z: f64) -> Option<f64> {
        conditional_power(z, self.look()?.information, self.looks.last()?.z)
    }

    fn decide(&self, mean: &WeightedMean) -> (Option<f64>, Decision) {
        let se = mean.se().filter(|&se| se > 0.0);
        let Some(z) = se.and_then(|se| look_statistic(mean.value(), se, mean.df()?)) else {
            return (None, Decision::NoSpread);
        };
        (Some(z), self.decide_at(z))
    }

    fn decide_at(&self, z: f64) -> Decision {
        let late = self
            .look()
            .is_some_and(|look| look.information >= FUTILITY_FROM - 1e-9);
        if self.reached(z) {
            Decision::StopForDifference
        } else if self.is_last() {
            Decision::EndedWithoutDifference
        } else if late && self.power(z).is_some_and(|power| power < FUTILE) {
            Decision::StopForFutility
        } else {
            Decision::GoOn
        }
    }

    /// Whether the decision allows to stop before the last look.
    fn stops(&self, decision: Decision) -> bool {
        let stop = [Decision::StopForDifference, Decision::StopForFutility];
        stop.contains(&decision) && !self.is_last()
    }

    fn interval(&self, mean: &WeightedMean) -> Option<Interval> {
        let se = mean.se().filter(|&se| se > 0.0)?;
        look_interval(mean.value(), se, mean.df()?, self.boundary(), RAW_RANGE)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The looks of the specification, at look number `at` from 0.
    fn here(at: usize) -> LookPosition {
        let shares = [0.4, 0.6, 0.8, 1.0];
        LookPosition {
            looks: boundaries(&shares, 0.05, Spending::ObrienFleming).unwrap(),
            at,
        }
    }

    #[test]
    fn the_boundaries_of_the_specification() {
        let table = boundary_table(&[0.4, 0.6, 0.8, 1.0], 300, 0.05, Some(27.0)).unwrap();
        let expected = [
            (120, 3.357, 0.0008),
            (180, 2.680, 0.0074),
            (240, 2.290, 0.0220),
            (300, 2.031, 0.0423),
        ];
        for (line, (items, z, p)) in table.iter().zip(expected) {
            assert_eq!(line.items, items);
            assert!((line.z - z).abs() < 5e-4 && (line.p_nominal - p).abs() < 5e-5);
            let points = line.points.unwrap();
            assert!((points - line.z * 27.0 / (items as f64).sqrt()).abs() < 1e-9);
        }
        assert!((table[3].spent - 0.05).abs() < 1e-9);
    }

    #[test]
    fn decisions_follow_the_boundaries() {
        let decide = |at: usize, z: f64| here(at).decide_at(-z);
        assert_eq!(decide(0, 3.3), Decision::GoOn);
        assert_eq!(decide(0, 3.4), Decision::StopForDifference);
        // Futility is not considered before 60 %.
        assert_eq!(decide(0, 0.0), Decision::GoOn);
        assert_eq!(decide(1, 0.0), Decision::StopForFutility);
        assert_eq!(decide(1, 2.0), Decision::GoOn);
        assert_eq!(decide(3, 2.0), Decision::EndedWithoutDifference);
        assert_eq!(decide(3, 2.1), Decision::StopForDifference);
        assert!(here(1).stops(Decision::StopForFutility));
        assert!(!here(3).stops(Decision::StopForDifference));
    }

    #[test]
    fn looks_are_found_within_one_item() {
        let declared = Looks {
            planned_items: 200,
            shares: vec![0.4, 0.6, 1.0],
        };
        let found = |asked| find(&declared, asked);
        assert_eq!([79, 80, 81].map(found), [Some(0); 3]);
        assert_eq!((found(120), found(200)), (Some(1), Some(2)));
        assert_eq!((found(90), found(202)), (None, None));
        let text = no_look(&declared, 90, Axis::IMAGE_CONSISTENCY);
        assert!(
            text.contains("90 tasks of image_consistency") && text.contains("80, 120, 200"),
            "{text}"
        );
    }
}
