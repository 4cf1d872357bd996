//! A comparison as CSV: one row per contrast, categories included.

use crate::analysis::compare::Comparison;
use crate::analysis::compare::contrast::Contrast;
use crate::report::compare_notes;
use crate::report::contrast_rows;
use crate::report::table::csv::{self, Row};

/// The columns; empty where a quantity does not exist. `scope` is `axis`, `overall`, `overall-of-common-axes` (where one of
/// the two runs does not think) or `category`, the last one exploratory. Points, raw marks and p as in the JSON.
const COLUMNS: &[&str] = &[
    "candidate",
    "baseline",
    "scope",
    "metric",
    "category",
    "items",
    "points",
    "raw",
    "se_points",
    "df",
    "ci95_lo",
    "ci95_hi",
    "wins",
    "ties",
    "losses",
    "superiority",
    "superiority_lo",
    "superiority_hi",
    "dz",
    "gz",
    "p",
    "mid_p",
    "family_size",
    "p_westfall_young",
    "p_holm",
    "simultaneous_lo",
    "simultaneous_hi",
    "p_benjamini_hochberg",
    "missing_candidate",
    "missing_baseline",
    "bound_lo",
    "bound_hi",
    "standing",
    "reason",
    "also",
    "flags",
    "margin",
    "margin_declared",
    "p_equivalence",
    "p_noninferiority",
    "by_category_p",
    "variance_task",
    "variance_seed",
    "variance_judge_repeat",
    "variance_judge",
    "variance_wording",
    "over_judges_lo",
    "over_judges_hi",
    "bridge_tasks",
    "bridge_shift",
    "bridge_se_shift",
];

/// The table as CSV text, with a header.
///
/// # Errors
/// Those of the CSV writer, which writing into memory does not raise.
pub fn compare_csv(comparison: &Comparison) -> Result<String, ::csv::Error> {
    let contrasts = comparison.contrasts.iter().map(contrast);
    let found = &comparison.categories;
    let categories = found
        .contrasts
        .iter()
        .map(|contrast| contrast_rows::category(found, contrast).with("scope", "category"));
    csv::write(COLUMNS, contrasts.chain(categories))
}

fn contrast(contrast: &Contrast) -> Row {
    let scope = match contrast.metric.is_overall() {
        false => "axis",
        true if compare_notes::common_axes(contrast) => "overall-of-common-axes",
        true => "overall",
    };
    contrast_rows::contrast(contrast).with("scope", scope)
}
