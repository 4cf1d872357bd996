//! Marks: a number on the scale of its axis, or a named reason why there is none.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::common::decimal::Decimal;
use crate::suite::Axis;
use crate::suite::axes::scale::MarkScale;

/// A raw mark. Whether it lies on the scale of its axis is checked where it is read ([`MarkScale::holds`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Score(Decimal);

impl Score {
    /// The lowest mark of the scale 1–5.
    pub const LOWEST: Self = Self(MarkScale::FIVE_POINT.lo);
    /// The highest mark of the scale 1–5.
    pub const HIGHEST: Self = Self(MarkScale::FIVE_POINT.hi);

    /// A mark of the scale 1–5; `None` outside.
    pub fn new(value: i64) -> Option<Self> {
        let value = Decimal::whole(i32::try_from(value).ok()?);
        Self::on(MarkScale::FIVE_POINT, value)
    }

    /// A mark of a scale; `None` for a number that is none. Where marks are continuous, the number is rounded to their
    /// decimals.
    pub fn on(scale: MarkScale, value: Decimal) -> Option<Self> {
        let value = scale.rounded(value);
        scale.holds(value).then_some(Self(value))
    }

    /// A number that was a mark when it was stored.
    pub fn stored(value: Decimal) -> Self {
        Self(value)
    }

    /// The lowest mark of a scale: what an empty answer gets.
    pub fn lowest(scale: MarkScale) -> Self {
        Self(scale.lo)
    }

    /// What is wrong with it as a mark of an axis, if anything: the axis is in no suite, or its scale has no such mark.
    pub fn fault(self, axis: Axis) -> Option<String> {
        if !axis.is_declared() {
            return Some(format!("axis `{axis}` is unknown"));
        }
        let holds = axis.scale().holds(self.0);
        (!holds).then(|| {
            let scale = axis.scale().in_words();
            format!("{} on {axis} is not a mark {scale}", self.0)
        })
    }

    /// The number.
    pub fn get(self) -> Decimal {
        self.0
    }

    /// The number as a floating-point number.
    pub fn to_f64(self) -> f64 {
        self.0.to_f64()
    }

    /// The nearest whole number: on scales of whole marks the mark itself.
    pub fn rounded(self) -> i64 {
        self.to_f64().round() as i64
    }

    /// How many steps it lies above the lowest mark of a scale.
    pub fn steps_on(self, scale: MarkScale) -> i64 {
        let steps = (self.0.scaled() - scale.lo.scaled()).checked_div(scale.step.scaled());
        steps
            .and_then(|steps| i64::try_from(steps).ok())
            .unwrap_or(0)
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
    /// The judge's program ended over it.
    Crashed,
    /// Another answer about the same item gave no mark, and the parser drops the whole item. In score tables, never in logs.
    ItemSkipped,
    /// The imported file has no row for it.
    NotInFile,
    /// The imported file, or the reply of the judge's program, has a place for it and no number there.
    NoMark,
    /// One of [`Unreachable`](Self::Unreachable) to [`RefusedRequest`](Self::RefusedRequest), in logs
    /// from before these were told apart, and in imported files. Never written by judging.
    Transport,
}

impl MissingReason {
    /// All of them, in the order of tables.
    pub const ALL: [Self; 21] = [
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
        Self::Crashed,
        Self::ItemSkipped,
        Self::NotInFile,
        Self::NoMark,
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
                | Self::Crashed
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
            Self::Crashed => "crashed",
            Self::ItemSkipped => "item-skipped",
            Self::NotInFile => "not-in-file",
            Self::NoMark => "no-mark",
            Self::Transport => "transport",
        }
    }
}

impl fmt::Display for MissingReason {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}

impl Mark {
    /// Why there is no mark; `None` where there is one.
    pub fn missing(self) -> Option<MissingReason> {
        match self {
            Self::Scored(_) => None,
            Self::Missing(reason) => Some(reason),
        }
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
