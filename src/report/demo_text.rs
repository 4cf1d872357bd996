//! What the demo found, in sentences: two paragraphs per strategy, whichever way it went.

use crate::analysis::compare::Comparison;
use crate::report::columns::printable;
use crate::report::standing::Speaker;
use crate::report::{contrasts, verdict};

/// How many tasks and comparisons, then the sentences of each candidate.
pub fn found_text(comparison: &Comparison) -> String {
    let mut lines = vec![format!(
        "What was found on {} tasks ({} comparisons adjusted together, level {}):",
        comparison.suite.items, comparison.family.size, comparison.family.alpha
    )];
    let name = |label: &str| {
        let run = comparison.runs.iter().find(|run| run.label == label);
        run.map_or(label, |run| &run.model).to_owned()
    };
    let speaker = Speaker {
        comparison,
        name: &name,
    };
    for pair in contrasts::pairs(comparison) {
        let sentences = verdict::pair(&speaker, &contrasts::of_pair(comparison, pair));
        lines.extend(
            sentences
                .iter()
                .map(|sentence| format!("  {}", printable(sentence))),
        );
    }
    lines.join("\n") + "\n"
}
