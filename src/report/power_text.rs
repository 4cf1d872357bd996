//! Detectable differences and needed items for the terminal.

use crate::analysis::judges::repeats::{NoRepeats, Repeats};
use crate::analysis::planning::{Detectable, Needed, Pilot, Plan};
use crate::report::columns::{Side, columns, printable};
use crate::report::number::percent;
use crate::report::repeats_text::repeats_text;

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
    let header = [
        "items",
        "detectable points",
        &adjusted,
        "half of the 95 % interval",
    ];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    rows.extend(detectable.iter().map(|line| {
        vec![
            line.items.to_string(),
            format!("{:.1}", line.points),
            format!("{:.1}", line.points_adjusted),
            format!("{:.1}", line.half_width),
        ]
    }));
    columns(&[Side::Right; 4], &rows)
}

fn needed_table(plan: &Plan, needed: &[Needed], detectable: &[Detectable]) -> String {
    let adjusted = format!("with m={} contrasts", plan.contrasts);
    let items = detectable.first().map_or(0, |line| line.items);
    let power = format!("power at {items} items");
    let header = ["difference in points", "items needed", &adjusted, &power];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    rows.extend(needed.iter().map(|line| {
        vec![
            line.points.to_string(),
            line.items.to_string(),
            line.items_adjusted.to_string(),
            percent(line.power),
        ]
    }));
    columns(&[Side::Right; 4], &rows)
}
