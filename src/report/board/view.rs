//! A board as strings, in the order in which every form shows it.

use serde::Serialize;

use crate::analysis::findings::published_rows::READING;
use crate::analysis::ranks::boards::{Boards, published_points};
use crate::analysis::ranks::leaderboard::Leaderboard;
use crate::report::escape::name;
use crate::report::kit::published_title;
use crate::report::number::{decimals, p_value, percent};
use crate::suite::Axis;

/// One run.
#[derive(Clone, Debug, Serialize)]
pub struct PlaceView {
    pub place: usize,
    pub run: String,
    pub model: String,
    pub rank_set: String,
    pub letters: String,
    pub points: String,
    pub interval: String,
    /// Against each run of the board, in its order.
    pub versus: Vec<Versus>,
}

/// One run against another.
#[derive(Clone, Debug, Serialize)]
pub struct Versus {
    /// The same run.
    pub own: bool,
    /// Share of items won, and of ties, in percent.
    pub win: String,
    pub tie: String,
    /// Holm's p of the pair.
    pub p: String,
    /// Whether the pair is told apart.
    pub apart: bool,
}

/// One published row.
#[derive(Clone, Debug, Serialize)]
pub struct PublishedView {
    pub model: String,
    pub points: String,
}

/// One board.
#[derive(Clone, Debug, Serialize)]
pub struct BoardView {
    pub title: String,
    pub axes: String,
    pub notes: Vec<String>,
    pub places: Vec<PlaceView>,
    pub published_title: String,
    pub published: Vec<PublishedView>,
}

/// What stands above the boards.
pub fn head(boards: &Boards) -> (String, Vec<String>) {
    let suite = &boards.suite;
    let mut judges: Vec<String> = boards.runs.iter().map(|run| name(&run.judge)).collect();
    judges.sort();
    judges.dedup();
    let mut lines = vec![format!(
        "{} items, {}; judge: {}.",
        suite.items,
        suite.mapping.formula(),
        judges.join(", ")
    )];
    if boards.judges_differ {
        lines.push(
            "These runs were marked by different judges: differences may be the judges'."
                .to_owned(),
        );
    }
    (
        format!("{} {}", name(&suite.name), name(&suite.version)),
        lines,
    )
}

/// All boards.
pub fn views(boards: &Boards) -> Vec<BoardView> {
    boards
        .boards
        .iter()
        .map(|board| view(boards, board))
        .collect()
}

fn view(boards: &Boards, board: &Leaderboard) -> BoardView {
    let all = board.axes.len() == boards.suite.axes.len();
    let titles: Vec<&str> = board.axes.iter().map(|axis| axis.title()).collect();
    BoardView {
        title: if all {
            "Ranks by Overall".to_owned()
        } else {
            format!(
                "Ranks by Overall of the {} axes common to all runs",
                titles.len()
            )
        },
        axes: titles.join(", "),
        notes: notes(board, all),
        places: (0..board.places.len())
            .filter_map(|at| place(boards, board, at))
            .collect(),
        published_title: published_note(board),
        published: published(boards, board),
    }
}

fn notes(board: &Leaderboard, all: bool) -> Vec<String> {
    let mut notes = vec![
        format!(
            "Rank sets hold together at {} (exact sign-flip p of all m={} pairs, adjusted after Holm). Runs \
             that share a letter are not told apart; that does not make them equal.",
            percent(1.0 - board.alpha),
            board.pairs.len()
        ),
        "Ordered by the mean, with 95 % logit-t intervals over items. Whether two runs differ is told by \
         their pair, not by the overlap of their intervals."
            .to_owned(),
    ];
    if !all {
        notes.push(
            "Some models do not think and have no text axes: this Overall is no Overall of all axes.".to_owned(),
        );
    }
    notes
}

fn place(boards: &Boards, board: &Leaderboard, at: usize) -> Option<PlaceView> {
    let place = board.places.get(at)?;
    let info = boards.runs.iter().find(|run| run.label == place.run);
    let [lo, hi] = place.ci95;
    // Half of the interval is about two standard errors.
    let digits = decimals(Some((hi - lo) / 4.0)).min(1);
    let [best, worst] = place.rank_set;
    Some(PlaceView {
        place: at + 1,
        run: name(&place.run),
        model: info.map_or_else(String::new, |run| name(&run.model)),
        rank_set: if best == worst {
            best.to_string()
        } else {
            format!("{best} to {worst}")
        },
        letters: place.letters.clone(),
        points: format!("{:.digits$}", place.points),
        interval: format!("{lo:.digits$} to {hi:.digits$}"),
        versus: (0..board.places.len())
            .map(|other| versus(board, at, other))
            .collect(),
    })
}

fn versus(board: &Leaderboard, a: usize, b: usize) -> Versus {
    let share = |matrix: &[Vec<Option<f64>>]| {
        let share = matrix.get(a).and_then(|row| row.get(b)).copied().flatten();
        share.map_or_else(|| "-".to_owned(), |share| format!("{:.0} %", 100.0 * share))
    };
    let pair = board
        .pairs
        .iter()
        .find(|pair| (pair.first, pair.second) == (a.min(b), a.max(b)));
    let p = pair.and_then(|pair| pair.p_holm);
    Versus {
        own: a == b,
        win: share(&board.win),
        tie: share(&board.tie),
        p: p.map_or_else(|| "-".to_owned(), p_value),
        apart: p.is_some_and(|p| p <= board.alpha),
    }
}

fn published_note(board: &Leaderboard) -> String {
    let what = if board.axes.len() == Axis::ALL.len() {
        "printed Overall"
    } else {
        "mean of the printed means of these axes"
    };
    format!("Published: {READING}; {what}; no rank")
}

/// The paper's rows, highest first.
fn published(boards: &Boards, board: &Leaderboard) -> Vec<PublishedView> {
    let rows = boards.published.iter();
    let mut valued: Vec<(f64, String)> = rows
        .filter_map(|row| Some((published_points(row, &board.axes)?, published_title(row))))
        .collect();
    valued.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let view = |(points, model): (f64, String)| PublishedView {
        model,
        points: format!("{points:.1}"),
    };
    valued.into_iter().map(view).collect()
}
