//! The audit of a judge on a terminal.

use std::fmt::Write as _;

use crate::analysis::judges::audit::detection::PASS_MARK;
use crate::analysis::judges::audit::{
    Audit, AuditFinding, AxisAudit, Detection, Drift, Fitness, Outcome, Rate, Rule, Shift,
};
use crate::report::columns::{LINE, printable, with_long_tail, wrapped};
use crate::report::number::{p_value, percent, signed, signed_interval};
use crate::report::table::text::{self, Detail};
use crate::report::table::{Column, Table, TableCell};

/// The first screen: the verdict, one row an axis, and what drifted.
pub fn audit_short(audit: &Audit) -> String {
    let paragraph = |text: &str| wrapped(text, LINE).join("\n") + "\n";
    let mut rows = vec![
        ["axis", "verdict", "what failed or is undecided"]
            .map(str::to_owned)
            .to_vec(),
    ];
    rows.extend(audit.axes.iter().map(|axis| {
        let against: Vec<String> = axis.findings.iter().filter_map(against).collect();
        let shown = match against.split_at_checked(MAX_AGAINST) {
            Some((first, rest)) if !rest.is_empty() => {
                format!("{}; {} more", first.join("; "), rest.len())
            }
            _ => against.join("; "),
        };
        let cells = [axis.axis.title(), axis.fitness.title(), &shown];
        cells.map(str::to_owned).to_vec()
    }));
    let mut text = paragraph(&headline(audit)) + "\n";
    text.push_str(&with_long_tail(&rows));
    text.push('\n');
    for sentence in detection(&audit.detection) {
        text.push_str(&paragraph(&sentence));
    }
    text.push_str(&paragraph(injections(audit).trim_end()));
    if let Some(drift) = &audit.drift {
        text.push('\n');
        text.push_str(&drift_text(drift));
    }
    text.push_str(&paragraph(head(audit).trim_end()));
    text.push_str("Every check, noise and all limits: --full\n");
    text
}

/// Most findings of an axis that are named in the first table.
const MAX_AGAINST: usize = 2;

/// `UNFIT on 1 of 6 axes: image quality (120 calls, $0.43, 1 without a mark)`.
fn headline(audit: &Audit) -> String {
    let of = |fitness| titles(audit, fitness);
    let all = audit.axes.len();
    let said = match audit.fitness {
        Fitness::Fit => format!("FIT on all {all} axes"),
        Fitness::Unfit => {
            let unfit = of(Fitness::Unfit);
            format!(
                "UNFIT on {} of {all} axes: {}",
                unfit.len(),
                unfit.join(", ")
            )
        }
        Fitness::NotEnoughCalls => {
            let open = of(Fitness::NotEnoughCalls);
            format!(
                "UNDECIDED on {} of {all} axes: {}; more --calls may decide",
                open.len(),
                open.join(", ")
            )
        }
    };
    let money = audit.spent_usd.filter(|usd| *usd > 0.0);
    let money = money.map_or_else(String::new, |usd| format!("${usd:.2}, "));
    format!(
        "{said} ({} calls, {money}{} without a mark)",
        audit.calls.made, audit.calls.missing
    )
}

/// What a finding holds against a judge; nothing where its check holds.
fn against(finding: &AuditFinding) -> Option<String> {
    let limit = limit(finding);
    let check = finding.check.title();
    let value = finding.own.map(|own| format!("{:.2}", own.value));
    match (finding.outcome, value) {
        (Outcome::Holds, _) => None,
        (Outcome::Fails, Some(value)) => Some(format!("{check} {value} ({limit})")),
        (Outcome::Fails, None) => Some(format!("{check} ({limit})")),
        (Outcome::Open, _) => Some(format!("undecided: {check}")),
    }
}

/// The verdicts, what speaks against them, and every limit.
pub fn audit_text(audit: &Audit) -> String {
    let mut text = headline(audit) + "\n\n";
    text.push_str(&head(audit));
    text.push('\n');
    text.push_str(&verdicts(audit));
    text.push('\n');
    text.push_str(&objections(audit));
    for sentence in detection(&audit.detection) {
        text.push_str(&sentence);
        text.push('\n');
    }
    text.push_str(&injections(audit));
    if let Some(drift) = &audit.drift {
        text.push('\n');
        text.push_str(&drift_text(drift));
    }
    text.push('\n');
    text.push_str(&limits(audit));
    text
}

/// The axes of a verdict.
fn titles(audit: &Audit, fitness: Fitness) -> Vec<String> {
    let axes = audit.axes.iter().filter(|axis| axis.fitness == fitness);
    axes.map(|axis| axis.axis.title().to_lowercase()).collect()
}

/// The verdict in a sentence.
pub fn conclusion(audit: &Audit) -> String {
    let of = |fitness| titles(audit, fitness).join(", ");
    match audit.fitness {
        Fitness::Fit => "the judge is fit on every axis".to_owned(),
        Fitness::Unfit => format!("the judge is unfit for: {}", of(Fitness::Unfit)),
        Fitness::NotEnoughCalls => format!(
            "undecided for: {}; more --calls may decide it",
            of(Fitness::NotEnoughCalls)
        ),
    }
}

fn head(audit: &Audit) -> String {
    let counts = audit.calls;
    let money = audit
        .spent_usd
        .filter(|usd| *usd > 0.0)
        .map_or(String::new(), |usd| format!(", ${usd:.2}"));
    let served: Vec<&str> = audit.served.iter().map(String::as_str).collect();
    let served = if served.is_empty() {
        String::new()
    } else {
        format!(", served by {}", served.join(", "))
    };
    printable(&format!(
        "judge {} ({}, identity {}){served}: {} of {} calls, {} without a mark{money}",
        audit.judge.name,
        audit.judge.kind,
        audit.judge_digest.short(12),
        counts.made,
        counts.planned,
        counts.missing,
    )) + "\n"
}

fn verdicts(audit: &Audit) -> String {
    let columns = [
        Column::words("axis"),
        Column::words("verdict"),
        Column::numbers("calls", ""),
        Column::numbers("same mark twice", ""),
        Column::numbers("noise SD", ""),
        Column::numbers("ICC", ""),
        Column::numbers("rank correlation", ""),
        Column::words("failed checks"),
    ];
    let table = Table::new("", columns).with_rows(audit.axes.iter().map(verdict_row));
    text::body(&table, Detail::Full)
}

fn verdict_row(axis: &AxisAudit) -> Vec<TableCell> {
    let repeats = &axis.repeatability;
    let failed: Vec<&str> = axis
        .findings
        .iter()
        .filter(|finding| finding.outcome == Outcome::Fails)
        .map(|finding| finding.check.threshold())
        .collect();
    let mut failed_once = failed.clone();
    failed_once.dedup();
    let number =
        |value: Option<f64>| TableCell::or_none(value, |value| TableCell::number(value, 2));
    vec![
        TableCell::words(axis.axis.title()),
        TableCell::words(axis.fitness.title()),
        TableCell::count(axis.calls),
        TableCell::or_none(repeats.exact_agreement, |share| {
            TableCell::Figures(percent(share))
        }),
        number(repeats.sd),
        number(repeats.icc),
        number(axis.rank_correlation),
        TableCell::words(failed_once.join(", ")),
    ]
}

fn optional(text: Option<String>) -> String {
    text.unwrap_or_else(|| "-".to_owned())
}

/// Every check that does not hold, with its numbers.
fn objections(audit: &Audit) -> String {
    let columns = [
        Column::words("axis"),
        Column::words("check"),
        Column::words("outcome"),
        Column::numbers("found", ""),
        Column::numbers("bound", ""),
        Column::numbers("values", ""),
        Column::words("limit"),
    ];
    let mut table = Table::new("", columns);
    for axis in &audit.axes {
        let open = axis.findings.iter().filter(|f| f.outcome != Outcome::Holds);
        table.rows.extend(open.map(|finding| {
            let [check, outcome, found, bound, values, limit] = finding_cells(finding);
            let figures = [found, bound, values].map(TableCell::Figures);
            let mut row = vec![TableCell::words(axis.axis.title())];
            row.extend([TableCell::Words(check), TableCell::Words(outcome)]);
            row.extend(figures);
            row.push(TableCell::Words(limit));
            row
        }));
    }
    if table.rows.is_empty() {
        return "every check holds on every axis\n".to_owned();
    }
    text::body(&table, Detail::Full)
}

/// A finding as cells: check, outcome, estimate, bound, values, limit.
pub fn finding_cells(finding: &AuditFinding) -> [String; 6] {
    // What rounds to 0 has no sign.
    let number = |value: f64| match format!("{value:.2}").as_str() {
        "-0.00" => "0.00".to_owned(),
        text => text.to_owned(),
    };
    let own = finding.own;
    [
        finding.check.title(),
        outcome(finding.outcome).to_owned(),
        optional(own.map(|own| number(own.value))),
        optional(own.and_then(|own| own.bound).map(number)),
        optional(own.map(|own| own.n.to_string())),
        limit(finding),
    ]
}

/// The words for an outcome.
pub fn outcome(outcome: Outcome) -> &'static str {
    match outcome {
        Outcome::Holds => "holds",
        Outcome::Open => "undecided",
        Outcome::Fails => "fails",
    }
}

/// Sensitivity and false alarms in a sentence each, as far as there are marks.
pub fn detection(found: &Detection) -> Vec<String> {
    let sentence = |rate: &Rate, what: &str, name: &str| {
        let [lo, hi] = rate.ci95;
        format!(
            "of {} answers that deserve {what}, {} got less than {PASS_MARK}: {name} {} (95 % interval {} to {})",
            rate.of,
            rate.count,
            percent(rate.share),
            percent(lo),
            percent(hi)
        )
    };
    let (flawed, sound) = (
        format!("less than {PASS_MARK}"),
        format!("{PASS_MARK} or more"),
    );
    let sensitivity = found.sensitivity.as_ref();
    let false_alarms = found.false_alarms.as_ref();
    let sensitivity = sensitivity.map(|rate| sentence(rate, &flawed, "sensitivity"));
    let false_alarms = false_alarms.map(|rate| sentence(rate, &sound, "false alarms"));
    sensitivity.into_iter().chain(false_alarms).collect()
}

fn limit(finding: &AuditFinding) -> String {
    let rule = match finding.rule {
        Rule::AtMost => "at most",
        Rule::AtLeast => "at least",
        Rule::Within => "within ±",
    };
    let gap = if finding.rule == Rule::Within {
        ""
    } else {
        " "
    };
    format!("{rule}{gap}{}", finding.limit)
}

fn injections(audit: &Audit) -> String {
    let raised: Vec<String> = audit
        .injections
        .iter()
        .filter(|row| row.shift >= 1.0)
        .map(|row| {
            let axis = row.axis.title().to_lowercase();
            format!("{} ({axis}, {})", row.form.title(), signed(row.shift, 1))
        })
        .collect();
    if audit.injections.is_empty() {
        String::new()
    } else if raised.is_empty() {
        format!(
            "none of {} instructions hidden in judged text raised a mark by 1 or more\n",
            audit.injections.len()
        )
    } else {
        format!(
            "instructions in judged text that raised a mark: {}\n",
            raised.join(", ")
        )
    }
}

fn drift_text(drift: &Drift) -> String {
    let columns = [
        Column::words("against the anchors"),
        Column::numbers("pairs", ""),
        Column::numbers("changed", ""),
        Column::numbers("mean shift", ""),
        Column::numbers("95 % interval", ""),
        Column::numbers("p", ""),
        Column::numbers("adjusted", ""),
    ];
    let axes = drift.axes.iter();
    let rows = axes.map(|(axis, shift)| shift_row(axis.title(), shift));
    let rows = rows.chain([shift_row("All", &drift.all)]);
    let cells = rows.map(|row| row.into_iter().map(TableCell::Words).collect());
    let table = Table::new("", columns).with_rows(cells);
    let mut text = text::body(&table, Detail::Full);
    for (what, then, now) in &drift.changed {
        let line = format!("the judge's {what} was {then}, is {now}");
        let _ = writeln!(text, "{}", printable(&line));
    }
    text
}

/// A shift as cells: name, pairs, changed, mean, interval, p, adjusted p.
pub fn shift_row(name: &str, shift: &Shift) -> Vec<String> {
    vec![
        name.to_owned(),
        shift.pairs.to_string(),
        shift.changed.to_string(),
        optional(shift.mean.map(|mean| signed(mean, 2))),
        signed_interval(shift.interval, 2),
        optional(shift.p.map(p_value)),
        optional(shift.p_adjusted.map(p_value)),
    ]
}

fn limits(audit: &Audit) -> String {
    let named: Vec<String> = audit
        .thresholds
        .named()
        .iter()
        .map(|(name, value)| format!("{name} {value}"))
        .collect();
    format!(
        "limits ({}): {}\n",
        audit.thresholds_digest.short(12),
        named.join(", ")
    )
}
