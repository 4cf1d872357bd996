//! Boards as Markdown.

use crate::analysis::ranks::boards::Boards;
use crate::report::board::view::{BoardView, Versus, head, views};
use crate::report::escape::markdown;
use crate::report::kit::markdown_table as table;

/// The document.
pub fn board_markdown(boards: &Boards) -> String {
    let (title, lines) = head(boards);
    let lines: Vec<String> = lines.iter().map(|line| markdown(line)).collect();
    let mut parts = vec![format!("# {}", markdown(&title)), lines.join("\n")];
    for view in views(boards) {
        parts.extend(board(&view));
    }
    parts.join("\n\n") + "\n"
}

fn board(view: &BoardView) -> Vec<String> {
    let places: Vec<Vec<String>> = view
        .places
        .iter()
        .map(|place| {
            vec![
                place.place.to_string(),
                markdown(&place.run),
                markdown(&place.model),
                place.rank_set.clone(),
                markdown(&place.letters),
                place.points.clone(),
                place.interval.clone(),
            ]
        })
        .collect();
    let notes: Vec<String> = view.notes.iter().map(|note| markdown(note)).collect();
    let header = [
        "Place",
        "Run",
        "Model",
        "Rank set",
        "Group",
        "Points",
        "95 % interval",
    ];
    let mut parts = vec![
        format!("## {}", markdown(&view.title)),
        format!("Axes: {}.", view.axes),
        table(&header, &places),
        notes.join("\n"),
        matrix(view),
    ];
    if !view.published.is_empty() {
        let rows: Vec<Vec<String>> = view
            .published
            .iter()
            .map(|row| vec![markdown(&row.model), row.points.clone()])
            .collect();
        parts.push(format!("### {}", markdown(&view.published_title)));
        parts.push(table(&["Row", "Points"], &rows));
    }
    parts
}

/// Who beats whom: share of items won and tied, Holm's p.
fn matrix(view: &BoardView) -> String {
    let mut header = vec!["Row wins (ties), p".to_owned()];
    header.extend(view.places.iter().map(|place| markdown(&place.run)));
    let header: Vec<&str> = header.iter().map(String::as_str).collect();
    let cell = |versus: &Versus| {
        if versus.own {
            String::new()
        } else {
            format!("{} ({}), {}", versus.win, versus.tie, markdown(&versus.p))
        }
    };
    let rows: Vec<Vec<String>> = view
        .places
        .iter()
        .map(|place| {
            let own = std::iter::once(markdown(&place.run));
            own.chain(place.versus.iter().map(cell)).collect()
        })
        .collect();
    table(&header, &rows)
}
