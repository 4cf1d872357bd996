//! A difference against a margin: is it at most so much worse, is it smaller than that either way?
//!
//! All margin tests of a page are adjusted together by Holm, equivalence at alpha and non-inferiority at alpha/2.

use serde::Serialize;

use crate::analysis::compare::effects::ends;
use crate::analysis::compare::setting::Setting;
use crate::analysis::runs::declaration::Declared;
use crate::analysis::scores::sheet::RAW_RANGE;
use crate::stats::bridge::Joined;
use crate::stats::error::Result;
use crate::stats::interval::{Confidence, Interval};
use crate::stats::margin;
use crate::stats::weighted::WeightedMean;

/// Non-inferiority and equivalence within a margin. What they show is the contrast's standing.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MarginTest {
    /// The margin in points.
    pub margin: f64,
    /// When the margin was declared; `nothing` for the default, which nobody declared.
    pub declared: Declared,
    /// `exact` by the count of units that win or lose, or `t`.
    pub method: &'static str,
    /// p against "worse by the margin or more", not adjusted.
    pub p_noninferiority: f64,
    /// The larger p of the two one-sided tests, not adjusted.
    pub p_equivalence: f64,
    /// Adjusted over the page; to be held against alpha/2. 1 where the contrast is not tested.
    pub p_noninferiority_holm: f64,
    /// Adjusted over the page; to be held against alpha. 1 where the contrast is not tested.
    pub p_equivalence_holm: f64,
    /// Units that the page's margin tests need before any of them can show equivalence at all; where these are fewer.
    pub units_needed: Option<u64>,
    /// Two-sided 1 − 2·alpha t interval in points, this contrast alone; none without a standard error.
    pub interval: Option<[f64; 2]>,
    /// What missing marks could make of it: Imbens–Manski interval in points at the level 2·alpha over the number of
    /// margin tests; where marks are missing.
    pub bounds: Option<[f64; 2]>,
}

/// Tests a difference in raw marks against the margin of the setting, which is in points. `None` where there is neither a
/// standard error nor a bound.
///
/// # Errors
/// Those of the statistics, which a checked margin does not raise.
pub fn margin_test(setting: &Setting<'_>, mean: &WeightedMean) -> Result<Option<MarginTest>> {
    let Some(tests) = mean.margin_test(raw_margin(setting), RAW_RANGE)? else {
        return Ok(None);
    };
    let interval = mean.t_interval(confidence(setting)?);
    Ok(Some(told(setting, &tests, interval)))
}

/// The same for a difference across judges.
///
/// # Errors
/// As [`margin_test`].
pub fn margin_across(setting: &Setting<'_>, joined: &Joined) -> Result<Option<MarginTest>> {
    let tests = joined.margin_test(raw_margin(setting), RAW_RANGE);
    let interval = joined.interval_at(RAW_RANGE, confidence(setting)?);
    Ok(tests.map(|tests| told(setting, &tests, interval)))
}

fn raw_margin(setting: &Setting<'_>) -> f64 {
    setting.margin.points / setting.mapping.slope()
}

/// The level of the interval that belongs to the margin tests.
fn confidence(setting: &Setting<'_>) -> Result<Confidence> {
    Confidence::new(1.0 - 2.0 * setting.alpha)
}

fn told(
    setting: &Setting<'_>,
    tests: &margin::MarginTest,
    interval: Option<Interval>,
) -> MarginTest {
    MarginTest {
        margin: setting.margin.points,
        declared: setting.margin.declared,
        method: tests.method.key(),
        p_noninferiority: tests.p_noninferiority(),
        p_equivalence: tests.p_equivalence(),
        p_noninferiority_holm: 1.0,
        p_equivalence_holm: 1.0,
        units_needed: None,
        interval: interval.map(|interval| ends(interval.map(setting.mapping.slope(), 0.0))),
        bounds: None,
    }
}
