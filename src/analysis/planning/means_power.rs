//! What two published means allow to say about significance, under both mappings.

use serde::Serialize;

use crate::analysis::planning::Pilot;
use crate::stats::error::Result;
use crate::stats::interval::Scale;
use crate::stats::means_only::{self, AssumedSpread, means_only};
use crate::stats::power::items_needed;
use crate::suite::ScoreMap;

/// Numbers of contrasts for which the needed spread is given: one, six axes, six axes of five baselines.
pub const FAMILIES: [u32; 3] = [1, 6, 30];

/// Standard deviations of paired differences, in points, between which judged scores usually lie.
pub const PLAUSIBLE_SD: [f64; 2] = [25.0, 40.0];

/// Assumed spreads for which the needed items of one axis are given, in points.
const AXIS_SD: [f64; 3] = [25.0, 27.0, 40.0];

/// The same for an Overall, a mean of several marks per item.
const OVERALL_SD: [f64; 3] = [10.0, 15.0, 20.0];

/// An assumed spread with its p.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Assumed {
    /// Standard deviation of the paired differences in points.
    pub sd: f64,
    /// Two-sided p.
    pub p: f64,
}

/// The bounds under one mapping.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MapBounds {
    /// The mapping that the published points are assumed to come from.
    pub mapping: ScoreMap,
    /// The difference in raw marks.
    pub raw: f64,
    /// Ratio of the two means in points of `affine25`, whatever was printed.
    pub ratio: Option<f64>,
    /// Largest possible standard deviations of the two models' scores.
    pub sd_max: [f64; 2],
    /// Both at their largest spread, uncorrelated over items.
    pub extreme_uncorrelated: Assumed,
    /// Both at their largest spread, coupled as unfavourably as possible.
    pub worst_coupling: Assumed,
    /// Both uniform over the five marks, uncorrelated; only where the metric is one axis.
    pub uniform: Option<Assumed>,
    /// Item correlation below which two models of largest spread are not significant.
    pub correlation_needed: Option<f64>,
}

/// What the means allow.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MeansReport {
    /// The first mean, in points.
    pub mean_a: f64,
    /// The second mean.
    pub mean_b: f64,
    /// First minus second, in points.
    pub points: f64,
    /// Items.
    pub items: u32,
    /// Two-sided level.
    pub alpha: f64,
    /// Wanted power for `items_needed`.
    pub power: f64,
    /// Per number of contrasts, the spread in points from which on p exceeds alpha (Bonferroni).
    pub sd_needed: Vec<(u32, f64)>,
    /// p at the plausible spreads.
    pub plausible: Vec<Assumed>,
    /// Per assumed spread, the items with which such a difference is found; `None` for equal means.
    pub items_needed: Option<Vec<(f64, u64)>>,
    /// Under each mapping.
    pub bounds: Vec<MapBounds>,
}

/// Two means of the same `items` items; `single_axis` where each item has one mark of five.
///
/// # Errors
/// [`crate::stats::error::StatsError::OutOfRange`] for means outside a scale or fewer than two items.
pub fn means_report(
    (mean_a, mean_b): (f64, f64),
    items: u32,
    (alpha, power): (f64, f64),
    single_axis: bool,
) -> Result<MeansReport> {
    let assumed_sd = if single_axis { AXIS_SD } else { OVERALL_SD };
    let maps = [ScoreMap::Affine25, ScoreMap::Times20];
    // Means below 20 cannot come from 20 x mark.
    let possible = maps.into_iter().filter(|map| {
        let low = map.points(1.0);
        mean_a >= low && mean_b >= low
    });
    let bounds = possible
        .map(|map| map_bounds(map, (mean_a, mean_b), items, alpha, single_axis))
        .collect::<Result<Vec<_>>>()?;
    let points = mean_a - mean_b;
    let scale = Scale::POINTS;
    let at = |contrasts: u32| {
        let level = alpha / f64::from(contrasts);
        means_only(mean_a, mean_b, items.into(), scale, 5, level).map(|b| (contrasts, b.sd_needed))
    };
    let plausible = PLAUSIBLE_SD.map(|sd| {
        let t = points * f64::from(items).sqrt() / sd;
        let p = crate::stats::distribution::t_two_sided(t, f64::from(items) - 1.0);
        Assumed { sd, p }
    });
    let needed = assumed_sd
        .iter()
        .map(|&sd| Ok((sd, items_needed(points / sd, alpha, power)?.ceil() as u64)))
        .collect::<Result<Vec<_>>>();
    Ok(MeansReport {
        mean_a,
        mean_b,
        points,
        items,
        alpha,
        power,
        sd_needed: FAMILIES.into_iter().map(at).collect::<Result<_>>()?,
        plausible: plausible.to_vec(),
        items_needed: if points == 0.0 { None } else { Some(needed?) },
        bounds,
    })
}

/// Two published means beside a pilot with the same judge.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct WithPilot {
    /// Standard deviation of a task's difference in the pilot, in points.
    pub sd: f64,
    /// Its upper 95 % limit (for normal differences).
    pub sd_upper: f64,
    /// Tasks of the pilot.
    pub pilot_items: usize,
    /// The mapping of the pilot, which the table's points are assumed to share.
    pub mapping: ScoreMap,
    /// Published difference in points.
    pub points: f64,
    /// Tasks behind the published means.
    pub items: u32,
    /// Largest p of all spreads up to `sd_upper`.
    pub p: f64,
    /// Contrasts of the table from which this one was picked.
    pub contrasts: u32,
    /// Whether this is the largest of the two models' differences in that table.
    pub largest: bool,
    /// `p` times the contrasts, at most 1.
    pub p_selected: f64,
    /// Largest p that the means alone allow.
    pub p_max: f64,
    /// `p_selected` at most 0.01.
    pub very_likely_real: bool,
}

/// Which difference was picked, and from how many.
#[derive(Clone, Copy, Debug)]
pub struct Selection {
    /// Contrasts of the table.
    pub contrasts: u32,
    /// Whether the picked one is the largest.
    pub largest: bool,
}

/// What two published means of the same `items` tasks say once a pilot bounds the spread of a task's difference.
///
/// # Errors
/// [`crate::stats::error::StatsError::OutOfRange`] for means outside the pilot's scale, or a pilot without spread.
pub fn with_pilot(
    means: (f64, f64),
    items: u32,
    pilot: &Pilot,
    mapping: ScoreMap,
    selection: Selection,
) -> Result<WithPilot> {
    let scale = Scale::new(mapping.points(1.0), mapping.points(5.0))?;
    let spread = means_only::Pilot {
        sd: pilot.sd,
        n: pilot.items as u64,
    };
    let contrasts = selection.contrasts;
    let found = means_only::published_with_pilot(
        [means.0, means.1],
        items.into(),
        scale,
        spread,
        contrasts.into(),
    )?;
    Ok(WithPilot {
        sd: pilot.sd,
        sd_upper: found.sd_upper,
        pilot_items: pilot.items,
        mapping,
        points: means.0 - means.1,
        items,
        p: found.p_at_upper,
        contrasts,
        largest: selection.largest,
        p_selected: found.p_selected,
        p_max: found.p_max,
        very_likely_real: found.very_likely_real(),
    })
}

fn map_bounds(
    mapping: ScoreMap,
    (a, b): (f64, f64),
    items: u32,
    alpha: f64,
    single_axis: bool,
) -> Result<MapBounds> {
    let scale = Scale::new(mapping.points(1.0), mapping.points(5.0))?;
    let bounds = means_only(a, b, items.into(), scale, 5, alpha)?;
    let offset = mapping.points(0.0);
    let affine = |points: f64| ScoreMap::Affine25.points((points - offset) / mapping.slope());
    let assumed = |spread: AssumedSpread| Assumed {
        sd: spread.sd,
        p: spread.p,
    };
    Ok(MapBounds {
        mapping,
        raw: (a - b) / mapping.slope(),
        ratio: (affine(b) > 0.0).then(|| affine(a) / affine(b)),
        sd_max: [bounds.sd_max_a, bounds.sd_max_b],
        extreme_uncorrelated: assumed(bounds.independent),
        worst_coupling: assumed(bounds.worst_coupling),
        uniform: single_axis.then(|| assumed(bounds.uniform_independent)),
        correlation_needed: bounds.correlation_needed,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_headline_of_the_paper() {
        let report = means_report((59.8, 52.9), 300, (0.05, 0.8), true).unwrap();
        let needed: Vec<f64> = report.sd_needed.iter().map(|(_, sd)| *sd).collect();
        for (got, expected) in needed.iter().zip([60.7, 45.0, 37.7]) {
            assert!((got - expected).abs() < 0.06, "{needed:?}");
        }
        let affine = &report.bounds[0];
        assert!((affine.extreme_uncorrelated.p - 0.089).abs() < 1e-3);
        assert!((affine.worst_coupling.p - 0.20).abs() < 5e-3);
        let times = &report.bounds[1];
        assert!((times.extreme_uncorrelated.p - 0.034).abs() < 1e-3);
        assert!((times.worst_coupling.p - 0.12).abs() < 5e-3);
        assert!((times.ratio.unwrap() - 1.21).abs() < 5e-3);
    }

    #[test]
    fn equal_means_need_no_number_of_items() {
        let report = means_report((71.5, 71.5), 300, (0.05, 0.8), false).unwrap();
        assert_eq!(report.items_needed, None);
        assert_eq!(report.bounds[0].extreme_uncorrelated.p, 1.0);
    }

    #[test]
    fn means_below_twenty_come_from_one_map_only() {
        let report = means_report((15.0, 60.0), 300, (0.05, 0.8), true).unwrap();
        assert_eq!(report.bounds.len(), 1);
    }
}
