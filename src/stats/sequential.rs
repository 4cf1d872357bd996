//! Stopping early: group-sequential boundaries by alpha spending.
//!
//! Two-sided symmetric tests; each side spends alpha/2 (Lan, DeMets 1983). The boundaries follow from the joint law of
//! the score process by recursive integration (Armitage, McPherson, Rowe 1969; Jennison, Turnbull 2000, ch. 19).

use super::distribution::{
    normal_pdf, normal_quantile, normal_sf, normal_two_sided, t_quantile, t_sf,
};
use super::error::{Result, StatsError};
use super::interval::Interval;
use super::root::bisect;

/// How the error probability is spread over the looks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Spending {
    /// Like O'Brien and Fleming: per side 2(1 − Φ(z_{1−α/4}/√t)); almost nothing early.
    ObrienFleming,
    /// Like Pocock: per side (α/2)·ln(1 + (e−1)t).
    Pocock,
}

impl Spending {
    /// Error probability spent on both sides together up to information fraction `t`.
    pub fn spent(self, alpha: f64, t: f64) -> f64 {
        match self {
            Self::ObrienFleming => 4.0 * normal_sf(normal_quantile(1.0 - 0.25 * alpha) / t.sqrt()),
            Self::Pocock => alpha * ((std::f64::consts::E - 1.0) * t).ln_1p(),
        }
    }
}

/// One planned look at the data.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Look {
    /// Share of the planned items, 0..=1.
    pub information: f64,
    /// Stop and claim a difference if |Z| reaches this.
    pub z: f64,
    /// Two-sided error probability spent up to here.
    pub spent: f64,
    /// Two-sided p that belongs to `z`: what an ordinary p is compared with at this look.
    pub p_nominal: f64,
}

/// Boundaries at the given information fractions.
///
/// # Errors
/// [`StatsError::Empty`] without looks; [`StatsError::OutOfRange`] unless 0 < t_1 < t_2 < … ≤ 1 and 0 < alpha < 1.
pub fn boundaries(information: &[f64], alpha: f64, spending: Spending) -> Result<Vec<Look>> {
    check(information, alpha)?;
    let mut looks: Vec<Look> = Vec::new();
    let mut path: Option<Path> = None;
    let mut spent_before = 0.0;
    for (position, &t) in information.iter().enumerate() {
        let spent = spending.spent(alpha, t);
        let per_side = 0.5 * (spent - spent_before);
        let beyond = |z: f64| match &path {
            None => normal_sf(z),
            Some(path) => path.probability_above(z * t.sqrt(), t),
        };
        let z = bisect(0.0, 40.0, |z| beyond(z) > per_side);
        let next = information.get(position + 1).copied();
        path = Some(Path::after(
            path.as_ref(),
            t,
            z * t.sqrt(),
            next.unwrap_or(t) - t,
        ));
        looks.push(Look {
            information: t,
            z,
            spent,
            p_nominal: normal_two_sided(z),
        });
        spent_before = spent;
    }
    Ok(looks)
}

fn check(information: &[f64], alpha: f64) -> Result<()> {
    if information.is_empty() {
        return Err(StatsError::Empty);
    }
    if !(alpha > 0.0 && alpha < 1.0) {
        return Err(StatsError::OutOfRange {
            what: "alpha",
            range: "between 0 and 1, both excluded",
            value: alpha,
        });
    }
    let mut before = 0.0;
    for &t in information {
        if t.is_nan() || t <= before || t > 1.0 {
            return Err(StatsError::OutOfRange {
                what: "information",
                range: "rising from above 0 to at most 1",
                value: t,
            });
        }
        before = t;
    }
    Ok(())
}

/// Density of the score B(t) = Z√t over the paths that have not stopped, on a Simpson grid.
struct Path {
    information: f64,
    nodes: Vec<f64>,
    /// Density times Simpson weight at each node.
    masses: Vec<f64>,
}

impl Path {
    /// Paths that stay inside ±`bound` at information `t`; `step` is the increase to the next look, which sets the grid:
    /// the next transition must be resolved.
    fn after(before: Option<&Self>, t: f64, bound: f64, step: f64) -> Self {
        // An early bound may be far out; beyond nine standard deviations there is no mass.
        let reach = bound.min(9.0 * t.sqrt());
        let finest = if step > 0.0 {
            step.sqrt().min(t.sqrt()) / 16.0
        } else {
            reach
        };
        let intervals = 2 * ((reach / finest).ceil() as usize).clamp(100, 2000);
        let width = 2.0 * reach / intervals as f64;
        let nodes: Vec<f64> = (0..=intervals).map(|k| -reach + width * k as f64).collect();
        let density = |x: f64| match before {
            None => normal_pdf(x / t.sqrt()) / t.sqrt(),
            Some(path) => path.density_at(x, t),
        };
        let weight = |k: usize| match k {
            0 => 1.0,
            k if k == intervals => 1.0,
            k if k % 2 == 1 => 4.0,
            _ => 2.0,
        };
        let masses = nodes
            .iter()
            .enumerate()
            .map(|(k, &x)| density(x) * weight(k) * width / 3.0)
            .collect();
        Self {
            information: t,
            nodes,
            masses,
        }
    }

    fn density_at(&self, x: f64, t: f64) -> f64 {
        let sd = (t - self.information).sqrt();
        self.nodes
            .iter()
            .zip(&self.masses)
            .map(|(u, mass)| mass * normal_pdf((x - u) / sd) / sd)
            .sum()
    }

    /// Probability of not having stopped before and lying above `bound` at information `t`.
    fn probability_above(&self, bound: f64, t: f64) -> f64 {
        let sd = (t - self.information).sqrt();
        self.nodes
            .iter()
            .zip(&self.masses)
            .map(|(u, mass)| mass * normal_sf((bound - u) / sd))
            .sum()
    }
}

/// Chance of crossing the final boundary `z_final` (on either side) if the trend seen at information `t` goes on:
/// Φ-probability with drift Z/√t (Jennison, Turnbull 2000, §10.2). Stopping for futility below 10 % is non-binding.
///
/// `None` for t outside 0..1.
pub fn conditional_power(z: f64, t: f64, z_final: f64) -> Option<f64> {
    let usable = t > 0.0 && t < 1.0 && z.is_finite();
    if !usable {
        return None;
    }
    // The score ends at B(t) + drift·(1−t) with drift B(t)/t, that is at Z/√t.
    let (expected, sd) = (z / t.sqrt(), (1.0 - t).sqrt());
    Some(normal_sf((z_final - expected) / sd) + normal_sf((z_final + expected) / sd))
}

/// Z of a look: the normal quantile of the t probability of |estimate|/SE, signed like the estimate. Boundaries are made
/// for normal statistics; with few items d̄/SE itself exceeds them too often. `None` without a positive standard error.
pub fn look_statistic(estimate: f64, se: f64, df: f64) -> Option<f64> {
    let usable = estimate.is_finite() && se.is_finite() && se > 0.0 && df > 0.0;
    let z = -normal_quantile(t_sf((estimate / se).abs(), df));
    usable.then(|| z.copysign(estimate))
}

/// Critical value of t that stands for the normal boundary `z` with `df` degrees of freedom.
pub fn look_critical(z: f64, df: f64) -> f64 {
    -t_quantile(normal_sf(z), df)
}

/// Repeated confidence interval after a look, estimate ± t_df(Φ(z_k))·SE (Jennison, Turnbull 1989), clipped to ± `range`,
/// the length of the scale of the levels. The estimate of a stopped run is biased away from 0. `None` without a positive
/// standard error.
pub fn look_interval(estimate: f64, se: f64, df: f64, z: f64, range: f64) -> Option<Interval> {
    let usable = estimate.is_finite() && se.is_finite() && se > 0.0 && df > 0.0;
    let interval = Interval::around(estimate, look_critical(z, df) * se);
    usable.then(|| Interval {
        lo: interval.lo.max(-range),
        hi: interval.hi.min(range),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn five_equal_looks_match_the_published_boundaries() {
        let looks = boundaries(&[0.2, 0.4, 0.6, 0.8, 1.0], 0.05, Spending::ObrienFleming).unwrap();
        for (look, z) in looks.iter().zip([4.877, 3.357, 2.680, 2.290, 2.031]) {
            assert!((look.z - z).abs() < 5e-4, "{} against {z}", look.z);
        }
    }

    #[test]
    fn a_single_look_spends_everything() {
        let looks = boundaries(&[1.0], 0.05, Spending::Pocock).unwrap();
        assert!((looks[0].z - 1.959_963_984_540_054).abs() < 1e-9);
    }

    #[test]
    fn looks_must_rise() {
        assert!(boundaries(&[], 0.05, Spending::Pocock).is_err());
        assert!(boundaries(&[0.5, 0.5], 0.05, Spending::Pocock).is_err());
        assert!(boundaries(&[f64::NAN], 0.05, Spending::Pocock).is_err());
        assert!(boundaries(&[0.5, 1.2], 0.05, Spending::Pocock).is_err());
    }

    #[test]
    fn no_trend_has_little_conditional_power() {
        assert!(conditional_power(0.1, 0.6, 2.031).unwrap() < 0.01);
        assert!(conditional_power(2.6, 0.6, 2.031).unwrap() > 0.9);
        assert_eq!(conditional_power(1.0, 1.0, 2.0), None);
    }

    #[test]
    fn few_degrees_of_freedom_move_the_boundary_out() {
        assert!((look_critical(2.031, 1e9) - 2.031).abs() < 1e-6);
        assert!(look_critical(2.031, 9.0) > 2.3);
        let z = look_statistic(-7.0, 2.0, 110.0).unwrap();
        assert!(z < -3.3 && z > -3.5);
        assert_eq!(look_statistic(1.0, 0.0, 10.0), None);
        let clipped = look_interval(90.0, 30.0, 9.0, 2.0, 100.0).unwrap();
        assert_eq!(clipped.hi, 100.0);
        assert_eq!(look_interval(1.0, f64::NAN, 9.0, 2.0, 100.0), None);
    }
}
