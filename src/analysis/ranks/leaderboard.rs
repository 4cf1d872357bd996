//! Two or more runs: which ranks each can have. Ordered by the mean difference from the others, never by p.
//!
//! Ranks are a statement of their own, at their own level, over all pairs of runs on Overall.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::analysis::compare::computed::marked_differently;
use crate::analysis::compare::effects::ends;
use crate::analysis::compare::pairs::{level_of, overall_values};
use crate::analysis::compare::setting::Setting;
use crate::analysis::compare::standing::MISSING_LIMIT;
use crate::analysis::scores::sheet::Sheet;
use crate::stats::board::{Board, PairTest, board_with};
use crate::stats::error::{Result, StatsError};
use crate::stats::interval::{Confidence, Scale};
use crate::stats::rank_sets::{letter_groups, win_matrix};
use crate::stats::rational::Rational;
use crate::stats::weighted::AxisCells;
use crate::suite::Axis;

/// One run on the board.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LeaderboardPlace {
    /// The run.
    pub run: String,
    /// Overall over the board's axes, in points.
    pub points: f64,
    /// Its 95 % interval (logit-t, or the degenerate rule).
    pub ci95: [f64; 2],
    /// Mean difference from the other ranked runs in points, each pair on its own complete cells: the board is ordered by
    /// it. With complete marks this is the order of the points.
    pub mean_difference: Option<f64>,
    /// The ranks that this run can have at the board's level, best and worst.
    pub rank_set: [usize; 2],
    /// Runs that share a letter are not told apart.
    pub letters: String,
    /// Marks that are missing on the board's axes.
    pub missing: u64,
    /// Marks that should be there.
    pub expected: u64,
}

/// A run that has no rank.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Unranked {
    /// The run.
    pub run: String,
    /// Overall over the board's axes, in points, where it has one.
    pub points: Option<f64>,
    /// The axis on which most marks are missing.
    pub worst_axis: Option<Axis>,
    /// Share of its marks that are missing.
    pub worst_share: f64,
    /// Marks that are missing on the board's axes.
    pub missing: u64,
    /// Marks that should be there.
    pub expected: u64,
}

/// One pair of runs, as positions on the board.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct BoardPair {
    /// The run that stands higher.
    pub first: usize,
    /// The other one.
    pub second: usize,
    /// Difference of Overall in points, first minus second, over the cells that both have; none where a category has no
    /// pair.
    pub points: Option<f64>,
    /// Two-sided sign-flip p of that difference.
    pub p: Option<f64>,
    /// Holm's p over all pairs.
    pub p_holm: Option<f64>,
}

/// Why a board names no ranks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum NoRanks {
    /// Different judges, or other models served to one judge, marked the runs.
    JudgesDiffer,
    /// Looks were declared at another contrast: the board only describes.
    Looks,
}

/// The board.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Leaderboard {
    /// The axes that apply to every run: all that may be averaged here.
    pub axes: Vec<Axis>,
    /// Family-wise level of the rank sets.
    pub alpha: f64,
    /// The ranked runs, best first.
    pub places: Vec<LeaderboardPlace>,
    /// Whether a place lies outside its rank set: missing marks leave the order open, and no places are named.
    pub places_withheld: bool,
    /// Why no ranks are named at all; rank sets then hold every rank.
    pub no_ranks: Option<NoRanks>,
    /// Runs with more than 5 % of an axis' marks missing, or with a category without any mark.
    pub unranked: Vec<Unranked>,
    /// All pairs of ranked runs; their number is the family size.
    pub pairs: Vec<BoardPair>,
    /// Share of items on which the row's run scores higher than the column's, places in order.
    pub win: Vec<Vec<Option<f64>>>,
    /// Share of items with equal scores.
    pub tie: Vec<Vec<Option<f64>>>,
}

impl Leaderboard {
    /// Whether ranks are named at all.
    pub fn names_ranks(&self) -> bool {
        self.no_ranks.is_none()
    }

    /// The place, from 1, of the run at a position; none where the order is not to be named.
    pub fn place_of(&self, position: usize) -> Option<usize> {
        (self.names_ranks() && !self.places_withheld).then_some(position + 1)
    }
}

/// Points and interval.
type Level = (f64, [f64; 2]);

/// A run with what its row says beside ranks.
struct Entry<'a> {
    sheet: &'a Sheet,
    level: Option<Level>,
    worst: Option<(Axis, f64)>,
    missing: u64,
    expected: u64,
}

impl<'a> Entry<'a> {
    fn new(setting: &Setting<'_>, sheet: &'a Sheet, axes: &[Axis]) -> Result<Self> {
        let level = match level(setting, sheet, axes) {
            Ok(level) => level,
            Err(StatsError::Empty | StatsError::EmptyStratum { .. }) => None,
            Err(error) => return Err(error),
        };
        let here = || {
            axes.iter()
                .filter_map(|&axis| Some((axis, sheet.axis(axis)?)))
        };
        Ok(Self {
            sheet,
            level,
            worst: here()
                .map(|(axis, marks)| (axis, marks.missing_share()))
                .filter(|(_, share)| *share > 0.0)
                .reduce(|most, next| if next.1 > most.1 { next } else { most }),
            missing: here().map(|(_, marks)| marks.missing).sum(),
            expected: here().map(|(_, marks)| marks.expected).sum(),
        })
    }

    fn share(&self) -> f64 {
        self.worst.map_or(0.0, |(_, share)| share)
    }

    fn ranked(&self) -> bool {
        self.level.is_some() && self.share() <= MISSING_LIMIT
    }

    fn unranked(&self) -> Unranked {
        Unranked {
            run: self.sheet.label.clone(),
            points: self.level.map(|(points, _)| points),
            worst_axis: self.worst.map(|(axis, _)| axis),
            worst_share: self.share(),
            missing: self.missing,
            expected: self.expected,
        }
    }
}

/// The board of all runs; `None` below two runs, and where no axis applies to all of them. `looks` says that looks were
/// declared at a contrast, so that the board only describes.
///
/// # Errors
/// [`StatsError::Overflow`].
pub fn leaderboard(
    setting: &Setting<'_>,
    sheets: &[&Sheet],
    axes: &[Axis],
    looks: bool,
) -> Result<Option<Leaderboard>> {
    let for_all = |axis: &&Axis| sheets.iter().all(|sheet| sheet.axis(**axis).is_some());
    let axes: Vec<Axis> = axes.iter().filter(for_all).copied().collect();
    if sheets.len() < 2 || axes.is_empty() {
        return Ok(None);
    }
    let mut entries = sheets
        .iter()
        .map(|sheet| Entry::new(setting, sheet, &axes))
        .collect::<Result<Vec<_>>>()?;
    // Equal runs keep an order of their own, whatever order they were given in.
    entries.sort_by(|a, b| a.sheet.label.cmp(&b.sheet.label));
    let planned: BTreeMap<Axis, Vec<u32>> = axes
        .iter()
        .map(|&axis| (axis, setting.items.population(axis)))
        .collect();
    let cells: Vec<Vec<AxisCells<'_>>> = entries
        .iter()
        .map(|entry| cells(entry.sheet, &planned))
        .collect();
    let ranked: Vec<bool> = entries.iter().map(Entry::ranked).collect();
    let members: Vec<(usize, &Sheet)> = entries
        .iter()
        .enumerate()
        .zip(&ranked)
        .filter_map(|((run, entry), ranked)| ranked.then_some((run, entry.sheet)))
        .collect();
    let joined = joined(setting, &members, &axes)?;
    let no_ranks = if joined.values().any(Option::is_none) {
        Some(NoRanks::JudgesDiffer)
    } else {
        looks.then_some(NoRanks::Looks)
    };
    // A level of 0 lets no pair be told apart.
    let alpha = if no_ranks.is_some() {
        0.0
    } else {
        setting.alpha
    };
    let elsewhere = |a: usize, b: usize| joined.get(&(a, b)).copied().flatten();
    let how = (alpha, setting.seed);
    let found = board_with(&setting.items.design, &cells, &ranked, &elsewhere, how)?;
    render(setting, &entries, axes, &found, (no_ranks, alpha)).map(Some)
}

/// What is known of the pairs that were marked differently: nothing where no bridge joins them.
fn joined(
    setting: &Setting<'_>,
    members: &[(usize, &Sheet)],
    axes: &[Axis],
) -> Result<BTreeMap<(usize, usize), Option<PairTest>>> {
    let mut found = BTreeMap::new();
    for (at, (first, a)) in members.iter().enumerate() {
        for (second, b) in members.iter().skip(at + 1) {
            if !marked_differently(a, b) {
                continue;
            }
            let joined = match setting.crossing {
                Some(crossing) if a.judge.digest != b.judge.digest => {
                    crossing.join(setting.items, (a, b), axes)?.ok()
                }
                Some(_) | None => None,
            };
            let known = joined.map(|(joined, _)| PairTest {
                value: joined.estimate,
                direction: joined.estimate.total_cmp(&0.0),
                p: joined.p,
            });
            found.insert((*first, *second), known);
        }
    }
    Ok(found)
}

/// Takes the shares out of a matrix where different judges marked the two runs: who wins a task is not known then.
fn within_judges(matrix: &mut [Vec<Option<f64>>], entries: &[Entry<'_>], found: &Board) {
    let judge = |run: usize| entries.get(run).map(|entry| entry.sheet.judge.digest);
    for (row, a) in matrix.iter_mut().zip(&found.places) {
        for (share, b) in row.iter_mut().zip(&found.places) {
            if judge(a.run) != judge(b.run) {
                *share = None;
            }
        }
    }
}

fn cells<'a>(sheet: &'a Sheet, planned: &'a BTreeMap<Axis, Vec<u32>>) -> Vec<AxisCells<'a>> {
    let of_axis = |(axis, planned): (&Axis, &'a Vec<u32>)| {
        let values = &sheet.axis(*axis)?.values;
        Some(AxisCells { values, planned })
    };
    planned.iter().filter_map(of_axis).collect()
}

fn level(setting: &Setting<'_>, sheet: &Sheet, axes: &[Axis]) -> Result<Option<Level>> {
    let crossing = setting.crossing.filter(|crossing| crossing.is_old(sheet));
    if let Some(crossing) = crossing {
        let level = crossing.level(setting.mapping, setting.items, sheet, axes)?;
        return Ok(level.map(|level| (level.points, level.ci95)));
    }
    let mean = level_of(setting.items, sheet, axes)?;
    let points = |raw: f64| setting.mapping.points(raw);
    let interval = mean.level_interval(Scale::RAW, Confidence::P95);
    Ok(interval.map(|(interval, _)| {
        let [lo, hi] = ends(interval);
        (points(mean.value()), [points(lo), points(hi)])
    }))
}

fn render(
    setting: &Setting<'_>,
    entries: &[Entry<'_>],
    axes: Vec<Axis>,
    found: &Board,
    (no_ranks, alpha): (Option<NoRanks>, f64),
) -> Result<Leaderboard> {
    let slope = setting.mapping.slope();
    let position = |run: usize| found.places.iter().position(|place| place.run == run);
    let verdicts: Vec<(usize, usize)> = found
        .pairs
        .iter()
        .filter_map(|pair| pair.verdict(alpha))
        .filter_map(|(better, worse)| Some((position(better)?, position(worse)?)))
        .collect();
    let groups = letter_groups(found.places.len(), &verdicts)?;
    let mut values: Vec<Vec<Option<Rational>>> = Vec::new();
    let mut places = Vec::new();
    for (at, place) in found.places.iter().enumerate() {
        let Some(entry) = entries.get(place.run) else {
            continue;
        };
        let Some((points, ci95)) = entry.level else {
            continue;
        };
        values.push(overall_values(setting.items, entry.sheet, &axes)?);
        places.push(LeaderboardPlace {
            run: entry.sheet.label.clone(),
            points,
            ci95,
            mean_difference: place.mean_difference.map(|raw| raw * slope),
            rank_set: [place.ranks.best, place.ranks.worst],
            letters: letters(&groups, at),
            missing: entry.missing,
            expected: entry.expected,
        });
    }
    let mut pairs: Vec<BoardPair> = found
        .pairs
        .iter()
        .filter_map(|pair| {
            let (a, b) = (position(pair.first)?, position(pair.second)?);
            let points = pair.found.map(|found| found.value * slope);
            Some(BoardPair {
                first: a.min(b),
                second: a.max(b),
                points: points.map(|points| if a < b { points } else { -points }),
                p: pair.found.map(|found| found.p),
                p_holm: pair.adjusted,
            })
        })
        .collect();
    pairs.sort_by_key(|pair| (pair.first, pair.second));
    let mut matrix = win_matrix(&values)?;
    within_judges(&mut matrix.win, entries, found);
    within_judges(&mut matrix.tie, entries, found);
    Ok(Leaderboard {
        axes,
        alpha: setting.alpha,
        places,
        places_withheld: found.places_withheld,
        no_ranks,
        unranked: entries
            .iter()
            .filter(|entry| !entry.ranked())
            .map(Entry::unranked)
            .collect(),
        pairs,
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
