//! Marks: an integer 1–5, or a named reason why there is none.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A raw mark: 1 (none or contradicts) to 5 (perfect).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "u8", try_from = "u8")]
pub struct Score(u8);

/// A number that is no mark.
#[derive(Debug, thiserror::Error)]
#[error("a mark is an integer from 1 to 5, not {0}")]
pub struct NotAScore(u8);

impl Score {
    /// The lowest mark: what an empty answer gets.
    pub const LOWEST: Self = Self(1);
    /// The highest mark.
    pub const HIGHEST: Self = Self(5);

    /// A mark from an integer; `None` outside 1–5.
    pub fn new(value: i64) -> Option<Self> {
        u8::try_from(value)
            .ok()
            .filter(|value| (1..=5).contains(value))
            .map(Self)
    }

    /// The integer, 1–5.
    pub fn get(self) -> u8 {
        self.0
    }
}

impl From<Score> for u8 {
    fn from(score: Score) -> Self {
        score.0
    }
}

impl TryFrom<u8> for Score {
    type Error = NotAScore;

    fn try_from(value: u8) -> Result<Self, Self::Error> {
        Self::new(value.into()).ok_or(NotAScore(value))
    }
}

/// Why a judge's mark is missing, after all retries.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum MissingReason {
    /// The reply holds no mark that can be read.
    Unparsable,
    /// The reply holds a number that is no mark.
    OutOfRange,
    /// The judge declined in words.
    Refused,
    /// The endpoint's content filter stepped in.
    ContentFiltered,
    /// No usable reply arrived: connection, status, time-out, broken body.
    Transport,
    /// The reply was cut off before a mark.
    Truncated,
}

impl MissingReason {
    /// The name in files and tables.
    pub fn key(self) -> &'static str {
        match self {
            Self::Unparsable => "unparsable",
            Self::OutOfRange => "out-of-range",
            Self::Refused => "refused",
            Self::ContentFiltered => "content-filtered",
            Self::Transport => "transport",
            Self::Truncated => "truncated",
        }
    }
}

impl fmt::Display for MissingReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

/// The outcome of judging: a mark, or a named reason why there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Mark {
    /// A raw mark.
    Scored(Score),
    /// No mark, and why.
    Missing(MissingReason),
}
