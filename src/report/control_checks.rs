//! What the controls say about a judge, in words: one row per control and what it deserves.

use serde::Serialize;

use crate::analysis::findings::Findings;
use crate::analysis::findings::control_checks::{CheckOutcome, Control, ControlCheck, Expected};
use crate::analysis::findings::run::RunFindings;
use crate::analysis::scores::score_table::Level;
use crate::report::contrasts::joint_interval;
use crate::report::escape::name;
use crate::report::levels;
use crate::report::names::Names;
use crate::report::number::{decimals, signed, signed_interval};
use crate::suite::Axis;

/// How the table must be read.
pub const READING: &str = "As expected: the whole 95 % interval of the mean lies beyond the limit. Not as expected: all of it \
    lies on the other side. Undecided: neither. The limits are those of parabench judge-audit: a mean mark of 2.5 at the most \
    where the answer deserves 1, of 4 at the least where it deserves 5. Borrowed reasoning is decided by its comparison with \
    the run that lent the pictures. Every interval of a mean stands for itself.";

/// One control and one thing that it deserves.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct CheckRow {
    /// The control's name.
    pub run: String,
    /// What its answers are.
    pub answers: String,
    /// What a judge that looks gives.
    pub deserves: String,
    /// What this judge gave.
    pub got: String,
    /// What came of it.
    pub result: String,
    /// `ok`, `bad` or `open`: the worst of its axes.
    pub class: &'static str,
}

/// The rows, the ceiling first.
pub fn rows(findings: &Findings, names: &Names) -> Vec<CheckRow> {
    let mut groups: Vec<Vec<&ControlCheck>> = Vec::new();
    for check in &findings.checks {
        let same = |group: &&mut Vec<&ControlCheck>| {
            let first = group.first();
            first.is_some_and(|first| first.run == check.run && first.expected == check.expected)
        };
        match groups.iter_mut().find(same) {
            Some(group) => group.push(check),
            None => groups.push(vec![check]),
        }
    }
    groups.sort_by_key(|group| group.first().map(|check| check.control));
    let row = |group: &Vec<&ControlCheck>| row(findings, names, group);
    groups.iter().filter_map(row).collect()
}

/// Where a judge gave a control what a judge that looks does not give; for the limits of a verdict.
pub fn failed(findings: &Findings, names: &Names) -> Vec<String> {
    let failed = |group: &ControlCheck| group.outcome == CheckOutcome::Fails;
    let mut runs: Vec<&str> = Vec::new();
    for check in findings.checks.iter().filter(|check| failed(check)) {
        if !runs.contains(&check.run.as_str()) {
            runs.push(&check.run);
        }
    }
    let sentence = |label: &&str| {
        let own = findings.checks.iter();
        let own = own.filter(|check| check.run == **label && failed(check));
        let axes: Vec<Axis> = own.map(|check| check.axis).collect();
        let judge = run_of(findings, label).map_or("", |run| run.judging.name.as_str());
        format!(
            "Judge {} gave the control {} marks that it does not deserve on {}: what is said about these axes rests on marks \
             that failed a check.",
            name(judge),
            names.get(label),
            listed(&axes)
        )
    };
    runs.iter().map(sentence).collect()
}

fn row(findings: &Findings, names: &Names, group: &[&ControlCheck]) -> Option<CheckRow> {
    let first = group.first()?;
    let run = run_of(findings, &first.run)?;
    let axes: Vec<Axis> = group.iter().map(|check| check.axis).collect();
    let scored = run.table.axes.iter().map(|score| score.axis);
    let others: Vec<Axis> = scored.filter(|axis| !axes.contains(axis)).collect();
    let on = match others.len() {
        0 => "every axis".to_owned(),
        few if few < axes.len() && axes.len() > 3 => format!("every axis but {}", listed(&others)),
        _ => listed(&axes),
    };
    let lender = match &first.expected {
        Expected::LowerThan { run } => run.as_deref().map(|label| names.get(label)),
        Expected::AtMost { .. } | Expected::AtLeast { .. } => None,
    };
    Some(CheckRow {
        run: names.get(&first.run).to_owned(),
        answers: answers(first.control, lender),
        deserves: match &first.expected {
            Expected::AtMost { points } => format!("at most {points} points on {on}"),
            Expected::AtLeast { points } => format!("at least {points} points on {on}"),
            Expected::LowerThan { .. } => {
                format!("less than {} on {on}", lender.unwrap_or("the lending run"))
            }
        },
        got: got(findings, run, group),
        result: result(group),
        class: class(group),
    })
}

fn run_of<'a>(findings: &'a Findings, label: &str) -> Option<&'a RunFindings> {
    let mut all = findings.runs.iter().chain(&findings.beside);
    all.find(|run| run.info.label == label)
}

fn answers(control: Control, lender: Option<&str>) -> String {
    match (control, lender) {
        (Control::Truth, _) => "the stored right answers".to_owned(),
        (Control::CopyInput, _) => "the input picture, unchanged".to_owned(),
        (Control::Blank, _) => "a white picture and a full stop".to_owned(),
        (Control::ShuffledReasoning, Some(lender)) => {
            format!("pictures of {lender}, reasoning of other tasks")
        }
        (Control::ShuffledReasoning, None) => {
            "pictures of a run that is not here, reasoning of other tasks".to_owned()
        }
    }
}

/// The means from the lowest to the highest, or the differences from the lender.
fn got(findings: &Findings, run: &RunFindings, group: &[&ControlCheck]) -> String {
    let lent = |check: &&ControlCheck| matches!(check.expected, Expected::LowerThan { .. });
    if group.iter().any(lent) {
        let each = group
            .iter()
            .filter_map(|check| difference(findings, check, group.len() > 1));
        return each.collect::<Vec<_>>().join("; ");
    }
    let level = |check: &&ControlCheck| levels::of_axis(&run.table, check.axis)?.as_ref().ok();
    let mut found: Vec<&Level> = group.iter().filter_map(level).collect();
    found.sort_by(|a, b| a.points.total_cmp(&b.points));
    let (Some(lowest), Some(highest)) = (found.first(), found.last()) else {
        return "no marks".to_owned();
    };
    let digits = found.iter().map(|level| levels::digits(level)).max();
    let digits = digits.unwrap_or(0);
    let from = found
        .iter()
        .map(|level| level.ci95[0])
        .fold(f64::MAX, f64::min);
    let to = found
        .iter()
        .map(|level| level.ci95[1])
        .fold(f64::MIN, f64::max);
    let points = match (levels::points(lowest), levels::points(highest)) {
        (low, high) if low == high => low,
        (low, high) => format!("{low} to {high}"),
    };
    let intervals = if found.len() == 1 {
        "interval"
    } else {
        "intervals"
    };
    format!("{points} ({intervals} {from:.digits$} to {to:.digits$})")
}

/// `output alignment -97.3 (-99.2 to -95.4)`.
fn difference(findings: &Findings, check: &ControlCheck, named: bool) -> Option<String> {
    let Expected::LowerThan { run: Some(lender) } = &check.expected else {
        return None;
    };
    let comparison = findings.comparison.as_ref()?;
    let mut contrasts = comparison.contrasts.iter();
    let contrast = contrasts.find(|contrast| {
        contrast.candidate == check.run
            && contrast.baseline == *lender
            && contrast.metric.key == check.axis.key()
    })?;
    let finding = contrast.result.as_ref().ok()?;
    let digits = decimals(finding.difference.se);
    let points = signed(finding.difference.points, digits);
    let ends = joint_interval(comparison, finding).flatten();
    let interval = ends.map_or_else(String::new, |ends| {
        format!(" ({})", signed_interval(Some(ends), digits))
    });
    let axis = match named {
        true => format!("{} ", title(check.axis)),
        false => String::new(),
    };
    Some(format!("{axis}{points}{interval}"))
}

/// In words, the worst first; the axes are named unless all fare alike.
fn result(group: &[&ControlCheck]) -> String {
    let kinds = [
        (CheckOutcome::Fails, "not as expected"),
        (CheckOutcome::Open, "undecided"),
        (CheckOutcome::NotChecked, "not checked"),
        (
            CheckOutcome::Conditional,
            "as expected if failed judgements are like the others",
        ),
        (CheckOutcome::Holds, "as expected"),
    ];
    let mut parts = Vec::new();
    for (outcome, words) in kinds {
        let own = group.iter().filter(|check| check.outcome == outcome);
        let axes: Vec<Axis> = own.map(|check| check.axis).collect();
        if axes.len() == group.len() {
            return words.to_owned();
        }
        if !axes.is_empty() {
            parts.push(format!("{words} on {}", listed(&axes)));
        }
    }
    parts.join("; ")
}

fn class(group: &[&ControlCheck]) -> &'static str {
    let any = |outcome| group.iter().any(|check| check.outcome == outcome);
    if any(CheckOutcome::Fails) {
        "bad"
    } else if group
        .iter()
        .all(|check| check.outcome == CheckOutcome::Holds)
    {
        "ok"
    } else {
        "open"
    }
}

fn title(axis: Axis) -> String {
    axis.title().to_lowercase()
}

fn listed(axes: &[Axis]) -> String {
    let titles: Vec<String> = axes.iter().map(|axis| title(*axis)).collect();
    titles.join(", ")
}
