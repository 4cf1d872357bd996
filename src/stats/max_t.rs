//! Westfall and Young's max-T: many contrasts tested together on the same items.
//!
//! One random sign per item and draw is shared by all contrasts, so their correlation is accounted for. The statistic is
//! z_k = |Σ_i d_ik|/√Σ_i d_ik²; its denominator is the same under every flip. Within one baseline the family-wise error
//! is exact; across baselines that share the candidate it is asymptotic, since flips keep the covariance of the
//! differences but not their whole joint law. (Westfall, Young 1993; Ge, Dudoit, Speed 2003.)

use super::error::{Result, StatsError, same_length};
use super::splitmix::{Resampling, fill_signs};
use super::weighted::WeightedMean;

/// Draws of a final analysis.
pub const DEFAULT_DRAWS: u64 = 9_999;

/// Relative slack with which a drawn statistic counts as equal to the observed one.
const TIE_SLACK: f64 = 1e-12;

/// One contrast's result.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct MaxTContrast {
    /// |Σd|/√Σd²; 0 if all differences are 0.
    pub z: f64,
    /// p without adjustment, (1 + #{z* ≥ z})/(1 + B).
    pub raw: f64,
    /// p against the largest z* of all contrasts.
    pub single_step: f64,
    /// Step-down p: against the largest z* of this and all weaker contrasts, made monotone.
    pub step_down: f64,
}

/// Results of the family.
#[derive(Debug, Clone, PartialEq)]
pub struct MaxT {
    /// In input order; `None` for a contrast without any pair, which is not in the family.
    pub contrasts: Vec<Option<MaxTContrast>>,
    /// The largest z* of each draw, ascending.
    pub maxima: Vec<f64>,
}

impl MaxT {
    /// Number of contrasts in the family.
    pub fn family_size(&self) -> usize {
        self.contrasts.iter().flatten().count()
    }

    /// The smallest drawn maximum with empirical probability of at least `level` at or below it.
    pub fn quantile(&self, level: f64) -> Option<f64> {
        upper_order_statistic(&self.maxima, level)
    }
}

/// Tests contrasts given as one list of item differences each (`None`: the item has no pair there), items in the same
/// order everywhere. Item i takes in draw b the sign of output b·n + i of the seeded stream.
///
/// # Errors
/// [`StatsError::Empty`] without contrasts in the family or draws, [`StatsError::Length`], [`StatsError::NotFinite`].
pub fn max_t(contrasts: &[Vec<Option<f64>>], resampling: Resampling) -> Result<MaxT> {
    let family = Family::new(contrasts, resampling.draws)?;
    let descent = family.flips.descend(resampling);
    let p = |count: u64| (1.0 + count as f64) / (1.0 + resampling.draws as f64);
    let reaching = |drawn: &[f64], z: f64| {
        drawn
            .iter()
            .filter(|drawn| **drawn >= z * (1.0 - TIE_SLACK))
            .count() as u64
    };
    let mut maxima = descent.maxima.first().cloned().unwrap_or_default();
    let mut results = vec![None; contrasts.len()];
    for (rank, &k) in descent.order.iter().enumerate() {
        let z = descent.observed[k];
        results[family.members[k]] = Some(MaxTContrast {
            z,
            raw: p(descent.raw[k]),
            single_step: p(reaching(&maxima, z)),
            step_down: descent.p[rank],
        });
    }
    maxima.sort_by(f64::total_cmp);
    Ok(MaxT {
        contrasts: results,
        maxima,
    })
}

/// One contrast of a step-down family.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepDown {
    /// |Σu|/√Σu²; 0 if all contributions are 0.
    pub z: f64,
    /// Step-down p: against the largest z* of this and all weaker contrasts, made monotone. The smallest possible is
    /// 1/(1 + B).
    pub p: f64,
    /// Critical value: the `level` order statistic of the largest z* of this and all weaker contrasts.
    pub critical: f64,
}

/// The step-down max-T family of design-weighted means over one design: every axis and Overall of every pair of runs
/// that a page compares. Unit g takes in draw b the sign of output b·G + g of the seeded stream, the same for all
/// contrasts. Results are in the order of `members`.
///
/// Contrasts with equal z are equal hypotheses to the procedure: they share the critical value of the first of them, so
/// that nothing depends on their order.
///
/// # Errors
/// [`StatsError::Empty`] without members or draws; [`StatsError::Length`] for means over designs with different numbers
/// of units; [`StatsError::OutOfRange`] for a level outside 0..1.
pub fn step_down(
    members: &[&WeightedMean],
    resampling: Resampling,
    level: f64,
) -> Result<Vec<StepDown>> {
    check_level(level)?;
    let columns: Vec<Vec<f64>> = members
        .iter()
        .map(|mean| mean.contributions().values().to_vec())
        .collect();
    let units = columns.first().map_or(0, Vec::len);
    if units == 0 || resampling.draws == 0 {
        return Err(StatsError::Empty);
    }
    for column in &columns {
        same_length("units of a contrast", units, column.len())?;
    }
    let descent = JointFlips::new(columns).descend(resampling);
    let mut results = vec![None; members.len()];
    let mut above: Option<StepDown> = None;
    for (rank, &k) in descent.order.iter().enumerate() {
        let z = descent.observed[k];
        let mut drawn = descent.maxima[rank].clone();
        drawn.sort_by(f64::total_cmp);
        let own = upper_order_statistic(&drawn, level).ok_or(StatsError::Empty)?;
        let tied = above.filter(|above| z >= above.z * (1.0 - TIE_SLACK));
        let result = StepDown {
            z,
            p: descent.p[rank],
            critical: tied.map_or(own, |above| above.critical),
        };
        results[k] = Some(result);
        above = Some(result);
    }
    results
        .into_iter()
        .collect::<Option<_>>()
        .ok_or(StatsError::Empty)
}

/// The gate of a primary contrast that was declared before and is tested first, at full `alpha` and outside the family:
/// the other contrasts are tested only if it is shown, with p never below its own. `None`: the gate is closed.
pub fn gated(p_primary: f64, alpha: f64, p_adjusted: f64) -> Option<f64> {
    (p_primary <= alpha).then(|| p_adjusted.max(p_primary))
}

fn check_level(level: f64) -> Result<()> {
    if level > 0.0 && level < 1.0 {
        return Ok(());
    }
    Err(StatsError::OutOfRange {
        what: "level",
        range: "between 0 and 1, both excluded",
        value: level,
    })
}

fn upper_order_statistic(ascending: &[f64], level: f64) -> Option<f64> {
    // The slack keeps 0.95·2000 = 1900.0000000000002 from becoming rank 1901.
    let rank = (level * ascending.len() as f64 - 1e-9).ceil().max(1.0) as usize;
    ascending.get(rank - 1).copied()
}

/// Contrasts whose units all flip together: one column of contributions each.
struct JointFlips {
    columns: Vec<Vec<f64>>,
    /// √Σu² of each column.
    norms: Vec<f64>,
}

/// Drawn statistics, going down from the largest observed one.
struct Descent {
    /// z of each column.
    observed: Vec<f64>,
    /// Columns by falling z; equal ones in their own order.
    order: Vec<usize>,
    /// Draws in which each column's own z* reaches its z.
    raw: Vec<u64>,
    /// By rank: the largest z* of this and all lower ranks in each draw.
    maxima: Vec<Vec<f64>>,
    /// By rank: step-down p.
    p: Vec<f64>,
}

impl JointFlips {
    fn new(columns: Vec<Vec<f64>>) -> Self {
        let norm = |column: &Vec<f64>| dot(column, column).sqrt();
        Self {
            norms: columns.iter().map(norm).collect(),
            columns,
        }
    }

    /// z of every column under the given signs.
    fn statistics<'a>(&'a self, signs: &'a [f64]) -> impl Iterator<Item = f64> + 'a {
        let columns = self.columns.iter().zip(&self.norms);
        columns.map(|(column, &norm)| {
            if norm > 0.0 {
                dot(column, signs).abs() / norm
            } else {
                0.0
            }
        })
    }

    fn descend(&self, Resampling { seed, draws }: Resampling) -> Descent {
        let units = self.columns.first().map_or(0, Vec::len);
        let mut signs = vec![1.0; units];
        let observed: Vec<f64> = self.statistics(&signs).collect();
        let mut order: Vec<usize> = (0..observed.len()).collect();
        order.sort_by(|&a, &b| observed[b].total_cmp(&observed[a]));
        let threshold: Vec<f64> = observed.iter().map(|z| z * (1.0 - TIE_SLACK)).collect();
        let mut maxima = vec![Vec::with_capacity(draws as usize); order.len()];
        let mut raw = vec![0; order.len()];
        let mut counts = vec![0_u64; order.len()];
        for draw in 0..draws {
            fill_signs(seed, draw, &mut signs);
            let drawn: Vec<f64> = self.statistics(&signs).collect();
            let mut largest = 0.0_f64;
            for (rank, &k) in order.iter().enumerate().rev() {
                largest = largest.max(drawn[k]);
                raw[k] += u64::from(drawn[k] >= threshold[k]);
                counts[rank] += u64::from(largest >= threshold[k]);
                maxima[rank].push(largest);
            }
        }
        let mut running = 0.0_f64;
        let monotone = |count: &u64| {
            running = running.max((1.0 + *count as f64) / (1.0 + draws as f64));
            running
        };
        Descent {
            p: counts.iter().map(monotone).collect(),
            observed,
            order,
            raw,
            maxima,
        }
    }
}

/// Σ xy in four lanes, which the compiler can run side by side.
pub(super) fn dot(x: &[f64], y: &[f64]) -> f64 {
    let (mut lanes, x, y) = ([0.0; 4], x.chunks_exact(4), y.chunks_exact(4));
    let rest = x.remainder().iter().zip(y.remainder());
    let rest: f64 = rest.map(|(a, b)| a * b).sum();
    for (a, b) in x.zip(y) {
        for (lane, (a, b)) in lanes.iter_mut().zip(a.iter().zip(b)) {
            *lane += a * b;
        }
    }
    lanes.iter().sum::<f64>() + rest
}

/// The columns of the contrasts that have any pair.
struct Family {
    /// Input position of each contrast in the family.
    members: Vec<usize>,
    flips: JointFlips,
}

impl Family {
    fn new(contrasts: &[Vec<Option<f64>>], draws: u64) -> Result<Self> {
        let items = contrasts.first().map_or(0, Vec::len);
        for contrast in contrasts {
            same_length("items of a contrast", items, contrast.len())?;
            if let Some(index) = contrast
                .iter()
                .position(|d| d.is_some_and(|d| !d.is_finite()))
            {
                return Err(StatsError::NotFinite { index });
            }
        }
        let members: Vec<usize> = (0..contrasts.len())
            .filter(|&k| contrasts[k].iter().any(Option::is_some))
            .collect();
        if members.is_empty() || draws == 0 {
            return Err(StatsError::Empty);
        }
        let column = |&member: &usize| contrasts[member].iter().map(|d| d.unwrap_or(0.0)).collect();
        Ok(Self {
            flips: JointFlips::new(members.iter().map(column).collect()),
            members,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FEW: Resampling = Resampling { seed: 1, draws: 99 };

    #[test]
    fn contrasts_without_pairs_are_not_in_the_family() {
        let family = [vec![Some(1.0), Some(2.0), Some(1.0)], vec![None; 3]];
        let result = max_t(&family, FEW).unwrap();
        assert_eq!((result.family_size(), result.contrasts[1]), (1, None));
        assert_eq!(max_t(&[vec![None]], FEW), Err(StatsError::Empty));
        assert!(max_t(&[vec![Some(f64::NAN)]], FEW).is_err());
    }

    #[test]
    fn no_difference_has_p_one() {
        let result = max_t(&[vec![Some(0.0); 5]], FEW).unwrap();
        assert_eq!(result.contrasts[0].unwrap().step_down, 1.0);
    }
}
