//! Boards as one page that needs nothing else.

use super::view::{head, tables};
use crate::analysis::ranks::boards::Boards;
use crate::analysis::ranks::leaderboard::Leaderboard;
use crate::report::escape::name;
use crate::report::standing::{capital, number};
use crate::report::table::page;

/// Renders the page; everything in it is escaped.
///
/// # Errors
/// Those of the template engine, which the bundled template does not raise.
pub fn board_html(boards: &Boards) -> Result<String, minijinja::Error> {
    let (title, mut lines) = head(boards);
    let Some(finding) = boards.boards.first().and_then(finding) else {
        return page::page(&title, "leaderboard", &lines, &tables(boards));
    };
    if let Some(first) = lines.first_mut() {
        first.insert_str(0, &format!("{title}: "));
    }
    page::page(&finding, "leaderboard", &lines, &tables(boards))
}

/// Who can be first, by the rank sets; none where no ranks are named.
fn finding(board: &Leaderboard) -> Option<String> {
    if !board.names_ranks() {
        return None;
    }
    let all = board.places.len();
    let can = board.places.iter().filter(|place| place.rank_set[0] == 1);
    let first: Vec<&str> = can.map(|place| place.run.as_str()).collect();
    match first.as_slice() {
        [] => None,
        [only] => Some(format!(
            "Of {} runs only {} can be first",
            number(all),
            name(only)
        )),
        many if many.len() == all => Some(format!("Each of {} runs can be first", number(all))),
        many => Some(format!(
            "{} of {} runs can be first",
            capital(&number(many.len())),
            number(all)
        )),
    }
}
