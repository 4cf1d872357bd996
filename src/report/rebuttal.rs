//! What an author pastes into a reply to reviewers: a paragraph and a small table, as plain text.

use crate::analysis::compare::Comparison;
use crate::analysis::findings::Findings;
use crate::report::columns::{LINE, printable, wrapped};
use crate::report::contrasts;
use crate::report::kit::words;
use crate::report::names::Names;
use crate::report::standing::thousands;
use crate::report::table::text::{self, Detail};
use crate::report::verdict::verdict;

/// Columns of the table: metric, verdict, points, interval, adjusted p.
const COLUMNS: usize = 5;

/// The paragraph and a table for each pair of runs; without a comparison, the scores alone.
pub fn rebuttal(findings: &Findings) -> String {
    let names = Names::of(findings);
    let mut sentences: Vec<String> = verdict(findings, &names)
        .statements
        .into_iter()
        .map(|[first, _]| first)
        .collect();
    sentences.extend(findings.comparison.as_ref().map(how));
    sentences.push(words::judges(findings));
    sentences.push(missing(findings, &names));
    sentences.push(
        "The intervals cover new tasks of the same kinds; they cover neither another training run nor another judge."
            .to_owned(),
    );
    let sentences: Vec<String> = sentences
        .iter()
        .map(|sentence| printable(sentence))
        .collect();
    let mut text = wrapped(&sentences.join(" "), LINE).join("\n") + "\n";
    let Some(comparison) = &findings.comparison else {
        return text;
    };
    for pair in contrasts::pairs(comparison) {
        let shown = (names.get(pair.0), names.get(pair.1));
        let mut table = contrasts::table(comparison, pair, shown).first(COLUMNS);
        table.notes.clear();
        text.push('\n');
        text.push_str(&text::whole(&table, Detail::LINE));
    }
    text
}

/// How the tests were made.
fn how(comparison: &Comparison) -> String {
    let family = &comparison.family;
    let together = match (family.size, family.joint_law) {
        (0, _) => "No comparisons are tested together.".to_owned(),
        (m, "holm") => format!("The p of {m} comparisons are adjusted together (Holm 1979)."),
        (m, _) => format!(
            "The p of {m} comparisons are adjusted together (step-down max-T, Westfall and Young 1993, {} draws).",
            thousands(family.draws)
        ),
    };
    format!(
        "Runs are compared task by task on {} tasks of {} {} with sign-flip tests. {together}",
        comparison.suite.items, comparison.suite.name, comparison.suite.version
    )
}

fn missing(findings: &Findings, names: &Names) -> String {
    let lost = findings
        .runs
        .iter()
        .filter(|run| run.table.missing_share > 0.0);
    let lost: Vec<String> = lost
        .map(|run| format!("{} {}", names.get(&run.info.label), words::missing(run)))
        .collect();
    match lost.is_empty() {
        true => "No mark is missing.".to_owned(),
        false => format!(
            "Missing marks, never counted as numbers: {}.",
            lost.join("; ")
        ),
    }
}
