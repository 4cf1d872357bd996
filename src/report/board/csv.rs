//! Boards as CSV: a row per run and board, and one per published row.

use crate::analysis::findings::published_rows::READING;
use crate::analysis::ranks::boards::{Boards, published_points};
use crate::report::escape::csv_text;
use crate::report::table::csv::{self, Row};

/// The columns; empty where a quantity does not exist or must not be named, as ranks of published rows.
const COLUMNS: [&str; 12] = [
    "board_axes",
    "kind",
    "place",
    "run",
    "rank_best",
    "rank_worst",
    "group",
    "points",
    "ci95_lo",
    "ci95_hi",
    "pairs",
    "note",
];

/// The table.
///
/// # Errors
/// Those of the CSV writer, which writing into memory does not raise.
pub fn board_csv(boards: &Boards) -> Result<String, ::csv::Error> {
    let mut rows = Vec::new();
    for board in &boards.boards {
        let axes: Vec<&str> = board.axes.iter().map(|axis| axis.key()).collect();
        let row = || Row::default().with("board_axes", &*axes.join(" "));
        let named = board.names_ranks();
        for (position, place) in board.places.iter().enumerate() {
            rows.push(
                row()
                    .with("kind", "measured")
                    .with("place", board.place_of(position))
                    .with("run", &*place.run)
                    .with("rank_best", named.then_some(place.rank_set[0]))
                    .with("rank_worst", named.then_some(place.rank_set[1]))
                    .with("group", named.then_some(&*place.letters))
                    .with("points", place.points)
                    .with_ends(["ci95_lo", "ci95_hi"], Some(place.ci95))
                    .with("pairs", board.pairs.len()),
            );
        }
        for published in &boards.published {
            let Some(points) = published_points(published, &board.axes) else {
                continue;
            };
            let note = format!("{READING}; {}", csv_text(&published.source));
            rows.push(
                row()
                    .with("kind", "published")
                    .with("run", &*published.model)
                    .with("points", points)
                    .with("note", &*note),
            );
        }
    }
    csv::write(&COLUMNS, rows)
}
