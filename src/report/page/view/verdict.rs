//! The verdict table: a row per pair of runs with what may be said of its headline.

use serde::Serialize;

use super::bar::{Bar, Ruler, Tick, ends};
use super::front::{heads, unlike};
use super::roles::{Role, tags};
use crate::analysis::compare::Comparison;
use crate::analysis::compare::contrast::{Contrast, ContrastFinding};
use crate::analysis::compare::standing::{Direction, Standing};
use crate::analysis::findings::Findings;
use crate::report::compare_short::other_metrics;
use crate::report::contrasts::{self, joint_interval, of_pair, p_cell, tested};
use crate::report::names::Names;
use crate::report::number::{decimals, signed, signed_interval};
use crate::report::standing::{Speaker, badge, capital, margin_words, metric, thousands};
use crate::report::table::html;
use crate::report::typography::typographic;
use crate::report::verdict::pair;

/// The columns of the table of lines that a row opens: metric, verdict, points, interval of all, adjusted p, wins, own
/// interval.
const COLUMNS: [usize; 7] = [0, 1, 2, 3, 4, 5, 7];

/// The table.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Verdicts {
    /// What each row is compared with, and on which axis.
    reading: String,
    /// What the scale is about.
    against: String,
    /// How many comparisons were adjusted together.
    family: String,
    ticks: Vec<Tick>,
    zero: String,
    beside_zero: [String; 2],
    band: [String; 2],
    rows: Vec<Row>,
    /// How to read the bars.
    key: [String; 2],
}

/// One row.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Row {
    /// Colour and shape: `higher`, `lower`, `same`, `unshown` or `withheld`.
    class: &'static str,
    /// Whether the verdict rests on a condition.
    hollow: bool,
    run: String,
    tags: Vec<&'static str>,
    note: String,
    badge: String,
    points: String,
    metric: String,
    bar: Option<Bar>,
    p: String,
    missing: String,
    /// The interval that belongs to the p.
    interval: String,
    /// What may be said of the headline, in short; the numbers stand beside it.
    short: String,
    /// The same with its test.
    sentence: String,
    /// Of the other metrics, in short.
    others: String,
    /// The same in whole sentences.
    rest: String,
    lines: html::TableView,
}

/// The table of a comparison.
pub(super) fn verdicts(findings: &Findings, names: &Names) -> Option<Verdicts> {
    let comparison = findings.comparison.as_ref()?;
    let heads = heads(comparison);
    let name = |label: &str| names.get(label).to_owned();
    let speaker = Speaker {
        comparison,
        name: &name,
    };
    let is_model = |contrast: &&&Contrast| {
        let run = findings.run(&contrast.candidate);
        run.is_some_and(|run| !Role::of(run).is_control())
    };
    let models: Vec<f64> = heads
        .iter()
        .filter(is_model)
        .copied()
        .flat_map(ends)
        .collect();
    let shown = match models.is_empty() {
        true => heads.iter().copied().flat_map(ends).collect(),
        false => models,
    };
    let margin = comparison.margin.points;
    let ruler = Ruler::over(shown.into_iter(), margin);
    let mut baselines: Vec<&str> = heads.iter().map(|head| head.baseline.as_str()).collect();
    baselines.dedup();
    let several = baselines.len() > 1;
    let row = |head: &&Contrast| row(findings, &speaker, head, (ruler, several));
    Some(Verdicts {
        reading: reading(comparison, &baselines, names),
        against: match baselines.as_slice() {
            [one] => name(one),
            _ => "the baseline".to_owned(),
        },
        family: match comparison.family.size {
            0 => "not adjusted".to_owned(),
            1 => "1 comparison".to_owned(),
            m => format!("{} comparisons", thousands(m as u64)),
        },
        ticks: ruler.ticks(),
        zero: ruler.zero(),
        beside_zero: ruler.beside_zero(),
        band: ruler.band(margin),
        rows: heads.iter().map(row).collect(),
        key: key(comparison),
    })
}

fn reading(comparison: &Comparison, baselines: &[&str], names: &Names) -> String {
    let against = match baselines {
        [one] => format!("Each run against {}", names.get(one)),
        _ => "Each run against each baseline".to_owned(),
    };
    let declaration = &comparison.declaration;
    let primary = comparison.family.primary.as_ref();
    let title = |axis: crate::suite::Axis| axis.title().to_lowercase();
    let declared = match (primary, declaration.headline_axis.as_slice()) {
        (Some(primary), _) => format!("the declared primary axis, {}", title(primary.axis)),
        (None, []) => "Overall: no axis was declared".to_owned(),
        (None, [one]) => format!("the declared axis, {}", title(*one)),
        (None, many) => {
            let listed: Vec<String> = many.iter().map(|axis| title(*axis)).collect();
            format!(
                "the first declared axis that applies: {}",
                listed.join(", ")
            )
        }
    };
    format!("{against}, on {declared}.")
}

fn key(comparison: &Comparison) -> [String; 2] {
    let together = match (comparison.family.size, &comparison.family.primary) {
        (_, Some(_)) => " Thin line: the interval that its p belongs to.".to_owned(),
        (0 | 1, None) => String::new(),
        (m, None) => format!(" Thin line: interval that holds for all {m} comparisons together."),
    };
    [
        format!(
            "Dot: difference in points. Thick line: 95 % interval of this comparison alone.{together}"
        ),
        format!(
            "Margin of {}: a difference within it counts as equivalent once a test shows that. A line that crosses 0 \
             shows no difference; this is not evidence of equality.",
            margin_words(comparison.margin)
        ),
    ]
}

fn row(
    findings: &Findings,
    speaker: &Speaker<'_>,
    head: &Contrast,
    (ruler, several): (Ruler, bool),
) -> Row {
    let comparison = speaker.comparison;
    let labels = (head.candidate.as_str(), head.baseline.as_str());
    let all = of_pair(comparison, labels);
    let shown = ((speaker.name)(labels.0), (speaker.name)(labels.1));
    let run = findings.run(labels.0);
    let baseline = findings.run(labels.1);
    let [sentence, rest] = pair(speaker, &all).map(|text| typographic(&text));
    let (class, hollow) = class(head.standing);
    let finding = head.result.as_ref().ok();
    let said = numbers(comparison, head, finding, ruler);
    Row {
        class,
        hollow,
        run: match several {
            true => format!("{} against {}", shown.0, shown.1),
            false => shown.0.clone(),
        },
        tags: run.map(tags).unwrap_or_default(),
        note: run
            .zip(baseline)
            .map_or_else(String::new, |(a, b)| unlike(a, b)),
        badge: capital(&badge(head.standing, comparison.margin.points)),
        points: said.points,
        metric: metric(head),
        bar: said.bar,
        p: said.p,
        missing: said.missing,
        interval: said.interval,
        short: typographic(&speaker.short(head)),
        sentence,
        others: others(speaker, &all, head),
        rest,
        lines: lines(html::view(&contrasts::table(
            comparison,
            labels,
            (&shown.0, &shown.1),
        ))),
    }
}

struct Numbers {
    points: String,
    interval: String,
    bar: Option<Bar>,
    p: String,
    missing: String,
}

/// The numbers of a row; none of a difference that carries no claim.
fn numbers(
    comparison: &Comparison,
    head: &Contrast,
    finding: Option<&ContrastFinding>,
    ruler: Ruler,
) -> Numbers {
    let dash = || "–".to_owned();
    let Some(finding) = finding else {
        return Numbers {
            points: dash(),
            interval: String::new(),
            bar: None,
            p: dash(),
            missing: dash(),
        };
    };
    let withheld = matches!(head.standing, Standing::Withheld(_));
    let difference = &finding.difference;
    let (missing, expected) = finding.failures.counts();
    let adjusted = tested(head, finding);
    let digits = decimals(difference.se);
    let joint = joint_interval(comparison, finding).unwrap_or(difference.ci95);
    Numbers {
        points: match withheld {
            true => dash(),
            false => typographic(&signed(difference.points, digits)),
        },
        interval: match (withheld, joint) {
            (false, Some(_)) => typographic(&signed_interval(joint, digits)),
            _ => String::new(),
        },
        bar: (!withheld).then(|| ruler.bar(finding, joint)),
        p: adjusted.map_or_else(dash, |adjusted| {
            typographic(&p_cell(head, finding, adjusted))
        }),
        missing: match missing {
            0 => "0".to_owned(),
            _ => format!("{} of {}", thousands(missing), thousands(expected)),
        },
    }
}

fn others(speaker: &Speaker<'_>, all: &[&Contrast], head: &Contrast) -> String {
    let groups = other_metrics(speaker, all, head);
    match groups.is_empty() {
        true => String::new(),
        false => typographic(&format!("{}.", capital(&groups.join("; ")))),
    }
}

/// The columns that fit below a row; a short row keeps its reason.
fn lines(whole: html::TableView) -> html::TableView {
    fn keep<T: Clone>(row: &[T]) -> Vec<T> {
        let kept = COLUMNS.iter().filter_map(|&column| row.get(column));
        kept.cloned().collect()
    }
    html::TableView {
        heads: keep(&whole.heads),
        right: keep(&whole.right),
        rows: whole.rows.iter().map(|row| keep(row)).collect(),
        notes: Vec::new(),
        title: whole.title,
    }
}

/// Colour and shape of a standing, and whether it rests on a condition.
pub(super) fn class(standing: Standing) -> (&'static str, bool) {
    let of = |direction| match direction {
        Direction::Higher => "higher",
        Direction::Lower => "lower",
    };
    match standing {
        Standing::Shown { direction, .. } => (of(direction), false),
        Standing::Conditional { direction, .. } => (of(direction), true),
        Standing::Margin(within) => ("same", within.conditional),
        Standing::NotShown { .. } | Standing::Descriptive(_) => ("unshown", false),
        Standing::NotTested(_) | Standing::Withheld(_) => ("withheld", true),
    }
}
