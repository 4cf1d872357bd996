//! The audit of a judge on a terminal.

use std::fmt::Write as _;

use crate::analysis::judges::audit::{
    Audit, AxisAudit, Drift, Finding, Fitness, Outcome, Rule, Shift,
};
use crate::report::columns::{Side, columns, printable};
use crate::report::number::{p_value, percent, signed, signed_interval};

/// The verdicts, what speaks against them, and every limit.
pub fn audit_text(audit: &Audit) -> String {
    let mut text = head(audit);
    text.push('\n');
    text.push_str(&verdicts(audit));
    text.push('\n');
    text.push_str(&objections(audit));
    text.push_str(&injections(audit));
    if let Some(drift) = &audit.drift {
        text.push('\n');
        text.push_str(&drift_text(drift));
    }
    text.push('\n');
    text.push_str(&limits(audit));
    let _ = writeln!(text, "\nverdict  {}", conclusion(audit));
    text
}

/// The verdict in a sentence.
pub fn conclusion(audit: &Audit) -> String {
    let of = |fitness| {
        let axes = audit
            .axes
            .iter()
            .filter(move |axis| axis.fitness == fitness);
        axes.map(|axis| axis.axis.title().to_lowercase())
            .collect::<Vec<_>>()
            .join(", ")
    };
    match audit.fitness {
        Fitness::Fit => "the judge is fit on every axis".to_owned(),
        Fitness::Unfit => format!("the judge is unfit for: {}", of(Fitness::Unfit)),
        Fitness::NotEnoughCalls => format!(
            "not enough calls to decide: {}; more --calls may settle it",
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
    let header = [
        "axis",
        "verdict",
        "calls",
        "same mark twice",
        "noise SD",
        "ICC",
        "rank correlation",
        "failed checks",
    ];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    rows.extend(audit.axes.iter().map(verdict_row));
    let mut sides = [Side::Right; 8];
    for side in [0, 1, 7] {
        if let Some(side) = sides.get_mut(side) {
            *side = Side::Left;
        }
    }
    columns(&sides, &rows)
}

fn verdict_row(axis: &AxisAudit) -> Vec<String> {
    let repeats = &axis.repeatability;
    let failed: Vec<&str> = axis
        .findings
        .iter()
        .filter(|finding| finding.outcome == Outcome::Fails)
        .map(|finding| finding.check.threshold())
        .collect();
    let mut failed_once = failed.clone();
    failed_once.dedup();
    vec![
        axis.axis.title().to_owned(),
        axis.fitness.title().to_owned(),
        axis.calls.to_string(),
        optional(repeats.exact_agreement.map(percent)),
        optional(repeats.sd.map(|sd| format!("{sd:.2}"))),
        optional(repeats.icc.map(|icc| format!("{icc:.2}"))),
        optional(axis.rank_correlation.map(|tau| format!("{tau:.2}"))),
        failed_once.join(", "),
    ]
}

fn optional(text: Option<String>) -> String {
    text.unwrap_or_else(|| "-".to_owned())
}

/// Every check that does not hold, with its numbers.
fn objections(audit: &Audit) -> String {
    let mut rows = Vec::new();
    for axis in &audit.axes {
        let open = axis.findings.iter().filter(|f| f.outcome != Outcome::Holds);
        rows.extend(open.map(|finding| {
            let mut row = vec![axis.axis.title().to_owned()];
            row.extend(finding_cells(finding));
            row
        }));
    }
    if rows.is_empty() {
        return "every check holds on every axis\n".to_owned();
    }
    let header = [
        "axis", "check", "outcome", "found", "bound", "values", "limit",
    ];
    rows.insert(0, header.map(str::to_owned).to_vec());
    let sides = [
        Side::Left,
        Side::Left,
        Side::Left,
        Side::Right,
        Side::Right,
        Side::Right,
        Side::Left,
    ];
    columns(&sides, &rows)
}

/// A finding as cells: check, outcome, estimate, bound, values, limit.
pub fn finding_cells(finding: &Finding) -> [String; 6] {
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
        Outcome::Open => "open",
        Outcome::Fails => "fails",
    }
}

fn limit(finding: &Finding) -> String {
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
            "none of {} orders hidden in judged text raised a mark by 1 or more\n",
            audit.injections.len()
        )
    } else {
        format!(
            "orders in judged text that raised a mark: {}\n",
            raised.join(", ")
        )
    }
}

fn drift_text(drift: &Drift) -> String {
    let mut rows = vec![
        [
            "against the anchors",
            "pairs",
            "changed",
            "mean shift",
            "95 % interval",
            "p",
            "adjusted",
        ]
        .map(str::to_owned)
        .to_vec(),
    ];
    let axes = drift.axes.iter();
    rows.extend(axes.map(|(axis, shift)| shift_row(axis.title(), shift)));
    rows.push(shift_row("All", &drift.all));
    let mut sides = [Side::Right; 7];
    if let Some(first) = sides.first_mut() {
        *first = Side::Left;
    }
    let mut text = columns(&sides, &rows);
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
