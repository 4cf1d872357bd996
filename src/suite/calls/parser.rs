//! How a reply is read: by our own rules, or as the script of a benchmark's authors counts it.

use std::fmt;

use serde::{Deserialize, Serialize};

/// How the replies of a call are read. No parser guesses: what the authors' scripts draw at random, or take from the first
/// digit that they see, is a missing mark under every one of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Parser {
    /// Our own rules: a list has as many numbers as were asked for, and each answer counts for itself.
    #[default]
    Strict,
    /// VIEScore and GEdit-Bench: the smallest of the numbers that are there. A list may be shorter or longer than asked for, a
    /// number alone is a list of one, and a reply that is nothing but a number or holds nothing but a list of two is read.
    CompatMinOfPresent,
    /// RISEBench: an answer that gives no mark drops the marks of its whole item, over all calls with this parser.
    CompatSkipItem,
}

impl Parser {
    /// The name in files.
    pub fn key(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::CompatMinOfPresent => "compat-min-of-present",
            Self::CompatSkipItem => "compat-skip-item",
        }
    }

    /// Whether it is our own.
    pub fn is_strict(&self) -> bool {
        *self == Self::Strict
    }
}

impl fmt::Display for Parser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.key())
    }
}
