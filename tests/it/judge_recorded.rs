//! What is sent to each provider equals the committed requests, and these were found right by the
//! providers' own SDKs (`tests/sdk/validate.py`, whose result is committed too).
//!
//! After a wanted change: `PARABENCH_RECORD=1 cargo test --test it judge_recorded`, then the script.

use std::path::PathBuf;
use std::sync::Arc;

use crate::judge_setup::Setup;
use crate::mock_judge::{Kept, MockJudge, Script};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use parabench::common::digest::Digest;
use parabench::common::picture::PictureFile;
use parabench::judge::evidence::Parts;
use parabench::judge::{Evidence, Question, View};
use parabench::suite::{Axis, Kind};
use serde_json::{Value, json};

/// A picture of one pixel, always the same bytes.
const PIXEL: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==";
/// Words of prompts are cut to so many characters: rubrics may change without a new recording.
const KEPT_CHARS: usize = 40;

/// Provider, name of the case, and a change of the profile.
const CASES: [(&str, &str, [&str; 2]); 9] = [
    ("openai", "plain", ["max_connections = 8", ""]),
    (
        "openai",
        "structured",
        ["max_connections = 8", "structured = true"],
    ),
    (
        "openai",
        "all settings",
        [
            "max_tokens = 200",
            "max_completion_tokens = 200\nseed = 7\nextra = { top_p = 0.5 }\nimage = { detail = \"high\", format = \"jpeg\" }",
        ],
    ),
    ("anthropic", "plain", ["temperature = 0.0", ""]),
    (
        "anthropic",
        "structured",
        ["temperature = 0.0", "structured = true"],
    ),
    (
        "anthropic",
        "all settings",
        [
            "temperature = 0.0",
            "extra = { thinking = { type = \"disabled\" } }\nimage = { format = \"jpeg\" }",
        ],
    ),
    ("gemini", "plain", ["max_connections = 8", ""]),
    (
        "gemini",
        "structured",
        ["max_connections = 8", "structured = true"],
    ),
    (
        "gemini",
        "all settings",
        [
            "max_connections = 8",
            "seed = 7\nextra = { generationConfig = { thinkingConfig = { thinkingBudget = 0 } } }\nimage = { detail = \"low\", format = \"jpeg\" }",
        ],
    ),
];

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/sdk")
}

fn questions(setup: &Setup) -> [Question; 2] {
    let path = setup.folder.path().join("pixel.png");
    std::fs::write(&path, STANDARD.decode(PIXEL).unwrap()).unwrap();
    let pixel = Arc::new(PictureFile::inspect(&path).unwrap());
    let parts = Parts {
        instruction: Some("Paint it.".into()),
        reasoning: Some("It will be green.".into()),
        inputs: Some(Arc::clone(&pixel)).into(),
        output: Some(pixel),
        ..Parts::default()
    };
    let of = |axis| Question {
        task: "task".into(),
        kind: Kind::Edit,
        category: None,
        together: Arc::default(),
        evidence: Evidence::gather(axis, parts.clone()).unwrap(),
        target: None,
        repeat: 0,
        view: View::default(),
    };
    [of(Axis::TEXT_QUALITY), of(Axis::IMAGE_CONSISTENCY)]
}

/// Cuts the prompt's words, leaves pictures and everything else whole.
fn cut(value: &mut Value, is_picture: bool) {
    match value {
        Value::String(text) if !is_picture && !text.starts_with("data:") => {
            *text = text.chars().take(KEPT_CHARS).collect();
        }
        Value::Array(items) => items.iter_mut().for_each(|item| cut(item, false)),
        Value::Object(fields) => {
            let fields = fields.iter_mut();
            fields.for_each(|(name, field)| cut(field, name == "data"));
        }
        _ => {}
    }
}

/// JPEG bytes depend on the encoder; any JPEG will do for the form of a request.
fn recorded(provider: &str, case: &str, kept: &Kept) -> Value {
    let mut body: Value = serde_json::from_str(&kept.body).unwrap();
    cut(&mut body, false);
    let wanted = ["anthropic-version", "content-type"];
    let headers = kept
        .headers
        .iter()
        .filter(|(name, _)| wanted.contains(&name.as_str()));
    let headers: serde_json::Map<String, Value> = headers
        .map(|(name, value)| (name.clone(), json!(value)))
        .collect();
    json!({"provider": provider, "case": case, "request": kept.line, "headers": headers, "body": body})
}

#[tokio::test]
async fn what_is_sent_is_what_the_providers_own_sdks_found_right() {
    let mut all = Vec::new();
    for (provider, case, [from, to]) in CASES {
        let name = format!("provider = \"{provider}\"");
        let setup = Setup::new()
            .with("provider = \"openai\"", &name)
            .with(from, to);
        let mock = MockJudge::start(Script::honest().keeping());
        let judge = setup.judge(&mock.base_url());
        for question in questions(&setup) {
            judge.mark(&question).await.unwrap();
        }
        let kept = mock.kept();
        assert_eq!(kept.len(), 2, "{provider} {case}");
        all.extend(kept.iter().map(|kept| recorded(provider, case, kept)));
    }
    let text = serde_json::to_string_pretty(&all).unwrap() + "\n";
    let path = folder().join("requests.json");
    if std::env::var_os("PARABENCH_RECORD").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text, committed, "see the head of this file");
}

#[test]
fn the_committed_result_is_about_the_committed_requests() {
    let requests = std::fs::read(folder().join("requests.json")).unwrap();
    let result = std::fs::read(folder().join("result.json")).unwrap();
    let result: Value = serde_json::from_slice(&result).unwrap();
    assert_eq!(result["requests_sha256"], Digest::of(&requests).to_string());
    let checked = result["checked"].as_array().unwrap();
    assert_eq!(checked.len(), 2 * CASES.len());
    for line in checked {
        assert_eq!(line["types"], "valid", "{line}");
        assert_eq!(line["sdk_sends_the_same"], true, "{line}");
    }
}
