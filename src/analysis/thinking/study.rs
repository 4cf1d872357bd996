//! Two runs and what is asked of them, for every part of the analysis.

use crate::analysis::scores::items::Items;
use crate::analysis::scores::sheet::Sheet;
use crate::suite::{Axis, ScoreMap};

/// Both runs with what is asked of them.
pub(super) struct Study<'a> {
    pub items: &'a Items,
    pub mapping: ScoreMap,
    pub seed: u64,
    pub axis: Axis,
    /// The categories that are looked at.
    pub categories: &'a [usize],
    pub with: &'a Sheet,
    pub without: &'a Sheet,
}
