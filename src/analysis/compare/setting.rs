//! What all contrasts of a comparison share.

use crate::analysis::compare::crossing::Crossing;
use crate::analysis::runs::declaration::Margin;
use crate::analysis::scores::items::Items;
use crate::suite::ScoreMap;

/// What all contrasts of a comparison share.
#[derive(Clone, Copy, Debug)]
pub struct Setting<'a> {
    /// The items.
    pub items: &'a Items,
    /// From marks to points.
    pub mapping: ScoreMap,
    /// Two-sided level of the tests.
    pub alpha: f64,
    /// A raw item value of at least this passes.
    pub pass_threshold: u8,
    /// Margin of equivalence and non-inferiority.
    pub margin: Margin,
    /// Seed of everything that is drawn.
    pub seed: u64,
    /// Whether to compute the cross-checks.
    pub cross_checks: bool,
    /// What joins runs that were marked by different judges.
    pub crossing: Option<&'a Crossing>,
    /// Whether to compute what is only described beside a test: dependence on the category, sources of spread.
    pub described: bool,
}
