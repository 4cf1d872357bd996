//! Anthropic's Messages API.
//! <https://docs.anthropic.com/en/api/messages>

use reqwest::header::{HeaderName, HeaderValue};
use serde_json::{Value, json};

use super::openai::{numbered, put, schema};
use crate::endpoint::ask::{Ask, EndpointReply, Finish, QuestionPart};
use crate::endpoint::encoding::Limits;
use crate::endpoint::fault::Fault;
use crate::endpoint::price::Usage;
use crate::endpoint::profile::{OutputLimit, Profile};
use crate::endpoint::provider::{Facts, Header, Provider, count, items, text};
use crate::endpoint::request::HttpRequest;
use crate::endpoint::secret::Secret;
use crate::endpoint::template::Holes;
use crate::endpoint::wording::Wording;

/// The version of the API that requests and replies here follow …
const VERSION: &str = "2026-10-21";
/// … and the one before, which still takes a temperature. Requests and replies are the same otherwise.
const VERSION_WITH_TEMPERATURE: &str = "2023-06-01";
/// Settings with which messages about a parameter begin.
const PARAMETERS: [&str; 4] = [
    "temperature",
    "max_tokens",
    "output_config",
    "output_format",
];

/// Any endpoint that speaks Anthropic's messages.
#[derive(Debug)]
pub struct Messages;

impl Provider for Messages {
    fn facts(&self) -> Facts {
        Facts {
            name: "anthropic",
            base_url: "https://api.anthropic.com/v1",
            base_url_variable: "ANTHROPIC_BASE_URL",
            key_variables: &["ANTHROPIC_API_KEY"],
            root: "/v1",
            own_fields: &["system", "output_config"],
            can_draw: false,
            can_write: true,
            // <https://docs.anthropic.com/en/docs/build-with-claude/vision>: 5 MB, 8000 pixels.
            limits: Limits {
                base64_bytes: 5 << 20,
                side: 8000,
            },
        }
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
        match profile.output_limit {
            Some(OutputLimit::MaxTokens(_)) => {}
            Some(OutputLimit::MaxCompletionTokens(_)) => {
                faults.push("max_completion_tokens: this provider calls it max_tokens".to_owned());
            }
            None if profile.request.contains_key("max_tokens") => {}
            None => faults.push("max_tokens: this provider needs it".to_owned()),
        }
        faults
    }

    fn authorise(&self, key: &Secret) -> Option<Header> {
        Some((HeaderName::from_static("x-api-key"), key.header("")?))
    }

    fn headers(&self, profile: &Profile) -> Vec<Header> {
        let version = match profile.temperature {
            None => VERSION,
            Some(_) => VERSION_WITH_TEMPERATURE,
        };
        vec![(
            HeaderName::from_static("anthropic-version"),
            HeaderValue::from_static(version),
        )]
    }

    fn request(&self, profile: &Profile, ask: &Ask, holes: &Holes) -> HttpRequest {
        let content: Vec<Value> = numbered(&ask.parts)
            .map(|(part, index)| match part {
                QuestionPart::Text(text) => json!({"type": "text", "text": text}),
                QuestionPart::Picture(_) => json!({"type": "image", "source": {"type": "base64",
                    "media_type": holes.media(index), "data": holes.data(index)}}),
            })
            .collect();
        let mut body = json!({
            "model": profile.model,
            "messages": [{"role": "user", "content": content}],
        });
        let form = ask.form.as_ref().filter(|_| profile.structured);
        let format = |form| json!({"format": {"type": "json_schema", "schema": schema(form)}});
        let limit = profile.output_limit.map(OutputLimit::tokens);
        put(
            &mut body,
            [
                ("system", json!(ask.system)),
                ("max_tokens", json!(limit)),
                ("temperature", json!(profile.temperature)),
                ("output_config", form.map_or(Value::Null, format)),
            ],
        );
        HttpRequest::json("/messages", body, profile)
    }

    fn reply(&self, body: &Value) -> Result<EndpointReply, Fault> {
        if !body.get("content").is_some_and(Value::is_array) {
            return Err(Fault::garbled("a message without content"));
        }
        // Blocks of other types than `text` (thinking) are no part of the answer.
        let texts = items(body, "/content")
            .filter(|block| block.get("type").and_then(Value::as_str) == Some("text"));
        let text_of = |block: &Value| text(block, "/text").unwrap_or_default();
        let words: String = texts.map(text_of).collect();
        let reason = text(body, "/stop_reason");
        let stopped = reason.as_deref();
        let refusal = (stopped == Some("refusal")).then(|| match words.trim() {
            "" => "the provider stopped the reply (stop_reason refusal)".to_owned(),
            said => said.to_owned(),
        });
        Ok(EndpointReply {
            refusal,
            finish: match stopped {
                Some("max_tokens" | "model_context_window_exceeded") => Finish::Length,
                _ => Finish::Done,
            },
            text: words,
            reason,
            served_model: text(body, "/model"),
            usage: usage(body),
            ..EndpointReply::default()
        })
    }

    fn joined(&self, events: &[Value]) -> Value {
        let kind = |event: &&Value, wanted: &str| event.get("type") == Some(&json!(wanted));
        if let Some(error) = events.iter().find(|event| kind(event, "error")) {
            return error.clone();
        }
        let pieces = events.iter().filter_map(|event| text(event, "/delta/text"));
        let words: String = pieces.collect();
        let start = events.iter().find_map(|event| event.get("message"));
        let mut body = start.cloned().unwrap_or_default();
        let end = events
            .iter()
            .rev()
            .find(|event| kind(event, "message_delta"));
        // A stream that broke off names no end; it is no reply.
        if let (Some(end), Some(_)) = (end, body.as_object()) {
            body["content"] = json!([{"type": "text", "text": words}]);
            body["stop_reason"] = end.pointer("/delta/stop_reason").cloned().into();
            if let Some(output) = end.pointer("/usage/output_tokens") {
                let mut usage = body.get("usage").cloned().unwrap_or(json!({}));
                put(&mut usage, [("output_tokens", output.clone())]);
                body["usage"] = usage;
            }
            return body;
        }
        json!({})
    }

    fn wording(&self, error: &Value, wording: &mut Wording) {
        let message = text(error, "/message").unwrap_or_default();
        let start = message.trim_start_matches('`');
        if PARAMETERS.iter().any(|name| start.starts_with(name)) {
            wording.codes.push("unsupported_parameter".to_owned());
        }
    }
}

/// Tokens from and to the cache are not among the `input_tokens`.
fn usage(body: &Value) -> Usage {
    let tokens = |name: &str| count(body.pointer(&format!("/usage/{name}")));
    Usage {
        input_text: tokens("input_tokens"),
        cached: tokens("cache_read_input_tokens"),
        cache_written: tokens("cache_creation_input_tokens"),
        output_text: tokens("output_tokens"),
        ..Usage::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(body: &Value) -> EndpointReply {
        Messages.reply(body).unwrap()
    }

    #[test]
    fn a_reply_is_its_text_blocks() {
        let read = reply(&json!({"id": "msg_1", "model": "claude-x-1",
            "content": [{"type": "thinking", "thinking": "hm", "signature": "s"}, {"type": "text", "text": "{\"a\""},
            {"type": "text", "text": ": 4}"}, {"type": "new", "text": "x"}], "stop_reason": "end_turn",
            "usage": {"input_tokens": 7, "cache_creation_input_tokens": 2, "cache_read_input_tokens": null, "output_tokens": 3}}));
        assert_eq!(read.text, "{\"a\": 4}");
        assert_eq!(read.served_model.as_deref(), Some("claude-x-1"));
        assert_eq!((read.finish, read.refusal), (Finish::Done, None));
        assert_eq!((read.usage.input(), read.usage.output()), (9, 3));
        assert_eq!(read.usage.cache_written, 2);
    }

    #[test]
    fn ends_are_named() {
        let end = |reason: &str| {
            let content = json!([{"type": "text", "text": "so far"}]);
            reply(&json!({"content": content, "stop_reason": reason}))
        };
        assert_eq!(end("max_tokens").finish, Finish::Length);
        assert_eq!(end("model_context_window_exceeded").finish, Finish::Length);
        assert_eq!(end("refusal").refusal.as_deref(), Some("so far"));
        let empty = reply(&json!({"content": [], "stop_reason": "refusal"}));
        assert!(empty.refusal.is_some_and(|said| said.contains("refusal")));
    }

    #[test]
    fn a_stream_is_put_together() {
        let events = [
            json!({"type": "message_start", "message": {"model": "m", "content": [], "usage": {"input_tokens": 5, "output_tokens": 1}}}),
            json!({"type": "content_block_delta", "delta": {"type": "thinking_delta", "thinking": "no"}}),
            json!({"type": "content_block_delta", "delta": {"type": "text_delta", "text": "a"}}),
            json!({"type": "content_block_delta", "delta": {"type": "text_delta", "text": "b"}}),
            json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}, "usage": {"output_tokens": 9}}),
        ];
        let read = reply(&Messages.joined(&events));
        assert_eq!(read.text, "ab");
        assert_eq!((read.usage.input(), read.usage.output()), (5, 9));
        assert!(Messages.reply(&Messages.joined(&events[..3])).is_err());
    }
}
