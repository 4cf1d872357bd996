//! Who marked, how reliably, what is missing, and what it cost.

use crate::analysis::findings::Findings;
use crate::analysis::findings::reliability::Repeats;
use crate::analysis::findings::run::RunFindings;
use crate::analysis::runs::log::Spread;
use crate::analysis::scores::score_table::AxisScore;
use crate::report::escape::name;
use crate::report::names::Names;
use crate::report::number::percent;
use crate::report::table::{Column, Table, TableCell};

const NONE: &str = "–";

fn table(title: &str, heads: &[&str], rows: Vec<Vec<String>>) -> Table {
    let columns: Vec<Column> = heads.iter().map(|head| Column::words(*head)).collect();
    let cells = |row: Vec<String>| row.into_iter().map(TableCell::Words).collect();
    Table::new(title, columns).with_rows(rows.into_iter().map(cells))
}

/// One line per run: the judge and what its log says.
pub fn judges(findings: &Findings, names: &Names) -> Table {
    let heads = [
        "Run",
        "Judge",
        "Kind",
        "Digest",
        "Served as",
        "Fingerprint",
        "Marks per answer and axis",
        "Records",
        "From the cache",
        "With a failed attempt",
    ];
    let row = |run: &RunFindings| {
        let judging = &run.judging;
        let log = judging.log.as_ref();
        let counted = |of: Option<&std::collections::BTreeMap<String, usize>>| {
            let listed = of.into_iter().flatten();
            let listed: Vec<String> = listed
                .map(|(model, n)| format!("{} ({n})", name(model)))
                .collect();
            if listed.is_empty() {
                NONE.to_owned()
            } else {
                listed.join(", ")
            }
        };
        let number = |of: Option<usize>| of.map_or_else(|| NONE.to_owned(), |n| n.to_string());
        vec![
            names.get(&run.info.label).to_owned(),
            name(&judging.name),
            name(&judging.kind),
            judging.digest.short(12),
            counted(log.map(|log| &log.served_models)),
            counted(log.map(|log| &log.fingerprints)),
            judging.repeats.to_string(),
            number(log.map(|log| log.records)),
            number(log.map(|log| log.cached)),
            number(log.map(|log| log.with_faults)),
        ]
    };
    let rows = findings.runs.iter().map(row).collect();
    table("Judges by run", &heads, rows)
}

/// How repeats agree; empty below two repeats.
pub fn agreement(findings: &Findings, names: &Names) -> Table {
    let heads = [
        "Run",
        "Axis",
        "Answers",
        "Equal",
        "Within one mark",
        "Noise SD, points",
        "ICC of one mark (95 %)",
        "ICC of the mean",
    ];
    let mut rows = Vec::new();
    for run in &findings.runs {
        for found in &run.judging.agreement {
            rows.push(agreement_row(names.get(&run.info.label), found));
        }
    }
    table("Agreement of repeats by run and axis", &heads, rows).with_notes([
        "Agreement of a judge with itself shows how noisy it is, not whether it is right. If all repeats are \
         identical, its noise cannot be estimated; this does not mean that it is 0."
            .to_owned(),
    ])
}

fn agreement_row(run: &str, found: &Repeats) -> Vec<String> {
    let icc = match (found.icc_single, found.icc_single_ci95) {
        (Some(icc), Some([lo, hi])) => format!("{icc:.2} ({lo:.2} to {hi:.2})"),
        (Some(icc), None) => format!("{icc:.2}"),
        (None, _) => "not estimable: no two repeats differ".to_owned(),
    };
    let noise = match found.noise_estimable {
        true => format!("{:.1}", found.noise_sd_points),
        false => "not estimable".to_owned(),
    };
    vec![
        run.to_owned(),
        found.axis.title().to_owned(),
        found.answers.to_string(),
        percent(found.exact_agreement),
        percent(found.within_one),
        noise,
        icc,
        found
            .icc_mean
            .map_or_else(|| NONE.to_owned(), |icc| format!("{icc:.2}")),
    ]
}

/// Missing marks by run, axis and reason, with the worst cases; empty where nothing is missing.
pub fn missing(findings: &Findings, names: &Names) -> Table {
    let heads = [
        "Run",
        "Axis",
        "Missing",
        "Why",
        "Mean if all missing marks were 1 … 5",
    ];
    let mut rows = Vec::new();
    for run in &findings.runs {
        for score in run.table.axes.iter().filter(|score| score.missing > 0) {
            rows.push(missing_row(names.get(&run.info.label), run, score));
        }
    }
    table("Missing marks by run and axis", &heads, rows)
}

fn missing_row(label: &str, run: &RunFindings, score: &AxisScore) -> Vec<String> {
    let there = ["ok", "model-empty"];
    let reasons = score
        .counts
        .iter()
        .filter(|(status, _)| !there.contains(*status));
    let reasons: Vec<String> = reasons.map(|(status, n)| format!("{n} {status}")).collect();
    let bounds = run
        .judging
        .bounds
        .iter()
        .find(|bounds| bounds.axis == score.axis);
    let share = score.missing as f64 / score.expected.max(1) as f64;
    vec![
        label.to_owned(),
        score.axis.title().to_owned(),
        format!(
            "{} of {} ({})",
            score.missing,
            score.expected,
            percent(share)
        ),
        reasons.join(", "),
        bounds.map_or_else(
            || NONE.to_owned(),
            |b| format!("{:.1} … {:.1}", b.points[0], b.points[1]),
        ),
    ]
}

/// What answers and marks cost and took.
pub fn cost(findings: &Findings, names: &Names) -> Table {
    let heads = [
        "Run",
        "Answers",
        "Time per answer, median (90 %)",
        "Reasoning, median characters",
        "Judge requests",
        "Judge latency, median (90 %)",
        "Tokens in / out",
        "Cost",
        "Answered between (UTC)",
    ];
    let rows = findings.runs.iter().map(|run| cost_row(run, names));
    table("Cost and time by run", &heads, rows.collect())
}

fn cost_row(run: &RunFindings, names: &Names) -> Vec<String> {
    let (model, judge) = (run.model_log.as_ref(), run.judging.log.as_ref());
    let none = || NONE.to_owned();
    let total = model.and_then(|log| {
        log.timing_ms
            .get("total")
            .or_else(|| log.timing_ms.values().next())
    });
    let span = model.and_then(|log| Some((log.first?, log.last?)));
    let shown = |at: jiff::Timestamp| at.strftime("%Y-%m-%d %H:%M").to_string();
    vec![
        names.get(&run.info.label).to_owned(),
        model.map_or_else(none, |log| log.answers.to_string()),
        total.map_or_else(none, duration),
        model
            .and_then(|log| log.reasoning_chars.as_ref())
            .map_or_else(none, |chars| format!("{:.0}", chars.median)),
        judge.map_or_else(none, |log| log.requests.to_string()),
        judge
            .and_then(|log| log.latency_ms.as_ref())
            .map_or_else(none, duration),
        judge.map_or_else(none, |log| {
            format!("{} / {}", log.input_tokens, log.output_tokens)
        }),
        judge
            .and_then(|log| log.cost_usd)
            .map_or_else(none, |usd| format!("${usd:.2}")),
        span.map_or_else(none, |(first, last)| {
            format!("{} – {}", shown(first), shown(last))
        }),
    ]
}

fn duration(spread: &Spread) -> String {
    let of = |ms: f64| match ms {
        ms if ms < 1.0 => format!("{ms:.2} ms"),
        ms if ms < 1_000.0 => format!("{ms:.0} ms"),
        ms => format!("{:.1} s", ms / 1_000.0),
    };
    format!("{} ({})", of(spread.median), of(spread.p90))
}
