//! Whether the difference of an Overall depends on the category, beside Overall.

use serde::Serialize;

use crate::analysis::compare::pairs::Pairs;
use crate::analysis::compare::setting::Setting;
use crate::stats::error::{Result, StatsError};
use crate::stats::heterogeneity::{DEFAULT_DRAWS, Heterogeneity, item_means};
use crate::stats::splitmix::Resampling;

/// Units above which fewer draws are made.
const MANY_UNITS: usize = 3_000;
/// Draws above [`MANY_UNITS`].
const DRAWS_OF_MANY: u64 = 999;

/// The difference by category with the test whether the categories differ.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CategoriesAlike {
    /// Q = Σ n_h (d̄_h − d̄)² of the tasks' differences (mean over a task's axes), in squared points.
    pub q: f64,
    /// Permutation p: the differences are permuted over all tasks, or the means of clusters over all clusters.
    pub p: f64,
    /// Number of permutations.
    pub draws: u64,
    /// Mean difference of each category that was asked, in points.
    pub categories: Vec<CategoryMean>,
}

/// One category's mean difference.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CategoryMean {
    /// The category.
    pub category: String,
    /// Its mean difference in points.
    pub points: f64,
}

/// Tests the pairs of an Overall; `None` with one category, or where a cluster lies in several.
///
/// # Errors
/// [`StatsError::Overflow`].
pub fn categories_alike(setting: &Setting<'_>, pairs: &Pairs) -> Result<Option<CategoriesAlike>> {
    let items = setting.items;
    let axes: Vec<_> = pairs.differences().collect();
    let found = match Heterogeneity::new(&items.design, &item_means(&axes)?) {
        Ok(found) => found,
        Err(StatsError::TooFew { .. } | StatsError::OutOfRange { .. }) => return Ok(None),
        Err(error) => return Err(error),
    };
    let draws = if items.design.units() > MANY_UNITS {
        DRAWS_OF_MANY
    } else {
        DEFAULT_DRAWS
    };
    let seed = setting.seed;
    let test = found.test(Resampling { seed, draws })?;
    let slope = setting.mapping.slope();
    let means = items.categories.iter().zip(found.means());
    let category = |(section, mean): (&crate::run::manifest::CategorySection, Option<f64>)| {
        Some(CategoryMean {
            category: section.name.clone(),
            points: mean? * slope,
        })
    };
    Ok(Some(CategoriesAlike {
        q: test.q * slope * slope,
        p: test.p,
        draws,
        categories: means.filter_map(category).collect(),
    }))
}
