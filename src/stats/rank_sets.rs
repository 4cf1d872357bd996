//! Leaderboards that admit ties: which ranks are possible for each model.

use super::error::{Result, StatsError, same_length};
use super::lattice::differences;
use super::rational::Rational;

/// The ranks that a model can have, best 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RankSet {
    /// 1 + number of significantly better models.
    pub best: usize,
    /// M − number of significantly worse models.
    pub worst: usize,
}

/// Simultaneous rank sets (Mogstad, Romano, Shaikh, Wilhelm 2024) of `models` models from (better, worse) verdicts that
/// hold together at one family-wise level.
///
/// # Errors
/// [`StatsError::OutOfRange`] for a verdict on a model that does not exist.
pub fn rank_sets(models: usize, verdicts: &[(usize, usize)]) -> Result<Vec<RankSet>> {
    let mut sets = vec![
        RankSet {
            best: 1,
            worst: models
        };
        models
    ];
    for &(better, worse) in verdicts {
        check_model(better.max(worse), models)?;
        sets[better].worst -= 1;
        sets[worse].best += 1;
    }
    Ok(sets)
}

fn check_model(model: usize, models: usize) -> Result<()> {
    if model < models {
        Ok(())
    } else {
        Err(StatsError::OutOfRange {
            what: "model",
            range: "below the number of models",
            value: model as f64,
        })
    }
}

/// Shares of items that the row model wins and ties against the column model.
#[derive(Debug, Clone, PartialEq)]
pub struct WinMatrix {
    /// `win[a][b]`: share of common items on which a scores higher; `None` without common items.
    pub win: Vec<Vec<Option<f64>>>,
    /// `tie[a][b]`: share of common items with equal scores.
    pub tie: Vec<Vec<Option<f64>>>,
}

/// Within-item wins and ties of every pair of models.
///
/// # Errors
/// [`StatsError::Length`], [`StatsError::Overflow`].
pub fn win_matrix(models: &[Vec<Option<Rational>>]) -> Result<WinMatrix> {
    let size = models.len();
    let mut matrix = WinMatrix {
        win: vec![vec![None; size]; size],
        tie: vec![vec![None; size]; size],
    };
    for a in 0..size {
        for b in 0..size {
            same_length("values of a model", models[0].len(), models[b].len())?;
            let pairs: Vec<Rational> = differences(&models[a], &models[b])?
                .into_iter()
                .flatten()
                .collect();
            let share = |sign: i128| {
                let count = pairs
                    .iter()
                    .filter(|d| d.numerator().signum() == sign)
                    .count();
                (!pairs.is_empty()).then(|| count as f64 / pairs.len() as f64)
            };
            matrix.win[a][b] = share(1);
            matrix.tie[a][b] = share(0);
        }
    }
    Ok(matrix)
}

/// Groups of models that no verdict separates, each model in one or more: models that share a group get the same letter
/// (insert-and-absorb algorithm, Piepho 2004). Models are named by position, groups ordered by their first model.
///
/// # Errors
/// As [`rank_sets`].
pub fn letter_groups(models: usize, verdicts: &[(usize, usize)]) -> Result<Vec<Vec<usize>>> {
    let mut groups: Vec<Vec<usize>> = if models == 0 {
        vec![]
    } else {
        vec![(0..models).collect()]
    };
    for &(better, worse) in verdicts {
        check_model(better.max(worse), models)?;
        let mut split = Vec::new();
        for group in groups {
            if group.contains(&better) && group.contains(&worse) {
                for removed in [better, worse] {
                    split.push(
                        group
                            .iter()
                            .copied()
                            .filter(|&model| model != removed)
                            .collect(),
                    );
                }
            } else {
                split.push(group);
            }
        }
        groups = absorb(split);
    }
    groups.sort();
    Ok(groups)
}

/// Drops groups that lie wholly inside another.
fn absorb(groups: Vec<Vec<usize>>) -> Vec<Vec<usize>> {
    let inside = |small: &[usize], large: &[usize]| small.iter().all(|model| large.contains(model));
    let redundant = |position: usize| {
        let group: &Vec<usize> = &groups[position];
        groups.iter().enumerate().any(|(other, candidate)| {
            other != position
                && inside(group, candidate)
                && (candidate.len() > group.len() || other < position)
        })
    };
    (0..groups.len())
        .filter(|&position| !redundant(position))
        .map(|position| groups[position].clone())
        .collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn without_verdicts_every_rank_is_possible() {
        assert_eq!(
            rank_sets(3, &[]).unwrap(),
            vec![RankSet { best: 1, worst: 3 }; 3]
        );
        assert!(rank_sets(2, &[(0, 2)]).is_err());
        assert!(rank_sets(0, &[]).unwrap().is_empty());
    }

    #[test]
    fn letters_of_a_chain() {
        // 0 beats 2; 1 is indistinguishable from both.
        assert_eq!(
            letter_groups(3, &[(0, 2)]).unwrap(),
            [vec![0, 1], vec![1, 2]]
        );
        assert_eq!(letter_groups(2, &[]).unwrap(), [vec![0, 1]]);
        assert!(letter_groups(0, &[]).unwrap().is_empty());
    }

    /// Models and verdicts between different ones, without contradictions: better has the lower number.
    fn verdicts() -> impl Strategy<Value = (usize, Vec<(usize, usize)>)> {
        (1_usize..8).prop_flat_map(|models| {
            let pair = (0..models, 0..models).prop_map(|(a, b)| (a.min(b), a.max(b)));
            let pairs = prop::collection::vec(pair.prop_filter("two", |(a, b)| a != b), 0..16);
            let some = if models > 1 {
                pairs.boxed()
            } else {
                Just(vec![]).boxed()
            };
            (Just(models), some)
        })
    }

    proptest! {
        #[test]
        fn models_share_a_letter_exactly_where_no_verdict_parts_them((models, verdicts) in verdicts()) {
            let groups = letter_groups(models, &verdicts).unwrap();
            for a in 0..models {
                prop_assert!(groups.iter().any(|group| group.contains(&a)));
                for b in a + 1..models {
                    let together = groups.iter().any(|group| group.contains(&a) && group.contains(&b));
                    prop_assert_eq!(together, !verdicts.contains(&(a, b)), "{} and {}", a, b);
                }
            }
            for (number, group) in groups.iter().enumerate() {
                let inside = |other: &Vec<usize>| group.iter().all(|model| other.contains(model));
                let elsewhere = groups.iter().enumerate().filter(|(other, _)| *other != number);
                prop_assert!(!elsewhere.into_iter().any(|(_, other)| inside(other)), "a letter too many");
            }
        }

        #[test]
        fn rank_sets_hold_the_order_of_the_verdicts((models, verdicts) in verdicts()) {
            let mut distinct = verdicts.clone();
            distinct.sort_unstable();
            distinct.dedup();
            let sets = rank_sets(models, &distinct).unwrap();
            for (model, set) in sets.iter().enumerate() {
                prop_assert!(1 <= set.best && set.best <= set.worst && set.worst <= models);
                // The order by number agrees with every verdict, so its ranks are possible.
                prop_assert!(set.best <= model + 1 && model < set.worst);
            }
        }
    }
}
