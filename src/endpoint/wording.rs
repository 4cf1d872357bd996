//! What the words of an error mean.
//!
//! Gateways retell the errors of providers: the codes change and the words stay. So words count
//! beside codes, and a status alone decides only where neither says more.

use std::time::Duration;

use super::fault::FaultKind;

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

/// A kind of fault with the codes that name it and the words that tell it, in lower case, separated
/// by `; `. Words that are joined by ` & ` must all be there.
type Signs = (FaultKind, &'static str, &'static str);

/// What codes and words mean; the first that fits counts.
const SIGNS: [Signs; 10] = [
    (
        FaultKind::Permission,
        "account_deactivated; access_terminated; organization_deactivated",
        "account & deactivated; account & suspended; account & disabled; account & terminated; \
         account & banned; access was terminated",
    ),
    (
        FaultKind::Filtered,
        "content_filter; content_policy_violation; contentpolicyviolationerror; \
         responsibleaipolicyviolation; moderation_blocked; data_inspection_failed; prohibited_content",
        "content management policy; content filtering policy; contentpolicyviolation; \
         responsibleaipolicyviolation; content_filter; content filter; content policy; content_policy; \
         content exists risk; inappropriate content; sensitive content; safety system; safety filter; \
         requires moderation; moderation & flagged; input & flagged; prompt & flagged; \
         request & flagged; usage policies; usage policy; was blocked & safety",
    ),
    (
        FaultKind::Quota,
        "insufficient_quota; billing_hard_limit_reached; billing_not_active; billing_error; \
         insufficient_credits; insufficient_balance; budget_exceeded; arrearage",
        "current quota; insufficient quota; insufficient_quota; quota & exhausted; quota & used up; \
         out of quota; insufficient credit; insufficient balance; insufficient funds; credit balance; \
         credits & exhausted; out of credit; no credit; not enough credit; requires more credits; \
         requires & credits; purchase & credits; billing hard limit; billing & not active; \
         enable billing; payment required; payment is overdue; in good standing; spending limit; \
         budget has been exceeded; exceeded & budget; monthly & limit",
    ),
    (
        FaultKind::Key,
        "invalid_api_key; authentication_error; api_key_invalid; unauthenticated",
        "incorrect api key; invalid api key; invalid_api_key; api key not valid; api key not found; \
         api key & expired; invalid x-api-key; no auth credentials; invalid authentication",
    ),
    (
        FaultKind::NotFound,
        "model_not_found; deploymentnotfound; not_found_error",
        "model & does not exist; model & not found; model_not_found; not a valid model; \
         invalid model name; no endpoints found; deployment & does not exist",
    ),
    (
        FaultKind::NoPictures,
        "unsupported_image_media",
        "not a multimodal model; not multimodal; does not support image; not support image; \
         doesn't support image; support image input; image input & not supported; image inputs are not; \
         images are not supported; does not support vision; not support vision; not a vision; \
         image_url & only supported by certain models; invalid content type & image_url; \
         unknown variant `image_url`; mmproj; does not accept image; at most 0 image",
    ),
    (
        FaultKind::ContextFull,
        "context_length_exceeded; exceed_context_size_error; request_too_long",
        "context length; context window; context size; maximum context; prompt is too long; \
         input is too long; input token count & exceeds; longer than the maximum model length; \
         maximum model length; exceeds the available context",
    ),
    (
        FaultKind::TooLarge,
        "request_too_large; payload_too_large",
        "image exceeds; image & too large; image & maximum & size; image dimensions exceed; \
         payload size exceeds; request & too large; entity too large",
    ),
    (
        FaultKind::Parameter,
        "unsupported_parameter; unsupported_value; unknown_parameter",
        "unsupported parameter; unsupported value; unsupportedparamserror; unknown parameter; \
         unrecognized request argument; extra inputs are not permitted; extra_forbidden; \
         unknown name; does not support parameters; does not support & temperature; \
         max_completion_tokens & instead; invalid value at 'generation",
    ),
    (
        FaultKind::Server,
        "overloaded_error; api_error; server_error; internal_error; unavailable",
        "overloaded; try again later; temporarily unavailable",
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
    pub fn kind(&self, status: u16) -> FaultKind {
        let codes: Vec<String> = self.codes.iter().map(|code| code.to_lowercase()).collect();
        let message = self.message.to_lowercase();
        let by_status = kind_of_status(status, &codes);
        let told = SIGNS.iter().find(|(kind, names, words)| {
            let named = names
                .split("; ")
                .any(|name| codes.iter().any(|code| code == name));
            let has_all = |words: &str| words.split(" & ").all(|word| message.contains(word));
            let said = words.split("; ").any(has_all);
            (named || said) && fits(*kind, status)
        });
        let kind = told.map_or(by_status, |(kind, ..)| *kind);
        match (kind, by_status) {
            // "Quota exceeded, retry in 12 s" is a limit of a minute.
            (FaultKind::Quota, FaultKind::Throttled) if self.passes_soon(&codes, &message) => {
                FaultKind::Throttled
            }
            (FaultKind::Server, FaultKind::Throttled) => FaultKind::Throttled,
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

/// Whether words may mean this beside a status: an endpoint that says 401 or 404 does not mean an
/// item, one that says 429 does not mean a parameter.
fn fits(kind: FaultKind, status: u16) -> bool {
    use FaultKind::{Key, NotFound, Permission, Quota, Server};
    match status {
        401 => matches!(kind, Permission | Quota | Key),
        402 => matches!(kind, Quota | Permission),
        404 => matches!(kind, NotFound | Permission),
        429 => matches!(kind, Quota | Permission | Key | Server),
        _ => true,
    }
}

/// What a status means on its own; a 200 that carries an error is judged by its code, if that is
/// the number of a status.
fn kind_of_status(status: u16, codes: &[String]) -> FaultKind {
    let throttled = [
        "rate_limit_exceeded",
        "rate_limit_error",
        "resource_exhausted",
    ];
    let inner = codes.iter().find_map(|code| code.parse::<u16>().ok());
    match (status, inner) {
        (200..=299, Some(inner @ 300..=599)) => kind_of_status(inner, &[]),
        (200..=299, _) if codes.iter().any(|code| throttled.contains(&code.as_str())) => {
            FaultKind::Throttled
        }
        (300..=399, _) => FaultKind::Redirect,
        (401, _) => FaultKind::Key,
        (402, _) => FaultKind::Quota,
        (403, _) => FaultKind::Permission,
        (404, _) => FaultKind::NotFound,
        (408 | 409 | 425, _) => FaultKind::Server,
        (413, _) => FaultKind::TooLarge,
        (429, _) => FaultKind::Throttled,
        (529, _) => FaultKind::Throttled,
        (400..=499, _) => FaultKind::Refused,
        _ => FaultKind::Server,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(status: u16, code: &str, message: &str) -> FaultKind {
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
            (429, "insufficient_quota", FaultKind::Quota),
            (429, "rate_limit_exceeded", FaultKind::Throttled),
            (400, "model_not_found", FaultKind::NotFound),
            (401, "invalid_api_key", FaultKind::Key),
            (403, "x", FaultKind::Permission),
            (400, "unsupported_parameter", FaultKind::Parameter),
            (400, "content_filter", FaultKind::Filtered),
            (400, "x", FaultKind::Refused),
            (413, "x", FaultKind::TooLarge),
            (307, "", FaultKind::Redirect),
            (500, "", FaultKind::Server),
            (529, "overloaded_error", FaultKind::Throttled),
            (200, "429", FaultKind::Throttled),
            (200, "502", FaultKind::Server),
            (200, "x", FaultKind::Server),
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
                FaultKind::Quota,
            ),
            (
                429,
                "Quota exceeded for metric x, limit: 10. Please retry in 37.5s. You exceeded your current quota",
                FaultKind::Throttled,
            ),
            (
                429,
                "You exceeded your current quota: GenerateRequestsPerDay. Please retry in 37s",
                FaultKind::Quota,
            ),
            (
                429,
                "Rate limit reached for gpt-4.1 on tokens per min (TPM). Please try again in 2s.",
                FaultKind::Throttled,
            ),
            (
                402,
                "This request requires more credits, or fewer max_tokens",
                FaultKind::Quota,
            ),
            (
                400,
                "Your credit balance is too low to access the API",
                FaultKind::Quota,
            ),
            (
                400,
                "litellm.BudgetExceededError: Budget has been exceeded! Current cost: 2",
                FaultKind::Quota,
            ),
            (
                403,
                "The model requires moderation. Your input was flagged",
                FaultKind::Filtered,
            ),
            (400, azure, FaultKind::Filtered),
            (500, azure, FaultKind::Filtered),
            (
                403,
                "Your account has been suspended: usage policy",
                FaultKind::Permission,
            ),
            (
                403,
                "Your key may not use this model",
                FaultKind::Permission,
            ),
            (
                400,
                "mock-1 is not a multimodal model",
                FaultKind::NoPictures,
            ),
            (
                404,
                "No endpoints found that support image input",
                FaultKind::NotFound,
            ),
            (
                400,
                "This model's maximum context length is 4096 tokens",
                FaultKind::ContextFull,
            ),
            (
                400,
                "image exceeds 5 MB maximum: 9 bytes > 5 bytes",
                FaultKind::TooLarge,
            ),
            (
                400,
                "top_x: Extra inputs are not permitted",
                FaultKind::Parameter,
            ),
            (400, "Unable to process input image", FaultKind::Refused),
            (
                400,
                "The model is overloaded, try again later",
                FaultKind::Server,
            ),
            (503, "The model is overloaded", FaultKind::Server),
        ] {
            assert_eq!(kind(status, "", message), expected, "{status} {message}");
        }
    }
}
