//! Effect sizes of one contrast.

use serde::Serialize;

use crate::stats::effect::{self, WinCount};
use crate::stats::error::Result;
use crate::stats::interval::{Confidence, Interval};
use crate::stats::lattice::Lattice;
use crate::stats::paired::PairedSummary;
use crate::stats::rational::Rational;
use crate::stats::splitmix::Resampling;
use crate::stats::wilcoxon::{Zeros, rank_biserial};

/// Items won, tied and lost by the candidate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Wins {
    /// Items on which the candidate scored higher.
    pub wins: usize,
    /// Items with equal scores.
    pub ties: usize,
    /// Items on which the baseline scored higher.
    pub losses: usize,
}

/// Effect sizes; `None` where undefined (no spread of the differences, too few pairs).
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Effects {
    /// Probability of superiority of pairs, (wins + ties/2)/n.
    pub superiority: f64,
    /// Its 95 % interval (logit-t, or the degenerate rule).
    pub superiority_ci95: Option<[f64; 2]>,
    /// (wins − losses)/n.
    pub net_win_rate: f64,
    /// Mean over standard deviation of the differences.
    pub dz: Option<f64>,
    /// Its 95 % interval, by inversion of the noncentral t law.
    pub dz_ci95: Option<[f64; 2]>,
    /// dz with Hedges' correction.
    pub gz: Option<f64>,
    /// Mean difference over the mean standard deviation of the two sides; axes only.
    pub d_av: Option<f64>,
    /// Matched-pairs rank biserial correlation over non-zero pairs.
    pub rank_biserial: Option<f64>,
    /// Cliff's delta, which ignores the pairing; axes only.
    pub cliffs_delta_ignores_pairing: Option<f64>,
    /// Its 95 % percentile interval, items redrawn with both of their scores, when cross-checks were
    /// asked for.
    pub cliffs_delta_ci95: Option<[f64; 2]>,
}

/// Draws of the interval of Cliff's delta.
const DELTA_DRAWS: u64 = 1_999;

/// Both sides of the pairs, where the metric is a single axis.
pub type Sides<'a> = (&'a [Option<Rational>], &'a [Option<Rational>]);

/// Wins and effect sizes of differences by item and the same on their lattice; `sides` for single axes, `seed` where the interval of Cliff's delta is wanted. The seed
/// must not depend on which side is which.
///
/// # Errors
/// [`crate::stats::error::StatsError::Empty`] without pairs.
pub fn effects(
    differences: &[f64],
    lattice: &Lattice,
    sides: Option<Sides<'_>>,
    seed: Option<u64>,
) -> Result<(Wins, Effects)> {
    let count = WinCount::of(&lattice.steps)?;
    let summary = PairedSummary::of(differences)?;
    let (mut d_av, mut delta, mut delta_ci95) = (None, None, None);
    if let Some((a, b)) = sides {
        let both: Vec<(f64, f64)> = a
            .iter()
            .zip(b)
            .filter_map(|(a, b)| Some(((*a)?.to_f64(), (*b)?.to_f64())))
            .collect();
        let (a, b): (Vec<f64>, Vec<f64>) = both.into_iter().unzip();
        d_av = effect::d_average(&a, &b)?;
        delta = Some(effect::cliffs_delta(&a, &b)?);
        if let Some(seed) = seed {
            let draws = Resampling {
                seed,
                draws: DELTA_DRAWS,
            };
            let interval = effect::cliffs_delta_interval(&a, &b, draws, Confidence::P95)?;
            delta_ci95 = Some(ends(interval));
        }
    }
    let wins = Wins {
        wins: count.wins,
        ties: count.ties,
        losses: count.losses,
    };
    let effects = Effects {
        superiority: count.superiority(),
        superiority_ci95: count.superiority_interval(Confidence::P95).map(ends),
        net_win_rate: count.net_win_rate(),
        dz: summary.dz(),
        dz_ci95: effect::dz_interval(&summary, Confidence::P95).map(ends),
        gz: effect::hedges_gz(&summary),
        d_av,
        rank_biserial: rank_biserial(&lattice.steps, Zeros::Discard),
        cliffs_delta_ignores_pairing: delta,
        cliffs_delta_ci95: delta_ci95,
    };
    Ok((wins, effects))
}

/// An interval as JSON shows it.
pub fn ends(interval: Interval) -> [f64; 2] {
    [interval.lo, interval.hi]
}
