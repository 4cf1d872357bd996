//! `/responses` with the tool that draws: words and a picture in one reply.
//! <https://platform.openai.com/docs/api-reference/responses>

use reqwest::header::{HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::json;

use super::{authorise, data_url, facts, json_body, read};
use crate::common::http::Response;
use crate::common::secret::Secret;
use crate::model::api::client::Ask;
use crate::model::api::price::Usage;
use crate::model::api::profile::Profile;
use crate::model::api::provider::{Body, Facts, InputPicture, Outcome, Provider, Reply};

/// OpenAI's responses.
#[derive(Debug)]
pub(in crate::model::api) struct Responses;

impl Provider for Responses {
    fn facts(&self) -> Facts {
        facts()
    }

    fn authorise(&self, key: &Secret) -> Option<(HeaderName, HeaderValue)> {
        authorise(key)
    }

    fn body(
        &self,
        profile: &Profile,
        ask: &Ask,
        picture: Option<&InputPicture>,
    ) -> serde_json::Result<Body> {
        let mut content = vec![json!({"type": "input_text", "text": ask.text})];
        if let Some(picture) = picture {
            content.push(json!({"type": "input_image", "image_url": data_url(picture)}));
        }
        let fields = json!({
            "model": profile.model,
            "input": [{"role": "user", "content": content}],
            "tools": [{"type": "image_generation"}],
            "store": false,
        });
        json_body("/responses", fields, profile)
    }

    fn read(&self, response: &Response) -> Outcome {
        read(response, |wire| {
            Outcome::Replied(Box::new(read_reply(wire)))
        })
    }
}

#[derive(Deserialize)]
struct WireResponse {
    model: Option<String>,
    status: Option<String>,
    #[serde(default)]
    output: Vec<WireItem>,
    incomplete_details: Option<WireIncomplete>,
    usage: Option<WireUsage>,
}

#[derive(Deserialize)]
struct WireIncomplete {
    reason: Option<String>,
}

/// One item: a message has content, a drawing a result.
#[derive(Deserialize)]
struct WireItem {
    #[serde(rename = "type")]
    kind: String,
    #[serde(default)]
    content: Option<Vec<WireContent>>,
    result: Option<String>,
    revised_prompt: Option<String>,
}

#[derive(Deserialize)]
struct WireContent {
    text: Option<String>,
    refusal: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WireUsage {
    input_tokens: u64,
    output_tokens: u64,
}

fn read_reply(wire: WireResponse) -> Reply {
    let incomplete = wire.incomplete_details.and_then(|details| details.reason);
    let mut reply = Reply {
        served_model: wire.model,
        withheld: incomplete
            .clone()
            .filter(|reason| reason == "content_filter"),
        finish: incomplete.or(wire.status),
        ..Reply::default()
    };
    let mut words = String::new();
    for item in wire.output {
        match item.kind.as_str() {
            "message" => {
                for content in item.content.into_iter().flatten() {
                    reply.refused |= content.refusal.is_some();
                    words += content
                        .refusal
                        .or(content.text)
                        .as_deref()
                        .unwrap_or_default();
                }
            }
            "image_generation_call" => {
                reply.image = item.result.or(reply.image);
                reply.revised_prompt = item.revised_prompt.or(reply.revised_prompt);
            }
            _ => {}
        }
    }
    reply.text = Some(words);
    let usage = wire.usage.unwrap_or_default();
    reply.usage = Usage {
        input_text: usage.input_tokens,
        output_text: usage.output_tokens,
        // The tool's own tokens are not told: a profile's price per picture stands for them.
        pictures: u64::from(reply.image.is_some()),
        ..Usage::default()
    };
    reply
}
