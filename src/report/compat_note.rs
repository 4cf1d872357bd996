//! That replies were read as the script of a benchmark's authors reads them.

use std::collections::BTreeMap;

use crate::analysis::compare::RunInfo;
use crate::judge::{Identity, compat_parsers};
use crate::report::columns::{LINE, printable, wrapped};

/// What it means that replies were read by a parser of a benchmark's authors.
const COMPAT: &str = "This follows the script of the benchmark's authors, not parabench's own rules: under \
    parabench's rules, other marks could be missing or present.";

/// That a judge's replies were read so, on lines of the usual width; `None` where they were not.
pub fn compat_judge(judge: &Identity) -> Option<String> {
    let parsers = compat_parsers(&judge.details)?;
    let text = format!(
        "Replies of {} read by {}. {COMPAT}",
        printable(&judge.name),
        printable(&parsers)
    );
    Some(wrapped(&text, LINE).join("\n"))
}

/// Whose marks were read so; none where no run's were.
pub fn compat<'a>(runs: impl IntoIterator<Item = &'a RunInfo>) -> Option<String> {
    let mut by_parsers: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for run in runs {
        if let Some(parsers) = run.compat_parsers() {
            let runs = by_parsers.entry(printable(&parsers)).or_default();
            runs.push(printable(&run.label));
        }
    }
    let told = by_parsers.iter();
    let told: Vec<String> = told
        .map(|(parsers, runs)| format!("{} ({parsers})", runs.join(", ")))
        .collect();
    (!told.is_empty()).then(|| {
        let told = told.join("; ");
        format!("Replies read as the authors' script reads them: {told}. {COMPAT}")
    })
}
