//! The error object: an object with code, type and message, or a mere text.

use serde_json::Value;

use crate::common::http::{Failure, Obstacle, Response, shorten};
use crate::model::api::provider::{Outcome, Reply};

/// Characters of an endpoint's error that are kept.
const ERROR_CHARS: usize = 300;

/// What an error means, by its code where that says more than the status.
pub(super) fn read(response: &Response, error: &Value) -> Outcome {
    let text = |value: &Value| match value {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    let message = error.get("message").map_or_else(|| text(error), text);
    let codes: Vec<String> = [error.get("code"), error.get("type")]
        .into_iter()
        .flatten()
        .map(text)
        .filter(|code| !code.is_empty())
        .collect();
    let what = match codes.join(", ") {
        joined if joined.is_empty() => shorten(&message, ERROR_CHARS),
        joined => format!("{} ({joined})", shorten(&message, ERROR_CHARS)),
    };
    let is = |names: &[&str]| codes.iter().any(|code| names.contains(&code.as_str()));
    if is(&[
        "moderation_blocked",
        "content_policy_violation",
        "content_filter",
    ]) {
        return Outcome::Replied(Box::new(Reply {
            withheld: Some(what),
            ..Reply::default()
        }));
    }
    let obstacle = if is(&[
        "insufficient_quota",
        "billing_hard_limit_reached",
        "billing_not_active",
    ]) {
        Some(Obstacle::Quota)
    } else if is(&["invalid_api_key"]) {
        Some(Obstacle::Key)
    } else if is(&["model_not_found", "DeploymentNotFound"]) {
        Some(Obstacle::NotFound)
    } else if is(&[
        "unknown_parameter",
        "unsupported_parameter",
        "unsupported_value",
    ]) {
        Some(Obstacle::Parameter)
    } else {
        None
    };
    let failure: Failure = match obstacle {
        Some(obstacle) => response.blocked(obstacle, &what),
        None if response.status == 200 => {
            let throttled = is(&["rate_limit_exceeded", "429"]);
            response.setback(format!("HTTP 200 with an error: {what}"), throttled)
        }
        None => response.failure(&what),
    };
    failure.into()
}

/// What a body means that is not of the expected form.
pub(super) fn unreadable(response: &Response, error: &serde_json::Error) -> Outcome {
    let shown = shorten(&response.text, ERROR_CHARS);
    let failure = match response.status {
        200 => response.setback(format!("the body is no reply ({error}): {shown}"), false),
        _ => response.failure(&shown),
    };
    failure.into()
}
