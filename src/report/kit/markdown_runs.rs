//! What `report.md` says about single runs: judges, cost, provenance, and thinking.

use crate::analysis::findings::Findings;
use crate::analysis::findings::audits::AuditFindings;
use crate::analysis::thinking::Thinking;
use crate::report::audit_words;
use crate::report::columns::printable;
use crate::report::escape::{markdown, name};
use crate::report::judging;
use crate::report::names::Names;
use crate::report::number::{decimals, p_value, percent};
use crate::report::table::{Column, Table, TableCell, markdown as md};

/// One model with and without thinking.
pub fn thinking(thinking: &Thinking, names: &Names) -> String {
    let columns = [
        Column::words("Category"),
        Column::numbers("Tasks", ""),
        Column::numbers("Points", ""),
        Column::words("95 % interval"),
        Column::numbers("p, exploratory", ""),
    ];
    let title = format!(
        "Thinking: {} minus {}, {}",
        names.get(&thinking.with),
        names.get(&thinking.without),
        thinking.axis.title()
    );
    let mut table = Table::new(title, columns);
    for category in &thinking.categories {
        let digits = decimals(category.se);
        table.rows.push(vec![
            TableCell::words(name(&category.category)),
            TableCell::count(category.items),
            TableCell::signed(category.points, digits),
            TableCell::signed_interval(category.ci95, digits),
            TableCell::p(category.p),
        ]);
    }
    if let Some(test) = &thinking.homogeneity {
        table.notes.push(format!(
            "Do the categories differ at all? Q = {:.1} on {} degrees of freedom, p {}.",
            test.q,
            test.df,
            p_value(test.p)
        ));
    }
    if let Some(lowered) = &thinking.lowered {
        let [lo, hi] = lowered.ci95;
        table.notes.push(format!(
            "Thinking lowers {} of {} tasks: {} (95 % Wilson interval {} to {}).",
            lowered.items,
            lowered.of,
            percent(lowered.share),
            percent(lo),
            percent(hi)
        ));
    }
    format!("## {}", md::whole(&table))
}

/// Who judged, how repeats agree, what is missing.
pub fn judges(findings: &Findings, names: &Names) -> String {
    let section = |table: &Table| format!("### {}", md::whole(table));
    let mut parts = vec![
        "## Judges".to_owned(),
        section(&judging::judges(findings, names)),
    ];
    parts.extend(audits(findings));
    let agreement = judging::agreement(findings, names);
    parts.push(match agreement.rows.is_empty() {
        true => {
            "One mark per answer and axis: the judge's own noise cannot be estimated.".to_owned()
        }
        false => section(&agreement),
    });
    let missing = judging::missing(findings, names);
    parts.push(match missing.rows.is_empty() {
        true => "No mark is missing.".to_owned(),
        false => section(&missing),
    });
    parts.join("\n\n")
}

/// What audits found, a paragraph a judge.
fn audits(findings: &Findings) -> Vec<String> {
    let paragraph = |audit: &AuditFindings| {
        let mut runs = findings.runs.iter();
        let run = runs.find(|run| run.judging.digest == audit.judge)?;
        let mut lines = vec![format!(
            "**Audit of {}: {}.**",
            markdown(&name(&run.judging.name)),
            audit_words::verdict(audit)
        )];
        lines.extend(audit_words::notes(audit).iter().map(|note| markdown(note)));
        Some(lines.join("\n"))
    };
    findings.audits.iter().filter_map(paragraph).collect()
}

/// What the logs say about time, tokens and money; nothing without logs.
pub fn costs(findings: &Findings, names: &Names) -> Option<String> {
    let logged = findings.runs.iter().any(|run| run.model_log.is_some());
    logged.then(|| format!("## {}", md::whole(&judging::cost(findings, names))))
}

/// What made the report, to the last digest.
pub fn provenance(findings: &Findings, names: &Names) -> String {
    let suite = &findings.suite;
    let columns = ["Of", "What", "SHA-256 or value"].map(Column::words);
    let mut table = Table::new("", columns);
    let mut row = |of: &str, what: &str, value: &str| {
        let cells = [of, what, value].map(|text| TableCell::words(name(text)));
        table.rows.push(cells.to_vec());
    };
    row("Suite", &suite.name, &suite.digest.to_string());
    if let Some(digest) = &findings.declaration.digest {
        row("Declaration", "as declared", &digest.to_string());
    }
    for run in &findings.runs {
        let shown = names.get(&run.info.label);
        for (file, digest) in &run.files {
            row(shown, file, &digest.to_string());
        }
        row(
            shown,
            &format!("judge {}", run.info.judge),
            &run.info.judge_digest.to_string(),
        );
        for (key, value) in &run.model.identity.details {
            row(shown, &format!("model {key}"), value);
        }
    }
    format!(
        "## Provenance\n\nMade by {} with\n\n    {}\n\n`parabench verify` on this folder recomputes every number.\n\n{}",
        markdown(&findings.program),
        printable(&findings.command),
        md::body(&table)
    )
}
