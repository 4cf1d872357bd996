//! What a failed exchange means: kinds of fault, told apart by codes, by words and by status.
//!
//! Gateways retell the errors of providers: the codes change and the words stay. So words count
//! beside codes, and a status alone decides only where neither says more.

use std::time::Duration;

/// What went wrong with one exchange.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
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

impl Kind {
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
    pub kind: Kind,
    /// What was seen, with the endpoint's own words; holds no key.
    pub what: String,
    /// How long the endpoint asks to wait.
    pub retry_after: Option<Duration>,
}

impl Fault {
    /// A response that is none, since something is missing.
    pub fn garbled(what: &str) -> Self {
        Self::new(Kind::Garbled, format!("the response is {what}"))
    }

    /// A fault without a wait.
    pub fn new(kind: Kind, what: impl Into<String>) -> Self {
        Self {
            kind,
            what: what.into(),
            retry_after: None,
        }
    }
}

/// An error as an endpoint words it.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Wording {
    /// Codes, types and statuses in words.
    pub codes: Vec<String>,
    /// The message.
    pub message: String,
    /// How long to wait, where the body says so.
    pub wait: Option<Duration>,
}

/// A kind of fault with the codes that name it and the words that tell it, in lower case. Words
/// in one string that are separated by ` & ` must all be there.
type Signs = (Kind, &'static [&'static str], &'static [&'static str]);

/// What codes and words mean, the first that fits counts.
const SIGNS: [Signs; 10] = [
    (
        Kind::Permission,
        &[
            "account_deactivated",
            "access_terminated",
            "organization_deactivated",
        ],
        &[
            "account & deactivated",
            "account & suspended",
            "account & disabled",
            "account & terminated",
            "account & banned",
            "access was terminated",
        ],
    ),
    (
        Kind::Filtered,
        &[
            "content_filter",
            "content_policy_violation",
            "contentpolicyviolationerror",
            "responsibleaipolicyviolation",
            "moderation_blocked",
            "data_inspection_failed",
            "prohibited_content",
        ],
        &[
            "content management policy",
            "content filtering policy",
            "contentpolicyviolation",
            "responsibleaipolicyviolation",
            "content_filter",
            "content filter",
            "content policy",
            "content_policy",
            "content exists risk",
            "inappropriate content",
            "sensitive content",
            "safety system",
            "safety filter",
            "requires moderation",
            "moderation & flagged",
            "input & flagged",
            "prompt & flagged",
            "request & flagged",
            "usage policies",
            "usage policy",
            "was blocked & safety",
        ],
    ),
    (
        Kind::Quota,
        &[
            "insufficient_quota",
            "billing_hard_limit_reached",
            "billing_not_active",
            "billing_error",
            "insufficient_credits",
            "insufficient_balance",
            "budget_exceeded",
            "arrearage",
        ],
        &[
            "current quota",
            "insufficient quota",
            "insufficient_quota",
            "quota & exhausted",
            "quota & used up",
            "out of quota",
            "insufficient credit",
            "insufficient balance",
            "insufficient funds",
            "credit balance",
            "credits & exhausted",
            "out of credit",
            "no credit",
            "not enough credit",
            "requires more credits",
            "requires & credits",
            "purchase & credits",
            "billing hard limit",
            "billing & not active",
            "enable billing",
            "payment required",
            "payment is overdue",
            "in good standing",
            "spending limit",
            "budget has been exceeded",
            "exceeded & budget",
            "monthly & limit",
        ],
    ),
    (
        Kind::Key,
        &[
            "invalid_api_key",
            "authentication_error",
            "api_key_invalid",
            "unauthenticated",
        ],
        &[
            "incorrect api key",
            "invalid api key",
            "invalid_api_key",
            "api key not valid",
            "api key not found",
            "api key & expired",
            "invalid x-api-key",
            "no auth credentials",
            "invalid authentication",
        ],
    ),
    (
        Kind::NotFound,
        &["model_not_found", "deploymentnotfound", "not_found_error"],
        &[
            "model & does not exist",
            "model & not found",
            "model_not_found",
            "not a valid model",
            "invalid model name",
            "no endpoints found",
            "deployment & does not exist",
        ],
    ),
    (
        Kind::NoPictures,
        &["unsupported_image_media"],
        &[
            "not a multimodal model",
            "not multimodal",
            "does not support image",
            "not support image",
            "doesn't support image",
            "support image input",
            "image input & not supported",
            "image inputs are not",
            "images are not supported",
            "does not support vision",
            "not support vision",
            "not a vision",
            "image_url & only supported by certain models",
            "invalid content type & image_url",
            "unknown variant `image_url`",
            "mmproj",
            "does not accept image",
            "at most 0 image",
        ],
    ),
    (
        Kind::ContextFull,
        &[
            "context_length_exceeded",
            "exceed_context_size_error",
            "request_too_long",
        ],
        &[
            "context length",
            "context window",
            "context size",
            "maximum context",
            "prompt is too long",
            "input is too long",
            "input token count & exceeds",
            "longer than the maximum model length",
            "maximum model length",
            "exceeds the available context",
        ],
    ),
    (
        Kind::TooLarge,
        &["request_too_large", "payload_too_large"],
        &[
            "image exceeds",
            "image & too large",
            "image & maximum & size",
            "image dimensions exceed",
            "payload size exceeds",
            "request & too large",
            "entity too large",
        ],
    ),
    (
        Kind::Parameter,
        &[
            "unsupported_parameter",
            "unsupported_value",
            "unknown_parameter",
        ],
        &[
            "unsupported parameter",
            "unsupported value",
            "unsupportedparamserror",
            "unknown parameter",
            "unrecognized request argument",
            "extra inputs are not permitted",
            "extra_forbidden",
            "unknown name & cannot find field",
            "does not support parameters",
            "does not support & temperature",
            "max_completion_tokens & instead",
            "invalid value at 'generation",
        ],
    ),
    (
        Kind::Server,
        &[
            "overloaded_error",
            "api_error",
            "server_error",
            "internal_error",
            "unavailable",
        ],
        &["overloaded", "try again later", "temporarily unavailable"],
    ),
];

/// Words that tell a limit which passes within minutes, where a quota would not.
const SOON: [&str; 10] = [
    "retry in ",
    "retrydelay",
    "try again in ",
    "per minute",
    "perminute",
    "per-minute",
    "per second",
    "tokens per min",
    "requests per min",
    "rate limit reached",
];
/// Words that tell a limit of a day.
const OF_A_DAY: [&str; 4] = ["perday", "per day", "daily limit", "daily quota"];

impl Wording {
    /// What the error means. `status` is the HTTP status, which may be 200.
    pub fn kind(&self, status: u16) -> Kind {
        let codes: Vec<String> = self.codes.iter().map(|code| code.to_lowercase()).collect();
        let message = self.message.to_lowercase();
        let by_status = kind_of_status(status, &codes);
        let told = SIGNS.iter().find(|(kind, names, words)| {
            let named = codes.iter().any(|code| names.contains(&code.as_str()));
            let has_all = |words: &str| words.split(" & ").all(|word| message.contains(word));
            let said = words.iter().any(|words| has_all(words));
            (named || said) && kind.fits(status)
        });
        let kind = told.map_or(by_status, |(kind, ..)| *kind);
        match (kind, by_status) {
            // "Quota exceeded, retry in 12 s" is a limit of a minute.
            (Kind::Quota, Kind::Throttled) if self.passes_soon(&codes, &message) => Kind::Throttled,
            (Kind::Server, Kind::Throttled) => Kind::Throttled,
            (kind, _) => kind,
        }
    }

    fn passes_soon(&self, codes: &[String], message: &str) -> bool {
        let coded = codes.iter().any(|code| {
            [
                "insufficient_quota",
                "billing_hard_limit_reached",
                "billing_not_active",
            ]
            .contains(&code.as_str())
        });
        let of_a_day = OF_A_DAY.iter().any(|words| message.contains(words));
        let soon = self.wait.is_some() || SOON.iter().any(|words| message.contains(words));
        soon && !coded && !of_a_day
    }
}

impl Kind {
    /// Whether words may mean this beside a status: an endpoint that says 401 or 404 does not
    /// mean an item, one that says 429 or 503 does not mean a parameter.
    fn fits(self, status: u16) -> bool {
        match status {
            401 => matches!(self, Self::Permission | Self::Quota | Self::Key),
            404 => matches!(self, Self::NotFound | Self::Permission),
            429 => matches!(
                self,
                Self::Quota | Self::Permission | Self::Key | Self::Server
            ),
            402 => matches!(self, Self::Quota | Self::Permission),
            _ => true,
        }
    }
}

/// What a status means on its own; a 200 that carries an error is judged by its code, if that is
/// the number of a status.
fn kind_of_status(status: u16, codes: &[String]) -> Kind {
    let throttled = [
        "rate_limit_exceeded",
        "rate_limit_error",
        "resource_exhausted",
    ];
    let inner = codes.iter().find_map(|code| code.parse::<u16>().ok());
    match (status, inner) {
        (200..=299, Some(inner @ 300..=599)) => kind_of_status(inner, &[]),
        (200..=299, _) if codes.iter().any(|code| throttled.contains(&code.as_str())) => {
            Kind::Throttled
        }
        (300..=399, _) => Kind::Redirect,
        (401, _) => Kind::Key,
        (402, _) => Kind::Quota,
        (403, _) => Kind::Permission,
        (404, _) => Kind::NotFound,
        (408 | 409 | 425, _) => Kind::Server,
        (413, _) => Kind::TooLarge,
        (429, _) => Kind::Throttled,
        (529, _) => Kind::Throttled,
        (400..=499, _) => Kind::Refused,
        _ => Kind::Server,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(status: u16, code: &str, message: &str) -> Kind {
        let wording = Wording {
            codes: vec![code.to_owned()],
            message: message.to_owned(),
            wait: None,
        };
        wording.kind(status)
    }

    #[test]
    fn codes_go_before_status() {
        for (status, code, expected) in [
            (429, "insufficient_quota", Kind::Quota),
            (429, "rate_limit_exceeded", Kind::Throttled),
            (400, "model_not_found", Kind::NotFound),
            (401, "invalid_api_key", Kind::Key),
            (403, "x", Kind::Permission),
            (400, "unsupported_parameter", Kind::Parameter),
            (400, "content_filter", Kind::Filtered),
            (400, "x", Kind::Refused),
            (413, "x", Kind::TooLarge),
            (307, "", Kind::Redirect),
            (500, "", Kind::Server),
            (529, "overloaded_error", Kind::Throttled),
            (200, "429", Kind::Throttled),
            (200, "502", Kind::Server),
            (200, "x", Kind::Server),
        ] {
            assert_eq!(kind(status, code, "m"), expected, "{status} {code}");
        }
    }

    #[test]
    fn words_survive_a_gateway() {
        let azure =
            "The response was filtered due to the prompt triggering the content management policy.";
        for (status, message, expected) in [
            (
                429,
                "You exceeded your current quota, please check your plan and billing details.",
                Kind::Quota,
            ),
            (
                429,
                "Quota exceeded for metric x, limit: 10. Please retry in 37.5s. You exceeded your current quota",
                Kind::Throttled,
            ),
            (
                429,
                "You exceeded your current quota: GenerateRequestsPerDay. Please retry in 37s",
                Kind::Quota,
            ),
            (
                429,
                "Rate limit reached for gpt-4.1 on tokens per min (TPM). Please try again in 2s.",
                Kind::Throttled,
            ),
            (
                402,
                "This request requires more credits, or fewer max_tokens",
                Kind::Quota,
            ),
            (
                400,
                "Your credit balance is too low to access the API",
                Kind::Quota,
            ),
            (
                400,
                "litellm.BudgetExceededError: Budget has been exceeded! Current cost: 2",
                Kind::Quota,
            ),
            (
                403,
                "The model requires moderation. Your input was flagged",
                Kind::Filtered,
            ),
            (400, azure, Kind::Filtered),
            (500, azure, Kind::Filtered),
            (
                403,
                "Your account has been suspended: usage policy",
                Kind::Permission,
            ),
            (403, "Your key may not use this model", Kind::Permission),
            (400, "mock-1 is not a multimodal model", Kind::NoPictures),
            (
                404,
                "No endpoints found that support image input",
                Kind::NotFound,
            ),
            (
                400,
                "This model's maximum context length is 4096 tokens",
                Kind::ContextFull,
            ),
            (
                400,
                "image exceeds 5 MB maximum: 9 bytes > 5 bytes",
                Kind::TooLarge,
            ),
            (
                400,
                "top_x: Extra inputs are not permitted",
                Kind::Parameter,
            ),
            (400, "Unable to process input image", Kind::Refused),
            (
                400,
                "The model is overloaded, try again later",
                Kind::Server,
            ),
            (503, "The model is overloaded", Kind::Server),
        ] {
            assert_eq!(kind(status, "", message), expected, "{status} {message}");
        }
    }
}
