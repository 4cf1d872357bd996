//! What is known about each judge: what it is, whether it was audited, what it left out, what it cost.

use std::collections::BTreeMap;

use serde::Serialize;

use super::provenance::{Setting, setting};
use crate::analysis::findings::Findings;
use crate::analysis::findings::audits::AuditFindings;
use crate::analysis::findings::run::RunFindings;
use crate::analysis::scores::score_table::ScoreTable;
use crate::common::digest::Digest;
use crate::judge::compat_parsers;
use crate::report::audit_words;
use crate::report::escape::name;
use crate::report::number::percent;
use crate::report::standing::thousands;
use crate::report::worst::reasons;

/// Causes of missing marks that are shown; the rest is counted.
const CAUSES: usize = 3;

/// A fact: its title, the answer, and what must be known with it.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Fact {
    title: &'static str,
    big: String,
    notes: Vec<String>,
}

/// The card of one judge.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Card {
    judge: String,
    facts: Vec<Fact>,
    /// What decides its marks.
    settings: Vec<Setting>,
}

/// A card per judge, in the order of the runs.
pub(super) fn cards(findings: &Findings) -> Vec<Card> {
    let mut judges: Vec<(Digest, Vec<&RunFindings>)> = Vec::new();
    for run in &findings.runs {
        let digest = run.judging.digest;
        match judges.iter_mut().find(|(known, _)| *known == digest) {
            Some((_, runs)) => runs.push(run),
            None => judges.push((digest, vec![run])),
        }
    }
    let of = |(digest, runs): (Digest, Vec<&RunFindings>)| {
        let first = runs.first()?;
        Some(Card {
            judge: name(&first.judging.name),
            facts: vec![
                who(first),
                audited(
                    first,
                    findings.audits.iter().find(|audit| audit.judge == digest),
                ),
                missing(&runs),
                repeats(first),
                cost(&runs),
            ],
            settings: settings(first),
        })
    };
    judges.into_iter().filter_map(of).collect()
}

fn who(run: &RunFindings) -> Fact {
    let judging = &run.judging;
    let is = match (run.info.has_imported_marks(), judging.kind.as_str()) {
        (true, _) => "Its marks were made by another program and imported.",
        (_, "oracle") => {
            "It compares each answer with the stored truth; no model judged the answers."
        }
        (_, "pixels") => "It computes its marks from pixels; no model judged the answers.",
        (_, "clip") => "It computes its marks from embeddings of a CLIP model.",
        (_, "dino") => "It computes its marks from class tokens of a DINOv2 model.",
        (_, "command") => "A program of the user gives the marks.",
        _ => "A model behind an endpoint gives the marks.",
    };
    let parsers = compat_parsers(&judging.details).map(|parsers| {
        format!(
            "Its replies were read as the authors' script reads them: {}.",
            name(&parsers)
        )
    });
    let digest = format!(
        "Kind {}, digest {}.",
        name(&judging.kind),
        judging.digest.short(12)
    );
    Fact {
        title: "Judge",
        big: name(&judging.name),
        notes: [Some(is.to_owned()), parsers, Some(digest)]
            .into_iter()
            .flatten()
            .collect(),
    }
}

/// What the audit of the judge found; without one, how to make it.
fn audited(run: &RunFindings, audit: Option<&AuditFindings>) -> Fact {
    let title = "Audit";
    if let Some(audit) = audit {
        return Fact {
            title,
            big: audit_words::verdict(audit),
            notes: audit_words::notes(audit),
        };
    }
    let note = match (run.info.has_imported_marks(), run.judging.kind.as_str()) {
        (true, _) => "Only the authors of the marks can audit this judge.",
        (_, "oracle") => "An oracle needs no audit.",
        _ => {
            "parabench judge-audit -o DIR tests whether its marks are right; report --audit DIR then shows the result \
             here."
        }
    };
    Fact {
        title,
        big: "None in this report".to_owned(),
        notes: vec![note.to_owned()],
    }
}

fn missing(runs: &[&RunFindings]) -> Fact {
    let tables = runs.iter().map(|run| &run.table);
    let missing: u64 = tables.clone().map(ScoreTable::missing).sum();
    let expected: u64 = tables.clone().map(ScoreTable::expected).sum();
    let mut counts: BTreeMap<&'static str, u64> = BTreeMap::new();
    for (status, count) in tables
        .flat_map(|table| &table.axes)
        .flat_map(|axis| &axis.counts)
    {
        *counts.entry(*status).or_default() += count;
    }
    let causes = reasons(&counts);
    let rest: u64 = causes.iter().skip(CAUSES).map(|(_, count)| count).sum();
    let mut listed: Vec<String> = causes
        .iter()
        .take(CAUSES)
        .map(|(status, count)| format!("{} {status}", thousands(*count)))
        .collect();
    listed.extend((rest > 0).then(|| format!("{} others", thousands(rest))));
    let share = missing as f64 / expected.max(1) as f64;
    Fact {
        title: "Missing marks",
        big: format!("{} of {}", thousands(missing), thousands(expected)),
        notes: match missing {
            0 => vec!["No mark is missing.".to_owned()],
            _ => vec![
                format!(
                    "{}, the commonest causes: {}.",
                    percent(share),
                    listed.join(", ")
                ),
                "Where more than 5 % are missing on an axis, nothing is claimed about it."
                    .to_owned(),
            ],
        },
    }
}

fn repeats(run: &RunFindings) -> Fact {
    let note = match (run.judging.repeats, run.judging.kind.as_str()) {
        (_, "oracle" | "pixels") => "It computes: the same answer always gets the same marks.",
        (1, _) => "These runs do not show how much its marks vary.",
        _ => "The agreement of its repeated marks is shown below.",
    };
    Fact {
        title: "Marks per answer and axis",
        big: run.judging.repeats.to_string(),
        notes: vec![note.to_owned()],
    }
}

/// What the judge's logs tell of requests and money. Without a stated cost the money is unknown, and not 0.
fn cost(runs: &[&RunFindings]) -> Fact {
    let logs: Vec<_> = runs
        .iter()
        .filter_map(|run| run.judging.log.as_ref())
        .collect();
    let requests: u64 = logs.iter().map(|log| log.requests).sum();
    let cached: usize = logs.iter().map(|log| log.cached).sum();
    let known = logs
        .iter()
        .filter_map(|log| match (log.cost_usd, log.requests) {
            (None, 0) => Some(0.0),
            (cost, _) => cost,
        });
    let known: Vec<f64> = known.collect();
    let (usd, unknown) = (known.iter().sum::<f64>(), runs.len() - known.len());
    let mut notes = Vec::new();
    match logs.len() {
        0 => notes.push("No log came with the marks.".to_owned()),
        _ if requests == 0 => notes.push("No request was sent.".to_owned()),
        _ => notes.push(format!(
            "{} requests, retries included; {} marks came from the cache.",
            thousands(requests),
            thousands(cached as u64)
        )),
    }
    if unknown > 0 && unknown < runs.len() {
        notes.push(format!(
            "{unknown} of {} runs state no cost; the others ${usd:.2}.",
            runs.len()
        ));
    }
    Fact {
        title: "Cost",
        big: match unknown {
            0 => format!("${usd:.2}"),
            _ => "Not known".to_owned(),
        },
        notes,
    }
}

fn settings(run: &RunFindings) -> Vec<Setting> {
    let details = run.judging.details.iter();
    details.map(|(key, value)| setting(key, value)).collect()
}
