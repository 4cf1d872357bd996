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
    /// Two verdicts in the reply differ.
    Ambiguous,
    /// The reply holds a number that is no mark.
    OutOfRange,
    /// The judge declined in words.
    Refused,
    /// A content filter of the endpoint or a gateway stepped in.
    ContentFiltered,
    /// The reply was cut off at its longest length, or ends inside a thought.
    Truncated,
    /// No connection: refused, unknown name, certificate, broken off.
    Unreachable,
    /// No whole reply arrived in time.
    TimedOut,
    /// The endpoint asked for patience (429) until no try was left.
    Throttled,
    /// The endpoint failed (5xx, 408, 409, 425).
    ServerError,
    /// A response arrived that is no reply.
    BadResponse,
    /// The endpoint does not take this request (4xx).
    RefusedRequest,
    /// Request, picture or prompt is larger than the endpoint takes.
    TooLarge,
    /// The key may not ask this.
    Denied,
    /// The account has no credit left.
    Quota,
    /// Another model answered than was asked for.
    ServedOther,
    /// One of [`Unreachable`](Self::Unreachable) to [`RefusedRequest`](Self::RefusedRequest), in logs
    /// from before these were told apart. Never written.
    Transport,
}

impl MissingReason {
    /// All of them, in the order of tables.
    pub const ALL: [Self; 17] = [
        Self::Unparsable,
        Self::Ambiguous,
        Self::OutOfRange,
        Self::Refused,
        Self::ContentFiltered,
        Self::Truncated,
        Self::Unreachable,
        Self::TimedOut,
        Self::Throttled,
        Self::ServerError,
        Self::BadResponse,
        Self::RefusedRequest,
        Self::TooLarge,
        Self::Denied,
        Self::Quota,
        Self::ServedOther,
        Self::Transport,
    ];

    /// Whether the endpoint was out of order, which says nothing about the judge.
    pub fn is_outage(self) -> bool {
        matches!(
            self,
            Self::Unreachable
                | Self::TimedOut
                | Self::Throttled
                | Self::ServerError
                | Self::BadResponse
                | Self::Denied
                | Self::Quota
                | Self::Transport
        )
    }

    /// The name in files and tables.
    pub fn key(self) -> &'static str {
        match self {
            Self::Unparsable => "unparsable",
            Self::Ambiguous => "ambiguous",
            Self::OutOfRange => "out-of-range",
            Self::Refused => "refused",
            Self::ContentFiltered => "content-filtered",
            Self::Truncated => "truncated",
            Self::Unreachable => "unreachable",
            Self::TimedOut => "timed-out",
            Self::Throttled => "throttled",
            Self::ServerError => "server-error",
            Self::BadResponse => "bad-response",
            Self::RefusedRequest => "refused-request",
            Self::TooLarge => "too-large",
            Self::Denied => "denied",
            Self::Quota => "quota",
            Self::ServedOther => "served-other",
            Self::Transport => "transport",
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
