//! OpenAI's chat completions, as many endpoints speak them.
//! <https://platform.openai.com/docs/api-reference/chat>

use reqwest::header::{AUTHORIZATION, HeaderName, HeaderValue};
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

/// Any endpoint that speaks OpenAI's chat completions.
#[derive(Debug)]
pub struct OpenAi;

impl Provider for OpenAi {
    fn facts(&self) -> Facts {
        Facts {
            kind: "openai",
            base_url: "https://api.openai.com/v1",
            base_url_variable: "OPENAI_BASE_URL",
            key_variables: &["OPENAI_API_KEY"],
            root: "/v1",
            own_fields: &[],
        }
    }

    fn path(&self, _model: &str) -> String {
        "/chat/completions".to_owned()
    }

    fn faults(&self, profile: &Profile) -> Vec<String> {
        let twice = profile.structured && profile.extra.contains_key("response_format");
        let fault = || "extra.response_format: structured = true fills it in".to_owned();
        twice.then(fault).into_iter().collect()
    }

    fn authorise(&self, key: &Secret) -> Option<(HeaderName, HeaderValue)> {
        Some((AUTHORIZATION, key.header("Bearer ")?))
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
            "chat completion",
            |error| read_error(response, &WireError::new(&error)),
            |wire| read_completion(response, wire),
        )
    }
}

#[derive(Serialize)]
struct WireRequest<'a> {
    model: &'a str,
    messages: (SystemMessage<'a>, UserMessage<'a>),
    #[serde(skip_serializing_if = "Option::is_none")]
    temperature: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    max_completion_tokens: Option<u32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    seed: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response_format: Option<Value>,
}

#[derive(Serialize)]
struct SystemMessage<'a> {
    role: &'static str,
    content: &'a str,
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
    ImageUrl { image_url: WireImage<'a> },
}

#[derive(Serialize)]
struct WireImage<'a> {
    url: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<&'a str>,
}

impl<'a> WireRequest<'a> {
    fn new(profile: &'a Profile, prompt: &'a JudgePrompt, holes: &Holes) -> Self {
        let mut picture = 0;
        let mut part = |part: &'a Part| match part {
            Part::Text(text) => WirePart::Text { text },
            Part::Image(..) => {
                let media = media_type(&profile.encoding);
                let url = format!("data:{media};base64,{}", holes.mark(picture));
                picture += 1;
                let detail = profile.detail.as_deref();
                WirePart::ImageUrl {
                    image_url: WireImage { url, detail },
                }
            }
        };
        let (max_tokens, max_completion_tokens) = match profile.output_limit {
            OutputLimit::MaxTokens(tokens) => (Some(tokens), None),
            OutputLimit::MaxCompletionTokens(tokens) => (None, Some(tokens)),
        };
        Self {
            model: &profile.model,
            messages: (
                SystemMessage {
                    role: "system",
                    content: &prompt.system,
                },
                UserMessage {
                    role: "user",
                    content: prompt.parts.iter().map(&mut part).collect(),
                },
            ),
            temperature: profile.temperature,
            max_tokens,
            max_completion_tokens,
            seed: profile.seed,
            response_format: profile.structured.then(|| {
                let schema = schema(&prompt.key);
                json!({"type": "json_schema",
                    "json_schema": {"name": "mark", "strict": true, "schema": schema}})
            }),
        }
    }
}

#[derive(Deserialize)]
struct WireResponse {
    model: Option<String>,
    system_fingerprint: Option<String>,
    choices: Option<Vec<WireChoice>>,
    usage: Option<WireUsage>,
}

#[derive(Deserialize)]
struct WireChoice {
    message: Option<WireMessage>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct WireMessage {
    content: Option<String>,
    refusal: Option<String>,
}

#[derive(Deserialize)]
struct WireUsage {
    #[serde(default)]
    prompt_tokens: u64,
    #[serde(default)]
    completion_tokens: u64,
}

fn read_completion(response: &Response, wire: WireResponse) -> Outcome {
    let choice = wire.choices.and_then(|choices| choices.into_iter().next());
    let Some(choice) = choice else {
        let what = format!(
            "the chat completion has no choices: {}",
            shorten(&response.text, ERROR_CHARS)
        );
        return response.setback(what, false).into();
    };
    let finish = match choice.finish_reason.as_deref() {
        Some("length") => Finish::Length,
        Some("content_filter") => Finish::Filter,
        _ => Finish::Done,
    };
    let message = choice.message;
    let (content, refusal) = message.map_or((None, None), |m| (m.content, m.refusal));
    Outcome::Completed(Completion {
        text: content.unwrap_or_default(),
        refusal: refusal.filter(|text| !text.trim().is_empty()),
        finish,
        model: wire.model,
        fingerprint: wire.system_fingerprint,
        usage: wire.usage.map_or_else(Usage::default, |usage| Usage {
            input_tokens: usage.prompt_tokens,
            output_tokens: usage.completion_tokens,
        }),
    })
}

/// The error object: an object with code, type and message, or a mere text.
struct WireError {
    codes: Vec<String>,
    message: String,
}

impl WireError {
    fn new(error: &Value) -> Self {
        let text = |value: &Value| match value {
            Value::String(text) => text.clone(),
            Value::Null => String::new(),
            other => other.to_string(),
        };
        let message = error.get("message").map_or_else(|| text(error), text);
        let inner = error.pointer("/innererror/code");
        let codes = [error.get("code"), error.get("type"), inner];
        Self {
            codes: codes.into_iter().flatten().map(text).collect(),
            message: shorten(&message, ERROR_CHARS),
        }
    }

    fn is(&self, names: &[&str]) -> bool {
        self.codes.iter().any(|code| names.contains(&code.as_str()))
    }
}

/// An error by its code where that says more than the status; a 200 that carries an
/// error is one too.
fn read_error(response: &Response, error: &WireError) -> Outcome {
    let what = match error.codes.join(", ") {
        codes if codes.is_empty() => error.message.clone(),
        codes => format!("{} ({codes})", error.message),
    };
    let blocked = |obstacle| response.blocked(obstacle, &what).into();
    if error.is(&[
        "content_filter",
        "content_policy_violation",
        "ResponsibleAIPolicyViolation",
    ]) {
        return Outcome::Filtered(what);
    }
    if error.is(&[
        "insufficient_quota",
        "billing_hard_limit_reached",
        "billing_not_active",
    ]) {
        return blocked(Obstacle::Quota);
    }
    if error.is(&["invalid_api_key"]) {
        return blocked(Obstacle::Key);
    }
    if error.is(&["model_not_found", "DeploymentNotFound"]) {
        return blocked(Obstacle::NotFound);
    }
    if error.is(&[
        "unsupported_parameter",
        "unsupported_value",
        "unknown_parameter",
    ]) {
        return blocked(Obstacle::Parameter);
    }
    if response.status == 200 {
        let throttled = error.is(&["rate_limit_exceeded", "429"]);
        return response
            .setback(format!("HTTP 200 with an error: {what}"), throttled)
            .into();
    }
    response.failure(&what).into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::http::Failure;

    fn read(status: u16, text: &str) -> Outcome {
        OpenAi.read(&Response {
            status,
            retry_after: None,
            text: text.into(),
        })
    }

    #[test]
    fn a_reply_is_read_whole() {
        let text = r#"{"id":"x","model":"gpt-4.1-2025-04-14","system_fingerprint":"fp_1",
            "choices":[{"index":0,"message":{"role":"assistant","content":"hello","refusal":null},
            "finish_reason":"stop"}],"usage":{"prompt_tokens":12,"completion_tokens":3,"total_tokens":15}}"#;
        let expected = Completion {
            text: "hello".into(),
            refusal: None,
            finish: Finish::Done,
            model: Some("gpt-4.1-2025-04-14".into()),
            fingerprint: Some("fp_1".into()),
            usage: Usage {
                input_tokens: 12,
                output_tokens: 3,
            },
        };
        assert_eq!(read(200, text), Outcome::Completed(expected));
    }

    #[test]
    fn errors_go_by_code_first_and_status_second() {
        let error =
            |code: &str| format!(r#"{{"error":{{"message":"m","type":"t","code":"{code}"}}}}"#);
        let blocked = |status, code: &str| match read(status, &error(code)) {
            Outcome::Failed(Failure::Blocked(obstacle, _)) => Some(obstacle),
            _ => None,
        };
        assert_eq!(blocked(429, "insufficient_quota"), Some(Obstacle::Quota));
        assert_eq!(blocked(400, "model_not_found"), Some(Obstacle::NotFound));
        assert_eq!(blocked(401, "invalid_api_key"), Some(Obstacle::Key));
        assert_eq!(blocked(403, "x"), Some(Obstacle::Permission));
        assert_eq!(
            blocked(400, "unsupported_parameter"),
            Some(Obstacle::Parameter)
        );
        assert!(matches!(
            read(400, &error("content_filter")),
            Outcome::Filtered(_)
        ));
        assert!(matches!(
            read(400, &error("x")),
            Outcome::Failed(Failure::Hopeless(_))
        ));
        assert!(matches!(
            read(429, &error("rate_limit_exceeded")),
            Outcome::Failed(Failure::Setback {
                throttled: true,
                ..
            })
        ));
        assert!(matches!(
            read(307, ""),
            Outcome::Failed(Failure::Blocked(Obstacle::Redirect, _))
        ));
        for (status, text) in [
            (500, "oops"),
            (200, r#"{"error":"overloaded"}"#),
            (200, "<html>"),
            (200, r#"{"choices":[]}"#),
            (200, r#"{"choi"#),
        ] {
            assert!(
                matches!(
                    read(status, text),
                    Outcome::Failed(Failure::Setback {
                        throttled: false,
                        ..
                    })
                ),
                "{status} {text}"
            );
        }
    }
}
