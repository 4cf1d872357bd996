//! Which interval a paired difference gets.
//!
//! A difference lies within ± the length of the scale. Where few units differ, Student's t is wrong and the shares of
//! units that win or lose bound the difference exactly (Clopper, Pearson 1934); where all units agree, the units that were
//! not drawn bound it. ρ, the largest weight of a unit over the mean weight, carries both to unequal weights.

use super::interval::{Confidence, Interval, t_interval};
use super::proportion::clopper_pearson;
use super::weighted::WeightedMean;

/// Effective units that differ, below which a difference is bounded instead of estimated with t.
const RARE_BELOW: f64 = 10.0;

/// An interval with how it was made.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct DifferenceInterval {
    /// How.
    pub kind: IntervalKind,
    /// The interval, in the units of the values; `None` where the kind says so.
    pub interval: Option<Interval>,
}

/// How the interval of a difference was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntervalKind {
    /// d̄ ± t·SE.
    T,
    /// Few units differ: the exact limits of the shares of winning and losing units.
    RareBound,
    /// No spread within strata: what unseen units could change.
    ConstantBound,
    /// There is none.
    None(NoInterval),
}

/// Why a difference has no interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoInterval {
    /// No unit was observed on both sides.
    NoPairs,
    /// One unit was.
    SinglePair,
    /// Strata that share clusters consist of a single cluster, which shows no spread.
    OneUnitStratum,
    /// The units are so few or weigh so unequally that the interval would be the whole scale.
    DesignTooThin,
}

impl IntervalKind {
    /// The kind's key: `t`, `rare-bound`, `constant-bound`, `none`.
    pub fn key(self) -> &'static str {
        match self {
            Self::T => "t",
            Self::RareBound => "rare-bound",
            Self::ConstantBound => "constant-bound",
            Self::None(_) => "none",
        }
    }

    /// Why there is no interval; `None` where there is one.
    pub fn reason(self) -> Option<NoInterval> {
        match self {
            Self::None(reason) => Some(reason),
            Self::T | Self::RareBound | Self::ConstantBound => None,
        }
    }
}

impl NoInterval {
    /// The reason's key: `no-pairs`, `single-pair`, `one-unit-stratum`, `design-too-thin`.
    pub fn key(self) -> &'static str {
        match self {
            Self::NoPairs => "no-pairs",
            Self::SinglePair => "single-pair",
            Self::OneUnitStratum => "one-unit-stratum",
            Self::DesignTooThin => "design-too-thin",
        }
    }
}

impl DifferenceInterval {
    /// No interval.
    pub fn none(reason: NoInterval) -> Self {
        Self {
            kind: IntervalKind::None(reason),
            interval: None,
        }
    }
}

/// Šidák's level of each of `family_size` contrasts that hold together at 1 − `alpha`: 1 − (1−alpha)^{1/m}. `alpha` itself
/// for a family of one.
pub fn sidak(alpha: f64, family_size: usize) -> f64 {
    -((-alpha).ln_1p() / family_size.max(1) as f64).exp_m1()
}

/// What the units that were not drawn could hide.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct UnseenBound {
    /// Largest share of units of one kind that leave no trace among those drawn with probability 5 %: 1 − 0.05^{1/n}.
    pub share: f64,
    /// How far such units could move the mean, in the units of the values.
    pub bound: f64,
}

impl WeightedMean {
    /// The interval of this difference at 1 − `alpha` (two-sided). `range` is the length of the scale of the levels in the
    /// units of the values, infinite for a scale without ends: it then takes a t interval or none.
    ///
    /// Pass [`sidak`]'s level for an interval that holds together with those of a family.
    pub fn difference_interval(&self, range: f64, alpha: f64) -> DifferenceInterval {
        let Ok(confidence) = Confidence::new(1.0 - alpha) else {
            return DifferenceInterval::none(NoInterval::DesignTooThin);
        };
        let n = self.units();
        if n < 2 {
            return DifferenceInterval::none(NoInterval::SinglePair);
        }
        let found = if self.is_rare(RARE_BELOW) {
            Some((IntervalKind::RareBound, self.rare_bound(range, confidence)))
        } else {
            match (self.se(), self.df()) {
                (None, _) => return DifferenceInterval::none(NoInterval::OneUnitStratum),
                (Some(se), Some(df)) if se > 0.0 => {
                    t_interval(self.value(), se, df, confidence).map(|t| (IntervalKind::T, t))
                }
                _ => Some((
                    IntervalKind::ConstantBound,
                    self.constant_bound(range, confidence),
                )),
            }
        };
        match found {
            Some((kind, interval)) if interval.lo > -range || interval.hi < range => Self::clipped(
                kind,
                Interval {
                    lo: interval.lo.max(-range),
                    hi: interval.hi.min(range),
                },
            ),
            _ => DifferenceInterval::none(NoInterval::DesignTooThin),
        }
    }

    fn clipped(kind: IntervalKind, interval: Interval) -> DifferenceInterval {
        DifferenceInterval {
            kind,
            interval: Some(interval),
        }
    }

    /// Whether effectively fewer than `limit` units, and fewer than half of them, differ.
    pub(super) fn is_rare(&self, limit: f64) -> bool {
        let (n, changed) = (self.units() as f64, self.changed().any as f64);
        changed * self.effective_units() / n < limit && 2 * self.changed().any < self.units()
    }

    /// [−range·ρ·U(n₋), range·ρ·U(n₊)].
    fn rare_bound(&self, range: f64, confidence: Confidence) -> Interval {
        let upper = |count: usize| {
            clopper_pearson(count as u64, self.units() as u64, confidence)
                .map_or(1.0, |limits| limits.hi)
        };
        let reach = range * self.balance();
        Interval {
            lo: -reach * upper(self.changed().down),
            hi: reach * upper(self.changed().up),
        }
    }

    /// [d̄ − q(range + max d), d̄ + q(range − min d)] with q = min(1, ρ(1 − tail^{1/n})).
    fn constant_bound(&self, range: f64, confidence: Confidence) -> Interval {
        let share = 1.0 - confidence.tail().powf(1.0 / self.units() as f64);
        let q = (self.balance() * share).min(1.0);
        Interval {
            lo: self.value() - q * (range + self.extremes().hi),
            hi: self.value() + q * (range - self.extremes().lo),
        }
    }

    /// How far differences that these units did not show could move the mean; `range` as in
    /// [`difference_interval`](Self::difference_interval).
    pub fn unseen_bound(&self, range: f64) -> UnseenBound {
        let share = 1.0 - 0.05_f64.powf(1.0 / self.units() as f64);
        UnseenBound {
            share,
            bound: range * self.balance() * share,
        }
    }
}
