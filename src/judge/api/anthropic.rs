//! Anthropic's Messages API.
//! <https://docs.anthropic.com/en/api/messages>

use reqwest::header::{HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::outcome::{Completion, ERROR_CHARS, Finish, Outcome, read};
use super::pictures::media_type;
use super::request::Holes;
use super::structured::schema;
use super::{Facts, Provider, with_extra};
use crate::common::http::{Obstacle, Response, shorten};
use crate::common::secret::Secret;
use crate::judge::Usage;
use crate::judge::profile::{OutputLimit, Profile};
use crate::judge::prompt::{JudgePrompt, Part};

/// The version of the API that requests and replies here follow …
const VERSION: &str = "2026-10-21";
/// … and the one before, which still takes a temperature. Requests and replies are the same otherwise.
const VERSION_WITH_TEMPERATURE: &str = "2023-06-01";

/// Any endpoint that speaks Anthropic's messages.
#[derive(Debug)]
pub struct Anthropic;

impl Provider for Anthropic {
    fn facts(&self) -> Facts {
        Facts {
            kind: "anthropic",
            base_url: "https://api.anthropic.com/v1",
            base_url_variable: "ANTHROPIC_BASE_URL",
            key_variables: &["ANTHROPIC_API_KEY"],
            root: "/v1",
            own_fields: &["system", "messages", "output_config", "stream"],
        }
    }

    fn path(&self, _model: &str) -> String {
        "/messages".to_owned()
    }

    fn faults(&self, profile: &Profile) -> Vec<String> {
        let mut faults = Vec::new();
        if profile.temperature.is_some_and(|t| t > 1.0) {
            faults.push("temperature: this provider takes 0 to 1".to_owned());
        }
        if profile.seed.is_some() {
            faults.push("seed: this provider takes none; leave it out".to_owned());
        }
        if profile.detail.is_some() {
            faults.push("image.detail: this provider takes none; leave it out".to_owned());
        }
        if let OutputLimit::MaxCompletionTokens(_) = profile.output_limit {
            faults.push("max_completion_tokens: this provider calls it max_tokens".to_owned());
        }
        faults
    }

    fn authorise(&self, key: &Secret) -> Option<(HeaderName, HeaderValue)> {
        Some((HeaderName::from_static("x-api-key"), key.header("")?))
    }

    fn headers(&self, profile: &Profile) -> Vec<(HeaderName, HeaderValue)> {
        let version = match profile.temperature {
            None => VERSION,
            Some(_) => VERSION_WITH_TEMPERATURE,
        };
        vec![(
            HeaderName::from_static("anthropic-version"),
            HeaderValue::from_static(version),
        )]
    }

    fn body(
        &self,
        profile: &Profile,
        prompt: &JudgePrompt,
        holes: &Holes,
    ) -> Result<String, serde_json::Error> {
        with_extra(&WireRequest::new(profile, prompt, holes), &profile.extra)
    }

    fn read(&self, response: &Response) -> Outcome {
        read(
            response,
            "message",
            |error| read_error(response, &error),
            |wire| read_message(response, wire),
        )
    }
}

#[derive(Serialize)]
struct WireRequest<'a> {
    model: &'a str,
    max_tokens: u32,
    system: &'a str,
    messages: [UserMessage<'a>; 1],
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    output_config: Option<Value>,
}

#[derive(Serialize)]
struct UserMessage<'a> {
    role: &'static str,
    content: Vec<WirePart<'a>>,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum WirePart<'a> {
    Text { text: &'a str },
    Image { source: WireSource },
}

#[derive(Serialize)]
struct WireSource {
    #[serde(rename = "type")]
    kind: &'static str,
    media_type: &'static str,
    data: String,
}

impl<'a> WireRequest<'a> {
    fn new(profile: &'a Profile, prompt: &'a JudgePrompt, holes: &Holes) -> Self {
        let mut picture = 0;
        let mut part = |part: &'a Part| match part {
            Part::Text(text) => WirePart::Text { text },
            Part::Image(..) => {
                let data = holes.mark(picture);
                picture += 1;
                WirePart::Image {
                    source: WireSource {
                        kind: "base64",
                        media_type: media_type(&profile.encoding),
                        data,
                    },
                }
            }
        };
        let format = || json!({"format": {"type": "json_schema", "schema": schema(&prompt.key)}});
        Self {
            model: &profile.model,
            max_tokens: profile.output_limit.tokens(),
            system: &prompt.system,
            messages: [UserMessage {
                role: "user",
                content: prompt.parts.iter().map(&mut part).collect(),
            }],
            temperature: profile.temperature,
            output_config: profile.structured.then(format),
        }
    }
}

#[derive(Deserialize)]
struct WireResponse {
    model: Option<String>,
    content: Option<Vec<WireBlock>>,
    stop_reason: Option<String>,
    usage: Option<WireUsage>,
}

/// A block of the reply. Blocks of other types than `text` (thinking) are no part of the answer.
#[derive(Deserialize)]
struct WireBlock {
    #[serde(rename = "type")]
    kind: String,
    text: Option<String>,
}

#[derive(Deserialize)]
struct WireUsage {
    #[serde(default)]
    input_tokens: u64,
    cache_creation_input_tokens: Option<u64>,
    cache_read_input_tokens: Option<u64>,
    #[serde(default)]
    output_tokens: u64,
}

#[derive(Deserialize)]
struct WireError {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    message: String,
}

fn read_message(response: &Response, wire: WireResponse) -> Outcome {
    let Some(blocks) = wire.content else {
        let text = shorten(&response.text, ERROR_CHARS);
        let what = format!("the message has no content: {text}");
        return response.setback(what, false).into();
    };
    let is_text = |block: &WireBlock| block.kind == "text";
    let texts = blocks.into_iter().filter(is_text);
    let text: String = texts.filter_map(|block| block.text).collect();
    let stopped = wire.stop_reason.as_deref();
    let refusal = (stopped == Some("refusal")).then(|| match text.trim() {
        "" => "the provider stopped the reply (stop_reason refusal)".to_owned(),
        said => said.to_owned(),
    });
    let finish = match stopped {
        Some("max_tokens" | "model_context_window_exceeded") => Finish::Length,
        _ => Finish::Done,
    };
    Outcome::Completed(Completion {
        text,
        refusal,
        finish,
        model: wire.model,
        fingerprint: None,
        usage: wire.usage.map_or_else(Usage::default, |usage| Usage {
            // What an endpoint counts may be any number.
            input_tokens: usage
                .input_tokens
                .saturating_add(usage.cache_creation_input_tokens.unwrap_or(0))
                .saturating_add(usage.cache_read_input_tokens.unwrap_or(0)),
            output_tokens: usage.output_tokens,
        }),
    })
}

/// Beginnings of messages about a parameter that every request of a judge carries.
const PARAMETERS: [&str; 6] = [
    "temperature",
    "`temperature`",
    "max_tokens",
    "`max_tokens`",
    "output_config",
    "output_format",
];

/// An error by its type and, where all types are the same, by its words.
fn read_error(response: &Response, error: &WireError) -> Outcome {
    let what = format!("{} ({})", shorten(&error.message, ERROR_CHARS), error.kind);
    let says = |words: &str| error.message.contains(words);
    if says("content filtering policy") {
        return Outcome::Filtered(what);
    }
    let obstacle = match error.kind.as_str() {
        "authentication_error" => Some(Obstacle::Key),
        "permission_error" => Some(Obstacle::Permission),
        "not_found_error" => Some(Obstacle::NotFound),
        "billing_error" => Some(Obstacle::Quota),
        "invalid_request_error" if says("credit balance") => Some(Obstacle::Quota),
        "invalid_request_error" if PARAMETERS.iter().any(|p| error.message.starts_with(p)) => {
            Some(Obstacle::Parameter)
        }
        "invalid_request_error" if says("Extra inputs are not permitted") => {
            Some(Obstacle::Parameter)
        }
        _ => None,
    };
    match (obstacle, error.kind.as_str()) {
        (Some(obstacle), _) => response.blocked(obstacle, &what).into(),
        (None, "overloaded_error" | "rate_limit_error") => response
            .setback(format!("HTTP {}: {what}", response.status), true)
            .into(),
        (None, _) if response.status == 200 => response
            .setback(format!("HTTP 200 with an error: {what}"), false)
            .into(),
        (None, _) => response.failure(&what).into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::http::Failure;

    fn read(status: u16, text: &str) -> Outcome {
        Anthropic.read(&Response {
            status,
            retry_after: None,
            text: text.into(),
        })
    }

    fn completion(text: &str) -> Completion {
        match read(200, text) {
            Outcome::Completed(completion) => completion,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_reply_is_its_text_blocks() {
        let reply = completion(
            r#"{"id":"msg_1","type":"message","role":"assistant","model":"claude-x-1",
            "content":[{"type":"thinking","thinking":"hm","signature":"s"},{"type":"text","text":"{\"a\""},
            {"type":"text","text":": 4}"}],"stop_reason":"end_turn","stop_sequence":null,
            "usage":{"input_tokens":7,"cache_creation_input_tokens":2,"cache_read_input_tokens":null,"output_tokens":3}}"#,
        );
        assert_eq!(reply.text, "{\"a\": 4}");
        assert_eq!(reply.model.as_deref(), Some("claude-x-1"));
        assert_eq!((reply.finish, reply.refusal), (Finish::Done, None));
        assert_eq!(
            (reply.usage.input_tokens, reply.usage.output_tokens),
            (9, 3)
        );
    }

    #[test]
    fn ends_are_named() {
        let end = |reason: &str| {
            completion(&format!(
                r#"{{"content":[{{"type":"text","text":"so far"}}],"stop_reason":"{reason}"}}"#
            ))
        };
        assert_eq!(end("max_tokens").finish, Finish::Length);
        assert_eq!(end("model_context_window_exceeded").finish, Finish::Length);
        assert_eq!(end("refusal").refusal.as_deref(), Some("so far"));
        let empty = completion(r#"{"content":[],"stop_reason":"refusal"}"#);
        assert!(empty.refusal.is_some_and(|said| said.contains("refusal")));
    }

    #[test]
    fn errors_go_by_type_and_words() {
        let error = |status, kind: &str, message: &str| {
            let body = json!({"type": "error", "error": {"type": kind, "message": message}});
            read(status, &body.to_string())
        };
        for (status, kind, message, expected) in [
            (401, "authentication_error", "m", Obstacle::Key),
            (403, "permission_error", "m", Obstacle::Permission),
            (404, "not_found_error", "model: x", Obstacle::NotFound),
            (402, "billing_error", "m", Obstacle::Quota),
            (
                400,
                "invalid_request_error",
                "Your credit balance is too low",
                Obstacle::Quota,
            ),
            (
                400,
                "invalid_request_error",
                "temperature: range: 0..1",
                Obstacle::Parameter,
            ),
            (
                400,
                "invalid_request_error",
                "top_x: Extra inputs are not permitted",
                Obstacle::Parameter,
            ),
        ] {
            match error(status, kind, message) {
                Outcome::Failed(Failure::Blocked(found, _)) => assert_eq!(found, expected),
                other => panic!("{kind} {message}: {other:?}"),
            }
        }
        let blocked = error(
            400,
            "invalid_request_error",
            "Output blocked by content filtering policy",
        );
        assert!(matches!(blocked, Outcome::Filtered(_)));
        let faulty = error(400, "invalid_request_error", "messages.0: bad image");
        assert!(matches!(faulty, Outcome::Failed(Failure::Hopeless(_))));
        for (status, kind, busy) in [
            (529, "overloaded_error", true),
            (429, "rate_limit_error", true),
            (200, "overloaded_error", true),
            (500, "api_error", false),
            (200, "api_error", false),
        ] {
            match error(status, kind, "m") {
                Outcome::Failed(Failure::Setback { throttled, .. }) => assert_eq!(throttled, busy),
                other => panic!("{kind}: {other:?}"),
            }
        }
    }
}
