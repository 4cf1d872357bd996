//! OpenAI's `/responses`: words, or words and a picture through the tool that draws.
//! <https://platform.openai.com/docs/api-reference/responses>

use serde_json::{Value, json};

use super::openai::{FACTS, bearer, data_url, numbered, put, schema};
use crate::endpoint::ask::{Ask, EndpointReply, Finish, QuestionPart};
use crate::endpoint::fault::Fault;
use crate::endpoint::price::Usage;
use crate::endpoint::profile::{OutputLimit, Profile};
use crate::endpoint::provider::{Facts, Header, Provider, count, items, text};
use crate::endpoint::request::HttpRequest;
use crate::endpoint::secret::Secret;
use crate::endpoint::template::Holes;

/// OpenAI's responses.
#[derive(Debug)]
pub struct Responses;

impl Provider for Responses {
    fn facts(&self) -> Facts {
        Facts {
            name: "responses",
            own_fields: &["instructions", "tools"],
            can_draw: true,
            ..FACTS
        }
    }

    fn faults(&self, profile: &Profile) -> Vec<String> {
        let fault = || "seed: this provider takes none; leave it out".to_owned();
        profile.seed.map(|_| fault()).into_iter().collect()
    }

    fn authorise(&self, key: &Secret) -> Option<Header> {
        bearer(key)
    }

    fn request(&self, profile: &Profile, ask: &Ask, holes: &Holes) -> HttpRequest {
        let content: Vec<Value> = numbered(&ask.parts)
            .map(|(part, index)| match part {
                QuestionPart::Text(text) => json!({"type": "input_text", "text": text}),
                QuestionPart::Picture(_) => {
                    let mut image =
                        json!({"type": "input_image", "image_url": data_url(holes, index)});
                    put(&mut image, [("detail", json!(profile.detail))]);
                    image
                }
            })
            .collect();
        let mut body = json!({
            "model": profile.model,
            "input": [{"role": "user", "content": content}],
            "store": false,
        });
        let form = ask.form.as_ref().filter(|_| profile.structured);
        let format = |form| {
            json!({"format": {"type": "json_schema", "name": "mark", "strict": true,
                "schema": schema(form)}})
        };
        let tools = json!([{"type": "image_generation"}]);
        put(
            &mut body,
            [
                ("instructions", json!(ask.system)),
                ("temperature", json!(profile.temperature)),
                (
                    "max_output_tokens",
                    json!(profile.output_limit.map(OutputLimit::tokens)),
                ),
                ("text", form.map_or(Value::Null, format)),
                ("tools", if profile.draws { tools } else { Value::Null }),
            ],
        );
        HttpRequest::json("/responses", body, profile)
    }

    fn reply(&self, body: &Value) -> Result<EndpointReply, Fault> {
        let incomplete = text(body, "/incomplete_details/reason");
        if incomplete.is_none() && !body.get("output").is_some_and(Value::is_array) {
            return Err(Fault::garbled("a response without output"));
        }
        let mut reply = EndpointReply {
            served_model: text(body, "/model"),
            withheld: incomplete
                .clone()
                .filter(|reason| reason == "content_filter"),
            finish: match incomplete.as_deref() {
                Some("max_output_tokens") => Finish::Length,
                _ => Finish::Done,
            },
            reason: incomplete.or_else(|| text(body, "/status")),
            ..EndpointReply::default()
        };
        for item in items(body, "/output") {
            match item.get("type").and_then(Value::as_str) {
                Some("message") => {
                    for content in items(item, "/content") {
                        reply.text += &text(content, "/text").unwrap_or_default();
                        reply.refusal = text(content, "/refusal").or(reply.refusal);
                    }
                }
                Some("image_generation_call") => {
                    reply.image = text(item, "/result").or(reply.image);
                    reply.revised_prompt = text(item, "/revised_prompt").or(reply.revised_prompt);
                }
                _ => {}
            }
        }
        let tokens = |path: &str| count(body.pointer(path));
        let cached = tokens("/usage/input_tokens_details/cached_tokens");
        reply.usage = Usage {
            input_text: tokens("/usage/input_tokens").saturating_sub(cached),
            cached,
            output_text: tokens("/usage/output_tokens"),
            // The tool's own tokens are not told: a profile's price per picture stands for them.
            pictures: u64::from(reply.image.is_some()),
            ..Usage::default()
        };
        Ok(reply)
    }

    /// The last event carries the whole response.
    fn joined(&self, events: &[Value]) -> Value {
        let mut whole = events
            .iter()
            .rev()
            .filter_map(|event| event.get("response"));
        let ended = |body: &&Value| {
            let status = body.get("status").and_then(Value::as_str);
            status.is_some_and(|status| status != "in_progress" && status != "queued")
        };
        whole.find(ended).cloned().unwrap_or_default()
    }
}
