//! The exploratory table of categories.

use crate::analysis::compare::categories::{CategoryContrast, Exploratory};
use crate::report::columns::{Side, columns};
use crate::report::number::{decimals, p_value, signed, signed_interval};

/// The lines at or below the false discovery rate, or all of them.
pub fn categories_text(exploratory: &Exploratory, all: bool) -> String {
    let rate = exploratory.false_discovery_rate;
    let m = exploratory.family_size;
    let passing: Vec<&CategoryContrast> = exploratory
        .contrasts
        .iter()
        .filter(|contrast| contrast.p_adjusted <= rate)
        .collect();
    let title = format!(
        "Exploratory: categories x axes, {} of m={m} at a false discovery rate of {:.0} % (Benjamini, \
         Hochberg). These lines suggest, they confirm nothing.",
        passing.len(),
        100.0 * rate
    );
    let shown: Vec<&CategoryContrast> = if all {
        exploratory.contrasts.iter().collect()
    } else {
        passing
    };
    if shown.is_empty() {
        return format!("{title}\n");
    }
    let header = [
        "runs",
        "axis",
        "category",
        "points",
        "95 % interval",
        "win/tie/loss",
        "items",
        "p",
        "BH p",
    ];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    rows.extend(shown.into_iter().map(row));
    let sides = [
        Side::Left,
        Side::Left,
        Side::Left,
        Side::Right,
        Side::Left,
        Side::Left,
        Side::Right,
        Side::Right,
        Side::Right,
    ];
    format!("{title}\n\n{}", columns(&sides, &rows))
}

fn row(contrast: &CategoryContrast) -> Vec<String> {
    // Half of the interval is about two standard errors.
    let se = contrast.ci95.map(|[lo, hi]| (hi - lo) / 4.0);
    let digits = decimals(se);
    let wins = &contrast.wins;
    vec![
        format!("{} minus {}", contrast.candidate, contrast.baseline),
        contrast.axis.title().to_owned(),
        contrast.category.clone(),
        signed(contrast.points, digits),
        signed_interval(contrast.ci95, digits),
        format!("{}/{}/{}", wins.wins, wins.ties, wins.losses),
        contrast.items.to_string(),
        p_value(contrast.p),
        p_value(contrast.p_adjusted),
    ]
}
