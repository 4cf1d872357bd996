//! What `report.md` says about single runs: judges, cost, provenance, and thinking.

use crate::analysis::findings::Findings;
use crate::analysis::findings::run::{Judging, RunFindings};
use crate::analysis::runs::log::{ModelLog, Spread};
use crate::analysis::thinking::Thinking;
use crate::report::columns::printable;
use crate::report::escape::{markdown, name};
use crate::report::kit::markdown::{heading, table};
use crate::report::kit::words;
use crate::report::names::Names;
use crate::report::number::{decimals, p_value, percent, signed, signed_interval};

/// One model with and without thinking.
pub fn thinking(thinking: &Thinking, names: &Names) -> String {
    let title = format!(
        "Thinking: {} minus {}, {}",
        names.get(&thinking.with),
        names.get(&thinking.without),
        thinking.axis.title()
    );
    let rows: Vec<Vec<String>> = thinking
        .categories
        .iter()
        .map(|category| {
            let digits = decimals(category.se);
            vec![
                markdown(&name(&category.category)),
                category.items.to_string(),
                signed(category.points, digits),
                signed_interval(category.ci95, digits),
                markdown(&p_value(category.p)),
            ]
        })
        .collect();
    let header = [
        "Category",
        "Items",
        "Points",
        "95 % interval",
        "p, exploratory",
    ];
    let mut lines = vec![heading(&title), table(&header, &rows)];
    if let Some(test) = &thinking.homogeneity {
        lines.push(markdown(&format!(
            "Do the categories differ at all? Q = {:.1} on {} degrees of freedom, p = {}.",
            test.q,
            test.df,
            p_value(test.p)
        )));
    }
    if let Some(lowered) = &thinking.lowered {
        let [lo, hi] = lowered.ci95;
        lines.push(markdown(&format!(
            "Thinking lowers {} of {} items: {} (95 % Wilson interval {} to {}).",
            lowered.items,
            lowered.of,
            percent(lowered.share),
            percent(lo),
            percent(hi)
        )));
    }
    lines.join("\n\n")
}

/// Who judged, how repeats agree, what is missing.
pub fn judges(findings: &Findings, names: &Names) -> String {
    let rows: Vec<Vec<String>> = findings
        .runs
        .iter()
        .map(|run| judge_row(run, names))
        .collect();
    let header = [
        "Run",
        "Judge",
        "Digest",
        "Served",
        "Repeats",
        "Missing marks",
        "By reason",
    ];
    let mut lines = vec!["## Judges".to_owned(), table(&header, &rows)];
    lines.extend(agreement(findings, names));
    lines.extend(bounds(findings, names));
    lines.join("\n\n")
}

fn judge_row(run: &RunFindings, names: &Names) -> Vec<String> {
    let judging = &run.judging;
    vec![
        markdown(names.get(&run.info.label)),
        markdown(&name(&judging.name)),
        judging.digest.short(12),
        markdown(&served(judging)),
        judging.repeats.to_string(),
        markdown(&words::missing(run)),
        markdown(&reasons(run)),
    ]
}

fn served(judging: &Judging) -> String {
    let Some(log) = &judging.log else {
        return "no logs".to_owned();
    };
    let models = log.served_models.iter();
    let models: Vec<String> = models
        .map(|(model, n)| format!("{} ({n})", name(model)))
        .collect();
    if models.is_empty() {
        "not stated".to_owned()
    } else {
        models.join(", ")
    }
}

/// Missing marks by status, over all axes.
fn reasons(run: &RunFindings) -> String {
    let mut totals = std::collections::BTreeMap::<&str, u64>::new();
    for axis in &run.table.axes {
        for (status, count) in axis.counts.iter().filter(|(status, _)| **status != "ok") {
            *totals.entry(status).or_default() += count;
        }
    }
    let parts: Vec<String> = totals
        .iter()
        .map(|(status, n)| format!("{n} {status}"))
        .collect();
    parts.join(", ")
}

fn agreement(findings: &Findings, names: &Names) -> Vec<String> {
    let mut rows = Vec::new();
    for run in &findings.runs {
        for repeats in &run.judging.agreement {
            let icc = match (repeats.icc_single, repeats.icc_single_ci95) {
                (Some(icc), Some([lo, hi])) => format!("{icc:.2} ({lo:.2} to {hi:.2})"),
                (Some(icc), None) => format!("{icc:.2}"),
                _ => "not estimable".to_owned(),
            };
            rows.push(vec![
                markdown(names.get(&run.info.label)),
                repeats.axis.title().to_owned(),
                repeats.answers.to_string(),
                percent(repeats.exact_agreement),
                percent(repeats.within_one),
                icc,
            ]);
        }
    }
    if rows.is_empty() {
        return vec![
            "One mark per answer and axis: the judge's own noise cannot be seen.".to_owned(),
        ];
    }
    let header = [
        "Run",
        "Axis",
        "Answers",
        "Equal marks",
        "Within one mark",
        "ICC(1,1) of one mark",
    ];
    vec![
        table(&header, &rows),
        markdown(
            "Agreement of a judge with itself says how noisy it is, not that it is right. Repeats that are \
             all identical are no replicates: its noise is then not estimable, and not 0.",
        ),
    ]
}

fn bounds(findings: &Findings, names: &Names) -> Option<String> {
    let mut rows = Vec::new();
    for run in &findings.runs {
        for bounds in &run.judging.bounds {
            let [lo, hi] = bounds.points;
            rows.push(vec![
                markdown(names.get(&run.info.label)),
                bounds.axis.title().to_owned(),
                format!("{lo:.1} to {hi:.1}"),
            ]);
        }
    }
    let header = ["Run", "Axis", "Worst cases of the mean, points"];
    (!rows.is_empty()).then(|| table(&header, &rows))
}

/// What the logs say about time, tokens and money; nothing without logs.
pub fn costs(findings: &Findings, names: &Names) -> Option<String> {
    let rows: Vec<Vec<String>> = findings
        .runs
        .iter()
        .filter_map(|run| cost_row(run, names))
        .collect();
    let header = [
        "Run",
        "Answers",
        "Median s per answer",
        "Judge requests",
        "From cache",
        "Tokens in",
        "Tokens out",
        "US dollars",
    ];
    (!rows.is_empty()).then(|| format!("## Cost and time\n\n{}", table(&header, &rows)))
}

fn cost_row(run: &RunFindings, names: &Names) -> Option<Vec<String>> {
    let model = run.model_log.as_ref()?;
    let judge = run.judging.log.as_ref()?;
    let dollars = judge
        .cost_usd
        .map_or_else(|| "not stated".to_owned(), |usd| format!("{usd:.2}"));
    Some(vec![
        markdown(names.get(&run.info.label)),
        model.answers.to_string(),
        seconds(model),
        judge.requests.to_string(),
        judge.cached.to_string(),
        judge.input_tokens.to_string(),
        judge.output_tokens.to_string(),
        dollars,
    ])
}

/// Median time of an answer.
fn seconds(model: &ModelLog) -> String {
    let total: Option<&Spread> = model.timing_ms.get("total");
    total.map_or_else(
        || "not stated".to_owned(),
        |ms| format!("{:.2}", ms.median / 1000.0),
    )
}

/// What made the report, to the last digest.
pub fn provenance(findings: &Findings, names: &Names) -> String {
    let suite = &findings.suite;
    let mut rows = vec![row("Suite", &suite.name, &suite.digest.to_string())];
    if let Some(digest) = &findings.declaration.digest {
        rows.push(row("Declaration", "as declared", &digest.to_string()));
    }
    for run in &findings.runs {
        let shown = names.get(&run.info.label);
        for (file, digest) in &run.files {
            rows.push(row(shown, file, &digest.to_string()));
        }
        rows.push(row(
            shown,
            &format!("judge {}", run.info.judge),
            &run.info.judge_digest.to_string(),
        ));
        for (key, value) in &run.model.identity.details {
            rows.push(row(shown, &format!("model {key}"), value));
        }
    }
    format!(
        "## Provenance\n\nMade by {} with\n\n    {}\n\n`parabench verify` on this folder recomputes every number.\n\n{}",
        markdown(&findings.program),
        printable(&findings.command),
        table(&["Of", "What", "SHA-256 or value"], &rows)
    )
}

fn row(of: &str, what: &str, value: &str) -> Vec<String> {
    vec![
        markdown(&name(of)),
        markdown(&name(what)),
        markdown(&name(value)),
    ]
}
