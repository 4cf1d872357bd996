//! OpenAI's chat completions, as many endpoints speak them, and what its other ways of asking
//! share. <https://platform.openai.com/docs/api-reference/chat>

use reqwest::header::AUTHORIZATION;
use serde_json::{Value, json};

use crate::endpoint::ask::{Ask, EndpointReply, Finish, Form, QuestionPart};
use crate::endpoint::encoding::Limits;
use crate::endpoint::fault::Fault;
use crate::endpoint::price::Usage;
use crate::endpoint::profile::Profile;
use crate::endpoint::provider::{Facts, Header, Provider, count, text};
use crate::endpoint::request::HttpRequest;
use crate::endpoint::secret::Secret;
use crate::endpoint::template::Holes;

/// Any endpoint that speaks OpenAI's chat completions.
#[derive(Debug)]
pub struct Chat;

/// What all of OpenAI's ways of asking share.
pub(super) const FACTS: Facts = Facts {
    name: "openai",
    base_url: "https://api.openai.com/v1",
    base_url_variable: "OPENAI_BASE_URL",
    key_variables: &["OPENAI_API_KEY"],
    root: "/v1",
    own_fields: &[],
    can_draw: false,
    can_write: true,
    limits: Limits {
        base64_bytes: 26 << 20,
        side: 16_384,
    },
};

/// The header with the key.
pub(super) fn bearer(key: &Secret) -> Option<Header> {
    Some((AUTHORIZATION, key.header("Bearer ")?))
}

/// A picture as an address that holds it.
pub(super) fn data_url(holes: &Holes, index: usize) -> String {
    format!("data:{};base64,{}", holes.media(index), holes.data(index))
}

/// The seed of a question, as a signed 64-bit number, else that of the profile.
pub(super) fn seed(profile: &Profile, ask: &Ask) -> Value {
    match ask.seed {
        Some(seed) => (seed >> 1).into(),
        None => profile.seed.into(),
    }
}

/// The form of a reply as a JSON schema: the reasoning, then the marks under their keys. Marks are
/// listed one by one: not every endpoint takes bounds.
pub(super) fn schema(form: &Form) -> Value {
    let mut mark = json!({"type": form.number_type()});
    put(&mut mark, [("enum", form.marks().into())]);
    let mut properties = json!({"reasoning": {"type": "string"}});
    if let Value::Object(object) = &mut properties {
        object.extend(form.keys.iter().map(|key| (key.clone(), mark.clone())));
    }
    json!({
        "type": "object",
        "properties": properties,
        "required": required(form),
        "additionalProperties": false,
    })
}

/// The names of all fields of a form, in order.
pub(super) fn required(form: &Form) -> Vec<&str> {
    let keys = form.keys.iter().map(String::as_str);
    std::iter::once("reasoning").chain(keys).collect()
}

/// Puts the fields that have a value into an object.
pub(super) fn put(body: &mut Value, fields: impl IntoIterator<Item = (&'static str, Value)>) {
    if let Value::Object(object) = body {
        let given = fields.into_iter().filter(|(_, value)| !value.is_null());
        object.extend(given.map(|(name, value)| (name.to_owned(), value)));
    }
}

/// Numbers each picture among parts.
pub(super) fn numbered(parts: &[QuestionPart]) -> impl Iterator<Item = (&QuestionPart, usize)> {
    parts.iter().scan(0, |pictures, part| {
        let index = *pictures;
        *pictures += usize::from(matches!(part, QuestionPart::Picture(_)));
        Some((part, index))
    })
}

impl Provider for Chat {
    fn facts(&self) -> Facts {
        FACTS
    }

    fn authorise(&self, key: &Secret) -> Option<Header> {
        bearer(key)
    }

    fn request(&self, profile: &Profile, ask: &Ask, holes: &Holes) -> HttpRequest {
        let content: Vec<Value> = numbered(&ask.parts)
            .map(|(part, index)| match part {
                QuestionPart::Text(text) => json!({"type": "text", "text": text}),
                QuestionPart::Picture(_) => {
                    let mut image = json!({"url": data_url(holes, index)});
                    put(&mut image, [("detail", json!(profile.detail))]);
                    json!({"type": "image_url", "image_url": image})
                }
            })
            .collect();
        let mut messages = Vec::new();
        if let Some(system) = &ask.system {
            messages.push(json!({"role": "system", "content": system}));
        }
        messages.push(json!({"role": "user", "content": content}));
        let mut body = json!({"model": profile.model, "messages": messages});
        let limit = profile.output_limit;
        put(
            &mut body,
            [
                ("temperature", json!(profile.temperature)),
                ("seed", seed(profile, ask)),
                ("response_format", form(profile, ask)),
            ],
        );
        put(
            &mut body,
            limit.map(|limit| (limit.name(), json!(limit.tokens()))),
        );
        HttpRequest::json("/chat/completions", body, profile)
    }

    fn reply(&self, body: &Value) -> Result<EndpointReply, Fault> {
        let choice = body
            .pointer("/choices/0")
            .ok_or_else(|| Fault::garbled("a chat completion without choices"))?;
        let content = choice.pointer("/message/content");
        let reason = text(choice, "/finish_reason");
        let stopped = reason.as_deref();
        Ok(EndpointReply {
            text: content.map(words).unwrap_or_default(),
            refusal: text(choice, "/message/refusal"),
            withheld: (stopped == Some("content_filter")).then(|| "content_filter".to_owned()),
            finish: match stopped {
                Some("length") => Finish::Length,
                _ => Finish::Done,
            },
            reason,
            served_model: text(body, "/model"),
            fingerprint: text(body, "/system_fingerprint"),
            usage: usage(body),
            ..EndpointReply::default()
        })
    }

    /// The pieces of a stream, put together.
    fn joined(&self, events: &[Value]) -> Value {
        if let Some(error) = events.iter().find(|event| event.get("error").is_some()) {
            return error.clone();
        }
        let last = |path: &str| {
            let mut found = events.iter().rev().filter_map(|event| event.pointer(path));
            found.find(|value| !value.is_null()).cloned()
        };
        let all = |path: &str| -> String {
            let pieces = events.iter().filter_map(|event| event.pointer(path));
            pieces.map(words).collect()
        };
        let whole = all("/choices/0/message/content");
        let content = all("/choices/0/delta/content") + &whole;
        let mut body = json!({});
        put(
            &mut body,
            ["model", "system_fingerprint", "usage"]
                .map(|name| (name, last(&format!("/{name}")).into())),
        );
        // A stream that broke off names no end; it is no reply.
        if let Some(reason) = last("/choices/0/finish_reason") {
            body["choices"] = json!([{"finish_reason": reason, "message": {
                "content": content, "refusal": all("/choices/0/delta/refusal")}}]);
        }
        body
    }
}

fn form(profile: &Profile, ask: &Ask) -> Value {
    let form = ask.form.as_ref().filter(|_| profile.structured);
    form.map_or(Value::Null, |form| {
        json!({"type": "json_schema",
            "json_schema": {"name": "mark", "strict": true, "schema": schema(form)}})
    })
}

/// The words of a content: a text, or a list of parts of which those that are text count.
fn words(content: &Value) -> String {
    match content {
        Value::String(text) => text.clone(),
        Value::Array(parts) => {
            let is_text = |part: &&Value| {
                let kind = part.get("type").and_then(Value::as_str);
                matches!(kind, None | Some("text" | "output_text"))
            };
            let texts = parts.iter().filter(is_text);
            let each = |part: &Value| match part.get("text") {
                Some(text) => text.as_str().unwrap_or_default().to_owned(),
                None => part.as_str().unwrap_or_default().to_owned(),
            };
            texts.map(each).collect()
        }
        _ => String::new(),
    }
}

/// Tokens as chat completions count them: those from the cache are among those of the prompt.
fn usage(body: &Value) -> Usage {
    let tokens = |path: &str| count(body.pointer(path));
    let cached = tokens("/usage/prompt_tokens_details/cached_tokens");
    let prompt = tokens("/usage/prompt_tokens");
    Usage {
        input_text: prompt.saturating_sub(cached),
        cached: cached.min(prompt),
        output_text: tokens("/usage/completion_tokens"),
        ..Usage::default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn reply(body: &Value) -> EndpointReply {
        Chat.reply(body).unwrap()
    }

    #[test]
    fn a_reply_is_read_whole() {
        let body = json!({"id": "x", "model": "gpt-4.1-2025-04-14", "system_fingerprint": "fp_1",
            "choices": [{"index": 0, "message": {"role": "assistant", "content": "hello", "refusal": null},
            "finish_reason": "stop"}],
            "usage": {"prompt_tokens": 12, "completion_tokens": 3, "total_tokens": 15,
                "prompt_tokens_details": {"cached_tokens": 5}}});
        let expected = EndpointReply {
            text: "hello".into(),
            reason: Some("stop".into()),
            served_model: Some("gpt-4.1-2025-04-14".into()),
            fingerprint: Some("fp_1".into()),
            usage: Usage {
                input_text: 7,
                cached: 5,
                output_text: 3,
                ..Usage::default()
            },
            ..EndpointReply::default()
        };
        assert_eq!(reply(&body), expected);
    }

    #[test]
    fn odd_fields_cost_nothing_but_themselves() {
        let odd = json!({"id": 7, "model": ["m"], "created": "now", "system_fingerprint": {},
            "choices": [{"index": "0", "finish_reason": ["stop"], "message": {"role": null, "refusal": [],
                "content": [{"type": "thinking", "thinking": [{"type": "text", "text": "no"}]},
                            {"type": "reasoning", "text": "no"},
                            {"type": "text", "text": "ye"}, {"type": "text", "text": "s"}]}}],
            "usage": {"prompt_tokens": 12.0, "completion_tokens": null, "prompt_tokens_details": null}});
        let read = reply(&odd);
        assert_eq!(read.text, "yes");
        assert_eq!((read.usage.input_text, read.usage.output_text), (12, 0));
        assert_eq!(read.finish, Finish::Done);
        assert!(Chat.reply(&json!({"choices": []})).is_err());
        assert!(Chat.reply(&json!({"choices": null})).is_err());
        assert_eq!(reply(&json!({"choices": [{}]})).text, "");
    }

    #[test]
    fn a_stream_is_put_together() {
        let piece = |text: &str| json!({"model": "m", "choices": [{"delta": {"content": text}}]});
        let end = json!({"choices": [{"delta": {}, "finish_reason": "length"}]});
        let usage = json!({"choices": [], "usage": {"prompt_tokens": 1, "completion_tokens": 2}});
        let read = reply(&Chat.joined(&[piece("a"), piece("b"), end, usage]));
        assert_eq!((read.text.as_str(), read.finish), ("ab", Finish::Length));
        assert_eq!((read.usage.input(), read.usage.output()), (1, 2));
        assert!(Chat.reply(&Chat.joined(&[piece("cut")])).is_err());
        let error = json!({"error": {"message": "m"}});
        assert_eq!(Chat.joined(&[piece("a"), error.clone()]), error);
    }
}
