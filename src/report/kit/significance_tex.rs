//! `significance.tex`: every contrast with estimate, interval, wins, p and adjusted p; never a p alone.

use crate::analysis::findings::Findings;
use crate::report::contrasts::{self, FOR_PAPER};
use crate::report::kit::{tex, words};
use crate::report::names::Names;
use crate::report::table::latex;

/// The file: one table per pair of runs.
pub fn significance(findings: &Findings) -> String {
    let mut text = tex::head(
        &findings.program,
        "Needs \\usepackage{booktabs} and \\usepackage{graphicx}.",
    );
    let Some(comparison) = &findings.comparison else {
        text.push_str("No baseline was named, so nothing was tested.\n");
        return text;
    };
    let names = Names::of(findings);
    for (pair, number) in contrasts::pairs(comparison).into_iter().zip(1..) {
        let shown = (names.get(pair.0), names.get(pair.1));
        let mut table = contrasts::table(comparison, pair, shown).first(FOR_PAPER);
        table.title = words::pair_caption(comparison, &table.title);
        table.notes.insert(0, words::pair_note(comparison));
        text.push_str(&latex::float(
            &table,
            &format!("tab:parabench-tests-{number}"),
        ));
    }
    text
}
