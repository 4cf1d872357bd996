//! What an audit found of a judge, in the words of reports.

use crate::analysis::findings::Findings;
use crate::analysis::findings::audits::AuditFindings;
use crate::analysis::judges::audit::Fitness;
use crate::report::audit_text::detection;
use crate::report::escape::name;
use crate::report::standing::capital;
use crate::suite::Axis;

/// The verdict: `Unfit on 1 of 6 axes`.
pub fn verdict(audit: &AuditFindings) -> String {
    let (all, counted) = (audit.axes.len(), audit.with(audit.fitness).count());
    let word = capital(audit.fitness.title());
    match audit.fitness {
        Fitness::Fit => format!("{word} on all {all} axes"),
        Fitness::Unfit | Fitness::NotEnoughCalls => format!("{word} on {counted} of {all} axes"),
    }
}

/// What belongs to the verdict, in sentences.
pub fn notes(audit: &AuditFindings) -> Vec<String> {
    let mut notes: Vec<String> = audit
        .with(Fitness::Unfit)
        .map(|axis| {
            let failed = axis.failed.join("; ");
            format!("Unfit on {}: {failed}.", title(axis.axis))
        })
        .collect();
    let open: Vec<String> = audit
        .with(Fitness::NotEnoughCalls)
        .map(|axis| title(axis.axis))
        .collect();
    if !open.is_empty() {
        notes.push(format!("Undecided on {}.", open.join(", ")));
    }
    let not_audited: Vec<String> = audit.not_audited.iter().map(|axis| title(*axis)).collect();
    if !not_audited.is_empty() {
        notes.push(format!("Not audited: {}.", not_audited.join(", ")));
    }
    let found = detection(&audit.detection).into_iter();
    notes.extend(found.map(|sentence| capital(&sentence) + "."));
    notes.push(made(audit));
    notes
}

/// What was asked: a verdict holds for these questions.
fn made(audit: &AuditFindings) -> String {
    let calls = audit.calls;
    let questions = match &audit.suite {
        Some(suite) => format!(
            "questions of suite {} {}",
            name(&suite.name),
            name(&suite.version)
        ),
        None => "the questions of an anchor set".to_owned(),
    };
    let made = match calls.made == calls.planned {
        true => calls.made.to_string(),
        false => format!("{} of {}", calls.made, calls.planned),
    };
    format!(
        "{made} calls on {questions}, {} without a mark; the verdict holds for these questions. Record {}.",
        calls.missing,
        audit.record.short(12)
    )
}

/// What a reader must hold against the marks: axes on which the judge of a run failed its audit.
pub fn unfit(findings: &Findings) -> Vec<String> {
    let failed = findings
        .audits
        .iter()
        .filter(|audit| audit.fitness == Fitness::Unfit);
    failed
        .filter_map(|audit| {
            let run = findings.runs.iter().find(|run| run.judging.digest == audit.judge)?;
            let axes: Vec<String> = audit.with(Fitness::Unfit).map(|axis| title(axis.axis)).collect();
            let judge = name(&run.judging.name);
            Some(format!(
                "The audit found judge {judge} unfit on {}: results on these axes use marks of a judge that failed a \
                 test.",
                axes.join(", ")
            ))
        })
        .collect()
}

fn title(axis: Axis) -> String {
    axis.title().to_lowercase()
}
