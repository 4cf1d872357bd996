//! Stopping early: declared looks at one primary contrast, with boundaries that keep its error probability.
//!
//! Between the looks nothing else may be tested, so every other line of the comparison only describes.

use serde::Serialize;

use crate::analysis::compare::contrast::{Computed, Difference, Finding, Flag};
use crate::analysis::compare::effects::ends;
use crate::analysis::compare::family::Family;
use crate::analysis::runs::declaration::Looks;
use crate::analysis::scores::sheet::Items;
use crate::stats::error::Result;
use crate::stats::sequential::{Look, Spending, boundaries, conditional_power, repeated_interval};
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
    /// Difference over its standard error.
    pub z: Option<f64>,
    /// |Z| that stops for a difference here.
    pub boundary: f64,
    /// Chance of reaching the last boundary if the trend goes on; none at the last look.
    pub conditional_power: Option<f64>,
    /// What follows.
    pub decision: Decision,
    /// Repeated interval in points, difference ± boundary · standard error: it holds at all looks together.
    pub repeated_interval: Option<[f64; 2]>,
    /// [`BIAS`], where the run stops before the last look.
    pub bias: Option<&'static str>,
}

/// Finds the look and applies it: the primary contrast is decided by its boundary, everything else describes.
/// `Ok(None)` where the primary contrast is undefined.
///
/// # Errors
/// One line that says which looks were planned, where the items that were asked are none of them.
pub fn apply(
    declared: &Looks,
    items: &Items,
    computed: &mut [Computed],
    family: &mut Family,
) -> std::result::Result<Option<Interim>, String> {
    let Some(primary) = family.primary.as_mut() else {
        return Err("  [looks] without primary_axis: looks are at one contrast".to_owned());
    };
    let looks = boundaries(&declared.shares, family.alpha, Spending::ObrienFleming)
        .map_err(|error| format!("  [looks] shares: {error}"))?;
    let asked = asked(items, primary.axis);
    let at = find(declared, asked).ok_or_else(|| no_look(declared, asked, primary.axis))?;
    let here = Here { looks, at };
    let mut interim = None;
    for contrast in computed.iter_mut().map(|c| &mut c.contrast) {
        let Ok(finding) = &mut contrast.result else {
            continue;
        };
        if !finding.adjusted.as_ref().is_some_and(|a| a.primary) {
            describe(finding);
            continue;
        }
        let difference = &finding.difference;
        let (z, decision) = here.decide(difference);
        let repeated_interval = here.interval(difference);
        primary.passed = z.is_some_and(|z| here.reached(z));
        settle(finding, primary.passed, repeated_interval);
        interim = Some(Interim {
            axis: primary.axis,
            baseline: primary.baseline.clone(),
            look: at + 1,
            items: asked,
            planned_items: declared.planned_items,
            boundaries: table(&here.looks, declared.planned_items, None),
            z,
            boundary: here.boundary(),
            conditional_power: z.and_then(|z| here.power(z)),
            decision,
            repeated_interval,
            bias: (here.stops(decision)).then_some(BIAS),
        });
    }
    Ok(interim)
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
        "  [looks] these runs ask {asked} items of {axis}; looks are declared at {} items: compare runs of these \
         sizes (--limit) and look at nothing in between",
        planned.join(", ")
    )
}

/// The line only describes: it is tested neither now nor later.
fn describe(finding: &mut Finding) {
    finding.descriptive = true;
    if let Some(adjusted) = &mut finding.adjusted {
        adjusted.significant = false;
    }
}

/// The boundary decides instead of the ordinary p, and the repeated interval belongs to it.
fn settle(finding: &mut Finding, reached: bool, interval: Option<[f64; 2]>) {
    if let Some(adjusted) = &mut finding.adjusted {
        adjusted.significant = reached;
        adjusted.simultaneous = interval;
    }
    finding
        .flags
        .retain(|flag| *flag != Flag::PAndIntervalDisagree);
}

/// All looks, and which one this is.
struct Here {
    looks: Vec<Look>,
    at: usize,
}

impl Here {
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

    fn decide(&self, difference: &Difference) -> (Option<f64>, Decision) {
        let se = difference.se.filter(|&se| se > 0.0);
        let Some(z) = se.map(|se| difference.points / se) else {
            return (None, Decision::NoSpread);
        };
        let late = self
            .look()
            .is_some_and(|look| look.information >= FUTILITY_FROM - 1e-9);
        let decision = if self.reached(z) {
            Decision::StopForDifference
        } else if self.is_last() {
            Decision::EndedWithoutDifference
        } else if late && self.power(z).is_some_and(|power| power < FUTILE) {
            Decision::StopForFutility
        } else {
            Decision::GoOn
        };
        (Some(z), decision)
    }

    /// Whether the decision allows to stop before the last look.
    fn stops(&self, decision: Decision) -> bool {
        let stop = [Decision::StopForDifference, Decision::StopForFutility];
        stop.contains(&decision) && !self.is_last()
    }

    fn interval(&self, difference: &Difference) -> Option<[f64; 2]> {
        let se = difference.se.filter(|&se| se > 0.0)?;
        Some(ends(repeated_interval(difference.points, se, self.look()?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The looks of the specification, at look number `at` from 0.
    fn here(at: usize) -> Here {
        let shares = [0.4, 0.6, 0.8, 1.0];
        Here {
            looks: boundaries(&shares, 0.05, Spending::ObrienFleming).unwrap(),
            at,
        }
    }

    fn difference(points: f64, se: Option<f64>) -> Difference {
        Difference {
            points,
            raw: points / 25.0,
            se,
            df: Some(100.0),
            ci95: None,
            ci95_raw: None,
            se_judge_only: None,
            items: 120,
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
        let decide = |at: usize, z: f64| here(at).decide(&difference(-2.0 * z, Some(2.0))).1;
        assert_eq!(decide(0, 3.3), Decision::GoOn);
        assert_eq!(decide(0, 3.4), Decision::StopForDifference);
        // Futility is not considered before 60 %.
        assert_eq!(decide(0, 0.0), Decision::GoOn);
        assert_eq!(decide(1, 0.0), Decision::StopForFutility);
        assert_eq!(decide(1, 2.0), Decision::GoOn);
        assert_eq!(decide(3, 2.0), Decision::EndedWithoutDifference);
        assert_eq!(decide(3, 2.1), Decision::StopForDifference);
        let still = here(1).decide(&difference(1.0, Some(0.0)));
        assert_eq!(still, (None, Decision::NoSpread));
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
        let text = no_look(&declared, 90, Axis::ImageConsistency);
        assert!(
            text.contains("90 items of image_consistency") && text.contains("80, 120, 200"),
            "{text}"
        );
    }
}
