//! A comparison for the terminal. The order is fixed: what is compared, levels, differences, what must be known about
//! them, categories, ranks.

use crate::analysis::compare::{Comparison, RunInfo};
use crate::report::board;
use crate::report::columns::printable;
use crate::report::standing::Speaker;
use crate::report::table::text::{self, Detail};
use crate::report::table::{Column, Table, TableCell};
use crate::report::{
    categories_text, compare_details, compare_notes, compare_short, contrasts, levels, verdict,
};

/// The whole comparison. `all_categories` prints every exploratory line instead of those that pass.
pub fn compare_text(comparison: &Comparison, all_categories: bool, detail: Detail) -> String {
    let mut parts = vec![head(comparison, detail)];
    for pair in contrasts::pairs(comparison) {
        parts.push(pair_text(comparison, pair, detail));
    }
    parts.extend(compare_short::look(comparison));
    parts.push(compare_notes::notes(comparison));
    parts.push(categories_text::categories_text(
        &comparison.categories,
        all_categories,
        detail,
    ));
    parts.extend(
        comparison
            .leaderboard
            .as_ref()
            .map(|found| board::of_comparison(found, detail)),
    );
    parts.join("\n")
}

fn head(comparison: &Comparison, detail: Detail) -> String {
    let suite = &comparison.suite;
    let runs = Table::new(
        format!(
            "{} {} (digest {}), {} tasks, points: {}",
            suite.name,
            suite.version,
            suite.digest.short(12),
            suite.items,
            suite.mapping.formula()
        ),
        [
            Column::words("run"),
            Column::words("model"),
            Column::words("thinks"),
            Column::words("judge"),
            Column::numbers("samples", ""),
            Column::numbers("repeats", ""),
        ],
    )
    .with_rows(comparison.runs.iter().map(run_row));
    let labels: Vec<&str> = comparison.runs.iter().map(|run| &*run.label).collect();
    let mut lines = vec![
        text::whole(&runs, detail),
        text::whole(&levels::by_axis(&labels, &comparison.levels), detail),
    ];
    let declared = compare_notes::declared(comparison);
    if !declared.is_empty() {
        lines.push(declared.join("\n") + "\n");
    }
    lines.join("\n")
}

fn run_row(run: &RunInfo) -> Vec<TableCell> {
    vec![
        TableCell::words(&*run.label),
        TableCell::words(&*run.model),
        TableCell::words(if run.thinks { "yes" } else { "no" }),
        TableCell::words(format!("{} ({})", run.judge, run.judge_digest.short(8))),
        TableCell::count(run.samples),
        TableCell::count(run.repeats),
    ]
}

fn pair_text(comparison: &Comparison, pair: (&str, &str), detail: Detail) -> String {
    let mut table = contrasts::table(comparison, pair, pair);
    // They stand below all pairs, once.
    table.notes.clear();
    let name = |label: &str| label.to_owned();
    let speaker = Speaker {
        comparison,
        name: &name,
    };
    let [first, rest] = verdict::pair(&speaker, &contrasts::of_pair(comparison, pair));
    let mut found = format!("{}\n{}\n\n", printable(&first), printable(&rest));
    found.push_str(&text::whole(&table, detail));
    for part in compare_details::details(comparison, &contrasts::of_pair(comparison, pair)) {
        found.push('\n');
        found.push_str(&text::body(&part, detail));
        for note in &part.notes {
            found.push_str(&format!("{}\n", printable(note)));
        }
    }
    found
}
