//! Leaderboards on design-weighted means: each pair of runs compared on its own complete cells.
//!
//! Every pair is tested by the sign flip of its own difference, and Holm's adjustment holds all pairs together; rank sets
//! follow from the pairs that are shown ([`super::rank_sets`]). The place of a run is its order by the mean difference from
//! the other ranked runs, which with complete marks is the order of the Overall. A place outside its own rank set means
//! that missing marks leave the order open.

use std::cmp::Ordering;

use super::design::Design;
use super::error::{Result, StatsError, same_length};
use super::lattice::differences;
use super::multiplicity::holm;
use super::rank_sets::{RankSet, rank_sets};
use super::rational::Rational;
use super::weighted::{AxisCells, WeightedMean};

/// The difference of one pair with its test.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PairTest {
    /// First − second, in the units of the values.
    pub value: f64,
    /// Its sign.
    pub direction: Ordering,
    /// Two-sided p.
    pub p: f64,
}

/// What is known of pairs that cannot be compared value by value, such as runs of two judges; `None` for a pair that
/// can.
pub type Elsewhere<'a> = dyn Fn(usize, usize) -> Option<PairTest> + 'a;

/// One pair of ranked runs.
#[derive(Debug, Clone, PartialEq)]
pub struct BoardPair {
    /// First run, by its position among all runs.
    pub first: usize,
    /// Second run; always after the first.
    pub second: usize,
    /// The difference first − second and its test; `None` where a stratum has no pair.
    pub found: Option<PairTest>,
    /// p adjusted by Holm over all pairs.
    pub adjusted: Option<f64>,
}

impl BoardPair {
    /// The better and the worse run, if the adjusted p is at most `alpha`.
    pub fn verdict(&self, alpha: f64) -> Option<(usize, usize)> {
        match (self.adjusted?, self.found?.direction) {
            (p, Ordering::Greater) if p <= alpha => Some((self.first, self.second)),
            (p, Ordering::Less) if p <= alpha => Some((self.second, self.first)),
            _ => None,
        }
    }
}

/// One place of the board.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BoardPlace {
    /// The run, by its position among all runs.
    pub run: usize,
    /// Mean difference from the other ranked runs, in the units of the values; `None` where a pair has none, or without
    /// other runs.
    pub mean_difference: Option<f64>,
    /// The ranks that the run can have.
    pub ranks: RankSet,
}

/// A leaderboard of the ranked runs.
#[derive(Debug, Clone, PartialEq)]
pub struct Board {
    /// All pairs of ranked runs.
    pub pairs: Vec<BoardPair>,
    /// Ranked runs, best first; runs without a mean difference last.
    pub places: Vec<BoardPlace>,
    /// A place lies outside its rank set, or a run has no mean difference: the order is open, and no places may be named.
    pub places_withheld: bool,
}

/// Builds the board. `runs[run][axis]` are levels on the same axes; only runs with `ranked[run]` take part. Ranks are
/// simultaneous at 1 − `alpha`; `seed` serves flips that are drawn.
///
/// # Errors
/// [`StatsError::Length`], [`StatsError::Overflow`], and what [`WeightedMean::new`] says about cells outside the design.
pub fn board(
    design: &Design,
    runs: &[Vec<AxisCells<'_>>],
    ranked: &[bool],
    alpha: f64,
    seed: u64,
) -> Result<Board> {
    board_with(design, runs, ranked, &|_, _| None, (alpha, seed))
}

/// As [`board`], with pairs whose difference is found `elsewhere`.
///
/// # Errors
/// As [`board`].
pub fn board_with(
    design: &Design,
    runs: &[Vec<AxisCells<'_>>],
    ranked: &[bool],
    elsewhere: &Elsewhere<'_>,
    (alpha, seed): (f64, u64),
) -> Result<Board> {
    same_length("ranked runs", runs.len(), ranked.len())?;
    let members: Vec<usize> = (0..runs.len()).filter(|&run| ranked[run]).collect();
    let mut pairs = Vec::new();
    for (position, &first) in members.iter().enumerate() {
        for &second in &members[position + 1..] {
            let found = match elsewhere(first, second) {
                Some(found) => Some(found),
                None => difference(design, &runs[first], &runs[second])?
                    .map(|mean| tested(&mean, seed))
                    .transpose()?,
            };
            pairs.push(BoardPair {
                first,
                second,
                found,
                adjusted: None,
            });
        }
    }
    let p: Vec<Option<f64>> = pairs
        .iter()
        .map(|pair| pair.found.map(|found| found.p))
        .collect();
    for (pair, adjusted) in pairs.iter_mut().zip(holm(&p)?) {
        pair.adjusted = adjusted;
    }
    let places = places(&members, &pairs, alpha)?;
    let open = |(position, place): (usize, &BoardPlace)| {
        let rank = position + 1;
        let unknown = place.mean_difference.is_none() && members.len() > 1;
        unknown || rank < place.ranks.best || rank > place.ranks.worst
    };
    Ok(Board {
        places_withheld: places.iter().enumerate().any(open),
        pairs,
        places,
    })
}

fn tested(mean: &WeightedMean, seed: u64) -> Result<PairTest> {
    Ok(PairTest {
        value: mean.value(),
        direction: mean.direction(),
        p: mean.sign_flip(seed)?.p,
    })
}

/// a − b over the axes of both; `None` where a stratum has no pair.
fn difference(
    design: &Design,
    a: &[AxisCells<'_>],
    b: &[AxisCells<'_>],
) -> Result<Option<WeightedMean>> {
    same_length("axes of the second run", a.len(), b.len())?;
    let gaps: Vec<Vec<Option<Rational>>> = a
        .iter()
        .zip(b)
        .map(|(a, b)| differences(a.values, b.values))
        .collect::<Result<_>>()?;
    let cells: Vec<AxisCells<'_>> = gaps
        .iter()
        .zip(a)
        .map(|(values, axis)| AxisCells {
            values,
            planned: axis.planned,
        })
        .collect();
    match WeightedMean::new(design, &cells) {
        Ok(mean) => Ok(Some(mean)),
        Err(StatsError::Empty | StatsError::EmptyStratum { .. }) => Ok(None),
        Err(error) => Err(error),
    }
}

fn places(members: &[usize], pairs: &[BoardPair], alpha: f64) -> Result<Vec<BoardPlace>> {
    let place_of = |run: usize| {
        members
            .iter()
            .position(|&member| member == run)
            .unwrap_or(0)
    };
    let verdicts: Vec<(usize, usize)> = pairs
        .iter()
        .filter_map(|pair| pair.verdict(alpha))
        .map(|(better, worse)| (place_of(better), place_of(worse)))
        .collect();
    let sets = rank_sets(members.len(), &verdicts)?;
    let mean = |run: usize| {
        let own = pairs
            .iter()
            .filter(|pair| pair.first == run || pair.second == run);
        let from_others = own.map(|pair| {
            let value = pair.found?.value;
            Some(if pair.first == run { value } else { -value })
        });
        let gaps: Option<Vec<f64>> = from_others.collect();
        super::sample::mean(&gaps?)
    };
    let mut places: Vec<BoardPlace> = members
        .iter()
        .zip(sets)
        .map(|(&run, ranks)| BoardPlace {
            run,
            mean_difference: mean(run),
            ranks,
        })
        .collect();
    let key = |place: &BoardPlace| place.mean_difference.unwrap_or(f64::NEG_INFINITY);
    places.sort_by(|a, b| key(b).total_cmp(&key(a)));
    Ok(places)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stats::strata::Strata;

    fn cells(values: &[Vec<Option<Rational>>]) -> Vec<Vec<AxisCells<'_>>> {
        fn one(values: &[Option<Rational>]) -> Vec<AxisCells<'_>> {
            vec![AxisCells {
                values,
                planned: &[1],
            }]
        }
        values.iter().map(|values| one(values)).collect()
    }

    fn runs(levels: &[i64]) -> Vec<Vec<Option<Rational>>> {
        levels
            .iter()
            .map(|&level| vec![Some(level.into()); 12])
            .collect()
    }

    #[test]
    fn clear_runs_have_their_own_place() {
        let design = Design::new(Strata::single(12), None).unwrap();
        let values = runs(&[2, 4, 3]);
        let found = board(&design, &cells(&values), &[true; 3], 0.05, 0).unwrap();
        let order: Vec<usize> = found.places.iter().map(|place| place.run).collect();
        assert_eq!((order, found.places_withheld), (vec![1, 2, 0], false));
        assert_eq!(found.places[0].ranks, RankSet { best: 1, worst: 1 });
        assert_eq!(found.places[0].mean_difference, Some(1.5));
    }

    #[test]
    fn unranked_runs_take_no_part() {
        let design = Design::new(Strata::single(12), None).unwrap();
        let values = runs(&[2, 4, 3]);
        let found = board(&design, &cells(&values), &[true, false, true], 0.05, 0).unwrap();
        assert_eq!((found.pairs.len(), found.places.len()), (1, 2));
        let alone = board(&design, &cells(&values), &[false, true, false], 0.05, 0).unwrap();
        assert_eq!((alone.places.len(), alone.places_withheld), (1, false));
    }

    #[test]
    fn a_pair_without_common_cells_leaves_the_order_open() {
        let design = Design::new(Strata::single(12), None).unwrap();
        let mut values = runs(&[2, 4]);
        for item in 0..12 {
            values[item % 2][item] = None;
        }
        let found = board(&design, &cells(&values), &[true; 2], 0.05, 0).unwrap();
        assert!(found.places_withheld && found.pairs[0].found.is_none());
    }
}
