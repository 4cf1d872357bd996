//! Rank sets and the win matrix.

use crate::analysis::ranks::leaderboard::Leaderboard;
use crate::report::columns::{Side, columns};
use crate::report::number::{decimals, percent};
use crate::suite::Axis;

/// The board and, below it, who beats whom on how many items.
pub fn leaderboard_text(board: &Leaderboard) -> String {
    let over = if board.axes.len() == Axis::ALL.len() {
        "Overall".to_owned()
    } else {
        let keys: Vec<&str> = board.axes.iter().map(|axis| axis.key()).collect();
        format!(
            "Overall of the axes common to all runs ({})",
            keys.join(", ")
        )
    };
    let title = format!(
        "Ranks by {over}, with simultaneous {:.0} % rank sets (Holm over exact sign-flip p of all m={} \
         pairs). Runs that share a letter are not told apart.",
        100.0 * (1.0 - board.alpha),
        board.pairs.len()
    );
    format!("{title}\n\n{}\n{}", places(board), matrix(board))
}

fn places(board: &Leaderboard) -> String {
    let header = [
        "run",
        "rank",
        "rank set",
        "group",
        "points",
        "95 % interval",
    ];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    for (position, place) in board.places.iter().enumerate() {
        let [lo, hi] = place.ci95;
        let digits = decimals(Some((hi - lo) / 4.0));
        let [best, worst] = place.rank_set;
        rows.push(vec![
            place.run.clone(),
            (position + 1).to_string(),
            format!("{best} to {worst}"),
            place.letters.clone(),
            format!("{:.digits$}", place.points),
            format!("{lo:.digits$} to {hi:.digits$}"),
        ]);
    }
    let sides = [
        Side::Left,
        Side::Right,
        Side::Left,
        Side::Left,
        Side::Right,
        Side::Left,
    ];
    columns(&sides, &rows)
}

fn matrix(board: &Leaderboard) -> String {
    let mut header = vec!["row wins (ties) against".to_owned()];
    header.extend(board.places.iter().map(|place| place.run.clone()));
    let mut rows = vec![header];
    for (a, place) in board.places.iter().enumerate() {
        let mut row = vec![place.run.clone()];
        row.extend((0..board.places.len()).map(|b| cell(board, a, b)));
        rows.push(row);
    }
    columns(&vec![Side::Left; board.places.len() + 1], &rows)
}

fn cell(board: &Leaderboard, a: usize, b: usize) -> String {
    let of = |matrix: &[Vec<Option<f64>>]| matrix.get(a)?.get(b).copied().flatten();
    match (of(&board.win), of(&board.tie)) {
        (Some(win), Some(tie)) if a != b => format!("{} ({})", percent(win), percent(tie)),
        _ => String::new(),
    }
}
