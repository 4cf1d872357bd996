//! Axes beside the figures of a suite, for the terminal and the page.

use crate::analysis::scores::beside::{BesideDifference, BesideScore};
use crate::analysis::scores::score_table::ScoreTable;
use crate::report::columns::{LINE, printable, wrapped};
use crate::report::levels;
use crate::report::table::text::{Detail, whole};
use crate::report::table::{Column, Table, TableCell};
use crate::suite::Axis;

/// Most decimals that are shown.
const MAX_DIGITS: u8 = 4;
/// What such axes are.
const MEANING: &str = "These axes are not part of the official figures, of Overall or of any test. Each has its own scale.";
/// What a scale without ends means for its interval.
const ENDLESS: &str = "On a scale without ends the interval is Student's t over tasks, and the effect of missing \
    marks cannot be bounded.";

fn digits(axis: Axis) -> usize {
    usize::from(axis.scale().decimals().unwrap_or(2).clamp(1, MAX_DIGITS))
}

/// The axes of one run, with what they are; nothing where there are none.
pub fn beside_text(table: &ScoreTable) -> Option<String> {
    if table.beside.is_empty() {
        return None;
    }
    let columns = [
        Column::words("axis"),
        Column::numbers("mean", ""),
        Column::words("95 % interval"),
        Column::numbers("tasks", ""),
        Column::numbers("marks", ""),
        Column::words("missing"),
    ];
    let title = format!(
        "Outside the official figures: {} by {}",
        printable(&table.model),
        printable(&table.judge)
    );
    let shown = Table::new(title, columns).with_rows(table.beside.iter().map(row));
    let notes = wrapped(&notes(&table.beside), LINE).join("\n");
    Some(format!("{}\n{notes}", whole(&shown, Detail::Full)))
}

fn row(score: &BesideScore) -> Vec<TableCell> {
    let digits = digits(score.axis);
    let reasons = score.counts.iter().filter(|(key, _)| **key != "ok");
    let reasons: Vec<String> = reasons.map(|(key, n)| format!("{n} {key}")).collect();
    let mut row = vec![TableCell::words(score.axis.title())];
    row.extend(match &score.level {
        Ok(level) => [
            TableCell::number(level.mean, digits),
            match level.ci95 {
                Some(ends) => TableCell::interval(ends, digits),
                None => TableCell::words("none: the marks do not vary"),
            },
            TableCell::count(level.items),
        ],
        Err(why) => [
            TableCell::None,
            TableCell::words(levels::why(why)),
            TableCell::words(""),
        ],
    });
    row.push(TableCell::count(score.expected - score.missing));
    row.push(TableCell::words(reasons.join(", ")));
    row
}

fn notes(scores: &[BesideScore]) -> String {
    match scores.iter().any(|score| score.endless) {
        true => format!("{MEANING} {ENDLESS}"),
        false => MEANING.to_owned(),
    }
}

/// One run's axes in a sentence, for notes below a table; `None` where there are none.
pub fn beside_line(run: &str, scores: &[BesideScore]) -> Option<String> {
    let told: Vec<String> = scores.iter().map(told).collect();
    (!told.is_empty()).then(|| {
        let run = printable(run);
        format!(
            "Outside the official figures, {run}: {}. {}",
            told.join("; "),
            notes(scores)
        )
    })
}

fn told(score: &BesideScore) -> String {
    let (axis, digits) = (score.axis, digits(score.axis));
    let missing = match score.missing {
        0 => String::new(),
        n => format!(", {n} of {} marks missing", score.expected),
    };
    let level = match &score.level {
        Err(why) => levels::why(why),
        Ok(level) => match level.ci95 {
            Some([lo, hi]) => format!(
                "{:.digits$} (95 % {lo:.digits$} to {hi:.digits$}, {} tasks)",
                level.mean, level.items
            ),
            None => format!(
                "{:.digits$} (no interval, {} tasks)",
                level.mean, level.items
            ),
        },
    };
    format!("{} {level}{missing}", axis.title())
}

/// The differences of a comparison in a sentence; `None` where there are none.
pub fn differences_line(differences: &[BesideDifference]) -> Option<String> {
    let told: Vec<String> = differences
        .iter()
        .map(|found| {
            let digits = digits(found.axis);
            let interval = match found.ci95 {
                Some([lo, hi]) => format!("95 % {lo:+.digits$} to {hi:+.digits$}"),
                None => "no interval".to_owned(),
            };
            format!(
                "{} of {} against {} {:+.digits$} ({interval}, {} tasks)",
                found.axis.title(),
                printable(&found.candidate),
                printable(&found.baseline),
                found.difference,
                found.items
            )
        })
        .collect();
    (!told.is_empty()).then(|| {
        format!(
            "Outside the official figures, on their own scales and without adjustment: {}. {MEANING}",
            told.join("; ")
        )
    })
}
