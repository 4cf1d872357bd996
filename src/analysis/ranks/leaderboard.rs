//! Two or more runs: which ranks each can have. Ordered by the mean, never by p.

use serde::Serialize;

use crate::analysis::compare::contrast::Setting;
use crate::analysis::compare::effects::ends;
use crate::analysis::compare::pairs::overall_values;
use crate::analysis::scores::sheet::Sheet;
use crate::stats::error::{Result, StatsError};
use crate::stats::interval::{Confidence, Scale};
use crate::stats::rank_sets::{letter_groups, pairwise_tests, rank_sets, win_matrix};
use crate::stats::rational::Rational;
use crate::stats::stratified;
use crate::suite::Axis;

/// One run on the board.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Place {
    /// The run.
    pub run: String,
    /// Overall over the board's axes, in points; the board is ordered by it.
    pub points: f64,
    /// Its 95 % interval (logit-t, or the degenerate rule).
    pub ci95: [f64; 2],
    /// The ranks that this run can have at the board's level, best and worst.
    pub rank_set: [usize; 2],
    /// Runs that share a letter are not told apart.
    pub letters: String,
}

/// One pair of runs, as positions on the board.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BoardPair {
    /// The run that stands higher.
    pub first: usize,
    /// The other one.
    pub second: usize,
    /// Two-sided exact sign-flip p; none without common items.
    pub p: Option<f64>,
    /// Holm's p over all pairs.
    pub p_holm: Option<f64>,
}

/// The board.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Leaderboard {
    /// The axes that apply to every run: all that may be averaged here.
    pub axes: Vec<Axis>,
    /// Family-wise level of the rank sets.
    pub alpha: f64,
    /// The runs, highest Overall first.
    pub places: Vec<Place>,
    /// All pairs; their number is the family size.
    pub pairs: Vec<BoardPair>,
    /// Share of items on which the row's run scores higher than the column's, places in order.
    pub win: Vec<Vec<Option<f64>>>,
    /// Share of items with equal scores.
    pub tie: Vec<Vec<Option<f64>>>,
}

/// The board of all runs; `None` below two, and where no axis applies to all runs or a run has an empty
/// stratum.
///
/// Pairs use the items on which both runs have every axis.
///
/// # Errors
/// [`StatsError::Overflow`].
pub fn leaderboard(
    setting: &Setting<'_>,
    sheets: &[&Sheet],
    axes: &[Axis],
) -> Result<Option<Leaderboard>> {
    let for_all = |axis: &&Axis| sheets.iter().all(|sheet| sheet.axis(**axis).is_some());
    let axes: Vec<Axis> = axes.iter().filter(for_all).copied().collect();
    if sheets.len() < 2 || axes.is_empty() {
        return Ok(None);
    }
    let mut levels = Vec::new();
    for sheet in sheets {
        match level(setting, sheet, &axes) {
            Ok(level) => levels.push((*sheet, level)),
            Err(StatsError::Overflow) => return Err(StatsError::Overflow),
            Err(_) => return Ok(None),
        }
    }
    levels.sort_by(|(_, a), (_, b)| b.0.total_cmp(&a.0));
    board(setting, &levels, axes).map(Some)
}

/// Points and interval.
type Level = (f64, [f64; 2]);

fn level(setting: &Setting<'_>, sheet: &Sheet, axes: &[Axis]) -> Result<Level> {
    let items = setting.items;
    let mut parts = Vec::new();
    for &axis in axes {
        let values = sheet.axis(axis).ok_or(StatsError::Empty)?.floats();
        let weights = items.weights(axis);
        parts.push(stratified::Axis::new(&items.strata, values, &weights)?);
    }
    let estimate = stratified::overall(&items.strata, &parts)?;
    let (interval, _) = estimate
        .level_interval(Scale::RAW, Confidence::P95)
        .ok_or(StatsError::Empty)?;
    let points = |raw: f64| setting.mapping.points(raw);
    let [lo, hi] = ends(interval);
    Ok((points(estimate.value), [points(lo), points(hi)]))
}

fn board(
    setting: &Setting<'_>,
    levels: &[(&Sheet, Level)],
    axes: Vec<Axis>,
) -> Result<Leaderboard> {
    let values: Vec<Vec<Option<Rational>>> = levels
        .iter()
        .map(|(sheet, _)| overall_values(setting.items, sheet, &axes))
        .collect::<Result<_>>()?;
    let tests = pairwise_tests(&values, setting.seed)?;
    let verdicts: Vec<(usize, usize)> = tests
        .iter()
        .filter_map(|test| test.verdict(setting.alpha))
        .collect();
    let sets = rank_sets(levels.len(), &verdicts)?;
    let groups = letter_groups(levels.len(), &verdicts)?;
    let matrix = win_matrix(&values)?;
    let places = levels.iter().zip(sets).enumerate();
    let places = places.map(|(position, ((sheet, (points, ci95)), set))| Place {
        run: sheet.label.clone(),
        points: *points,
        ci95: *ci95,
        rank_set: [set.best, set.worst],
        letters: letters(&groups, position),
    });
    let pairs = tests.iter().map(|test| BoardPair {
        first: test.first,
        second: test.second,
        p: test.p,
        p_holm: test.adjusted,
    });
    Ok(Leaderboard {
        places: places.collect(),
        pairs: pairs.collect(),
        axes,
        alpha: setting.alpha,
        win: matrix.win,
        tie: matrix.tie,
    })
}

/// The letters of all groups that hold a position: a to z, A to Z, then numbers in brackets.
fn letters(groups: &[Vec<usize>], position: usize) -> String {
    let own = groups
        .iter()
        .enumerate()
        .filter(|(_, group)| group.contains(&position));
    own.map(|(number, _)| letter(number)).collect()
}

fn letter(number: usize) -> String {
    let mut letters = ('a'..='z').chain('A'..='Z');
    letters
        .nth(number)
        .map_or_else(|| format!("[{}]", number + 1), String::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_group_has_its_own_letter() {
        let all: std::collections::BTreeSet<String> = (0..200).map(letter).collect();
        assert_eq!(all.len(), 200);
        assert_eq!(letters(&[vec![0, 1], vec![1, 2]], 1), "ab");
    }
}
