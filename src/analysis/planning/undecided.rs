//! What a comparison that shows neither a difference nor equality would need.

use crate::analysis::compare::contrast::ContrastFinding;
use crate::analysis::compare::family::Family;
use crate::analysis::planning::PowerAssumptions;
use crate::stats::margin::RARE_BELOW;

/// Power for which the needed tasks are told.
pub const POWER: f64 = 0.8;

/// Tasks that would be needed, if further tasks are like those at hand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Undecided {
    /// Tasks that differ between the runs.
    pub differing: u64,
    /// The fewest tasks with which equality within the declared margin can be shown; `None` without a margin, or where the
    /// tasks at hand are enough for the test and it does not show it.
    pub for_equality: Option<u64>,
    /// Tasks with which the difference that was seen is shown with [`POWER`], if it is the true one, over all comparisons of
    /// the family (Bonferroni).
    pub for_difference: Option<u64>,
}

/// The tasks that a finding would need.
pub fn undecided(finding: &ContrastFinding, family: &Family) -> Undecided {
    let tasks = finding.difference.items as u64;
    let differing = finding
        .wins
        .map_or(0, |wins| (wins.wins + wins.losses) as u64);
    let margin = finding.margin.as_ref();
    // Where so few tasks differ, the margin test goes by their number alone.
    let by_rate = (differing > 0 && (differing as f64) < RARE_BELOW)
        .then(|| (RARE_BELOW * tasks as f64 / differing as f64).ceil() as u64);
    Undecided {
        differing,
        for_equality: margin.and_then(|margin| margin.units_needed.max(by_rate)),
        for_difference: for_difference(finding, family),
    }
}

fn for_difference(finding: &ContrastFinding, family: &Family) -> Option<u64> {
    let difference = &finding.difference;
    let se = difference.se.filter(|se| *se > 0.0)?;
    let tasks = u32::try_from(difference.items).ok()?;
    let plan = PowerAssumptions {
        sd: se * f64::from(tasks).sqrt(),
        alpha: family.alpha,
        power: POWER,
        contrasts: u32::try_from(family.size).ok()?.max(1),
    };
    let needed = plan.needed(difference.points.abs(), tasks).ok()?;
    Some(needed.items_adjusted)
}
