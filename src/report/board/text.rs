//! Boards for the terminal.

use crate::analysis::ranks::boards::Boards;
use crate::report::board::view::{BoardView, head, views};
use crate::report::columns::{Side, columns};
use crate::report::leaderboard_text::leaderboard_text;

/// Every board with its win matrix and, apart from it, the paper's rows.
pub fn board_text(boards: &Boards) -> String {
    let (title, lines) = head(boards);
    let mut parts = vec![format!("{title}\n{}\n", lines.join("\n"))];
    for (board, view) in boards.boards.iter().zip(views(boards)) {
        parts.push(leaderboard_text(board));
        parts.extend(published(&view));
    }
    parts.join("\n")
}

fn published(view: &BoardView) -> Option<String> {
    if view.published.is_empty() {
        return None;
    }
    let mut rows = vec![vec![view.published_title.clone(), "points".to_owned()]];
    rows.extend(
        view.published
            .iter()
            .map(|row| vec![row.model.clone(), row.points.clone()]),
    );
    Some(columns(&[Side::Left, Side::Right], &rows))
}
