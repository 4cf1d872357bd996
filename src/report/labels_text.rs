//! How many labels a difference needs, for the terminal.

use crate::analysis::planning::labels::{ContrastLabels, FEWEST_LABELS};
use crate::report::table::text::{self, Detail};
use crate::report::table::{Column, Table, TableCell};

/// Labels below which a spread is not to be relied on.
const FEW: usize = 30;

/// A table per axis, with what is assumed.
pub fn labels_text(plans: &[ContrastLabels]) -> String {
    let tables: Vec<String> = plans
        .iter()
        .map(|plan| text::whole(&table(plan), Detail::LINE))
        .collect();
    tables.join("\n")
}

fn table(labels: &ContrastLabels) -> Table {
    let plan = &labels.plan;
    let source = match labels.labelled {
        None => "assumed".to_owned(),
        Some(tasks) if tasks < FEW => {
            format!("from {tasks} labelled tasks, too few to rely on")
        }
        Some(tasks) => format!("from {tasks} labelled tasks"),
    };
    let title = format!(
        "{}: people's differences have an SD of {:.1} points and correlate with the judge's by {:.2} ({source}); the judge \
         marked {} tasks",
        labels.axis.map_or("Labels", |axis| axis.title()),
        plan.sd,
        plan.correlation,
        plan.tasks
    );
    let columns = [
        Column::numbers("95 % half-width, points", ""),
        Column::numbers("Tasks to label, with the judge", ""),
        Column::numbers("by people alone", ""),
    ];
    let count = |needed: Option<u64>| match needed {
        Some(tasks) => TableCell::count(tasks),
        None => TableCell::words("more than there are"),
    };
    let rows = labels.needed.iter().map(|needed| {
        vec![
            TableCell::number(needed.half_width, 1),
            count(needed.with_judge),
            count(needed.people_alone),
        ]
    });
    Table::new(title, columns).with_rows(rows).with_notes([format!(
        "A labelled task has a mark of people for both runs. With the judge: PPI++ with the best weight of the judge. \
         Not below {FEWEST_LABELS} tasks; more raters per task lower the SD."
    )])
}
