//! The study of a bridge as CSV: a row per shift, favour and place.

use crate::analysis::judges::bridge::{BridgePlace, Favour, Shift, Study};
use crate::report::table::csv::{self, Row};

/// The columns; empty where a quantity does not exist. Points and p as in the JSON.
const COLUMNS: [&str; 21] = [
    "kind",
    "metric",
    "a",
    "b",
    "standing",
    "reason",
    "points",
    "se",
    "ci95_lo",
    "ci95_hi",
    "simultaneous_lo",
    "simultaneous_hi",
    "p",
    "p_adjusted",
    "p_equivalence_holm",
    "old_points",
    "new_points",
    "old_place",
    "new_place",
    "tasks",
    "tasks_for_half_width",
];

/// The table.
///
/// # Errors
/// Those of the CSV writer, which writing into memory does not raise.
pub fn bridge_csv(study: &Study) -> Result<String, ::csv::Error> {
    let shifts = study.shifts.iter().map(shift);
    let favours = study.favours.iter().map(favour);
    let places = study.places.runs.iter().map(place);
    csv::write(&COLUMNS, shifts.chain(favours).chain(places))
}

fn shift(shift: &Shift) -> Row {
    let row = Row::default()
        .with("kind", "shift")
        .with("metric", shift.metric.key);
    let Ok(found) = &shift.result else { return row };
    row.with("points", found.points)
        .with("se", found.se)
        .with_ends(["ci95_lo", "ci95_hi"], found.ci95)
        .with("old_points", found.old)
        .with("new_points", found.new)
        .with("tasks", found.tasks)
        .with("tasks_for_half_width", found.tasks_for_half_width)
}

fn favour(favour: &Favour) -> Row {
    let row = Row::default()
        .with("kind", "favour")
        .with("metric", favour.metric.key)
        .with("a", &*favour.a)
        .with("b", &*favour.b)
        .with("standing", favour.standing.key())
        .with("reason", favour.standing.reason());
    let Ok(found) = &favour.result else {
        return row;
    };
    row.with("points", found.points)
        .with("se", found.se)
        .with_ends(["ci95_lo", "ci95_hi"], found.ci95)
        .with_ends(["simultaneous_lo", "simultaneous_hi"], found.simultaneous)
        .with("p", found.p)
        .with("p_adjusted", found.p_adjusted)
        .with("p_equivalence_holm", found.p_equivalence_holm)
        .with("tasks", found.tasks)
}

fn place(place: &BridgePlace) -> Row {
    Row::default()
        .with("kind", "place")
        .with("metric", "overall")
        .with("a", &*place.run)
        .with("old_points", place.old)
        .with("new_points", place.new)
        .with("old_place", place.old_place)
        .with("new_place", place.new_place)
}
