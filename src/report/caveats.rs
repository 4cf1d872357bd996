//! What a reader must hold against a verdict, generated from what was done.

use crate::analysis::compare::contrast::{Contrast, Flag};
use crate::analysis::findings::Findings;
use crate::analysis::runs::declaration::Declared;
use crate::analysis::scores::failures::FLAGGED_SHARE;
use crate::report::audit_words;
use crate::report::compare_notes;
use crate::report::compat_note;
use crate::report::names::Names;
use crate::report::number::percent;
use crate::report::standing::capital;

/// The kind of the judge that marks by stored truth.
const ORACLE: &str = "oracle";
/// Log records of other models than the one served most.
const ONE: usize = 1;

/// The limits, most important first.
pub fn caveats(findings: &Findings, names: &Names) -> Vec<String> {
    let mut found = Vec::new();
    found.extend(missing(findings, names));
    found.extend(raised(findings));
    found.extend(compare_notes::imported(
        findings.runs.iter().map(|run| &run.info),
    ));
    found.extend(compare_notes::undefended(
        findings.runs.iter().map(|run| &run.info),
    ));
    found.extend(audit_words::unfit(findings));
    found.extend(compat_note::compat(
        findings.runs.iter().map(|run| &run.info),
    ));
    found.push(judge(findings));
    found.extend(served(findings, names));
    found.push(design(findings));
    match (findings.declared, &findings.comparison) {
        (Declared::Nothing, Some(_)) => found.push(
            "Nothing was declared before the marks were seen: axes and Overall form one family, and no comparison is \
             primary."
                .to_owned(),
        ),
        (Declared::Late, Some(comparison)) => found.extend(compare_notes::declared(comparison)),
        (Declared::Before | Declared::Nothing | Declared::Late, _) => {}
    }
    found
}

fn missing(findings: &Findings, names: &Names) -> Option<String> {
    let over: Vec<String> = findings
        .runs
        .iter()
        .filter(|run| run.table.missing_share > FLAGGED_SHARE)
        .map(|run| {
            let name = names.get(&run.info.label);
            format!("{name} {}", percent(run.table.missing_share))
        })
        .collect();
    (!over.is_empty()).then(|| {
        format!(
            "Marks are missing ({}); they are left out, never counted as numbers. See the worst cases below.",
            over.join(", ")
        )
    })
}

fn raised(findings: &Findings) -> Vec<String> {
    let contrasts: &[Contrast] = findings.comparison.as_ref().map_or(&[], |c| &c.contrasts);
    let any = |flag: Flag| {
        let mut found = contrasts
            .iter()
            .filter_map(|contrast| contrast.result.as_ref().ok());
        found.any(|finding| finding.flags.contains(&flag))
    };
    let texts = [
        (
            Flag::JudgesDiffer,
            "The runs were marked by different judges: their differences may come from the judges.",
        ),
        (
            Flag::NotRobustToMissing,
            "What is flagged B holds only if failed judgements are like the others.",
        ),
        (
            Flag::UnequalRepeats,
            "Samples or repeats differ between runs: the tests are asymptotic, not exact.",
        ),
    ];
    let raised = texts.into_iter().filter(|(flag, _)| any(*flag));
    raised.map(|(_, text)| text.to_owned()).collect()
}

fn judge(findings: &Findings) -> String {
    let mut judges: Vec<&str> = Vec::new();
    for run in &findings.runs {
        if !judges.contains(&run.judging.name.as_str()) {
            judges.push(&run.judging.name);
        }
    }
    let oracle = findings.runs.iter().all(|run| run.judging.kind == ORACLE);
    if oracle {
        return "The judge is an oracle that knows the truth of an artificial picture world: these marks tell nothing \
            about photographs or about how a judge model would mark."
            .to_owned();
    }
    if judges.len() == ONE {
        return "All marks come from one judge: it is not known whether another judge, or people, would agree."
            .to_owned();
    }
    format!("Marks come from different judges: {}.", judges.join(", "))
}

fn served(findings: &Findings, names: &Names) -> Option<String> {
    let mixed: Vec<&str> = findings
        .runs
        .iter()
        .filter(|run| {
            let log = run.judging.log.as_ref();
            log.is_some_and(|log| log.served_models.len() > ONE)
        })
        .map(|run| names.get(&run.info.label))
        .collect();
    (!mixed.is_empty()).then(|| {
        format!(
            "The judge's endpoint served more than one model within a run ({}): its marks may have drifted.",
            mixed.join(", ")
        )
    })
}

fn design(findings: &Findings) -> String {
    let samples = findings
        .runs
        .iter()
        .map(|run| run.info.samples)
        .max()
        .unwrap_or(0);
    let repeats = findings
        .runs
        .iter()
        .map(|run| run.info.repeats)
        .max()
        .unwrap_or(0);
    let count = |number: u32, word: &str| match number {
        1 => format!("one {word}"),
        number => format!("{number} {word}s"),
    };
    format!(
        "{} per task and {} per answer and axis. Intervals cover new tasks of the same kinds; they cover neither \
         another training run nor another judge.",
        capital(&count(samples, "sample")),
        count(repeats, "mark")
    )
}
