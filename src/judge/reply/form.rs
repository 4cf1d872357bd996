//! How a reply holds the marks of a call, and what its numbers become.

use crate::common::decimal::Decimal;
use crate::judge::mark::{Mark, MissingReason, Score};
use crate::suite::axes::scale::MarkScale;
use crate::suite::calls::{Parser, Recode};
use crate::suite::{Axis, ReplyForm};

/// How a reply holds the marks of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// As keys, as a list, or as lines.
    pub reply: ReplyForm,
    /// The axes, each with the key or label of its numbers; a list has one key for all.
    pub keys: Vec<(Axis, String)>,
    /// The numbers that the judge is asked for.
    pub scale: MarkScale,
    /// From these numbers to marks.
    pub recode: Recode,
    /// How the reply is read.
    pub parser: Parser,
}

/// The place of one axis in a list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct InList {
    /// Place of its first number.
    pub from: usize,
    /// How many numbers it has.
    pub count: usize,
    /// Length of the list.
    pub total: usize,
    /// Whether a list of another length, or a number alone, counts as well.
    pub any_length: bool,
}

/// What the numbers of one axis become.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Made {
    /// The mark, or why there is none.
    pub mark: Mark,
    /// Its parts on the axis's scale; empty where it has none.
    pub parts: Vec<Score>,
}

/// How many numbers a judge gives for a mark on an axis.
fn count(axis: Axis) -> usize {
    axis.parts().map_or(1, |parts| parts.names.len())
}

impl Form {
    /// An object with one key, for tests of the reading.
    #[cfg(any(test, feature = "internals"))]
    pub fn one_key(axis: Axis, key: &str) -> Self {
        Self {
            reply: ReplyForm::Json,
            keys: vec![(axis, key.to_owned())],
            scale: axis.scale(),
            recode: Recode::default(),
            parser: Parser::Strict,
        }
    }

    /// The axis at a place, with its key and the number of its numbers.
    pub(super) fn at(&self, at: usize) -> Option<(Axis, &str, usize)> {
        let (axis, key) = self.keys.get(at)?;
        Some((*axis, key, count(*axis)))
    }

    /// The place in the list of the axis at a place.
    pub(super) fn in_list(&self, at: usize) -> InList {
        let counts = || self.keys.iter().map(|(axis, _)| count(*axis));
        InList {
            from: counts().take(at).sum(),
            count: counts().nth(at).unwrap_or(0),
            total: counts().sum(),
            any_length: self.parser == Parser::CompatMinOfPresent,
        }
    }

    /// The names of all numbers of a list in order: the axis, or its parts.
    pub fn names(&self) -> Vec<&str> {
        let names = self.keys.iter().map(|(axis, _)| names(*axis));
        names.flatten().collect()
    }

    /// What numbers that were read for an axis become.
    pub(super) fn made(&self, axis: Axis, said: Result<Vec<Decimal>, MissingReason>) -> Made {
        let missing = |reason| Made {
            mark: Mark::Missing(reason),
            parts: Vec::new(),
        };
        let numbers = match said {
            Ok(numbers) => numbers,
            Err(reason) => return missing(reason),
        };
        let score = |said: &Decimal| Score::on(axis.scale(), self.recode.mark(*said)?);
        let Some(scores) = numbers.iter().map(score).collect::<Option<Vec<Score>>>() else {
            return missing(MissingReason::OutOfRange);
        };
        let (mark, parts) = match axis.parts() {
            Some(parts) => {
                let mark = parts.take.of(scores.iter().copied());
                let whole = scores.len() == parts.names.len();
                (mark, if whole { scores } else { Vec::new() })
            }
            None => (scores.first().copied(), Vec::new()),
        };
        match mark {
            Some(score) => Made {
                mark: Mark::Scored(score),
                parts,
            },
            None => missing(MissingReason::Unparsable),
        }
    }
}

/// The names of the numbers of an axis.
pub fn names(axis: Axis) -> Vec<&'static str> {
    match axis.parts() {
        Some(parts) => parts.names.iter().map(String::as_str).collect(),
        None => vec![axis.key()],
    }
}

#[cfg(test)]
mod tests;
