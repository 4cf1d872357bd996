//! A difference against a margin that was declared before it was seen.

use serde::Serialize;

use crate::stats::interval::Confidence;
use crate::stats::paired;
use crate::stats::stratified::Estimate;
use crate::suite::ScoreMap;

/// Non-inferiority and equivalence within a declared margin.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct MarginTest {
    /// The margin in points.
    pub margin: f64,
    /// p against "worse by the margin or more"; to be held against alpha/2.
    pub p_noninferiority: f64,
    /// Lower end of the two-sided 1 − alpha interval above −margin.
    pub noninferior: bool,
    /// The larger p of the two one-sided tests; to be held against alpha.
    pub p_equivalence: f64,
    /// The two-sided 1 − 2·alpha interval lies within ±margin.
    pub equivalent: bool,
    /// That interval in points.
    pub interval: [f64; 2],
}

/// Tests an estimate in raw marks against a margin in points; `None` without a standard error.
pub fn margin_test(
    raw: &Estimate,
    mapping: ScoreMap,
    margin: f64,
    alpha: f64,
) -> Option<MarginTest> {
    let (se, df) = (raw.se?, raw.df?);
    let slope = mapping.slope();
    let tests = paired::equivalence(raw.value * slope, se * slope, df, margin).ok()?;
    let confidence = Confidence::new(1.0 - 2.0 * alpha).ok()?;
    let interval = raw.t_interval(confidence)?.map(slope, 0.0);
    Some(MarginTest {
        margin,
        p_noninferiority: tests.p_noninferiority(),
        noninferior: tests.p_noninferiority() <= 0.5 * alpha,
        p_equivalence: tests.p(),
        equivalent: tests.p() <= alpha,
        interval: [interval.lo, interval.hi],
    })
}
