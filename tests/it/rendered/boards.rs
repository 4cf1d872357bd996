//! A board is one more statement about the same runs: every form of it says the same, and it contradicts no comparison.

use std::collections::BTreeMap;

use parabench::analysis::compare::contrast::Contrast;
use parabench::analysis::compare::standing::{Direction, Standing};
use parabench::analysis::findings::Findings;
use parabench::analysis::ranks::boards::Boards;
use parabench::analysis::ranks::leaderboard::{BoardPair, Leaderboard, LeaderboardPlace};
use parabench::report::board::{board_csv, board_html, board_markdown, board_text};
use parabench::report::table::text::Detail;

use super::same::{Forms, rows};

/// Whether a board says of a pair that its first run stands higher.
fn told_apart(board: &Leaderboard, pair: &BoardPair) -> bool {
    board.no_ranks.is_none() && pair.p_holm.is_some_and(|p| p <= board.alpha)
}

/// Rank sets and letters of a board follow from the pairs that it tells apart, and from nothing else.
fn follows_from_pairs(board: &Leaderboard) {
    let apart: Vec<&BoardPair> = board
        .pairs
        .iter()
        .filter(|p| told_apart(board, p))
        .collect();
    for (at, place) in board.places.iter().enumerate() {
        let better = |pair: &&&BoardPair, higher: bool| {
            let first_higher = pair.points.unwrap() > 0.0;
            let (winner, loser) = match first_higher {
                true => (pair.first, pair.second),
                false => (pair.second, pair.first),
            };
            at == if higher { loser } else { winner }
        };
        let above = apart.iter().filter(|pair| better(pair, true)).count();
        let below = apart.iter().filter(|pair| better(pair, false)).count();
        let wanted = [1 + above, board.places.len() - below];
        assert_eq!(place.rank_set, wanted, "{}", place.run);
    }
    for pair in &board.pairs {
        let [a, b] = [pair.first, pair.second].map(|at| &board.places[at].letters);
        let shared = a.chars().any(|letter| b.contains(letter));
        assert_eq!(shared, !told_apart(board, pair), "letters {a} and {b}");
    }
}

/// The cells that every form for readers shows of a place: number, rank set, letters.
fn shown(board: &Leaderboard, number: usize, place: &LeaderboardPlace) -> [String; 3] {
    if board.no_ranks.is_some() {
        return ["-", "-", "-"].map(str::to_owned);
    }
    let [best, worst] = place.rank_set;
    let number = match board.places_withheld {
        true => "-".to_owned(),
        false => number.to_string(),
    };
    let ranks = match best == worst {
        true => best.to_string(),
        false => format!("{best} to {worst}"),
    };
    [number, ranks, place.letters.clone()]
}

/// A row with these cells: number, run, rank set, letters. Text has two spaces between cells, Markdown bars.
fn has_row(text: &str, [number, ranks, letters]: &[String; 3], run: &str) -> bool {
    let wanted = [number, run, ranks, letters];
    text.lines().any(|line| {
        let cells: Vec<&str> = match line.starts_with('|') {
            true => line.trim_matches('|').split('|').map(str::trim).collect(),
            false => {
                let cells = line.split("  ").map(str::trim);
                cells.filter(|cell| !cell.is_empty()).collect()
            }
        };
        cells.len() > 4
            && cells
                .iter()
                .zip(wanted)
                .all(|(cell, wanted)| *cell == wanted)
    })
}

/// The boards of a report: the same in Markdown, CSV, the terminal and the figure of the page.
pub fn of_a_report(found: &Findings, forms: &Forms, name: impl Fn(&str) -> String) {
    let reported = rows(&forms.results_csv);
    for board in &found.leaderboards {
        follows_from_pairs(board);
        for (place, number) in board.places.iter().zip(1..) {
            let cells = shown(board, number, place);
            assert!(
                has_row(&forms.markdown, &cells, &name(&place.run)),
                "report.md: {cells:?} of {}: {}",
                place.run,
                forms.markdown
            );
            let row = reported.iter().find(|row| {
                row["scope"] == "rank"
                    && row["run"] == place.run
                    && row["axes"] == board.axes.len().to_string()
            });
            assert_csv(row.unwrap(), board, place);
        }
    }
    let compared = found
        .comparison
        .as_ref()
        .and_then(|c| c.leaderboard.as_ref());
    if let Some(board) = compared {
        assert!(
            found.leaderboards.contains(board),
            "compare and report have one board"
        );
        for (place, number) in board.places.iter().zip(1..) {
            let cells = shown(board, number, place);
            assert!(
                has_row(&forms.terminal, &cells, &place.run),
                "terminal: {cells:?}"
            );
        }
    }
}

fn assert_csv(row: &BTreeMap<String, String>, board: &Leaderboard, place: &LeaderboardPlace) {
    let [best, worst] = place.rank_set;
    let wanted = match board.no_ranks {
        None => [best.to_string(), worst.to_string(), place.letters.clone()],
        Some(_) => Default::default(),
    };
    let found = ["rank_best", "rank_worst", "group"].map(|column| row[column].clone());
    assert_eq!(found, wanted, "CSV: {}", place.run);
}

/// The boards of `leaderboard` are those of the report, and its four forms show the same.
pub fn of_the_command(boards: &Boards, found: &Findings) {
    assert_eq!(boards.boards, found.leaderboards);
    let text = board_text(boards, Detail::Full);
    let markdown = board_markdown(boards);
    let page = crate::page_text::of(&board_html(boards).unwrap());
    let csv = rows(&board_csv(boards).unwrap());
    for board in &boards.boards {
        for (place, number) in board.places.iter().zip(1..) {
            let cells = shown(board, number, place);
            let wanted = format!("{} {} {} {}", cells[0], place.run, cells[1], cells[2]);
            assert!(has_row(&text, &cells, &place.run), "text: {wanted}: {text}");
            assert!(has_row(&markdown, &cells, &place.run), "markdown: {wanted}");
            let plain = wanted.replace('-', "–");
            let on_page = |line: &str| line.replace('-', "–").starts_with(&plain);
            assert!(page.lines().any(on_page), "page: {wanted}: {page}");
            let axes: Vec<&str> = board.axes.iter().map(|axis| axis.key()).collect();
            let row = csv.iter().find(|row| {
                row["kind"] == "measured"
                    && row["run"] == place.run
                    && row["board_axes"] == axes.join(" ")
            });
            let row = row.unwrap();
            assert_eq!(row["place"], cells[0].replace('-', ""), "CSV: {wanted}");
            assert_csv(row, board, place);
        }
    }
}

/// No board contradicts a comparison on the same Overall: the same difference and p of the same pair, never the opposite
/// direction, and no rank where nothing may be claimed.
pub fn contradict_nothing(found: &Findings) {
    let comparison = found.comparison.as_ref().unwrap();
    for board in &found.leaderboards {
        let same = |contrast: &&Contrast| {
            contrast.metric.is_overall() && contrast.metric.axes == board.axes
        };
        for contrast in comparison.contrasts.iter().filter(same) {
            let at = |run: &str| board.places.iter().position(|place| place.run == run);
            let pair = at(&contrast.candidate).zip(at(&contrast.baseline));
            if let Standing::Withheld(_) = contrast.standing {
                assert!(pair.is_none() || board.no_ranks.is_some());
            }
            let (Some((candidate, baseline)), Ok(finding)) = (pair, &contrast.result) else {
                continue;
            };
            let both = (candidate.min(baseline), candidate.max(baseline));
            let mut pairs = board.pairs.iter();
            let pair = pairs
                .find(|pair| (pair.first, pair.second) == both)
                .unwrap();
            let sign = if candidate < baseline { 1.0 } else { -1.0 };
            let points = sign * pair.points.unwrap();
            assert!((points - finding.difference.points).abs() < 1e-9);
            assert!((pair.p.unwrap() - finding.test.p).abs() < 1e-12);
            let direction = contrast.standing.direction();
            if told_apart(board, pair) && direction.is_some() {
                assert_eq!(Direction::of(points), direction);
            }
        }
    }
}
