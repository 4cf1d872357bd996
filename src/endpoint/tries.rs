//! The tries for one question.

use super::price::{Spent, Usage};
use super::response::shorten;
use crate::common::digest::Digest;

/// Characters of a fault's line that are kept.
const MAX_FAULT_CHARS: usize = 400;

/// The tries for one question, and what they left behind.
#[derive(Clone, Debug, Default)]
pub struct Tries {
    /// Requests that were sent.
    pub attempts: u32,
    /// One line per failed try.
    pub faults: Vec<String>,
    /// Tokens that the endpoint told.
    pub usage: Usage,
    /// Money for all tries, where the profile states a price: what was told, and the most where
    /// nothing was told.
    pub cost_usd: Option<f64>,
    /// The part of it that is the most that it can be, since the endpoint did not tell.
    pub assumed_usd: f64,
    /// Milliseconds that the last try took.
    pub latency_ms: Option<f64>,
    /// Digests of the pictures as they were sent.
    pub image_digests: Vec<Digest>,
    /// Lost exchanges.
    pub(crate) failures: u32,
    /// Requests that are billed, or may be.
    pub(crate) billed: u32,
}

impl Tries {
    /// Notes a failed try.
    pub fn fault(&mut self, what: &str) {
        self.faults.push(shorten(what, MAX_FAULT_CHARS));
    }

    /// Money for all tries.
    pub fn spent(&self) -> Spent {
        Spent {
            cost_usd: self.cost_usd.unwrap_or(0.0),
            assumed_usd: self.assumed_usd,
        }
    }
}
