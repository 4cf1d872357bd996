//! Boards of runs as text, CSV, Markdown and a page. Every form shows the tables of `view`.

mod csv;
mod html;
mod view;

pub use csv::board_csv;
pub use html::board_html;
pub use view::{SECOND_STATEMENT, head, matrix, places};

use crate::analysis::ranks::boards::Boards;
use crate::analysis::ranks::leaderboard::Leaderboard;
use crate::report::escape::{markdown, name};
use crate::report::table::markdown as md;
use crate::report::table::text::{self, Detail};

/// Boards for the terminal: every board with its win matrix and, apart from it, the paper's rows.
pub fn board_text(boards: &Boards, detail: Detail) -> String {
    let (title, lines) = head(boards);
    let lines: String = lines.iter().map(|line| text::paragraph(line)).collect();
    let mut parts = vec![format!("{title}\n{lines}")];
    parts.extend(
        view::tables(boards)
            .iter()
            .map(|table| text::whole(table, detail)),
    );
    parts.join("\n")
}

/// Boards as Markdown.
pub fn board_markdown(boards: &Boards) -> String {
    let (title, lines) = head(boards);
    let lines: Vec<String> = lines.iter().map(|line| markdown(line)).collect();
    let mut parts = vec![format!("# {}", markdown(&title)), lines.join("\n")];
    parts.extend(
        view::tables(boards)
            .iter()
            .map(|table| format!("## {}", md::whole(table))),
    );
    parts.join("\n\n") + "\n"
}

/// The board below a comparison.
pub fn of_comparison(board: &Leaderboard, detail: Detail) -> String {
    let shown = |label: &str| (name(label), String::new());
    let mut places = places(board, &shown);
    // The runs with their models stand above.
    places.columns.pop();
    places.notes.push(SECOND_STATEMENT.to_owned());
    let tables = [places, matrix(board, &shown)];
    tables.map(|table| text::whole(&table, detail)).join("\n")
}
