//! Google's Gemini API, `generateContent`: words, or words and pictures in one reply.
//! <https://ai.google.dev/api/generate-content>

use std::time::Duration;

use reqwest::header::HeaderName;
use serde_json::{Value, json};

use super::openai::{numbered, put, required};
use crate::endpoint::ask::{Ask, EndpointReply, Finish, Form, QuestionPart, number};
use crate::endpoint::encoding::Limits;
use crate::endpoint::fault::Fault;
use crate::endpoint::price::Usage;
use crate::endpoint::profile::{OutputLimit, Profile};
use crate::endpoint::provider::{Facts, Header, Provider, count, items, text};
use crate::endpoint::request::HttpRequest;
use crate::endpoint::secret::Secret;
use crate::endpoint::template::Holes;
use crate::endpoint::wording::Wording;

/// How finely pictures are seen: a profile's `detail`, and the API's word for it.
const DETAILS: [(&str, &str); 3] = [
    ("low", "MEDIA_RESOLUTION_LOW"),
    ("medium", "MEDIA_RESOLUTION_MEDIUM"),
    ("high", "MEDIA_RESOLUTION_HIGH"),
];
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

/// Any endpoint that speaks the Gemini API.
#[derive(Debug)]
pub struct GenerateContent;

impl Provider for GenerateContent {
    fn facts(&self) -> Facts {
        Facts {
            name: "gemini",
            base_url: "https://generativelanguage.googleapis.com/v1beta",
            base_url_variable: "GOOGLE_GEMINI_BASE_URL",
            key_variables: &["GEMINI_API_KEY", "GOOGLE_API_KEY"],
            root: "/v1beta",
            own_fields: &["systemInstruction", "system_instruction"],
            can_draw: true,
            can_write: true,
            // A request with its pictures may have 20 MB.
            limits: Limits {
                base64_bytes: 9 << 20,
                side: 16_384,
            },
        }
    }

    fn faults(&self, profile: &Profile) -> Vec<String> {
        let mut faults = Vec::new();
        if let Some(OutputLimit::MaxCompletionTokens(_)) = profile.output_limit {
            faults.push("max_completion_tokens: this provider knows max_tokens only".to_owned());
        }
        let known = |detail: &String| DETAILS.iter().any(|(name, _)| name == detail);
        if profile.detail.as_ref().is_some_and(|detail| !known(detail)) {
            faults.push("image.detail: this provider takes low, medium or high".to_owned());
        }
        let fits = |seed: i64| i32::try_from(seed).is_ok();
        if profile.seed.is_some_and(|seed| !fits(seed)) {
            faults.push("seed: this provider takes 32-bit integers".to_owned());
        }
        if profile
            .request
            .get("generationConfig")
            .is_some_and(|config| !config.is_object())
        {
            faults.push("request.generationConfig: expected a table".to_owned());
        }
        faults
    }

    fn authorise(&self, key: &Secret) -> Option<Header> {
        Some((HeaderName::from_static("x-goog-api-key"), key.header("")?))
    }

    fn request(&self, profile: &Profile, ask: &Ask, holes: &Holes) -> HttpRequest {
        let parts: Vec<Value> = numbered(&ask.parts)
            .map(|(part, index)| match part {
                QuestionPart::Text(text) => json!({"text": text}),
                QuestionPart::Picture(_) => json!({"inlineData": {
                    "mimeType": holes.media(index), "data": holes.data(index)}}),
            })
            .collect();
        let detail = profile.detail.as_deref();
        let detail = DETAILS.iter().find(|(name, _)| Some(*name) == detail);
        let form = ask.form.as_ref().filter(|_| profile.structured);
        // The field is a signed 32-bit number.
        let seed = ask.seed.map(|seed| seed & 0x7fff_ffff);
        let modalities = match (profile.draws, ask.seed) {
            (true, _) => json!(["TEXT", "IMAGE"]),
            (false, Some(_)) => json!(["TEXT"]),
            (false, None) => Value::Null,
        };
        let mut config = json!({});
        put(
            &mut config,
            [
                ("temperature", json!(profile.temperature)),
                (
                    "maxOutputTokens",
                    json!(profile.output_limit.map(OutputLimit::tokens)),
                ),
                ("seed", seed.map_or(json!(profile.seed), Value::from)),
                ("mediaResolution", json!(detail.map(|(_, word)| word))),
                ("responseMimeType", json!(form.map(|_| "application/json"))),
                ("responseSchema", form.map_or(Value::Null, schema)),
                ("responseModalities", modalities),
            ],
        );
        let mut body = json!({
            "contents": [{"role": "user", "parts": parts}],
            "generationConfig": config,
        });
        if let Some(system) = &ask.system {
            body["systemInstruction"] = json!({"parts": [{"text": system}]});
        }
        let model = profile.model.trim_start_matches("models/");
        let path = format!("/models/{}:generateContent", percent_encoded(model));
        HttpRequest::json(path, body, profile)
    }

    fn reply(&self, body: &Value) -> Result<EndpointReply, Fault> {
        let feedback = body.get("promptFeedback").unwrap_or(&Value::Null);
        let blocked = text(feedback, "/blockReason").map(|reason| {
            let message = text(feedback, "/blockReasonMessage").unwrap_or_default();
            format!("the prompt: {reason} {message}").trim().to_owned()
        });
        let candidate = body.pointer("/candidates/0");
        let mut reply = EndpointReply {
            withheld: blocked,
            served_model: text(body, "/modelVersion"),
            ..EndpointReply::default()
        };
        let Some(candidate) = candidate else {
            reply.usage = usage(body, 0);
            return match reply.withheld {
                None => Err(Fault::garbled("generated content without candidates")),
                Some(_) => Ok(reply),
            };
        };
        // Interim thoughts and sketches are no part of the answer.
        let is_thought =
            |part: &&Value| part.get("thought").is_some_and(|flag| *flag == json!(true));
        for part in items(candidate, "/content/parts").filter(|part| !is_thought(part)) {
            reply.text += part.get("text").and_then(Value::as_str).unwrap_or_default();
            let data = part.pointer("/inlineData/data").and_then(Value::as_str);
            // The last picture is the finished one.
            reply.image = data.map(str::to_owned).or(reply.image);
        }
        reply.reason = text(candidate, "/finishReason");
        match reply.reason.as_deref() {
            Some("MAX_TOKENS") => reply.finish = Finish::Length,
            Some(reason) if FILTERS.contains(&reason) => {
                let message = text(candidate, "/finishMessage").unwrap_or_default();
                reply.withheld = Some(format!("{reason} {message}").trim().to_owned());
            }
            _ => {}
        }
        reply.usage = usage(body, u64::from(reply.image.is_some()));
        Ok(reply)
    }

    /// Each event is a body of its own; words and pictures are one after the other.
    fn joined(&self, events: &[Value]) -> Value {
        if let Some(error) = events.iter().find(|event| event.get("error").is_some()) {
            return error.clone();
        }
        let mut body = json!({});
        let mut candidate = json!({});
        for event in events {
            for name in ["usageMetadata", "modelVersion", "promptFeedback"] {
                put(
                    &mut body,
                    event.get(name).map(|value| (name, value.clone())),
                );
            }
            for name in ["finishReason", "finishMessage"] {
                let value = event.pointer(&format!("/candidates/0/{name}"));
                put(&mut candidate, value.map(|value| (name, value.clone())));
            }
        }
        // A stream that broke off names no end; it is no reply.
        if candidate.get("finishReason").is_some() {
            let parts = events
                .iter()
                .flat_map(|event| items(event, "/candidates/0/content/parts"));
            candidate["content"] = json!({"parts": parts.collect::<Vec<_>>()});
            body["candidates"] = json!([candidate]);
        }
        body
    }

    /// The details are each of a type of its own (<https://google.aip.dev/193>).
    fn wording(&self, error: &Value, wording: &mut Wording) {
        for detail in items(error, "/details") {
            wording.codes.extend(text(detail, "/reason"));
            let wait = text(detail, "/retryDelay");
            let seconds = wait.and_then(|wait| wait.strip_suffix('s')?.parse().ok());
            wording.wait = seconds
                .and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
                .or(wording.wait);
            for violation in items(detail, "/violations") {
                let id = text(violation, "/quotaId").unwrap_or_default();
                if id.contains("PerDay") {
                    wording.codes.push("insufficient_quota".to_owned());
                }
            }
        }
        // The caller's country, or an account without billing.
        if wording
            .codes
            .iter()
            .any(|code| code == "FAILED_PRECONDITION")
        {
            wording.codes.push("access_terminated".to_owned());
        }
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

/// The schema of a reply in the API's own subset of OpenAPI, whose lists of values are for texts:
/// the mark has bounds instead. The reasoning is to come first.
fn schema(form: &Form) -> Value {
    let mark = json!({
        "type": form.number_type().to_uppercase(),
        "minimum": number(form.lowest),
        "maximum": number(form.highest),
    });
    let mut properties = json!({"reasoning": {"type": "STRING"}});
    if let Value::Object(object) = &mut properties {
        object.extend(form.keys.iter().map(|key| (key.clone(), mark.clone())));
    }
    json!({
        "type": "OBJECT",
        "properties": properties,
        "required": required(form),
        "propertyOrdering": required(form),
    })
}

fn usage(body: &Value, pictures: u64) -> Usage {
    let tokens = |name: &str| count(body.pointer(&format!("/usageMetadata/{name}")));
    let images = |name: &str| -> u64 {
        items(body, &format!("/usageMetadata/{name}"))
            .filter(|detail| detail.get("modality") == Some(&json!("IMAGE")))
            .map(|detail| count(detail.get("tokenCount")))
            .sum()
    };
    let (prompt, cached) = (
        tokens("promptTokenCount"),
        tokens("cachedContentTokenCount"),
    );
    let (shown, drawn) = (
        images("promptTokensDetails"),
        images("candidatesTokensDetails"),
    );
    // Thoughts are billed like words of the reply.
    let written = tokens("candidatesTokenCount").saturating_sub(drawn);
    Usage {
        input_text: prompt.saturating_sub(shown + cached),
        input_image: shown,
        cached,
        cache_written: 0,
        output_text: written + tokens("thoughtsTokenCount"),
        output_image: drawn,
        pictures,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoint::fault::FaultKind;

    fn reply(body: &Value) -> EndpointReply {
        GenerateContent.reply(body).unwrap()
    }

    #[test]
    fn a_reply_is_its_parts_without_the_thoughts() {
        let read = reply(
            &json!({"candidates": [{"content": {"parts": [{"text": "hm", "thought": true}, {"text": "{\"a\""},
            {"text": ": 4}"}], "role": "model"}, "finishReason": "STOP", "index": 0}],
            "usageMetadata": {"promptTokenCount": 9, "candidatesTokenCount": 3, "thoughtsTokenCount": 5, "totalTokenCount": 17},
            "modelVersion": "gemini-2.5-flash", "responseId": "x"}),
        );
        assert_eq!(read.text, "{\"a\": 4}");
        assert_eq!(read.served_model.as_deref(), Some("gemini-2.5-flash"));
        assert_eq!((read.usage.input(), read.usage.output()), (9, 8));
    }

    #[test]
    fn blocks_cuts_and_nothing_are_told_apart() {
        let end = |reason: &str| reply(&json!({"candidates": [{"finishReason": reason}]}));
        assert_eq!(end("MAX_TOKENS").finish, Finish::Length);
        for reason in FILTERS {
            assert!(end(reason).withheld.is_some(), "{reason}");
        }
        let blocked = reply(&json!({"promptFeedback": {"blockReason": "SAFETY"}}));
        assert!(blocked.withheld.is_some_and(|why| why.contains("SAFETY")));
        for body in [
            json!({}),
            json!({"candidates": []}),
            json!({"candidates": null}),
        ] {
            assert!(GenerateContent.reply(&body).is_err(), "{body}");
        }
    }

    #[test]
    fn a_stream_is_put_together() {
        let piece = |text: &str| json!({"candidates": [{"content": {"parts": [{"text": text}]}}]});
        let mut end = piece("b");
        end["candidates"][0]["finishReason"] = json!("STOP");
        let read = reply(&GenerateContent.joined(&[piece("a"), end]));
        assert_eq!(read.text, "ab");
        assert!(
            GenerateContent
                .reply(&GenerateContent.joined(&[piece("a")]))
                .is_err()
        );
    }

    #[test]
    fn errors_are_told_in_details() {
        let kind = |status: u16, error: Value| {
            let mut wording = Wording {
                codes: text(&error, "/status").into_iter().collect(),
                message: text(&error, "/message").unwrap_or_default(),
                wait: None,
            };
            GenerateContent.wording(&error, &mut wording);
            (wording.kind(status), wording.wait)
        };
        let day = json!({"message": "Quota exceeded", "status": "RESOURCE_EXHAUSTED", "details": [
            {"violations": [{"quotaId": "GenerateRequestsPerDayPerProjectPerModel-FreeTier"}]},
            {"retryDelay": "37.5s"}]});
        assert_eq!(kind(429, day).0, FaultKind::Quota);
        let minute = json!({"message": "You exceeded your current quota", "status": "RESOURCE_EXHAUSTED",
            "details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "37.5s"}]});
        let wait = Some(Duration::from_millis(37_500));
        assert_eq!(kind(429, minute), (FaultKind::Throttled, wait));
        let key = json!({"message": "API key not valid.", "status": "INVALID_ARGUMENT",
            "details": [{"reason": "API_KEY_INVALID"}]});
        assert_eq!(kind(400, key).0, FaultKind::Key);
        let place =
            json!({"message": "User location is not supported", "status": "FAILED_PRECONDITION"});
        assert_eq!(kind(400, place).0, FaultKind::Permission);
        let field = json!({"message": "Unknown name \"x\": Cannot find field.", "status": "INVALID_ARGUMENT"});
        assert_eq!(kind(400, field).0, FaultKind::Parameter);
        let picture =
            json!({"message": "Unable to process input image", "status": "INVALID_ARGUMENT"});
        assert_eq!(kind(400, picture).0, FaultKind::Refused);
    }

    #[test]
    fn a_model_stays_one_segment_of_the_path() {
        assert_eq!(percent_encoded("gemini-2.5-pro"), "gemini-2.5-pro");
        assert_eq!(percent_encoded("../x?key=1"), "..%2Fx%3Fkey%3D1");
    }
}
