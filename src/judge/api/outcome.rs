//! What can come of one request, in words that all providers share.

use serde::de::DeserializeOwned;

use crate::common::http::{Failure, Response, WireBody, shorten};
use crate::judge::Usage;

/// Characters of an endpoint's words that are kept.
pub const ERROR_CHARS: usize = 300;

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

/// What came of one request.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// A reply.
    Completed(Completion),
    /// The content filter refused the request.
    Filtered(String),
    /// No usable reply.
    Failed(Failure),
}

impl From<Failure> for Outcome {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// What a response says: its error if there is one, as `failed` reads it, else what `reply` makes of
/// it. `expected` names the reply for people.
pub fn read<R: DeserializeOwned, E: DeserializeOwned>(
    response: &Response,
    expected: &str,
    failed: impl FnOnce(E) -> Outcome,
    reply: impl FnOnce(R) -> Outcome,
) -> Outcome {
    let shown = || shorten(&response.text, ERROR_CHARS);
    match serde_json::from_str::<WireBody<R, E>>(&response.text) {
        Ok(WireBody {
            error: Some(error), ..
        }) => failed(error),
        Ok(wire) if response.status == 200 => reply(wire.reply),
        Err(error) if response.status == 200 => {
            let what = format!("the body is no {expected} ({error}): {}", shown());
            response.setback(what, false).into()
        }
        _ => response.failure(&shown()).into(),
    }
}
