//! Westfall and Young's max-T: many contrasts tested together on the same items.
//!
//! One random sign per item and draw is shared by all contrasts, so their correlation is accounted for. The statistic is
//! z_k = |Σ_i d_ik|/√Σ_i d_ik²; its denominator is the same under every flip. Within one baseline the family-wise error
//! is exact; across baselines that share the candidate it is asymptotic, since flips keep the covariance of the
//! differences but not their whole joint law. (Westfall, Young 1993; Ge, Dudoit, Speed 2003.)

use super::error::{Result, StatsError, same_length};
use super::sample;
use super::splitmix::{Resampling, signs};

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
    let Resampling { seed, draws } = resampling;
    let family = Family::new(contrasts, draws, |column| column)?;
    let observed = family.statistics(std::iter::repeat_n(1, family.items));
    let mut order: Vec<usize> = (0..observed.len()).collect();
    order.sort_by(|&a, &b| observed[b].total_cmp(&observed[a]));
    let reaches = |drawn: f64, k: usize| drawn >= observed[k] * (1.0 - TIE_SLACK);
    let mut counts = vec![[0_u64; 3]; observed.len()];
    let mut maxima = Vec::new();
    for draw in 0..draws {
        let drawn = family.statistics(signs(seed, draw, family.items));
        let mut largest = 0.0_f64;
        for &k in order.iter().rev() {
            largest = largest.max(drawn[k]);
            counts[k][0] += u64::from(reaches(drawn[k], k));
            counts[k][2] += u64::from(reaches(largest, k));
        }
        for (k, count) in counts.iter_mut().enumerate() {
            count[1] += u64::from(reaches(largest, k));
        }
        maxima.push(largest);
    }
    maxima.sort_by(f64::total_cmp);
    let p = |count: u64| (1.0 + count as f64) / (1.0 + draws as f64);
    let mut results = vec![None; contrasts.len()];
    let mut running = 0.0_f64;
    for &k in &order {
        running = running.max(p(counts[k][2]));
        results[family.members[k]] = Some(MaxTContrast {
            z: observed[k],
            raw: p(counts[k][0]),
            single_step: p(counts[k][1]),
            step_down: running,
        });
    }
    Ok(MaxT {
        contrasts: results,
        maxima,
    })
}

/// Critical value c of simultaneous intervals d̄_k ± c·SE_k: the `level` quantile of max_k |Σ ε_i(d_ik − d̄_k)| /
/// √Σ(d_ik − d̄_k)² over random signs ε. Contrasts without variance are left out.
///
/// # Errors
/// As [`max_t`], and [`StatsError::OutOfRange`] for a level outside 0..1.
pub fn simultaneous_critical(
    contrasts: &[Vec<Option<f64>>],
    Resampling { seed, draws }: Resampling,
    level: f64,
) -> Result<f64> {
    if !(level > 0.0 && level < 1.0) {
        return Err(StatsError::OutOfRange {
            what: "level",
            range: "between 0 and 1, both excluded",
            value: level,
        });
    }
    let family = Family::new(contrasts, draws, |column| {
        let centre = sample::mean(&column).unwrap_or(0.0);
        column.iter().map(|d| d - centre).collect()
    })?;
    let largest = |draw: u64| {
        family
            .statistics(signs(seed, draw, family.items))
            .into_iter()
            .fold(0.0, f64::max)
    };
    let mut maxima: Vec<f64> = (0..draws).map(largest).collect();
    maxima.sort_by(f64::total_cmp);
    upper_order_statistic(&maxima, level).ok_or(StatsError::Empty)
}

fn upper_order_statistic(ascending: &[f64], level: f64) -> Option<f64> {
    // The slack keeps 0.95·2000 = 1900.0000000000002 from becoming rank 1901.
    let rank = (level * ascending.len() as f64 - 1e-9).ceil().max(1.0) as usize;
    ascending.get(rank - 1).copied()
}

/// Differences laid out item by item, so that one sign is applied to all contrasts at once.
struct Family {
    items: usize,
    /// Input position of each contrast in the family.
    members: Vec<usize>,
    /// d_ik at i·K + k, 0 where the item has no pair.
    rows: Vec<f64>,
    /// √Σd².
    norms: Vec<f64>,
}

impl Family {
    fn new(
        contrasts: &[Vec<Option<f64>>],
        draws: u64,
        prepare: impl Fn(Vec<f64>) -> Vec<f64>,
    ) -> Result<Self> {
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
        let width = members.len();
        let mut rows = vec![0.0; items * width];
        let mut norms = Vec::with_capacity(width);
        for (column, &member) in members.iter().enumerate() {
            let present: Vec<usize> = (0..items)
                .filter(|&item| contrasts[member][item].is_some())
                .collect();
            let values = prepare(contrasts[member].iter().copied().flatten().collect());
            norms.push(values.iter().map(|d| d * d).sum::<f64>().sqrt());
            for (item, value) in present.into_iter().zip(values) {
                rows[item * width + column] = value;
            }
        }
        Ok(Self {
            items,
            members,
            rows,
            norms,
        })
    }

    /// z of every contrast under the given signs.
    fn statistics(&self, signs: impl Iterator<Item = i64>) -> Vec<f64> {
        let width = self.members.len();
        let mut sums = vec![0.0; width];
        for (row, sign) in self.rows.chunks_exact(width).zip(signs) {
            let sign = sign as f64;
            for (sum, d) in sums.iter_mut().zip(row) {
                *sum += sign * d;
            }
        }
        let z = |(sum, norm): (f64, &f64)| if *norm > 0.0 { sum.abs() / norm } else { 0.0 };
        sums.into_iter().zip(&self.norms).map(z).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FEW: Resampling = Resampling { seed: 1, draws: 99 };
    const MANY: Resampling = Resampling {
        seed: 5,
        draws: 999,
    };

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

    #[test]
    fn more_contrasts_need_a_larger_critical_value() {
        let column = |k: i64| {
            (0..60)
                .map(|i| Some(((i * 7 + k * 13 + i * i * k) % 11) as f64))
                .collect::<Vec<_>>()
        };
        let one = simultaneous_critical(&[column(1)], MANY, 0.95).unwrap();
        let six: Vec<_> = (1..7).map(column).collect();
        assert!(simultaneous_critical(&six, MANY, 0.95).unwrap() > one);
        assert!((one - 1.96).abs() < 0.2);
    }
}
