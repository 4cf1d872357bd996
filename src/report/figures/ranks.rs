//! Which ranks each run can have, as bars from the best to the worst.

use super::Runs;
use super::drawing::{Anchor, Drawing, Ink, SMALL, TEXT, width_of};
use crate::analysis::ranks::leaderboard::{Leaderboard, LeaderboardPlace};
use crate::report::number::decimals;

/// Height of one line.
const LINE: f64 = 24.0;
/// Room for the heads of the columns.
const HEAD: f64 = 26.0;
/// Room for the x axis with its title.
const FOOT: f64 = 44.0;
/// Width of the whole.
const WIDTH: f64 = 820.0;
/// Room for numbers at the right.
const NUMBERS: f64 = 190.0;
/// Most characters of a run's name.
const NAME: usize = 40;

/// The rank sets.
pub(super) fn ranks(board: &Leaderboard, runs: &Runs<'_>) -> Drawing {
    let count = board.places.len();
    let bottom = HEAD + count as f64 * LINE + 4.0;
    let mut drawing = Drawing::new(WIDTH, bottom + FOOT);
    let words = board.places.iter().map(|place| runs.name(&place.run, NAME));
    let left = words.map(|name| width_of(&name, TEXT)).fold(80.0, f64::max) + 24.0;
    let right = WIDTH - NUMBERS;
    let step = (right - left) / count.max(1) as f64;
    let x = |rank: usize| left + (rank as f64 - 0.5) * step;
    for rank in 1..=count {
        let (top, label) = ((x(rank), HEAD - 4.0), rank.to_string());
        drawing.line(top, (x(rank), bottom), Ink::Rule, 0.5);
        let below = (x(rank), bottom + 12.0);
        drawing.text(below, &label, SMALL, Ink::Muted, Anchor::Middle);
    }
    let title = (left + right) / 2.0;
    let words = "rank, 1 is highest";
    drawing.text(
        (title, bottom + 32.0),
        words,
        SMALL,
        Ink::Text,
        Anchor::Middle,
    );
    let heads = [
        (right + 16.0, "points (95 %)", Anchor::Start),
        (WIDTH, "group", Anchor::End),
    ];
    for (x, head, anchor) in heads {
        drawing.text((x, 8.0), head, SMALL, Ink::Muted, anchor);
    }
    for (position, place) in board.places.iter().enumerate() {
        let y = HEAD + (position as f64 + 0.5) * LINE;
        let name = runs.name(&place.run, NAME);
        drawing.text((0.0, y), &name, TEXT, Ink::Text, Anchor::Start);
        let [best, worst] = place.rank_set.map(&x);
        drawing.line((best, y), (worst, y), Ink::Muted, 3.0);
        for end in [best, worst] {
            drawing.line((end, y - 5.0), (end, y + 5.0), Ink::Muted, 1.6);
        }
        if let Some(number) = board.place_of(position) {
            drawing.dot((x(number), y), 4.2, Ink::Text);
        }
        let text = points(place);
        drawing.text((right + 16.0, y), &text, SMALL, Ink::Text, Anchor::Start);
        drawing.text((WIDTH, y), &place.letters, SMALL, Ink::Text, Anchor::End);
    }
    drawing
}

fn points(place: &LeaderboardPlace) -> String {
    let [lo, hi] = place.ci95;
    // Half of the interval is about two standard errors.
    let digits = decimals(Some((hi - lo) / 4.0)).min(1);
    format!("{:.digits$} ({lo:.digits$} to {hi:.digits$})", place.points)
}
