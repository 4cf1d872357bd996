//! What a failed exchange means: kinds of fault, and what each means for the next request.

use std::time::Duration;

/// What went wrong with one exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FaultKind {
    /// The key is not accepted.
    Key,
    /// The key may not do this.
    Permission,
    /// There is no such model or no such path.
    NotFound,
    /// The account has no credit or quota left.
    Quota,
    /// The model does not take a parameter of the request.
    Parameter,
    /// The endpoint points elsewhere.
    Redirect,
    /// Another model answered than was asked for.
    ServedOther,
    /// Nobody listens at the address, or its name is not known.
    Unreachable,
    /// The certificate of the endpoint is not trusted.
    Certificate,
    /// The connection broke after the request was sent.
    Broken,
    /// The response did not come, or did not come whole, in time.
    Timeout,
    /// The endpoint failed, and may work again.
    Server,
    /// Too many requests: later.
    Throttled,
    /// Too many requests, and the wait that is asked for is longer than the profile allows.
    ComeBack,
    /// A web page in place of an answer.
    NotAnApi,
    /// The response cannot be read as an answer.
    Garbled,
    /// The response does not end.
    Endless,
    /// A content filter refused the request.
    Filtered,
    /// The model takes no pictures.
    NoPictures,
    /// The request is longer than the model's context.
    ContextFull,
    /// The request or a picture of it is larger than the endpoint takes.
    TooLarge,
    /// The endpoint refused this request.
    Refused,
}

/// What a kind of fault means for what comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// No request with this key, model and profile can work.
    All,
    /// The same request may work later.
    Passing,
    /// This request will never work; others may.
    Item,
}

impl FaultKind {
    /// What it means for what comes next.
    pub fn scope(self) -> Scope {
        match self {
            Self::Key
            | Self::Permission
            | Self::NotFound
            | Self::Quota
            | Self::Parameter
            | Self::Redirect
            | Self::ServedOther => Scope::All,
            Self::Unreachable
            | Self::Certificate
            | Self::Broken
            | Self::Timeout
            | Self::Server
            | Self::Throttled
            | Self::ComeBack
            | Self::NotAnApi
            | Self::Garbled => Scope::Passing,
            Self::Endless
            | Self::Filtered
            | Self::NoPictures
            | Self::ContextFull
            | Self::TooLarge
            | Self::Refused => Scope::Item,
        }
    }

    /// Whether the provider may have worked, and bill it, although no reply was read.
    pub fn may_be_billed(self) -> bool {
        matches!(
            self,
            Self::Broken | Self::Timeout | Self::Garbled | Self::Endless
        )
    }
}

/// An exchange without a reply.
#[derive(Clone, Debug, PartialEq)]
pub struct Fault {
    /// What went wrong.
    pub kind: FaultKind,
    /// What was seen, with the endpoint's own words; holds no key.
    pub what: String,
    /// How long the endpoint asks to wait.
    pub retry_after: Option<Duration>,
}

impl Fault {
    /// A response that is none, since something is missing.
    pub fn garbled(what: &str) -> Self {
        Self::new(FaultKind::Garbled, format!("the response is {what}"))
    }

    /// A fault without a wait.
    pub fn new(kind: FaultKind, what: impl Into<String>) -> Self {
        Self {
            kind,
            what: what.into(),
            retry_after: None,
        }
    }
}
