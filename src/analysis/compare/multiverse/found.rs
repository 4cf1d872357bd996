//! The claims of a comparison under other analyses, as results.

use serde::Serialize;

use crate::analysis::compare::standing::Standing;

/// One choice of how to analyse.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Dimension {
    /// `mapping`, `missing`, `judge`, `axes`.
    pub name: &'static str,
    /// What was chosen between; that of the comparison first.
    pub choices: Vec<String>,
    /// Why there is one choice only, or a choice is left out.
    pub note: Option<String>,
}

/// One analysis: a choice on each dimension.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Universe {
    /// From marks to points.
    pub mapping: String,
    /// What became of missing marks.
    pub missing: String,
    /// Whose marks.
    pub judge: String,
    /// Axes of the family and of Overall.
    pub axes: String,
}

impl Universe {
    /// The choices in the order of the dimensions.
    pub fn choices(&self) -> [&str; 4] {
        [&self.mapping, &self.missing, &self.judge, &self.axes]
    }
}

/// What one analysis says about a claim.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClaimCheck {
    /// Position among the analyses.
    pub analysis: usize,
    /// What it would say.
    #[serde(flatten)]
    pub standing: Standing,
    /// The difference in points.
    pub points: Option<f64>,
}

/// A claim of the comparison under all analyses that have its metric.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Claim {
    /// The run that is compared.
    pub candidate: String,
    /// The run it is compared with.
    pub baseline: String,
    /// The axis's key, or `overall`.
    pub metric: &'static str,
    /// What the comparison says.
    #[serde(flatten)]
    pub standing: Standing,
    /// Analyses with the same standing.
    pub same: usize,
    /// Analyses that have the metric.
    pub of: usize,
    /// All of them.
    pub found: Vec<ClaimCheck>,
}

/// The claims under all analyses.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Multiverse {
    /// Always true; here so that no reader of the JSON misses it.
    pub descriptive: bool,
    /// What was varied.
    pub dimensions: Vec<Dimension>,
    /// Every analysis; the comparison itself first.
    pub analyses: Vec<Universe>,
    /// Analyses whose standings could only be had with draws; the others need none.
    pub drawn: usize,
    /// Every pair of runs on every metric.
    pub claims: Vec<Claim>,
}
