//! Google's `generateContent`, with words and pictures in one reply.
//! <https://ai.google.dev/api/generate-content>

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use reqwest::header::{HeaderName, HeaderValue};
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::client::Ask;
use super::price::Usage;
use super::profile::Profile;
use super::provider::{Body, Facts, InputPicture, Outcome, Provider, Reply};
use crate::common::http::{Failure, Obstacle, Response, shorten};
use crate::common::secret::Secret;

/// Characters of an endpoint's error that are kept.
const ERROR_CHARS: usize = 300;
/// The reasons for ending that mean a filter, not the model.
const FILTERS: [&str; 9] = [
    "SAFETY",
    "RECITATION",
    "BLOCKLIST",
    "PROHIBITED_CONTENT",
    "SPII",
    "IMAGE_SAFETY",
    "IMAGE_PROHIBITED_CONTENT",
    "IMAGE_RECITATION",
    "LANGUAGE",
];

/// Any Gemini model; `draws` asks for a picture beside the words.
#[derive(Debug)]
pub(super) struct Gemini {
    pub(super) draws: bool,
}

impl Provider for Gemini {
    fn facts(&self) -> Facts {
        Facts {
            base_url: "https://generativelanguage.googleapis.com/v1beta",
            base_url_variable: "GOOGLE_GEMINI_BASE_URL",
            key_variables: &["GEMINI_API_KEY", "GOOGLE_API_KEY"],
            root: "/v1beta",
        }
    }

    fn authorise(&self, key: &Secret) -> Option<(HeaderName, HeaderValue)> {
        Some((HeaderName::from_static("x-goog-api-key"), key.header("")?))
    }

    fn body(
        &self,
        profile: &Profile,
        ask: &Ask,
        picture: Option<&InputPicture>,
    ) -> serde_json::Result<Body> {
        let mut parts = vec![json!({"text": ask.text})];
        if let Some(picture) = picture {
            let data = STANDARD.encode(&picture.bytes);
            parts.push(json!({"inlineData": {"mimeType": picture.media_type, "data": data}}));
        }
        let modalities: &[&str] = if self.draws {
            &["TEXT", "IMAGE"]
        } else {
            &["TEXT"]
        };
        let mut body = json!({
            "contents": [{"role": "user", "parts": parts}],
            "generationConfig": {
                "responseModalities": modalities,
                // The field is a signed 32-bit number.
                "seed": ask.seed & 0x7fff_ffff,
            },
        });
        merge(&mut body, &Value::Object(profile.request.clone()));
        let model = profile.model.trim_start_matches("models/");
        Ok(Body {
            path: format!("/models/{model}:generateContent"),
            content_type: "application/json".into(),
            bytes: serde_json::to_vec(&body)?.into(),
        })
    }

    fn read(&self, response: &Response) -> Outcome {
        let parsed: Result<WireResponse, _> = serde_json::from_str(&response.text);
        match parsed {
            Ok(WireResponse {
                error: Some(error), ..
            }) => read_error(response, &error).into(),
            Ok(wire) if response.status == 200 => read_reply(response, wire),
            Err(error) if response.status == 200 => {
                let shown = shorten(&response.text, ERROR_CHARS);
                let what = format!("the body is no reply ({error}): {shown}");
                response.setback(what, false).into()
            }
            _ => response
                .failure(&shorten(&response.text, ERROR_CHARS))
                .into(),
        }
    }
}

/// Lays the fields of `over` over those of `base`, objects within objects.
fn merge(base: &mut Value, over: &Value) {
    match (base, over) {
        (Value::Object(base), Value::Object(over)) => {
            for (key, value) in over {
                merge(base.entry(key.clone()).or_insert(Value::Null), value);
            }
        }
        (base, over) => *base = over.clone(),
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireResponse {
    candidates: Option<Vec<WireCandidate>>,
    prompt_feedback: Option<WireFeedback>,
    usage_metadata: Option<WireUsage>,
    model_version: Option<String>,
    error: Option<WireError>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireFeedback {
    block_reason: Option<String>,
    block_reason_message: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireCandidate {
    content: Option<WireContent>,
    finish_reason: Option<String>,
    finish_message: Option<String>,
}

#[derive(Deserialize)]
struct WireContent {
    #[serde(default)]
    parts: Vec<WirePart>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WirePart {
    text: Option<String>,
    inline_data: Option<WireData>,
    /// Interim thoughts and sketches are no part of the answer.
    #[serde(default)]
    thought: bool,
}

#[derive(Deserialize)]
struct WireData {
    data: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct WireUsage {
    prompt_token_count: u64,
    candidates_token_count: u64,
    thoughts_token_count: u64,
    prompt_tokens_details: Vec<WireModality>,
    candidates_tokens_details: Vec<WireModality>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireModality {
    #[serde(default)]
    modality: String,
    #[serde(default)]
    token_count: u64,
}

#[derive(Deserialize)]
struct WireError {
    #[serde(default)]
    message: String,
    #[serde(default)]
    status: String,
    #[serde(default)]
    details: Vec<Map<String, Value>>,
}

fn usage_of(wire: WireUsage, pictures: u64) -> Usage {
    let images = |details: &[WireModality]| -> u64 {
        let images = details.iter().filter(|detail| detail.modality == "IMAGE");
        images.map(|detail| detail.token_count).sum()
    };
    let (input, output) = (
        images(&wire.prompt_tokens_details),
        images(&wire.candidates_tokens_details),
    );
    Usage {
        input_text: wire.prompt_token_count.saturating_sub(input),
        input_image: input,
        output_text: wire.candidates_token_count.saturating_sub(output) + wire.thoughts_token_count,
        output_image: output,
        pictures,
    }
}

fn read_reply(response: &Response, wire: WireResponse) -> Outcome {
    let mut reply = Reply {
        served_model: wire.model_version,
        ..Reply::default()
    };
    let candidate = wire.candidates.and_then(|all| all.into_iter().next());
    let blocked = wire.prompt_feedback.and_then(|feedback| {
        let message = feedback.block_reason_message.unwrap_or_default();
        Some(
            format!("{} {message}", feedback.block_reason?)
                .trim()
                .to_owned(),
        )
    });
    if candidate.is_none() && blocked.is_none() {
        let what = format!("no candidates: {}", shorten(&response.text, ERROR_CHARS));
        return response.setback(what, false).into();
    }
    reply.withheld = blocked.map(|why| format!("the prompt: {why}"));
    if let Some(candidate) = candidate {
        let mut words = String::new();
        let parts = candidate
            .content
            .map_or_else(Vec::new, |content| content.parts);
        for part in parts.into_iter().filter(|part| !part.thought) {
            words += part.text.as_deref().unwrap_or_default();
            if let Some(data) = part.inline_data {
                // The last picture is the finished one.
                reply.image = Some(data.data);
            }
        }
        reply.text = Some(words);
        let finish = candidate.finish_reason.unwrap_or_default();
        if FILTERS.contains(&finish.as_str()) {
            let message = candidate.finish_message.unwrap_or_default();
            reply.withheld = Some(format!("{finish} {message}").trim().to_owned());
        }
        reply.finish = Some(finish);
    }
    let pictures = u64::from(reply.image.is_some());
    reply.usage = usage_of(wire.usage_metadata.unwrap_or_default(), pictures);
    Outcome::Replied(Box::new(reply))
}

fn read_error(response: &Response, error: &WireError) -> Failure {
    let what = match error.status.as_str() {
        "" => shorten(&error.message, ERROR_CHARS),
        status => {
            let message = shorten(&error.message, ERROR_CHARS);
            format!("{message} ({})", shorten(status, 60))
        }
    };
    let has_reason = |reason: &str| {
        let mut reasons = error
            .details
            .iter()
            .filter_map(|detail| detail.get("reason"));
        reasons.any(|found| found == reason)
    };
    if has_reason("API_KEY_INVALID") {
        return response.blocked(Obstacle::Key, &what);
    }
    let failure = response.failure(&what);
    match failure {
        Failure::Setback {
            what,
            retry_after,
            throttled,
        } => Failure::Setback {
            what,
            // The header is rarely there; the wait stands in the body.
            retry_after: retry_after.or_else(|| retry_delay(error)),
            throttled,
        },
        other => other,
    }
}

/// The wait that the details ask for: `"retryDelay": "22s"`.
fn retry_delay(error: &WireError) -> Option<Duration> {
    let mut delays = error
        .details
        .iter()
        .filter_map(|detail| detail.get("retryDelay"));
    let seconds: f64 = delays.next()?.as_str()?.strip_suffix('s')?.parse().ok()?;
    Duration::try_from_secs_f64(seconds).ok()
}
