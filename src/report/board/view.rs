//! A board as tables, in the order in which every form shows them.

use crate::analysis::compare::standing::MISSING_LIMIT;
use crate::analysis::findings::published_rows::{PublishedRow, READING};
use crate::analysis::ranks::boards::{Boards, published_points};
use crate::analysis::ranks::leaderboard::{Leaderboard, LeaderboardPlace, NoRanks, Unranked};
use crate::report::compare_notes::{bridge, imported, undefended};
use crate::report::compat_note;
use crate::report::escape::name;
use crate::report::kit::published_title;
use crate::report::number::{decimals, level, p_value, percent};
use crate::report::table::{Column, Table, TableCell};
use crate::suite::axes::are_whole;

/// What the ranks are beside the differences that a comparison tests.
pub const SECOND_STATEMENT: &str = "Ranks are a separate analysis with its own 95 % confidence, over all pairs of \
    runs on Overall. They can separate two runs that the comparison above does not separate, and the reverse.";

/// What stands above the boards.
pub fn head(boards: &Boards) -> (String, Vec<String>) {
    let suite = &boards.suite;
    let mut judges: Vec<String> = boards.runs.iter().map(|run| name(&run.judge)).collect();
    judges.sort();
    judges.dedup();
    let mut lines = vec![format!(
        "{} tasks, points: {}; judge: {}.",
        suite.items,
        suite.mapping.formula(),
        judges.join(", ")
    )];
    if boards.judges_differ {
        lines.push(
            "These runs were marked by different judges: differences may come from the judges."
                .to_owned(),
        );
    }
    lines.extend(imported(&boards.runs));
    lines.extend(undefended(&boards.runs));
    lines.extend(compat_note::compat(&boards.runs));
    lines.extend(boards.bridge.as_ref().map(bridge));
    (
        format!("{} {}", name(&suite.name), name(&suite.version)),
        lines,
    )
}

/// The places of a board. `shown` names a run and its model.
pub fn places(board: &Leaderboard, shown: &dyn Fn(&str) -> (String, String)) -> Table {
    let columns = [
        Column::numbers("Place", ""),
        Column::words("Run"),
        Column::words("Rank set"),
        Column::words("Group"),
        Column::numbers("Points", ""),
        Column::words("95 % interval"),
        Column::words("Missing marks"),
        Column::words("Model"),
    ];
    let named = board.names_ranks();
    let rows = board.places.iter().enumerate();
    let ranked = rows.map(|(at, place)| row(place, board.place_of(at), named, shown));
    let unranked = board.unranked.iter().map(|run| unranked_row(run, shown));
    Table::new(title(board), columns)
        .with_rows(ranked.chain(unranked))
        .with_notes(notes(board))
}

fn title(board: &Leaderboard) -> String {
    let titles: Vec<&str> = board.axes.iter().map(|axis| axis.title()).collect();
    if are_whole(&board.axes) {
        "Ranks by Overall".to_owned()
    } else {
        format!(
            "Ranks by Overall of the axes common to all runs ({})",
            titles.join(", ")
        )
    }
}

fn unranked_row(run: &Unranked, shown: &dyn Fn(&str) -> (String, String)) -> Vec<TableCell> {
    let (title, model) = shown(&run.run);
    vec![
        TableCell::None,
        TableCell::words(title),
        TableCell::words("unranked"),
        TableCell::None,
        TableCell::or_none(run.points, |points| TableCell::number(points, 0)),
        TableCell::None,
        TableCell::words(missing(run.missing, run.expected)),
        TableCell::words(model),
    ]
}

fn missing(missing: u64, expected: u64) -> String {
    format!("{missing} of {expected}")
}

/// One ranked run; `number` is its place and `named` says whether ranks are named at all.
fn row(
    place: &LeaderboardPlace,
    number: Option<usize>,
    named: bool,
    shown: &dyn Fn(&str) -> (String, String),
) -> Vec<TableCell> {
    let [lo, hi] = place.ci95;
    // Half of the interval is about two standard errors.
    let digits = decimals(Some((hi - lo) / 4.0)).min(1);
    let (run, model) = shown(&place.run);
    let [best, worst] = place.rank_set;
    let ranks = match best == worst {
        true => best.to_string(),
        false => format!("{best} to {worst}"),
    };
    vec![
        TableCell::or_none(number, TableCell::count),
        TableCell::words(run),
        TableCell::or_none(named.then_some(ranks), TableCell::words),
        TableCell::or_none(named.then_some(&*place.letters), TableCell::words),
        TableCell::number(place.points, digits),
        TableCell::interval(place.ci95, digits),
        TableCell::words(missing(place.missing, place.expected)),
        TableCell::words(model),
    ]
}

fn notes(board: &Leaderboard) -> Vec<String> {
    let mut notes = match board.no_ranks {
        None => vec![format!(
            "Rank sets hold for all runs together at {} (sign-flip p of {}, adjusted by Holm). Runs that share a \
             letter are not shown to differ. This is not evidence of equality.",
            level(1.0 - board.alpha),
            match board.pairs.len() {
                1 => "the pair".to_owned(),
                pairs => format!("all {pairs} pairs"),
            }
        )],
        Some(NoRanks::JudgesDiffer) => {
            vec!["No ranks: different judges marked these runs.".to_owned()]
        }
        Some(NoRanks::Looks) => {
            vec!["No ranks: looks were declared, so this board is reported, not tested.".to_owned()]
        }
    };
    notes.push(
        "Ordered by the mean difference from the other runs, each pair over the tasks that both have; with complete marks \
         the order of the points. Whether two runs differ is decided by their pair, not by the overlap of their intervals."
            .to_owned(),
    );
    if board.places_withheld {
        notes.push("Missing marks leave the order undecided: no ranks are given.".to_owned());
    }
    for run in &board.unranked {
        notes.push(match run.worst_axis {
            Some(axis) if run.worst_share > MISSING_LIMIT => format!(
                "{} has no rank: {} of its {} marks are missing (limit {}).",
                name(&run.run),
                percent(run.worst_share),
                axis.title().to_lowercase(),
                level(MISSING_LIMIT)
            ),
            _ => format!("{} has no rank: a category has no mark.", name(&run.run)),
        });
    }
    if !are_whole(&board.axes) {
        notes.push(
            "Some models do not think and have no text axes: this Overall cannot be compared with one of all axes."
                .to_owned(),
        );
    }
    notes
}

/// Wins by pair: share of tasks won and tied, Holm's p.
pub fn matrix(board: &Leaderboard, shown: &dyn Fn(&str) -> (String, String)) -> Table {
    let name = |place: &LeaderboardPlace| shown(&place.run).0;
    let mut columns = vec![Column::words("Row against column")];
    columns.extend(board.places.iter().map(|place| Column::words(name(place))));
    let row = |(at, place): (usize, &LeaderboardPlace)| {
        let mut row = vec![TableCell::words(name(place))];
        row.extend((0..board.places.len()).map(|other| versus(board, at, other)));
        row
    };
    Table::new("Wins by pair", columns)
        .with_rows(board.places.iter().enumerate().map(row))
        .with_notes([format!(
            "Percent of tasks that the row wins, ties in parentheses, and Holm's p of the pair. *: shown to differ at \
             {}.",
            level(board.alpha)
        )])
}

fn versus(board: &Leaderboard, a: usize, b: usize) -> TableCell {
    if a == b {
        return TableCell::words("");
    }
    let share = |matrix: &[Vec<Option<f64>>]| {
        let share = matrix.get(a).and_then(|row| row.get(b)).copied().flatten();
        share.map_or_else(|| "-".to_owned(), |share| format!("{:.0}", 100.0 * share))
    };
    let (win, tie) = (share(&board.win), share(&board.tie));
    let mut pairs = board.pairs.iter();
    let pair = pairs.find(|pair| (pair.first, pair.second) == (a.min(b), a.max(b)));
    match pair.and_then(|pair| pair.p_holm) {
        Some(p) => {
            let apart = if board.names_ranks() && p <= board.alpha {
                " *"
            } else {
                ""
            };
            TableCell::Figures(format!("{win} ({tie}), p {}{apart}", p_value(p)))
        }
        None => TableCell::Figures(format!("{win} ({tie})")),
    }
}

/// The paper's rows, highest first; none where there are none.
pub fn published(rows: &[PublishedRow], board: &Leaderboard) -> Option<Table> {
    let mut valued: Vec<(f64, String)> = rows
        .iter()
        .filter_map(|row| Some((published_points(row, &board.axes)?, published_title(row))))
        .collect();
    valued.sort_by(|(a, _), (b, _)| b.total_cmp(a));
    let what = if are_whole(&board.axes) {
        "printed Overall"
    } else {
        "mean of the printed means of these axes"
    };
    let rows = valued
        .into_iter()
        .map(|(points, model)| vec![TableCell::words(model), TableCell::number(points, 1)]);
    let table = Table::new(
        format!("Published: {READING}; {what}; no rank"),
        [Column::words("Row"), Column::numbers("Points", "")],
    )
    .with_rows(rows);
    (!table.rows.is_empty()).then_some(table)
}

/// All tables of all boards.
pub fn tables(boards: &Boards) -> Vec<Table> {
    let shown = |label: &str| {
        let info = boards.runs.iter().find(|run| run.label == label);
        (
            name(label),
            info.map_or_else(String::new, |run| name(&run.model)),
        )
    };
    let of = |board: &Leaderboard| {
        let own = [places(board, &shown), matrix(board, &shown)];
        own.into_iter().chain(published(&boards.published, board))
    };
    boards.boards.iter().flat_map(of).collect()
}
