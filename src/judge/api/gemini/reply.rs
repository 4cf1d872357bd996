//! What a response of the Gemini API says.

use serde::Deserialize;

use super::failure;
use crate::common::http::{Response, shorten};
use crate::judge::Usage;
use crate::judge::api::outcome::{self, Completion, ERROR_CHARS, Finish, Outcome};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireResponse {
    candidates: Option<Vec<WireCandidate>>,
    prompt_feedback: Option<WireFeedback>,
    usage_metadata: Option<WireUsage>,
    model_version: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireCandidate {
    content: Option<WireContent>,
    finish_reason: Option<String>,
}

#[derive(Deserialize)]
struct WireContent {
    #[serde(default)]
    parts: Vec<WirePart>,
}

/// A part of a reply. Thoughts are no part of the answer.
#[derive(Deserialize)]
struct WirePart {
    text: Option<String>,
    #[serde(default)]
    thought: bool,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireFeedback {
    block_reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct WireUsage {
    #[serde(default)]
    prompt_token_count: u64,
    #[serde(default)]
    candidates_token_count: u64,
    /// Billed like words of the reply.
    #[serde(default)]
    thoughts_token_count: u64,
}

pub(super) fn read(response: &Response) -> Outcome {
    outcome::read(
        response,
        "generated content",
        |error| failure::read(response, &error),
        |wire| read_candidates(response, wire),
    )
}

fn read_candidates(response: &Response, wire: WireResponse) -> Outcome {
    let blocked = wire.prompt_feedback.and_then(|found| found.block_reason);
    if let Some(reason) = blocked {
        return Outcome::Filtered(format!("the prompt was blocked: {}", shorten(&reason, 60)));
    }
    let candidate = wire.candidates.and_then(|list| list.into_iter().next());
    let Some(candidate) = candidate else {
        let text = shorten(&response.text, ERROR_CHARS);
        let what = format!("there is no candidate: {text}");
        return response.setback(what, false).into();
    };
    let parts = candidate.content.map_or_else(Vec::new, |found| found.parts);
    let text = parts
        .into_iter()
        .filter(|part| !part.thought)
        .filter_map(|part| part.text)
        .collect();
    Outcome::Completed(Completion {
        text,
        refusal: None,
        finish: finish(candidate.finish_reason.as_deref()),
        model: wire.model_version,
        fingerprint: None,
        usage: wire
            .usage_metadata
            .map_or_else(Usage::default, |usage| Usage {
                input_tokens: usage.prompt_token_count,
                output_tokens: usage
                    .candidates_token_count
                    .saturating_add(usage.thoughts_token_count),
            }),
    })
}

fn finish(reason: Option<&str>) -> Finish {
    match reason {
        Some("MAX_TOKENS") => Finish::Length,
        Some(
            "SAFETY"
            | "RECITATION"
            | "BLOCKLIST"
            | "PROHIBITED_CONTENT"
            | "SPII"
            | "IMAGE_SAFETY"
            | "IMAGE_PROHIBITED_CONTENT"
            | "IMAGE_RECITATION",
        ) => Finish::Filter,
        _ => Finish::Done,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::common::http::Failure;

    fn of(text: &str) -> Outcome {
        read(&Response {
            status: 200,
            retry_after: None,
            text: text.into(),
        })
    }

    #[test]
    fn a_reply_is_its_parts_without_the_thoughts() {
        let outcome = of(
            r#"{"candidates":[{"content":{"parts":[{"text":"hm","thought":true},{"text":"{\"a\""},
            {"text":": 4}"}],"role":"model"},"finishReason":"STOP","index":0}],
            "usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":3,"thoughtsTokenCount":5,"totalTokenCount":17},
            "modelVersion":"gemini-2.5-flash","responseId":"x"}"#,
        );
        let expected = Completion {
            text: "{\"a\": 4}".into(),
            refusal: None,
            finish: Finish::Done,
            model: Some("gemini-2.5-flash".into()),
            fingerprint: None,
            usage: Usage {
                input_tokens: 9,
                output_tokens: 8,
            },
        };
        assert_eq!(outcome, Outcome::Completed(expected));
    }

    #[test]
    fn blocks_cuts_and_nothing_are_told_apart() {
        let end = |reason: &str| {
            let body = format!(r#"{{"candidates":[{{"finishReason":"{reason}"}}]}}"#);
            match of(&body) {
                Outcome::Completed(reply) => reply.finish,
                other => panic!("{other:?}"),
            }
        };
        assert_eq!(end("MAX_TOKENS"), Finish::Length);
        for reason in [
            "SAFETY",
            "RECITATION",
            "PROHIBITED_CONTENT",
            "SPII",
            "BLOCKLIST",
        ] {
            assert_eq!(end(reason), Finish::Filter, "{reason}");
        }
        let blocked = of(r#"{"promptFeedback":{"blockReason":"SAFETY"}}"#);
        assert!(matches!(blocked, Outcome::Filtered(what) if what.contains("SAFETY")));
        for body in ["{}", r#"{"candidates":[]}"#, "<html>", r#"{"candi"#] {
            let setback = matches!(of(body), Outcome::Failed(Failure::Setback { .. }));
            assert!(setback, "{body}");
        }
    }
}
