//! Trajectory curves for the terminal and as CSV.

use crate::analysis::judges::standard::Standard;
use crate::analysis::trajectory::{Curve, Point, SETTLED};
use crate::report::columns::printable;
use crate::report::table::csv::{self, Row};
use crate::report::table::text::{self, Detail};
use crate::report::table::{Column, Table, TableCell};

/// Most points of a curve that are printed; the CSV has all.
const PRINTED: usize = 12;

/// The curves with when text and picture come to agree.
pub fn trajectory_text(unit: &str, curves: &[Curve], standard: Option<&Standard>) -> String {
    let mut parts = Vec::new();
    for curve in curves {
        parts.push(one(unit, curve));
    }
    if let Some(standard) = standard {
        parts.push(format!(
            "Reward: half of 1 + the similarity less {:.2}, divided by {:.2}, clipped to -1 and 1.\n",
            standard.mean, standard.deviation
        ));
    }
    parts.push(format!(
        "Means over tasks with 95 % t intervals; frames in which text or picture had not begun are left out. Settled: \
         from then on {:.0} % or more of the way from the lowest to the last similarity.\n",
        100.0 * SETTLED
    ));
    parts.join("\n")
}

fn one(unit: &str, curve: &Curve) -> String {
    let columns = [
        Column::numbers("steps", ""),
        Column::numbers("share", ""),
        Column::numbers("tasks", ""),
        Column::numbers("similarity", ""),
        Column::words("95 %"),
        Column::numbers("reward", ""),
    ];
    let points = chosen(curve.points.len()).into_iter();
    let rows = points.filter_map(|index| Some(row(curve.points.get(index)?)));
    let table = Table::new("", columns).with_rows(rows);
    let settled = match &curve.agreement {
        Some(found) => {
            let [lower, median, upper] = found.quartiles.map(|share| 100.0 * share);
            format!(
                "Text and picture settle after {:.0} % of the steps (median {median:.0} %, quartiles {lower:.0} and \
                 {upper:.0} %; {} tasks); {} samples never do.",
                100.0 * found.settled.value,
                found.settled.tasks,
                found.never
            )
        }
        None => "Text and picture never come closer than at the start.".to_owned(),
    };
    let left_out = match curve.left_out {
        0 => String::new(),
        number => format!(" {number} samples of another number of steps are left out."),
    };
    format!(
        "{}: {} samples of {} tasks, {} steps; similarity: {unit}.{left_out}\n\n{}{settled}\n",
        printable(&curve.run),
        curve.samples,
        curve.tasks,
        curve.steps,
        text::body(&table, Detail::Full)
    )
}

fn row(point: &Point) -> Vec<TableCell> {
    let similarity = &point.similarity;
    vec![
        TableCell::count(point.after_steps),
        TableCell::Figures(format!("{:.0} %", 100.0 * point.share)),
        TableCell::count(similarity.tasks),
        TableCell::number(similarity.value, 2),
        TableCell::or_none(similarity.ci95, |ends| TableCell::interval(ends, 2)),
        TableCell::or_none(point.reward.as_ref(), |reward| {
            TableCell::number(reward.value, 3)
        }),
    ]
}

/// At most [`PRINTED`] positions out of `count`, first and last among them.
fn chosen(count: usize) -> Vec<usize> {
    if count <= PRINTED {
        return (0..count).collect();
    }
    (0..PRINTED)
        .map(|n| n * (count - 1) / (PRINTED - 1))
        .collect()
}

/// The columns of the CSV.
const COLUMNS: [&str; 10] = [
    "run",
    "after_steps",
    "share",
    "tasks",
    "similarity",
    "similarity_lo",
    "similarity_hi",
    "reward",
    "reward_lo",
    "reward_hi",
];

/// All points of all curves.
///
/// # Errors
/// What the writer of CSV says.
pub fn trajectory_csv(curves: &[Curve]) -> Result<String, ::csv::Error> {
    let points = curves
        .iter()
        .flat_map(|curve| curve.points.iter().map(move |point| (curve, point)));
    csv::write(
        &COLUMNS,
        points.map(|(curve, point)| {
            let reward = point.reward.as_ref();
            Row::default()
                .with("run", &*curve.run)
                .with("after_steps", point.after_steps)
                .with("share", point.share)
                .with("tasks", point.similarity.tasks)
                .with("similarity", point.similarity.value)
                .with_ends(["similarity_lo", "similarity_hi"], point.similarity.ci95)
                .with("reward", reward.map(|reward| reward.value))
                .with_ends(["reward_lo", "reward_hi"], reward.and_then(|r| r.ci95))
        }),
    )
}
