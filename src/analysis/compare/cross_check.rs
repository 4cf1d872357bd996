//! A second opinion on an interval: BCa, exact where the lattice allows it.

use crate::analysis::compare::pairs::Pairs;
use crate::analysis::compare::setting::Setting;
use crate::stats::bootstrap_design::BootstrapDesign;
use crate::stats::exact_bootstrap::ExactBootstrap;
use crate::stats::interval::{Confidence, Interval};
use crate::stats::lattice::Lattice;
use crate::stats::rational::Rational;
use crate::stats::seeded_bootstrap::{DEFAULT_DRAWS, SeededBootstrap};
use crate::stats::splitmix::Resampling;

/// 95 % BCa interval of a difference in points, resampled within strata: the exact bootstrap law where
/// it is small enough, else seeded draws. `None` without variance, and with clusters.
///
/// An Overall is resampled through its item values Σ c_a d_a, weighted by the planned sizes of the
/// strata; with missing marks this weighting is an approximation of the estimate's.
pub fn bca(setting: &Setting<'_>, pairs: &Pairs) -> Option<Interval> {
    let items = setting.items;
    // Items of a cluster would have to be redrawn together.
    if items.clustered() {
        return None;
    }
    let differences = pairs.by_item(items).ok()?;
    let there: Vec<Rational> = differences.iter().copied().flatten().collect();
    let lattice = Lattice::of(&there).ok()?;
    let mut steps = lattice.steps.iter().copied();
    let by_item: Vec<Option<i64>> = differences
        .iter()
        .map(|difference| difference.and_then(|_| steps.next()))
        .collect();
    let strata = items.strata().split(&by_item);
    let population: Vec<u64> = items
        .categories
        .iter()
        .zip(&strata)
        .map(|(category, values)| {
            if values.is_empty() {
                0
            } else {
                u64::from(category.planned)
            }
        })
        .collect();
    let design = BootstrapDesign::new(&strata, &population).ok()?;
    let resampling = Resampling {
        seed: setting.seed,
        draws: DEFAULT_DRAWS,
    };
    let interval = match ExactBootstrap::new(design.clone()) {
        Ok(exact) => exact.bca(Confidence::P95),
        Err(_) => SeededBootstrap::new(design, resampling)
            .ok()?
            .bca(Confidence::P95),
    };
    interval.map(|interval| interval.map(lattice.unit() * setting.mapping.slope(), 0.0))
}
