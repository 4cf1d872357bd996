//! Boards as CSV: a row per run and board, and one per published row.

use serde::Serialize;

use crate::analysis::findings::published_rows::READING;
use crate::analysis::ranks::boards::{Boards, published_points};
use crate::report::escape::csv_text;

/// One row; empty where a quantity does not exist, as ranks of published rows.
#[derive(Default, Serialize)]
struct Row {
    board_axes: String,
    kind: &'static str,
    place: Option<usize>,
    run: String,
    rank_best: Option<usize>,
    rank_worst: Option<usize>,
    group: String,
    points: f64,
    ci95_lo: Option<f64>,
    ci95_hi: Option<f64>,
    pairs: Option<usize>,
    note: String,
}

/// The table.
///
/// # Errors
/// Those of the CSV writer, which writing into memory does not raise.
pub fn board_csv(boards: &Boards) -> Result<String, csv::Error> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    for board in &boards.boards {
        let axes: Vec<&str> = board.axes.iter().map(|axis| axis.key()).collect();
        let axes = axes.join(" ");
        for (position, place) in board.places.iter().enumerate() {
            writer.serialize(Row {
                board_axes: axes.clone(),
                kind: "measured",
                place: Some(position + 1),
                run: csv_text(&place.run),
                rank_best: place.rank_set.first().copied(),
                rank_worst: place.rank_set.last().copied(),
                group: place.letters.clone(),
                points: place.points,
                ci95_lo: place.ci95.first().copied(),
                ci95_hi: place.ci95.last().copied(),
                pairs: Some(board.pairs.len()),
                note: String::new(),
            })?;
        }
        for row in &boards.published {
            let Some(points) = published_points(row, &board.axes) else {
                continue;
            };
            writer.serialize(Row {
                board_axes: axes.clone(),
                kind: "published",
                run: csv_text(&row.model),
                points,
                note: format!("{READING}; {}", csv_text(&row.source)),
                ..Row::default()
            })?;
        }
    }
    let bytes = writer.into_inner().map_err(|error| error.into_error())?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}
