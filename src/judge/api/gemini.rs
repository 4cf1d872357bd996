//! Google's Gemini API, `generateContent`.
//! <https://ai.google.dev/api/generate-content>

mod failure;
mod reply;

use reqwest::header::{HeaderName, HeaderValue};
use serde::Serialize;
use serde_json::{Value, json};

use super::outcome::Outcome;
use super::pictures::media_type;
use super::request::Holes;
use super::{Facts, Provider, with_extra};
use crate::common::http::Response;
use crate::common::secret::Secret;
use crate::judge::profile::{OutputLimit, Profile};
use crate::judge::prompt::{JudgePrompt, Part};

/// The field whose own fields are merged with those of a profile's `extra`.
const CONFIG: &str = "generationConfig";
/// Fields of it that the program fills in itself.
const OWN_CONFIG: [&str; 7] = [
    "temperature",
    "maxOutputTokens",
    "seed",
    "mediaResolution",
    "responseMimeType",
    "responseSchema",
    "candidateCount",
];
/// How finely pictures are seen: a profile's `detail`, and the API's word for it.
const DETAILS: [(&str, &str); 3] = [
    ("low", "MEDIA_RESOLUTION_LOW"),
    ("medium", "MEDIA_RESOLUTION_MEDIUM"),
    ("high", "MEDIA_RESOLUTION_HIGH"),
];

/// Any endpoint that speaks the Gemini API.
#[derive(Debug)]
pub struct Gemini;

impl Provider for Gemini {
    fn facts(&self) -> Facts {
        Facts {
            kind: "gemini",
            base_url: "https://generativelanguage.googleapis.com/v1beta",
            base_url_variable: "GOOGLE_GEMINI_BASE_URL",
            key_variables: &["GEMINI_API_KEY", "GOOGLE_API_KEY"],
            root: "/v1beta",
            own_fields: &["systemInstruction", "system_instruction", "contents"],
        }
    }

    fn path(&self, model: &str) -> String {
        format!("/models/{}:generateContent", percent_encoded(model))
    }

    fn faults(&self, profile: &Profile) -> Vec<String> {
        let mut faults = Vec::new();
        if let OutputLimit::MaxCompletionTokens(_) = profile.output_limit {
            faults.push("max_completion_tokens: this provider knows max_tokens only".to_owned());
        }
        let known = |detail: &String| DETAILS.iter().any(|(name, _)| name == detail);
        if profile.detail.as_ref().is_some_and(|detail| !known(detail)) {
            faults.push("image.detail: this provider takes low, medium or high".to_owned());
        }
        if profile
            .seed
            .is_some_and(|seed| i32::try_from(seed).is_err())
        {
            faults.push("seed: this provider takes 32-bit integers".to_owned());
        }
        match profile.extra.get(CONFIG) {
            None => {}
            Some(Value::Object(fields)) => {
                let own = fields
                    .keys()
                    .filter(|field| OWN_CONFIG.contains(&field.as_str()));
                faults.extend(own.map(|field| {
                    format!("extra.{CONFIG}.{field}: state it in the profile itself, where there is a setting for it")
                }));
            }
            Some(_) => faults.push(format!("extra.{CONFIG}: expected a table")),
        }
        faults
    }

    fn authorise(&self, key: &Secret) -> Option<(HeaderName, HeaderValue)> {
        Some((HeaderName::from_static("x-goog-api-key"), key.header("")?))
    }

    fn body(
        &self,
        profile: &Profile,
        prompt: &JudgePrompt,
        holes: &Holes,
    ) -> Result<String, serde_json::Error> {
        let mut request = WireRequest::new(profile, prompt, holes);
        let mut extra = profile.extra.clone();
        if let Some(Value::Object(fields)) = extra.remove(CONFIG) {
            request.generation_config.further = fields;
        }
        with_extra(&request, &extra)
    }

    fn read(&self, response: &Response) -> Outcome {
        reply::read(response)
    }
}

/// A model's name as a segment of a path. `/` stays: tuned models are `tunedModels/…`.
fn percent_encoded(model: &str) -> String {
    let mut path = String::with_capacity(model.len());
    for byte in model.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => path.push(byte.into()),
            other => path.push_str(&format!("%{other:02X}")),
        }
    }
    path
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireRequest<'a> {
    system_instruction: WireContent<'a>,
    contents: [WireContent<'a>; 1],
    generation_config: WireConfig,
}

#[derive(Serialize)]
struct WireContent<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    role: Option<&'static str>,
    parts: Vec<WirePart<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
enum WirePart<'a> {
    Text(&'a str),
    InlineData(WireBlob),
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct WireBlob {
    mime_type: &'static str,
    data: String,
}

struct WireConfig {
    temperature: Option<f64>,
    max_output_tokens: u32,
    seed: Option<i64>,
    media_resolution: Option<&'static str>,
    schema: Option<Value>,
    /// The profile's own fields.
    further: serde_json::Map<String, Value>,
}

impl Serialize for WireConfig {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = self.further.clone();
        let mut put = |name: &str, value: Option<Value>| {
            if let Some(value) = value {
                fields.insert(name.to_owned(), value);
            }
        };
        put("temperature", self.temperature.map(Value::from));
        put("maxOutputTokens", Some(self.max_output_tokens.into()));
        put("seed", self.seed.map(Value::from));
        put("mediaResolution", self.media_resolution.map(Value::from));
        let json = self.schema.as_ref().map(|_| "application/json".into());
        put("responseMimeType", json);
        put("responseSchema", self.schema.clone());
        fields.serialize(serializer)
    }
}

impl<'a> WireRequest<'a> {
    fn new(profile: &'a Profile, prompt: &'a JudgePrompt, holes: &Holes) -> Self {
        let mut picture = 0;
        let mut part = |part: &'a Part| match part {
            Part::Text(text) => WirePart::Text(text),
            Part::Image(..) => {
                let data = holes.mark(picture);
                picture += 1;
                let mime_type = media_type(&profile.encoding);
                WirePart::InlineData(WireBlob { mime_type, data })
            }
        };
        let detail = profile.detail.as_deref();
        let named = DETAILS.iter().find(|(name, _)| Some(*name) == detail);
        Self {
            system_instruction: WireContent {
                role: None,
                parts: vec![WirePart::Text(&prompt.system)],
            },
            contents: [WireContent {
                role: Some("user"),
                parts: prompt.parts.iter().map(&mut part).collect(),
            }],
            generation_config: WireConfig {
                temperature: profile.temperature,
                max_output_tokens: profile.output_limit.tokens(),
                seed: profile.seed,
                media_resolution: named.map(|(_, word)| *word),
                schema: profile.structured.then(|| schema(&prompt.key)),
                further: serde_json::Map::new(),
            },
        }
    }
}

/// The schema of a reply in the API's own subset of OpenAPI, whose lists of values are for texts:
/// the mark has bounds instead. The reasoning is to come first.
fn schema(key: &str) -> Value {
    json!({
        "type": "OBJECT",
        "properties": {
            "reasoning": {"type": "STRING"},
            key: {"type": "INTEGER", "minimum": 1, "maximum": 5},
        },
        "required": ["reasoning", key],
        "propertyOrdering": ["reasoning", key],
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_model_stays_one_segment_of_the_path() {
        assert_eq!(
            Gemini.path("gemini-2.5-pro"),
            "/models/gemini-2.5-pro:generateContent"
        );
        assert_eq!(
            Gemini.path("../x?key=1"),
            "/models/..%2Fx%3Fkey%3D1:generateContent"
        );
    }
}
