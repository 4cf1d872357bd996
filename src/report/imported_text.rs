//! What an import of marks took, what is missing and why, and the figures that follow.

use serde::Serialize;

use crate::common::plain::line;
use crate::imported::survey::ModelSurvey;
use crate::report::beside_text::beside_text;
use crate::report::figures_text::{Figures, meaning};
use crate::report::table::text::{Detail, whole};
use crate::report::table::{Column, Table, TableCell};

/// Most lines and rows that are listed.
const MAX_LISTED: usize = 20;

/// An import of marks.
#[derive(Serialize)]
pub struct Survey {
    /// Name and version of the suite.
    pub suite: String,
    /// What was taken, by model.
    pub models: Vec<ModelSurvey>,
    /// The figures of every model under each of its judges.
    pub figures: Vec<Figures>,
    /// Planned tasks of which neither the suite nor the files tell the ids.
    pub unnamed: u64,
    /// Lines of the files that cannot be read.
    pub broken_lines: Vec<String>,
    /// Rows that the suite does not have, left out because that was asked for.
    pub skipped: Vec<String>,
}

/// The survey, then the figures.
pub fn imported_text(survey: &Survey) -> String {
    let mut text = whole(&taken(survey), Detail::Full);
    for figures in &survey.figures {
        text.push('\n');
        text.push_str(&whole(&figures.table(), Detail::Full));
        if let Some(beside) = beside_text(&figures.estimate) {
            text.push_str(&format!("\n{beside}\n"));
        }
    }
    text.push('\n');
    text.push_str(&meaning());
    text
}

fn taken(survey: &Survey) -> Table {
    let rows = survey.models.iter().flat_map(|model| {
        model.axes.iter().map(|(axis, counts)| {
            let lacking = counts.iter().filter(|(status, _)| **status != "ok");
            let lacking: Vec<String> = lacking.map(|(status, n)| format!("{n} {status}")).collect();
            vec![
                TableCell::words(line(&model.model)),
                TableCell::words(line(&model.judges.join(", "))),
                TableCell::words(*axis),
                TableCell::count(counts.values().sum::<u64>()),
                TableCell::count(counts.get("ok").copied().unwrap_or(0)),
                TableCell::words(lacking.join(", ")),
            ]
        })
    });
    let columns = [
        Column::words("Model"),
        Column::words("Judge"),
        Column::words("Axis"),
        Column::numbers("Planned", "marks"),
        Column::numbers("Taken", ""),
        Column::words("Missing"),
    ];
    Table::new(format!("Marks imported for {}", survey.suite), columns)
        .with_rows(rows)
        .with_notes(notes(survey))
}

fn notes(survey: &Survey) -> Vec<String> {
    let mut notes = Vec::new();
    for model in survey.models.iter().filter(|model| model.absent_count > 0) {
        let more = model.absent_count - model.absent.len() as u64;
        let more = if more > 0 {
            format!(" and {more} more")
        } else {
            String::new()
        };
        notes.push(format!(
            "{}: {} tasks have no row in the files: {}{more}.",
            line(&model.model),
            model.absent_count,
            line(&model.absent.join(", "))
        ));
    }
    for model in &survey.models {
        for (axis, reasons) in &model.official_only {
            let why: Vec<String> = reasons
                .iter()
                .map(|(why, n)| format!("{n} {why}"))
                .collect();
            notes.push(format!(
                "{}, {axis}: {} enter the official figure as the authors' script reads them, and do not count as \
                 marks here.",
                line(&model.model),
                why.join(" and ")
            ));
        }
    }
    if survey.unnamed > 0 {
        notes.push(format!(
            "{} planned tasks are not in the files, and the suite does not tell their ids: no mark is counted as missing for them.",
            survey.unnamed
        ));
    }
    notes.extend(listed("not read", &survey.broken_lines));
    notes.extend(listed("left out", &survey.skipped));
    notes
}

fn listed(what: &str, lines: &[String]) -> Vec<String> {
    let shown = lines.iter().take(MAX_LISTED);
    let mut listed: Vec<String> = shown
        .map(|text| format!("{what}: {}", line(text)))
        .collect();
    if lines.len() > MAX_LISTED {
        listed.push(format!("{what}: {} in all", lines.len()));
    }
    listed
}
