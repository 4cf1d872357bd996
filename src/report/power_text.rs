//! Detectable differences and needed items for the terminal.

use crate::analysis::judges::repeats::{NoRepeats, Repeats};
use crate::analysis::planning::{Detectable, Needed, Pilot, Plan};
use crate::report::columns::printable;
use crate::report::number::percent;
use crate::report::repeats_text::repeats_text;
use crate::report::table::text::{self, Detail};
use crate::report::table::{Cell, Column, Table};

/// A plan with what it can show.
pub fn power_text(
    plan: &Plan,
    pilot: Option<(&Pilot, &Result<Repeats, NoRepeats>)>,
    detectable: &[Detectable],
    needed: &[Needed],
) -> String {
    let mut parts = vec![head(plan, pilot.map(|(pilot, _)| pilot))];
    parts.push(detectable_table(plan, detectable));
    if !needed.is_empty() {
        parts.push(needed_table(plan, needed, detectable));
    }
    parts.extend(pilot.map(|(_, repeats)| repeats_text(repeats)));
    parts.push(
        "Items are what counts: samples and repeats lower the SD, they never add to n. Exact through the \
         noncentral t law; nothing here covers another training run or another judge.\n"
            .to_owned(),
    );
    parts.join("\n")
}

fn head(plan: &Plan, pilot: Option<&Pilot>) -> String {
    let source = match pilot {
        None => "assumed".to_owned(),
        Some(pilot) => format!(
            "from {} minus {} on {}, {} items, stratified; {:.1} without strata{}",
            printable(&pilot.candidate),
            printable(&pilot.baseline),
            pilot.metric,
            pilot.items,
            pilot.sd_plain,
            if pilot.small {
                "; a pilot this small is not to be relied on"
            } else {
                ""
            }
        ),
    };
    format!(
        "SD of the paired item differences: {:.1} points ({source}). Two-sided alpha {}, power {}.\n",
        plan.sd,
        plan.alpha,
        percent(plan.power)
    )
}

fn detectable_table(plan: &Plan, detectable: &[Detectable]) -> String {
    let adjusted = format!("with m={} contrasts", plan.contrasts);
    let columns = [
        Column::numbers("items", ""),
        Column::numbers("detectable points", ""),
        Column::numbers(adjusted, ""),
        Column::numbers("half of the 95 % interval", ""),
    ];
    let rows = detectable.iter().map(|line| {
        vec![
            Cell::count(line.items),
            Cell::number(line.points, 1),
            Cell::number(line.points_adjusted, 1),
            Cell::number(line.half_width, 1),
        ]
    });
    text::body(&Table::new("", columns).with_rows(rows), Detail::Full)
}

fn needed_table(plan: &Plan, needed: &[Needed], detectable: &[Detectable]) -> String {
    let adjusted = format!("with m={} contrasts", plan.contrasts);
    let items = detectable.first().map_or(0, |line| line.items);
    let power = format!("power at {items} items");
    let heads = [
        "difference in points".to_owned(),
        "items needed".to_owned(),
        adjusted,
        power,
    ];
    let rows = needed.iter().map(|line| {
        vec![
            Cell::count(line.points),
            Cell::count(line.items),
            Cell::count(line.items_adjusted),
            Cell::Figures(percent(line.power)),
        ]
    });
    let columns = heads.map(|head| Column::numbers(head, ""));
    text::body(&Table::new("", columns).with_rows(rows), Detail::Full)
}
