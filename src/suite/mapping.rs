//! From raw marks 1–5 to points.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How raw marks become points. The paper does not say which one it used; see
/// the protocol notes in the documentation. Raw marks are what is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "lowercase")]
pub enum ScoreMap {
    /// `(s − 1) · 25`: 0–100, as KRIS-Bench and RISEBench do.
    #[default]
    Affine25,
    /// `s · 20`: 20–100.
    Times20,
}

impl ScoreMap {
    /// Points of a raw mark, or of a mean of raw marks, in 1–5.
    pub fn points(self, raw: f64) -> f64 {
        match self {
            Self::Affine25 => (raw - 1.0) * 25.0,
            Self::Times20 => raw * 20.0,
        }
    }

    /// Points per raw mark: what a difference is multiplied by.
    pub fn slope(self) -> f64 {
        match self {
            Self::Affine25 => 25.0,
            Self::Times20 => 20.0,
        }
    }

    /// The formula, for tables.
    pub fn formula(self) -> &'static str {
        match self {
            Self::Affine25 => "affine25: points = (mark - 1) x 25",
            Self::Times20 => "times20: points = mark x 20",
        }
    }
}

impl fmt::Display for ScoreMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Affine25 => "affine25",
            Self::Times20 => "times20",
        })
    }
}
