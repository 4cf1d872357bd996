//! What can come of one request, in words that all providers share.

use crate::common::http::Failure;
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
