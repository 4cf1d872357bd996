//! `/images/generations` and `/images/edits`: pictures, and no words but the prompt as the
//! endpoint revised it. <https://platform.openai.com/docs/api-reference/images>

use reqwest::header::{HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::{Value, json};

use super::multipart::Form;
use super::{authorise, facts, json_body, read};
use crate::common::http::{Obstacle, Response};
use crate::common::secret::Secret;
use crate::model::api::client::Ask;
use crate::model::api::price::Usage;
use crate::model::api::profile::Profile;
use crate::model::api::provider::{Body, Facts, InputPicture, Outcome, Provider, Reply};

/// Any endpoint that draws as OpenAI's does.
#[derive(Debug)]
pub(in crate::model::api) struct Images;

impl Provider for Images {
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
        let Some(picture) = picture else {
            let fields = json!({"model": profile.model, "prompt": ask.text});
            return json_body("/images/generations", fields, profile);
        };
        let mut form = Form::new(&[ask.text.as_bytes(), &picture.bytes]);
        form.field("model", &profile.model);
        form.field("prompt", &ask.text);
        for (name, value) in &profile.request {
            match value {
                Value::String(text) => form.field(name, text),
                other => form.field(name, &other.to_string()),
            }
        }
        form.picture("image", picture);
        let (content_type, bytes) = form.finish();
        Ok(Body {
            path: "/images/edits".into(),
            content_type,
            bytes,
        })
    }

    fn read(&self, response: &Response) -> Outcome {
        read(response, |wire| read_reply(response, wire))
    }
}

#[derive(Deserialize)]
struct WireResponse {
    data: Option<Vec<WireImage>>,
    usage: Option<WireUsage>,
}

#[derive(Deserialize)]
struct WireImage {
    b64_json: Option<String>,
    url: Option<String>,
    revised_prompt: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WireUsage {
    input_tokens: u64,
    output_tokens: u64,
    input_tokens_details: WireDetails,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct WireDetails {
    image_tokens: u64,
}

fn read_reply(response: &Response, wire: WireResponse) -> Outcome {
    let first = wire.data.and_then(|data| data.into_iter().next());
    let Some(first) = first else {
        return Outcome::Replied(Box::default());
    };
    if first.b64_json.is_none() && first.url.is_some() {
        let what = "the reply holds an address in place of the picture; \
                    response_format = \"b64_json\" under [request] asks for the picture";
        return response.blocked(Obstacle::Parameter, what).into();
    }
    let usage = wire.usage.unwrap_or_default();
    let shown = usage.input_tokens_details.image_tokens;
    Outcome::Replied(Box::new(Reply {
        text: first.revised_prompt.clone(),
        revised_prompt: first.revised_prompt,
        usage: Usage {
            input_text: usage.input_tokens.saturating_sub(shown),
            input_image: shown,
            output_text: 0,
            output_image: usage.output_tokens,
            pictures: u64::from(first.b64_json.is_some()),
        },
        image: first.b64_json,
        ..Reply::default()
    }))
}
