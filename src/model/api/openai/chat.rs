//! `/chat/completions`: the text model of a pipeline.
//! <https://platform.openai.com/docs/api-reference/chat>

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

/// Any endpoint that speaks OpenAI's chat completions.
#[derive(Debug)]
pub(in crate::model::api) struct Chat;

impl Provider for Chat {
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
        let mut content = vec![json!({"type": "text", "text": ask.text})];
        if let Some(picture) = picture {
            content.push(json!({"type": "image_url", "image_url": {"url": data_url(picture)}}));
        }
        let fields = json!({
            "model": profile.model,
            "messages": [{"role": "user", "content": content}],
            // Endpoints read it as a signed 64-bit number.
            "seed": ask.seed >> 1,
        });
        json_body("/chat/completions", fields, profile)
    }

    fn read(&self, response: &Response) -> Outcome {
        read(response, |wire| read_reply(response, wire))
    }
}

#[derive(Deserialize)]
struct WireResponse {
    model: Option<String>,
    choices: Option<Vec<WireChoice>>,
    usage: Option<WireUsage>,
}

#[derive(Deserialize)]
struct WireChoice {
    message: Option<WireMessage>,
    finish_reason: Option<String>,
}

#[derive(Default, Deserialize)]
struct WireMessage {
    content: Option<String>,
    refusal: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WireUsage {
    prompt_tokens: u64,
    completion_tokens: u64,
}

fn read_reply(response: &Response, wire: WireResponse) -> Outcome {
    let choice = wire.choices.and_then(|choices| choices.into_iter().next());
    let Some(choice) = choice else {
        return response
            .setback("the chat completion has no choices".into(), false)
            .into();
    };
    let message = choice.message.unwrap_or_default();
    let refusal = message.refusal.filter(|text| !text.trim().is_empty());
    let filtered = choice.finish_reason.as_deref() == Some("content_filter");
    let usage = wire.usage.unwrap_or_default();
    Outcome::Replied(Box::new(Reply {
        refused: refusal.is_some(),
        text: refusal.or(message.content),
        withheld: filtered.then(|| "content_filter".to_owned()),
        finish: choice.finish_reason,
        served_model: wire.model,
        usage: Usage {
            input_text: usage.prompt_tokens,
            output_text: usage.completion_tokens,
            ..Usage::default()
        },
        ..Reply::default()
    }))
}
