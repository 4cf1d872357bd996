//! Boards as one page that needs nothing else.

use super::view::{head, tables};
use crate::analysis::ranks::boards::Boards;
use crate::report::table::page;

/// Renders the page; everything in it is escaped.
///
/// # Errors
/// Those of the template engine, which the bundled template does not raise.
pub fn board_html(boards: &Boards) -> Result<String, minijinja::Error> {
    let (title, lines) = head(boards);
    page::page(&title, "leaderboard", &lines, &tables(boards))
}
