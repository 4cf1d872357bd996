//! The audit of a judge as one self-contained page. Everything in it is escaped.

use minijinja::value::Serde;
use minijinja::{Environment, UndefinedBehavior};
use serde::Serialize;

use crate::analysis::judges::audit::{Audit, AxisAudit, Drift, Fitness, MarkRow, Outcome};
use crate::judge::Mark;
use crate::judge::audit::Variation;
use crate::report::audit_text::{conclusion, detection, finding_cells, shift_row};
use crate::report::identity::{STYLE, allowed};
use crate::report::number::{percent, signed};
use crate::report::standing::capital;

const TEMPLATE: &str = include_str!("audit_page.html");

#[derive(Serialize)]
struct PageView<'a> {
    style: &'static str,
    style_hash: String,
    judge: &'a str,
    conclusion: String,
    facts: Vec<[String; 2]>,
    axes: Vec<AxisView>,
    detection: Vec<String>,
    confidence: String,
    injections: Vec<InjectionView>,
    drift: Option<DriftView>,
    thresholds_digest: String,
    thresholds: Vec<(&'static str, f64)>,
    identity: String,
    details: Vec<(&'a String, &'a String)>,
    calls: Vec<[String; 6]>,
    program: String,
}

#[derive(Serialize)]
struct AxisView {
    title: &'static str,
    class: &'static str,
    verdict: String,
    troubled: bool,
    failed: String,
    open: usize,
    calls: usize,
    missing: usize,
    same: String,
    noise: String,
    icc: String,
    rank: String,
    grid: Vec<GridRow>,
    findings: Vec<FindingView>,
}

#[derive(Serialize)]
struct FindingView {
    check: String,
    outcome: String,
    value: String,
    bound: String,
    n: String,
    limit: String,
}

#[derive(Serialize)]
struct GridRow {
    mark: i64,
    cells: Vec<GridCell>,
}

#[derive(Serialize)]
struct GridCell {
    count: String,
    shade: String,
    diagonal: bool,
}

#[derive(Serialize)]
struct InjectionView {
    form: &'static str,
    axis: &'static str,
    shift: String,
}

#[derive(Serialize)]
struct DriftView {
    rows: Vec<Vec<String>>,
    changed: Vec<String>,
}

/// The page as HTML.
///
/// # Errors
/// The template is faulty, which the tests rule out.
pub fn audit_page(audit: &Audit) -> Result<String, minijinja::Error> {
    let mut engine = Environment::new();
    engine.set_undefined_behavior(UndefinedBehavior::Strict);
    engine.add_template("audit.html", TEMPLATE)?;
    let page = PageView {
        style: STYLE,
        style_hash: allowed(STYLE),
        judge: &audit.judge.name,
        conclusion: capital(&conclusion(audit)),
        facts: facts(audit),
        axes: audit
            .axes
            .iter()
            .map(|axis| axis_view(audit, axis))
            .collect(),
        detection: sentences(&audit.detection),
        confidence: percent(audit.thresholds.confidence),
        injections: audit.injections.iter().map(injection).collect(),
        drift: audit.drift.as_ref().map(drift_view),
        thresholds_digest: audit.thresholds_digest.to_string(),
        thresholds: audit.thresholds.named(),
        identity: audit.judge_digest.to_string(),
        details: audit.judge.details.iter().collect(),
        calls: audit.marks.iter().map(call_row).collect(),
        program: crate::run::manifest::program(),
    };
    engine.get_template("audit.html")?.render(Serde(page))
}

/// Sensitivity and false alarms, as sentences.
fn sentences(found: &crate::analysis::judges::audit::Detection) -> Vec<String> {
    let said = detection(found).into_iter();
    said.map(|sentence| capital(&sentence) + ".").collect()
}

/// The colour and shape of a verdict.
fn class(fitness: Fitness) -> &'static str {
    match fitness {
        Fitness::Fit => "same",
        Fitness::NotEnoughCalls => "unshown",
        Fitness::Unfit => "lower",
    }
}

fn facts(audit: &Audit) -> Vec<[String; 2]> {
    let counts = audit.calls;
    let fact = |name: &str, value: String| [name.to_owned(), value];
    let served: Vec<&str> = audit.served.iter().map(String::as_str).collect();
    let mut facts = vec![
        fact(
            "Judge",
            format!("{} ({})", audit.judge.name, audit.judge.kind),
        ),
        fact("Calls", format!("{} of {}", counts.made, counts.planned)),
        fact("Without a mark", counts.missing.to_string()),
    ];
    if counts.requests > 0 {
        let sent = counts.requests.to_string();
        facts.push(fact("Requests, retries included", sent));
    }
    if !served.is_empty() {
        facts.push(fact("Served by", served.join(", ")));
    }
    if let Some(usd) = audit.spent_usd.filter(|usd| *usd > 0.0) {
        facts.push(fact("Cost", format!("${usd:.2}")));
    }
    facts
}

fn axis_view(audit: &Audit, axis: &AxisAudit) -> AxisView {
    let two = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.2}"));
    let repeats = &axis.repeatability;
    let icc = match (repeats.icc, repeats.icc_interval) {
        (Some(icc), Some([lo, hi])) => format!("{icc:.2} ({lo:.2} to {hi:.2})"),
        (icc, _) => two(icc),
    };
    let outcomes = |wanted| {
        let all = axis.findings.iter();
        all.filter(|finding| finding.outcome == wanted).count()
    };
    AxisView {
        title: axis.axis.title(),
        class: class(axis.fitness),
        verdict: capital(axis.fitness.title()),
        troubled: axis.fitness != Fitness::Fit,
        failed: format!("{} of {}", outcomes(Outcome::Fails), axis.findings.len()),
        open: outcomes(Outcome::Open),
        calls: axis.calls,
        missing: axis.missing,
        same: repeats.exact_agreement.map_or("-".to_owned(), percent),
        noise: two(repeats.sd),
        icc,
        rank: two(axis.rank_correlation),
        grid: grid(audit, axis),
        findings: axis
            .findings
            .iter()
            .map(|finding| {
                let [check, outcome, value, bound, n, limit] = finding_cells(finding);
                FindingView {
                    check,
                    outcome,
                    value,
                    bound,
                    n,
                    limit,
                }
            })
            .collect(),
    }
}

/// How often each mark was given for each that was deserved, the highest mark first.
fn grid(audit: &Audit, axis: &AxisAudit) -> Vec<GridRow> {
    let base = |row: &&MarkRow| {
        row.axis == axis.axis && matches!(row.variation, Variation::Plain | Variation::Repeat)
    };
    let pairs: Vec<(i64, i64)> = audit
        .marks
        .iter()
        .filter(base)
        .filter_map(|row| match row.mark {
            Some(Mark::Scored(score)) => Some((row.truth.rounded(), score.rounded())),
            _ => None,
        })
        .collect();
    let cell = |truth: i64, mark: i64| {
        let count = pairs.iter().filter(|pair| **pair == (truth, mark)).count();
        let deserved = pairs.iter().filter(|(of, _)| *of == truth).count();
        let share = count as f64 / deserved.max(1) as f64;
        GridCell {
            count: if count == 0 {
                String::new()
            } else {
                count.to_string()
            },
            shade: format!("{:.2}", 0.4 * share),
            diagonal: truth == mark,
        }
    };
    (1..=5)
        .rev()
        .map(|mark| GridRow {
            mark,
            cells: (1..=5).map(|truth| cell(truth, mark)).collect(),
        })
        .collect()
}

fn injection(row: &crate::analysis::judges::audit::InjectionRow) -> InjectionView {
    InjectionView {
        form: row.form.title(),
        axis: row.axis.title(),
        shift: signed(row.shift, 1),
    }
}

fn drift_view(drift: &Drift) -> DriftView {
    let axes = drift.axes.iter();
    let mut rows: Vec<_> = axes
        .map(|(axis, shift)| shift_row(axis.title(), shift))
        .collect();
    rows.push(shift_row("All", &drift.all));
    let changed = drift.changed.iter();
    DriftView {
        rows,
        changed: changed
            .map(|(what, then, now)| format!("The judge's {what} was {then}, is {now}."))
            .collect(),
    }
}

fn call_row(row: &MarkRow) -> [String; 6] {
    let put = match row.variation {
        Variation::Plain => "plainly".to_owned(),
        Variation::Repeat => "once more".to_owned(),
        Variation::Injected(form) => format!("with: {}", form.title()),
        Variation::Aside => "with a text in view".to_owned(),
        Variation::OutputFirst => "output image first".to_owned(),
        Variation::Reworded => "in other words".to_owned(),
    };
    let given = match row.mark {
        Some(Mark::Scored(score)) => score.get().to_string(),
        Some(Mark::Missing(reason)) => reason.to_string(),
        None => "not asked".to_owned(),
    };
    [
        row.axis.title().to_owned(),
        row.task.clone(),
        row.shown.to_string(),
        put,
        row.truth.get().to_string(),
        given,
    ]
}
