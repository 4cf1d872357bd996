//! What to do with a stratum that has one item.
//!
//! One item shows a mean but no variance, so its stratum is merged with the most similar one: the stratum whose mean is
//! nearest (Cochran 1977, §5A.12, collapsed strata). The merged stratum carries both weights. Choosing by observed
//! means makes the variance a little too small; the merge is therefore reported, never silent.

use super::stratified::{Axis, Strata};

/// One stratum that was merged into another.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Merge {
    /// Number of the stratum with a single item.
    pub from: usize,
    /// Number of the stratum that took it in.
    pub into: usize,
}

/// The stratum of each item after merging, and what was merged. `observed` marks items with any observed axis.
///
/// If all items end in one stratum that still has a single item, it stays: there is nothing to merge with.
pub(super) fn merge_singletons(
    strata: &Strata,
    axes: &[Axis],
    observed: &[bool],
) -> (Vec<usize>, Vec<Merge>) {
    let mut stratum_of_item = strata.of_item().to_vec();
    let mut merges = Vec::new();
    loop {
        let summary = summarise(&stratum_of_item, strata.count(), axes, observed);
        let Some(from) = summary.iter().position(|stratum| stratum.items == 1) else {
            break;
        };
        let Some(into) = nearest(&summary, from) else {
            break;
        };
        for stratum in &mut stratum_of_item {
            if *stratum == from {
                *stratum = into;
            }
        }
        merges.push(Merge { from, into });
    }
    (stratum_of_item, merges)
}

#[derive(Clone, Default)]
struct Summary {
    items: usize,
    values: usize,
    sum: f64,
}

impl Summary {
    fn mean(&self) -> f64 {
        self.sum / self.values.max(1) as f64
    }
}

fn summarise(
    stratum_of_item: &[usize],
    count: usize,
    axes: &[Axis],
    observed: &[bool],
) -> Vec<Summary> {
    let mut summaries = vec![Summary::default(); count];
    for (item, &stratum) in stratum_of_item.iter().enumerate() {
        summaries[stratum].items += usize::from(observed[item]);
        for value in axes.iter().filter_map(|axis| axis.values()[item]) {
            summaries[stratum].values += 1;
            summaries[stratum].sum += value;
        }
    }
    summaries
}

/// The other non-empty stratum with the nearest mean; the first of several.
fn nearest(summary: &[Summary], from: usize) -> Option<usize> {
    let distance = |other: usize| (summary[other].mean() - summary[from].mean()).abs();
    (0..summary.len())
        .filter(|&other| other != from && summary[other].items > 0)
        .min_by(|&x, &y| distance(x).total_cmp(&distance(y)))
}
