//! What the demo found, on one screen: the finding, one row a run, what cannot be told, floor and ceiling.

use crate::analysis::compare::Comparison;
use crate::analysis::compare::contrast::Contrast;
use crate::analysis::compare::standing::{Direction, Standing};
use crate::analysis::planning::undecided::undecided as undecided_by;
use crate::analysis::scores::score_table::ScoreTable;
use crate::report::columns::{LINE, printable, wrapped};
use crate::report::contrasts::{self, headlines};
use crate::report::levels;
use crate::report::number::decimals;
use crate::report::standing::{Speaker, metric, thousands};
use crate::report::table::TableCell;
use crate::report::table::text::{self, Detail};
use crate::report::verdict;

/// What the screen is made of.
pub struct Shown<'a> {
    /// The decodings and controls against the baseline.
    pub comparison: &'a Comparison,
    /// What was asked.
    pub question: &'a str,
    /// What a run is called, by its label.
    pub name: &'a dyn Fn(&str) -> String,
    /// Whether a run is a control, by its label.
    pub is_control: &'a dyn Fn(&str) -> bool,
    /// Controls that mark the scale, with their names.
    pub anchors: Vec<(String, &'a ScoreTable)>,
    /// How much of the table.
    pub detail: Detail,
}

/// The screen.
pub fn demo_text(shown: &Shown<'_>) -> String {
    let comparison = shown.comparison;
    let speaker = Speaker {
        comparison,
        name: shown.name,
    };
    let heads: Vec<&Contrast> = contrasts::pairs(comparison)
        .into_iter()
        .filter_map(|pair| verdict::headline(comparison, &contrasts::of_pair(comparison, pair)))
        .collect();
    let mut table = headlines(&speaker, heads.iter().copied());
    for (row, head) in table.rows.iter_mut().zip(&heads) {
        if let (true, Some(name)) = ((shown.is_control)(&head.candidate), row.first_mut()) {
            *name = TableCell::words(format!("{} *", (shown.name)(&head.candidate)));
        }
    }
    let own = || {
        heads
            .iter()
            .copied()
            .filter(|head| !(shown.is_control)(&head.candidate))
    };
    let mut paragraphs = vec![shown.question.to_owned()];
    paragraphs.extend(finding(&speaker, own()));
    let mut text = lines(&paragraphs) + "\n" + &text::body(&table, shown.detail) + "\n";
    let mut below: Vec<String> = own().filter_map(|head| undecided(&speaker, head)).collect();
    below.extend(heads.iter().copied().filter(|head| (shown.is_control)(&head.candidate)).map(|head| {
        let (a, b) = ((shown.name)(&head.candidate), (shown.name)(&head.baseline));
        format!(
            "* {a} is a control: the pictures of {b} with the reasoning of other tasks. A judge that looks at the pictures must give it low marks."
        )
    }));
    below.extend(own().find_map(|head| scale(shown, head)));
    below.push(format!(
        "{} tasks, {} comparisons adjusted together. A miniature in a world of drawn shapes, scored by an oracle: it shows how \
         parabench works, not how good MMaDA-Parallel is.",
        comparison.suite.items, comparison.family.size
    ));
    text.push_str(&lines(&below));
    text
}

fn lines(paragraphs: &[String]) -> String {
    let wrapped = paragraphs
        .iter()
        .map(|text| wrapped(&printable(text), LINE).join("\n") + "\n");
    wrapped.collect()
}

/// The largest difference that is shown; else what may be said of each.
fn finding<'a>(speaker: &Speaker<'_>, heads: impl Iterator<Item = &'a Contrast>) -> Vec<String> {
    let heads: Vec<&Contrast> = heads.collect();
    let shown = |contrast: &&&Contrast| matches!(contrast.standing, Standing::Shown { .. });
    let size = |contrast: &Contrast| {
        contrast
            .result
            .as_ref()
            .map_or(0.0, |f| f.difference.points.abs())
    };
    let largest = heads
        .iter()
        .filter(shown)
        .max_by(|a, b| size(a).total_cmp(&size(b)));
    match largest {
        Some(largest) => vec![speaker.short(largest)],
        None => heads.iter().map(|head| speaker.short(head)).collect(),
    }
}

/// What a comparison that shows neither a difference nor equality would need.
fn undecided(speaker: &Speaker<'_>, contrast: &Contrast) -> Option<String> {
    let finding = contrast.result.as_ref().ok()?;
    if !matches!(contrast.standing, Standing::NotShown { .. }) {
        return None;
    }
    let (a, b) = (
        (speaker.name)(&contrast.candidate),
        (speaker.name)(&contrast.baseline),
    );
    let mut text = format!(
        "{a} and {b}: neither a difference nor equality is shown on {}.",
        metric(contrast)
    );
    let needed = undecided_by(finding, &speaker.comparison.family);
    let mut needs = Vec::new();
    if let (Some(margin), Some(tasks)) = (&finding.margin, needed.for_equality) {
        needs.push(format!(
            "equality within {} points needs at least {} tasks ({} of {} differ here)",
            margin.margin,
            thousands(tasks),
            needed.differing,
            finding.difference.items
        ));
    }
    if let Some(tasks) = needed.for_difference {
        let difference = &finding.difference;
        needs.push(format!(
            "a true difference of {:.*} points needs about {} tasks for 80 % power",
            decimals(difference.se),
            difference.points.abs(),
            thousands(tasks)
        ));
    }
    if !needs.is_empty() {
        text.push_str(&format!(
            " If further tasks are like these, {}.",
            needs.join("; ")
        ));
    }
    Some(text)
}

/// Floor and ceiling of the axis of the finding.
fn scale(shown: &Shown<'_>, head: &Contrast) -> Option<String> {
    let Standing::Shown { direction, .. } = head.standing else {
        return None;
    };
    let axis = *head.metric.axes.first()?;
    let level = |table: &ScoreTable| {
        levels::of_axis(table, axis)?
            .as_ref()
            .ok()
            .map(levels::points)
    };
    let of = |label: &str| {
        let at = shown
            .comparison
            .runs
            .iter()
            .position(|run| run.label == label)?;
        level(shown.comparison.levels.get(at)?)
    };
    let (a, b) = (of(&head.candidate)?, of(&head.baseline)?);
    let (a_name, b_name) = ((shown.name)(&head.candidate), (shown.name)(&head.baseline));
    let pair = match direction {
        Direction::Lower => format!("{a_name} {a}, {b_name} {b}"),
        Direction::Higher => format!("{b_name} {b}, {a_name} {a}"),
    };
    let anchors = shown.anchors.iter();
    let anchors = anchors.filter_map(|(name, table)| Some(format!("{name} {}", level(table)?)));
    let anchors: Vec<String> = anchors.collect();
    Some(format!(
        "Lowest and highest scores on {}: {pair}; {}.",
        metric(head),
        anchors.join(", ")
    ))
}
