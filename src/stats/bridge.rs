//! A comparison across a change of judge.
//!
//! Run A was marked by the old judge, run B by the new one, and some of A's answers, the anchors, by both. The estimand is
//! on the new judge's scale: with g = OLD_A − NEW_B on all items and h = NEW_A − OLD_A on the anchors,
//! θ = Σ_h W_h(ḡ_h + h̄_h), Var_h = W_h²(s²_g/n_h + s²_h/m_h + 2·cov(g, h)/n_h), the covariance over the anchors, and
//! Satterthwaite's degrees of freedom over m_h − 1. The one assumption is that the anchors were drawn at random.
//! (Cochran 1977, §12.6, double sampling for a difference.)
//!
//! Where A has no anchors of its own, those of M ≥ 3 other runs stand in for them ([`joined_by_others`]), under a second
//! assumption: that A is a run like them.

use super::distribution::{normal_quantile, t_sf, t_two_sided};
use super::error::{Result, StatsError, same_length};
use super::interval::{Confidence, Interval, t_interval};
use super::lattice::differences;
use super::margin::{MarginMethod, MarginTest};
use super::rational::Rational;
use super::sample;
use super::strata::Strata;

/// Anchors that each stratum needs.
pub const FEWEST_ANCHORS: usize = 2;

/// Other runs with anchors from which a run like them can be joined.
pub const FEWEST_OTHERS: usize = 3;

/// One axis across a change of judge; item values in item order.
#[derive(Debug, Clone, Copy)]
pub struct BridgeCells<'a> {
    /// Run A, marked by the old judge.
    pub old_a: &'a [Option<Rational>],
    /// Run B, marked by the new judge.
    pub new_b: &'a [Option<Rational>],
    /// Run A, marked by the new judge: the anchors.
    pub new_a: &'a [Option<Rational>],
    /// Planned size of each stratum, 0 where the axis does not exist.
    pub planned: &'a [u32],
}

/// Why two runs cannot be joined.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoBridge {
    /// A stratum has fewer than two anchors.
    TooFewAnchors {
        /// Which.
        stratum: usize,
    },
    /// A stratum has fewer than two items that the old judge marked for A and the new one for B.
    EmptyStratum {
        /// Which.
        stratum: usize,
    },
    /// The differences show no spread.
    NoSpread,
    /// Fewer than three other runs have anchors.
    TooFewRuns,
}

impl NoBridge {
    /// The reason's key: `too-few-anchors`, `empty-stratum`, `no-spread`, `too-few-runs`.
    pub fn key(self) -> &'static str {
        match self {
            Self::TooFewAnchors { .. } => "too-few-anchors",
            Self::EmptyStratum { .. } => "empty-stratum",
            Self::NoSpread => "no-spread",
            Self::TooFewRuns => "too-few-runs",
        }
    }
}

/// The difference A − B on the new judge's scale, in the units of the values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Joined {
    /// θ.
    pub estimate: f64,
    /// Its standard error.
    pub se: f64,
    /// Degrees of freedom.
    pub df: f64,
    /// 95 % interval, clipped to ± the length of the scale.
    pub interval: Interval,
    /// Two-sided p of the t test.
    pub p: f64,
    /// Σ W_h h̄_h: how far the new judge marks from the old one.
    pub shift: f64,
    /// Standard error of the shift.
    pub se_shift: f64,
    /// Items marked by both judges.
    pub anchors: usize,
}

impl Joined {
    /// The interval at another level, clipped to ± `range`; `None` without spread.
    pub fn interval_at(&self, range: f64, confidence: Confidence) -> Option<Interval> {
        let found = t_interval(self.estimate, self.se, self.df, confidence)?;
        Some(Interval {
            lo: found.lo.max(-range),
            hi: found.hi.min(range),
        })
    }

    /// Both one-sided t tests of ±`margin`, never below the floor of the anchors: m tasks cannot exclude changes that they
    /// never showed. `None` unless the margin is positive.
    pub fn margin_test(&self, margin: f64, range: f64) -> Option<MarginTest> {
        let share = (margin / range).min(1.0);
        let floor = (1.0 - share).powf(self.anchors as f64);
        let tail = |distance: f64| t_sf(distance / self.se, self.df).max(floor);
        (margin > 0.0 && margin.is_finite()).then(|| MarginTest {
            method: MarginMethod::T,
            p_upper: tail(margin - self.estimate),
            p_lower: tail(margin + self.estimate),
        })
    }

    /// The same difference with its sides exchanged.
    #[must_use]
    pub fn turned(self) -> Self {
        Self {
            estimate: -self.estimate,
            interval: Interval {
                lo: -self.interval.hi,
                hi: -self.interval.lo,
            },
            ..self
        }
    }
}

/// Joins two runs over the anchors of other runs, whose mean by item stands in `cells` as A's new marks; `shifts` are the
/// mean shifts of those runs. To the variance of [`joined`] comes s_δ²(1 + 1/M), what a run like them may differ from their
/// mean and what that mean is known to; the degrees of freedom are Satterthwaite's over both.
///
/// # Errors
/// As [`joined`].
pub fn joined_by_others(
    strata: &Strata,
    cells: BridgeCells<'_>,
    shifts: &[f64],
    range: f64,
) -> Result<std::result::Result<Joined, NoBridge>> {
    let runs = shifts.len();
    let Some(between) = sample::variance(shifts).filter(|_| runs >= FEWEST_OTHERS) else {
        return Ok(Err(NoBridge::TooFewRuns));
    };
    let own = match joined(strata, cells, range)? {
        Ok(own) => own,
        Err(why) => return Ok(Err(why)),
    };
    let (within, between) = (own.se * own.se, between * (1.0 + 1.0 / runs as f64));
    let se = (within + between).sqrt();
    let by_freedom = within * within / own.df + between * between / (runs as f64 - 1.0);
    let df = se.powi(4) / by_freedom;
    let widened = Joined {
        se,
        df,
        p: t_two_sided(own.estimate / se, df),
        se_shift: (own.se_shift * own.se_shift + between).sqrt(),
        ..own
    };
    Ok(widened
        .interval_at(range, Confidence::P95)
        .map(|interval| Joined {
            interval,
            ..widened
        })
        .ok_or(NoBridge::NoSpread))
}

/// Joins two runs over their anchors. `range` is the length of the scale of the levels.
///
/// # Errors
/// [`StatsError::Length`], [`StatsError::Overflow`], [`StatsError::OutOfRange`] for sizes that are all 0.
pub fn joined(
    strata: &Strata,
    cells: BridgeCells<'_>,
    range: f64,
) -> Result<std::result::Result<Joined, NoBridge>> {
    same_length("values of the old judge", strata.items(), cells.old_a.len())?;
    same_length(
        "stratum sizes of an axis",
        strata.count(),
        cells.planned.len(),
    )?;
    let total: f64 = cells.planned.iter().copied().map(f64::from).sum();
    if total <= 0.0 {
        return Err(StatsError::OutOfRange {
            what: "sum of the stratum sizes",
            range: "positive",
            value: total,
        });
    }
    let g = differences(cells.old_a, cells.new_b)?;
    let h = differences(cells.new_a, cells.old_a)?;
    let mut sums = Sums::default();
    for stratum in (0..strata.count()).filter(|&h| cells.planned[h] > 0) {
        let weight = f64::from(cells.planned[stratum]) / total;
        match Part::of(strata, stratum, &g, &h) {
            Ok(part) => sums.add(weight, &part),
            Err(why) => return Ok(Err(why)),
        }
    }
    Ok(sums.finish(range).ok_or(NoBridge::NoSpread))
}

/// One stratum.
struct Part {
    mean_g: f64,
    mean_h: f64,
    variance: f64,
    variance_shift: f64,
    anchors: usize,
}

impl Part {
    fn of(
        strata: &Strata,
        stratum: usize,
        g: &[Option<Rational>],
        h: &[Option<Rational>],
    ) -> std::result::Result<Self, NoBridge> {
        let items = || (0..strata.items()).filter(|&item| strata.of_item()[item] == stratum);
        let float = |value: &Option<Rational>| value.map(Rational::to_f64);
        let of_g: Vec<f64> = items().filter_map(|item| float(&g[item])).collect();
        let of_h: Vec<f64> = items().filter_map(|item| float(&h[item])).collect();
        let both: Vec<(f64, f64)> = items()
            .filter_map(|item| float(&g[item]).zip(float(&h[item])))
            .collect();
        let few = NoBridge::TooFewAnchors { stratum };
        if of_h.len() < FEWEST_ANCHORS || both.len() < FEWEST_ANCHORS {
            return Err(few);
        }
        let (x, y): (Vec<f64>, Vec<f64>) = both.into_iter().unzip();
        let empty = NoBridge::EmptyStratum { stratum };
        let (n, m) = (of_g.len() as f64, of_h.len() as f64);
        let variance_g = sample::variance(&of_g).ok_or(empty)?;
        let variance_h = sample::variance(&of_h).ok_or(few)?;
        let covariance = sample::covariance(&x, &y).ok_or(few)?;
        Ok(Self {
            mean_g: sample::mean(&of_g).ok_or(empty)?,
            mean_h: sample::mean(&of_h).ok_or(few)?,
            variance: variance_g / n + variance_h / m + 2.0 * covariance / n,
            variance_shift: variance_h / m,
            anchors: of_h.len(),
        })
    }
}

#[derive(Default)]
struct Sums {
    estimate: f64,
    shift: f64,
    variance: f64,
    variance_shift: f64,
    by_freedom: f64,
    anchors: usize,
}

impl Sums {
    fn add(&mut self, weight: f64, part: &Part) {
        let variance = weight * weight * part.variance;
        self.estimate += weight * (part.mean_g + part.mean_h);
        self.shift += weight * part.mean_h;
        self.variance += variance;
        self.variance_shift += weight * weight * part.variance_shift;
        self.by_freedom += variance * variance / (part.anchors as f64 - 1.0);
        self.anchors += part.anchors;
    }

    fn finish(self, range: f64) -> Option<Joined> {
        let df = self.variance * self.variance / self.by_freedom;
        let usable = self.variance > 0.0 && df.is_finite();
        let se = self.variance.max(0.0).sqrt();
        let interval = t_interval(self.estimate, se, df, Confidence::P95).filter(|_| usable)?;
        Some(Joined {
            estimate: self.estimate,
            se,
            df,
            interval: Interval {
                lo: interval.lo.max(-range),
                hi: interval.hi.min(range),
            },
            p: t_two_sided(self.estimate / se, df),
            shift: self.shift,
            se_shift: self.variance_shift.sqrt(),
            anchors: self.anchors,
        })
    }
}

/// What a plan for anchors knows about the differences of one axis, in squared units of the values.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AnchorPlan {
    /// Half-width that the 95 % interval is to have.
    pub half_width: f64,
    /// s²_g.
    pub variance_g: f64,
    /// s²_h.
    pub variance_h: f64,
    /// cov(g, h).
    pub covariance: f64,
    /// Items n.
    pub items: u64,
}

/// Anchors needed, m = ⌈s²_h/((w/z)² − (s²_g + 2cov)/n)⌉; `None` if even all n items do not suffice.
pub fn anchors_needed(plan: AnchorPlan) -> Option<u64> {
    let z = normal_quantile(0.975);
    let room = (plan.half_width / z).powi(2)
        - (plan.variance_g + 2.0 * plan.covariance) / plan.items as f64;
    let needed = (plan.variance_h / room).ceil();
    (room > 0.0 && needed <= plan.items as f64).then_some(needed.max(FEWEST_ANCHORS as f64) as u64)
}

/// Mean shift of the judge over `shifts` of other runs than A, with its interval for a run like them:
/// t_{M−1}·s_δ·√(1 + 1/M). `None` below three runs.
pub fn shift_of_others(shifts: &[f64], confidence: Confidence) -> Option<(f64, Interval)> {
    let runs = shifts.len();
    let (mean, sd) = (sample::mean(shifts)?, sample::standard_deviation(shifts)?);
    let t = super::interval::t_critical(runs as f64 - 1.0, confidence);
    let half = t * sd * (1.0 + 1.0 / runs as f64).sqrt();
    (runs >= FEWEST_OTHERS).then(|| (mean, Interval::around(mean, half)))
}

#[cfg(test)]
mod tests;
