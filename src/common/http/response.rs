//! What came back, and what a failure means for the next request: in words that all providers share.

use std::time::Duration;

use serde::Deserialize;

/// Why no request to this endpoint with this key and model can work.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Obstacle {
    /// 401: the key is not accepted.
    Key,
    /// 403: the key may not do this.
    Permission,
    /// 404: no such model or no such path.
    NotFound,
    /// No credit left.
    Quota,
    /// A parameter that the model does not take.
    Parameter,
    /// The endpoint points elsewhere.
    Redirect,
}

/// An exchange without a usable reply.
#[derive(Clone, Debug, PartialEq)]
pub enum Failure {
    /// There may be a reply later.
    Setback {
        /// What happened.
        what: String,
        /// How long the endpoint asks to wait.
        retry_after: Option<Duration>,
        /// Whether the endpoint said "too many".
        throttled: bool,
    },
    /// This request will never get one.
    Hopeless(String),
    /// No request like it will ever get one.
    Blocked(Obstacle, String),
}

/// A body in JSON that may hold an error, `E`, beside or in place of a reply, `R`.
#[derive(Debug, Deserialize)]
pub struct WireBody<R, E> {
    /// What went wrong, in the endpoint's words.
    pub error: Option<E>,
    /// All other fields.
    #[serde(flatten)]
    pub reply: R,
}

/// A response as it arrived, the key blotted out.
#[derive(Clone, Debug)]
pub struct Response {
    /// HTTP status.
    pub status: u16,
    /// What `Retry-After` says.
    pub retry_after: Option<Duration>,
    /// The body.
    pub text: String,
}

impl Response {
    /// What a response means that is an error by its status alone; `what` says what the endpoint
    /// said.
    pub fn failure(&self, what: &str) -> Failure {
        let what = format!("HTTP {}: {what}", self.status);
        match self.status {
            300..=399 => Failure::Blocked(Obstacle::Redirect, what),
            401 => Failure::Blocked(Obstacle::Key, what),
            402 => Failure::Blocked(Obstacle::Quota, what),
            403 => Failure::Blocked(Obstacle::Permission, what),
            404 => Failure::Blocked(Obstacle::NotFound, what),
            408 | 409 | 425 | 500..=599 => self.setback(what, false),
            429 => self.setback(what, true),
            400..=499 => Failure::Hopeless(what),
            _ => self.setback(what, false),
        }
    }

    /// A failure that stands in the way of every request; `what` as for
    /// [`failure`](Self::failure).
    pub fn blocked(&self, obstacle: Obstacle, what: &str) -> Failure {
        Failure::Blocked(obstacle, format!("HTTP {}: {what}", self.status))
    }

    /// A failure that may pass.
    pub fn setback(&self, what: String, throttled: bool) -> Failure {
        Failure::Setback {
            what,
            retry_after: self.retry_after,
            throttled,
        }
    }
}

/// The first `most` characters of a text on one line, control characters blanked: for messages and
/// logs.
pub fn shorten(text: &str, most: usize) -> String {
    let mut line: String = text
        .chars()
        .take(most)
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect();
    if text.chars().nth(most).is_some() {
        line.push('…');
    }
    line.trim().to_owned()
}
