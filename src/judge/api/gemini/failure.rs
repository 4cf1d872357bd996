//! Errors of the Gemini API: a status in words, and details of several types.
//! <https://google.aip.dev/193>

use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;

use crate::common::http::{Obstacle, Response, shorten};
use crate::judge::api::outcome::{ERROR_CHARS, Outcome};

#[derive(Deserialize)]
pub(super) struct WireError {
    #[serde(default)]
    message: String,
    #[serde(default)]
    status: String,
    /// Each of a type of its own, under `@type`.
    #[serde(default)]
    details: Vec<Value>,
}

impl WireError {
    /// The field of the first detail that has it.
    fn detail(&self, field: &str) -> Option<&Value> {
        self.details.iter().find_map(|detail| detail.get(field))
    }

    /// `ErrorInfo.reason`.
    fn reason(&self) -> &str {
        self.detail("reason").and_then(Value::as_str).unwrap_or("")
    }

    /// `RetryInfo.retryDelay`, seconds with an `s` behind.
    fn retry_delay(&self) -> Option<Duration> {
        let text = self.detail("retryDelay")?.as_str()?;
        let seconds: f64 = text.strip_suffix('s')?.parse().ok()?;
        (0.0..=1e9)
            .contains(&seconds)
            .then(|| Duration::from_secs_f64(seconds))
    }

    /// Whether a quota of a whole day is used up (`QuotaFailure.violations[].quotaId`).
    fn day_is_used_up(&self) -> bool {
        let violations = self.detail("violations").and_then(Value::as_array);
        let of_a_day = |violation: &Value| {
            let id = violation.get("quotaId").and_then(Value::as_str);
            id.is_some_and(|id| id.contains("PerDay"))
        };
        violations.is_some_and(|list| list.iter().any(of_a_day))
    }
}

/// An error by its details, then by its status in words, then by its number.
pub(super) fn read(response: &Response, error: &WireError) -> Outcome {
    let message = shorten(&error.message, ERROR_CHARS);
    let what = format!("{message} ({})", shorten(&error.status, 40));
    if let Some(obstacle) = obstacle(error) {
        return response.blocked(obstacle, &what).into();
    }
    let patient = Response {
        retry_after: response.retry_after.or(error.retry_delay()),
        ..response.clone()
    };
    match (response.status, error.status.as_str()) {
        (_, "RESOURCE_EXHAUSTED") => {
            let what = format!("HTTP {}: {what}", response.status);
            patient.setback(what, true).into()
        }
        (200, _) => {
            let what = format!("HTTP 200 with an error: {what}");
            patient.setback(what, false).into()
        }
        _ => patient.failure(&what).into(),
    }
}

fn obstacle(error: &WireError) -> Option<Obstacle> {
    let says = |words: &str| error.message.contains(words);
    match (error.status.as_str(), error.reason()) {
        (_, "API_KEY_INVALID") | ("UNAUTHENTICATED", _) => Some(Obstacle::Key),
        ("PERMISSION_DENIED", _) => Some(Obstacle::Permission),
        ("NOT_FOUND", _) => Some(Obstacle::NotFound),
        ("RESOURCE_EXHAUSTED", _) if error.day_is_used_up() => Some(Obstacle::Quota),
        // The caller's country, or an account without billing.
        ("FAILED_PRECONDITION", _) => Some(Obstacle::Permission),
        ("INVALID_ARGUMENT", _) if says("Unknown name") || says("Invalid value at 'generation") => {
            Some(Obstacle::Parameter)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::common::http::Failure;

    fn of(status: u16, error: Value) -> Failure {
        let response = Response {
            status,
            retry_after: None,
            text: String::new(),
        };
        match read(&response, &serde_json::from_value(error).unwrap()) {
            Outcome::Failed(failure) => failure,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn what_blocks_every_request() {
        let plain = |status: &str, message: &str| json!({"code": 400, "message": message, "status": status});
        let key = json!({"message": "API key not valid.", "status": "INVALID_ARGUMENT", "details": [
            {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "API_KEY_INVALID"}]});
        let day = json!({"message": "Quota exceeded", "status": "RESOURCE_EXHAUSTED", "details": [
            {"@type": "type.googleapis.com/google.rpc.QuotaFailure",
             "violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]}]});
        for (status, error, expected) in [
            (400, key, Obstacle::Key),
            (401, plain("UNAUTHENTICATED", ""), Obstacle::Key),
            (403, plain("PERMISSION_DENIED", ""), Obstacle::Permission),
            (404, plain("NOT_FOUND", ""), Obstacle::NotFound),
            (429, day, Obstacle::Quota),
            (
                400,
                plain("FAILED_PRECONDITION", "User location is not supported"),
                Obstacle::Permission,
            ),
            (
                400,
                plain("INVALID_ARGUMENT", "Unknown name \"x\": Cannot find field."),
                Obstacle::Parameter,
            ),
        ] {
            match of(status, error) {
                Failure::Blocked(found, _) => assert_eq!(found, expected),
                other => panic!("{expected:?}: {other:?}"),
            }
        }
    }

    #[test]
    fn waits_are_read_from_the_details() {
        let error = json!({"message": "slow down", "status": "RESOURCE_EXHAUSTED", "details": [
            {"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "37.5s"}]});
        match of(429, error) {
            Failure::Setback {
                retry_after,
                throttled,
                ..
            } => {
                assert_eq!(retry_after, Some(Duration::from_millis(37_500)));
                assert!(throttled);
            }
            other => panic!("{other:?}"),
        }
        let bad_image =
            json!({"message": "Unable to process input image", "status": "INVALID_ARGUMENT"});
        assert!(matches!(of(400, bad_image), Failure::Hopeless(_)));
        let busy = json!({"message": "overloaded", "status": "UNAVAILABLE"});
        assert!(matches!(
            of(503, busy),
            Failure::Setback {
                throttled: false,
                ..
            }
        ));
    }
}
