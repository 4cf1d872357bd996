//! From raw marks to points.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::common::decimal::Decimal;

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
    /// Place between the lowest and the highest mark: 0–100, for suites with scales of their own. On marks 1–5 the same
    /// as [`Affine25`](Self::Affine25).
    #[value(skip)]
    Percent,
}

impl ScoreMap {
    /// Points of a raw mark, or of a mean of raw marks, at a place of the five-point scale
    /// ([`MarkScale::five_point`](crate::suite::axes::scale::MarkScale::five_point)).
    pub fn points(self, raw: f64) -> f64 {
        match self {
            Self::Affine25 | Self::Percent => (raw - 1.0) * 25.0,
            Self::Times20 => raw * 20.0,
        }
    }

    /// Points per step of the five-point scale: what a difference is multiplied by.
    pub fn slope(self) -> f64 {
        match self {
            Self::Affine25 | Self::Percent => 25.0,
            Self::Times20 => 20.0,
        }
    }

    /// How points follow from a mark, as it stands after `Points: `.
    pub fn formula(self) -> &'static str {
        match self {
            Self::Affine25 => "25 x (mark - 1)",
            Self::Times20 => "20 x mark",
            Self::Percent => "0 for the lowest mark of the scale, 100 for the highest",
        }
    }

    /// Its name with the formula.
    pub fn described(self) -> String {
        format!("{self}, points: {}", self.formula())
    }
}

impl fmt::Display for ScoreMap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Affine25 => "affine25",
            Self::Times20 => "times20",
            Self::Percent => "percent",
        })
    }
}

/// How the authors of a benchmark print its figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Print {
    /// What they print for the lowest mark.
    pub lowest: Decimal,
    /// What they print for the highest mark.
    pub highest: Decimal,
    /// Decimals.
    pub digits: u8,
}

impl Print {
    /// Most decimals.
    pub const MAX_DIGITS: u8 = 10;

    /// A mean on the five-point scale on the authors' scale.
    pub fn value(self, five_point: f64) -> f64 {
        let (lowest, highest) = (self.lowest.to_f64(), self.highest.to_f64());
        (five_point - 1.0).mul_add((highest - lowest) / 4.0, lowest)
    }

    /// Points, 0–100, on the authors' scale.
    pub fn of_points(self, points: f64) -> f64 {
        self.value(points / 25.0 + 1.0)
    }
}
