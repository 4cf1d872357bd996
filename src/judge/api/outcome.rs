//! What can come of one request, in words that all providers share.

use std::time::Duration;

use crate::judge::Usage;

/// Why a reply ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// The judge was done, or the endpoint does not say.
    Done,
    /// The reply reached its longest length.
    Length,
    /// The content filter cut it.
    Filter,
}

/// A reply.
#[derive(Clone, Debug, PartialEq)]
pub struct Completion {
    /// The judge's words.
    pub text: String,
    /// What the judge said in declining, where the endpoint tells it apart.
    pub refusal: Option<String>,
    /// Why it ended.
    pub finish: Finish,
    /// The model that was served.
    pub model: Option<String>,
    /// The endpoint's fingerprint of its system.
    pub fingerprint: Option<String>,
    /// Tokens that were used.
    pub usage: Usage,
}

/// Why no judge of this profile can mark anything.
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

/// What came of one request.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// A reply.
    Completed(Completion),
    /// The content filter refused the request.
    Filtered(String),
    /// No usable reply, but there may be one later.
    Setback {
        /// What happened.
        what: String,
        /// How long the endpoint asks to wait.
        retry_after: Option<Duration>,
        /// Whether the endpoint said "too many".
        throttled: bool,
    },
    /// No usable reply, and this request will never get one.
    Hopeless(String),
    /// No request of this judge will ever get one.
    Blocked(Obstacle, String),
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
    /// The outcome of a response that is an error by its status alone; `what` says
    /// what the endpoint said.
    pub fn failure(&self, what: &str) -> Outcome {
        let what = format!("HTTP {}: {what}", self.status);
        match self.status {
            300..=399 => Outcome::Blocked(Obstacle::Redirect, what),
            401 => Outcome::Blocked(Obstacle::Key, what),
            402 => Outcome::Blocked(Obstacle::Quota, what),
            403 => Outcome::Blocked(Obstacle::Permission, what),
            404 => Outcome::Blocked(Obstacle::NotFound, what),
            408 | 409 | 425 | 500..=599 => self.setback(what, false),
            429 => self.setback(what, true),
            400..=499 => Outcome::Hopeless(what),
            _ => self.setback(what, false),
        }
    }

    /// A failure that may pass.
    pub fn setback(&self, what: String, throttled: bool) -> Outcome {
        Outcome::Setback {
            what,
            retry_after: self.retry_after,
            throttled,
        }
    }
}

/// The first `most` characters of a text on one line, control characters blanked:
/// for messages and logs.
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
