//! Detectable differences and needed items for the terminal.

use crate::analysis::judges::repeats::{NoRepeats, Repeats};
use crate::analysis::planning::{Detectable, Needed, Pilot, PowerAssumptions};
use crate::report::columns::{LINE, printable, wrapped};
use crate::report::number::percent;
use crate::report::repeats_text::repeats_text;
use crate::report::table::text::{self, Detail};
use crate::report::table::{Column, Table, TableCell};

/// A plan with what it can show.
pub fn power_text(
    plan: &PowerAssumptions,
    pilot: Option<(&Pilot, &Result<Repeats, NoRepeats>)>,
    detectable: &[Detectable],
    needed: &[Needed],
) -> String {
    let mut parts = vec![
        headline(plan, detectable, needed),
        head(plan, pilot.map(|(pilot, _)| pilot)),
    ];
    parts.push(detectable_table(plan, detectable));
    if !needed.is_empty() {
        parts.push(needed_table(plan, needed, detectable));
    }
    parts.extend(pilot.map(|(_, repeats)| repeats_text(repeats)));
    parts.push(paragraph(
        "The number of tasks decides: samples and repeats lower the spread but do not add tasks. Exact, by the \
         noncentral t distribution. Another training run or another judge is not covered.",
    ));
    parts.join("\n")
}

/// The answer in a sentence or two.
fn headline(plan: &PowerAssumptions, detectable: &[Detectable], needed: &[Needed]) -> String {
    let m = plan.contrasts;
    let power = percent_whole(plan.power);
    let more = |one: String, unit: &str, all: String| match m {
        1 => format!("{one} {unit}"),
        _ => format!("{one} {unit} ({all} with {m} comparisons)"),
    };
    let mut sentences: Vec<String> = Vec::new();
    sentences.extend(needed.iter().map(|line| {
        let tasks = more(
            line.items.to_string(),
            "tasks",
            line.items_adjusted.to_string(),
        );
        format!(
            "A difference of {} points needs {tasks} for {power} power.",
            line.points
        )
    }));
    sentences.extend(detectable.first().map(|line| {
        let points = more(
            format!("{:.1}", line.points),
            "points",
            format!("{:.1}", line.points_adjusted),
        );
        format!("{} tasks can show {points} with {power} power.", line.items)
    }));
    sentences
        .iter()
        .map(|sentence| paragraph(sentence))
        .collect()
}

fn paragraph(text: &str) -> String {
    wrapped(text, LINE).join("\n") + "\n"
}

/// `80 %`; tenths only where there are some.
fn percent_whole(share: f64) -> String {
    percent(share).replace(".0 %", " %")
}

fn head(plan: &PowerAssumptions, pilot: Option<&Pilot>) -> String {
    let source = match pilot {
        None => "assumed".to_owned(),
        Some(pilot) => format!(
            "from {} minus {} on {}, {} tasks, stratified; {:.1} without strata{}",
            printable(&pilot.candidate),
            printable(&pilot.baseline),
            pilot.metric,
            pilot.items,
            pilot.sd_plain,
            if pilot.small {
                "; this pilot is too small to rely on"
            } else {
                ""
            }
        ),
    };
    paragraph(&format!(
        "Spread (SD) of the task differences: {:.1} points ({source}). Two-sided level {}, power {}.",
        plan.sd,
        plan.alpha,
        percent_whole(plan.power)
    ))
}

fn detectable_table(plan: &PowerAssumptions, detectable: &[Detectable]) -> String {
    let adjusted = format!("with {} comparisons", plan.contrasts);
    let columns = [
        Column::numbers("tasks", ""),
        Column::numbers("detectable points", ""),
        Column::numbers(adjusted, ""),
        Column::numbers("half of the 95 % interval", ""),
    ];
    let rows = detectable.iter().map(|line| {
        vec![
            TableCell::count(line.items),
            TableCell::number(line.points, 1),
            TableCell::number(line.points_adjusted, 1),
            TableCell::number(line.half_width, 1),
        ]
    });
    text::body(&Table::new("", columns).with_rows(rows), Detail::Full)
}

fn needed_table(plan: &PowerAssumptions, needed: &[Needed], detectable: &[Detectable]) -> String {
    let adjusted = format!("with {} comparisons", plan.contrasts);
    let items = detectable.first().map_or(0, |line| line.items);
    let power = format!("power at {items} tasks");
    let heads = [
        "difference in points".to_owned(),
        "tasks needed".to_owned(),
        adjusted,
        power,
    ];
    let rows = needed.iter().map(|line| {
        vec![
            TableCell::count(line.points),
            TableCell::count(line.items),
            TableCell::count(line.items_adjusted),
            TableCell::Figures(percent(line.power)),
        ]
    });
    let columns = heads.map(|head| Column::numbers(head, ""));
    text::body(&Table::new("", columns).with_rows(rows), Detail::Full)
}
