//! The exploratory table of categories.

use crate::analysis::compare::categories::{CategoryContrast, Exploratory};
use crate::report::number::decimals;
use crate::report::table::text::{self, Detail};
use crate::report::table::{Column, Table, TableCell};

/// The lines at or below the false discovery rate, or all of them.
pub fn categories_text(exploratory: &Exploratory, all: bool, detail: Detail) -> String {
    let rate = exploratory.false_discovery_rate;
    let passing = |contrast: &&CategoryContrast| contrast.p_adjusted <= rate;
    let contrasts = exploratory.contrasts.iter();
    let title = format!(
        "Exploratory: categories by axes, {} of {} at a false discovery rate of {:.0} % (Benjamini, Hochberg). These \
         lines are suggestions, not confirmed results.",
        contrasts.clone().filter(passing).count(),
        exploratory.family_size,
        100.0 * rate
    );
    let table = Table::new(
        &*title,
        [
            Column::words("runs"),
            Column::words("axis"),
            Column::words("category"),
            Column::numbers("points", ""),
            // An interval alone stands beside the p alone, and not beside an adjusted one.
            Column::words("95 % alone"),
            Column::numbers("p alone", ""),
            Column::numbers("BH p", ""),
            Column::words("win/tie/loss"),
            Column::numbers("tasks", ""),
        ],
    )
    .with_rows(contrasts.filter(|c| all || passing(c)).map(row));
    if table.rows.is_empty() {
        return format!("{title}\n");
    }
    text::whole(&table, detail)
}

fn row(contrast: &CategoryContrast) -> Vec<TableCell> {
    // Half of the interval is about two standard errors.
    let se = contrast.ci95.map(|[lo, hi]| (hi - lo) / 4.0);
    let digits = decimals(se);
    let wins = &contrast.wins;
    vec![
        TableCell::words(format!(
            "{} minus {}",
            contrast.candidate, contrast.baseline
        )),
        TableCell::words(contrast.axis.title()),
        TableCell::words(&*contrast.category),
        TableCell::signed(contrast.points, digits),
        TableCell::signed_interval(contrast.ci95, digits),
        TableCell::p(contrast.p),
        TableCell::p(contrast.p_adjusted),
        TableCell::count(format!("{}/{}/{}", wins.wins, wins.ties, wins.losses)),
        TableCell::count(contrast.items),
    ]
}
