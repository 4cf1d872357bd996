//! Replies in every wrapping that endpoints and gateways put them in: the words are read at the first
//! request, whatever stands beside them.

use parabench::judge::{Mark, Verdict};
use serde_json::{Value, json};

use crate::judge_setup::{CANARY, Setup, assert_no_canary};
use crate::mock_judge::{Fault, MockJudge, Script};
use crate::mock_models::{Canned, MockModels};

const MARK: &str = r#"{"reasoning": "fine", "output_alignment_score": 4}"#;

fn chat(content: Value) -> Value {
    json!({"model": "m", "choices": [{"message": {"content": content}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 100, "completion_tokens": 10}})
}

/// The verdict on a body, and the number of requests that it took.
async fn verdict(setup: &Setup, status: u16, body: impl Into<Vec<u8>>) -> (Verdict, usize) {
    let body = body.into();
    let endpoint = MockModels::start(move |_| Canned::bytes(status, body.clone()));
    let judge = setup.judge(&endpoint.url().to_string());
    let verdict = judge.mark(&setup.question("x")).await.unwrap();
    (verdict, endpoint.requests())
}

#[tokio::test]
async fn words_are_read_in_every_wrapping() {
    let plain = chat(json!(MARK)).to_string();
    let with = |name: &str, value: Value| {
        let mut body = chat(json!(MARK));
        body[name] = value;
        body.to_string()
    };
    let piece = |text: &str| json!({"choices": [{"delta": {"content": text}}]});
    let (one, two) = MARK.split_at(20);
    let end = json!({"choices": [{"delta": {}, "finish_reason": "stop"}]});
    let stream = format!(
        ": OPENROUTER PROCESSING\n\ndata: {}\n\ndata: {}\n\ndata: {end}\n\ndata: [DONE]\n\n",
        piece(one),
        piece(two)
    );
    let parts = json!([{"type": "thinking", "thinking": [{"type": "text", "text": "hm"}]},
        {"type": "text", "text": MARK}]);
    for (status, body) in [
        (200, plain.clone()),
        (201, plain.clone()),
        (200, format!("\u{feff}\r\n{plain}\n")),
        (200, stream),
        (200, chat(parts).to_string()),
        (200, with("error", json!(""))),
        (200, with("error", json!(null))),
        (200, with("error", json!({}))),
        (200, with("model", json!(["m"]))),
        (200, with("system_fingerprint", json!(7))),
        (200, with("usage", json!(null))),
        (200, with("usage", json!("none"))),
        (
            200,
            with(
                "usage",
                json!({"prompt_tokens": 100.0, "completion_tokens": null}),
            ),
        ),
        (200, with("created", json!(1.5e300))),
    ] {
        let (verdict, requests) = verdict(&Setup::new(), status, body.clone()).await;
        assert!(
            matches!(verdict.mark, Mark::Scored(score) if score.rounded() == 4),
            "{body}: {verdict:?}"
        );
        assert_eq!(requests, 1, "{body}");
    }
}

#[tokio::test]
async fn a_packed_body_is_unpacked_although_nothing_says_so() {
    use std::io::Write as _;
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed
        .write_all(chat(json!(MARK)).to_string().as_bytes())
        .unwrap();
    let (verdict, requests) = verdict(&Setup::new(), 200, packed.finish().unwrap()).await;
    assert!(matches!(verdict.mark, Mark::Scored(_)), "{verdict:?}");
    assert_eq!(requests, 1);
}

#[tokio::test]
async fn what_is_not_told_is_booked_at_the_most() {
    let setup = Setup::new();
    let told = verdict(&setup, 200, chat(json!(MARK)).to_string()).await.0;
    assert_eq!(told.assumed_usd, None);
    let cost = (100.0 + 10.0 * 10.0) / 1e6;
    approx::assert_relative_eq!(told.cost_usd.unwrap(), cost);
    for usage in [
        json!(null),
        json!({}),
        json!({"prompt_tokens": 0, "completion_tokens": 0}),
        json!({"prompt_tokens": 100, "completion_tokens": null}),
        json!({"prompt_tokens": "many", "completion_tokens": [7]}),
    ] {
        let mut body = chat(json!(MARK));
        body["usage"] = usage.clone();
        let verdict = verdict(&Setup::new(), 200, body.to_string()).await.0;
        // At least the longest reply that the profile allows.
        let most = 200.0 * 10.0 / 1e6;
        assert!(verdict.cost_usd.unwrap() >= most, "{usage}: {verdict:?}");
        assert_eq!(verdict.assumed_usd, verdict.cost_usd, "{usage}");
    }
    let mock = MockJudge::start(Script::first_tries(1, Fault::Stall));
    let judge = setup.judge(&mock.base_url());
    let late = judge.mark(&setup.question("late")).await.unwrap();
    assert!(matches!(late.mark, Mark::Scored(_)));
    assert!(late.assumed_usd.unwrap() >= 200.0 * 10.0 / 1e6, "{late:?}");
    let most = judge.estimate(&setup.question("other")).most_usd.unwrap();
    assert!(most > late.cost_usd.unwrap());
}

#[tokio::test]
async fn tokens_from_the_cache_have_their_own_price() {
    let setup = Setup::new().with("output = 10.0", "output = 10.0\ncached_input = 0.25");
    let mut body = chat(json!(MARK));
    body["usage"]["prompt_tokens_details"] = json!({"cached_tokens": 60});
    let verdict = verdict(&setup, 200, body.to_string()).await.0;
    let cost = (40.0 + 60.0 * 0.25 + 10.0 * 10.0) / 1e6;
    approx::assert_relative_eq!(verdict.cost_usd.unwrap(), cost);
    assert_eq!(verdict.usage.input_tokens, 100);
}

#[tokio::test]
async fn a_key_is_blotted_out_in_every_spelling() {
    let spelled: String = CANARY
        .chars()
        .map(|c| format!("\\u{:04x}", c as u32))
        .collect();
    for said in [CANARY.to_owned(), spelled] {
        let reply = format!("I hold {said}.");
        let words = format!(
            r#"{{"choices": [{{"message": {{"content": "{reply}"}}, "finish_reason": "stop"}}], "model": "{said}"}}"#
        );
        for (status, body) in [
            (200, words),
            (
                400,
                format!(r#"{{"error": {{"message": "{reply}", "code": "{said}"}}}}"#),
            ),
            (500, format!("no JSON: {reply}")),
        ] {
            let (verdict, _) = verdict(&Setup::new(), status, body.clone()).await;
            assert_no_canary(&verdict);
            let shown = format!("{verdict:?}");
            assert!(shown.contains("[key]"), "{body}: {shown}");
        }
    }
}

#[tokio::test]
async fn a_deployment_is_asked_with_its_version_and_its_header() {
    let mock = MockModels::start(|_| Canned::ok(chat(json!(MARK))));
    let setup = Setup::new().with("[retry]", "key_header = \"api-key\"\n[retry]");
    let url = mock.url().replace("/v1", "");
    let base = format!("{url}/openai/deployments/d?api-version=2024-10-21");
    let judge = setup.judge(&base);
    judge.mark(&setup.question("x")).await.unwrap();
    let seen = &mock.seen()[0];
    assert_eq!(
        seen.path,
        "/openai/deployments/d/chat/completions?api-version=2024-10-21"
    );
    assert_eq!(seen.headers["api-key"], CANARY);
    assert!(!seen.headers.contains_key("authorization"));
}

#[tokio::test]
async fn replicas_share_the_requests_and_a_dead_one_is_passed_over() {
    let (one, two) = (
        MockJudge::start(Script::honest()),
        MockJudge::start(Script::honest()),
    );
    let urls = format!(
        "base_url = [\"{}\", \"{}\"]\n[retry]",
        one.base_url(),
        two.base_url()
    );
    let mut setup = Setup::new().with("[retry]", &urls);
    let judge = setup.judge_of_profile();
    for n in 0..16 {
        let verdict = judge
            .mark(&setup.question(&format!("text {n}")))
            .await
            .unwrap();
        assert!(matches!(verdict.mark, Mark::Scored(_)));
    }
    assert!(one.requests() > 0 && two.requests() > 0);
    assert_eq!(one.requests() + two.requests(), 16);
    let dead = two.base_url();
    drop(two);
    setup.profile = setup.profile.replace(
        "name = \"test\"",
        "name = \"test\"\nendpoint_label = \"gpu\"",
    );
    let judge = setup.judge_of_profile();
    assert_eq!(judge.identity().details["endpoint_label"], "gpu");
    assert!(judge.provenance()["address"].contains(&dead));
    for n in 0..6 {
        let verdict = judge
            .mark(&setup.question(&format!("more {n}")))
            .await
            .unwrap();
        assert!(matches!(verdict.mark, Mark::Scored(_)), "{verdict:?}");
    }
}

#[tokio::test]
async fn the_responses_of_openai_are_a_way_for_judges_too() {
    let body = json!({"model": "m", "status": "completed", "usage": {"input_tokens": 100, "output_tokens": 10},
        "output": [{"type": "reasoning", "summary": []},
            {"type": "message", "content": [{"type": "output_text", "text": MARK}]}]});
    let mock = MockModels::start(move |_| Canned::ok(body.clone()));
    let setup = Setup::new().with("provider = \"openai\"", "provider = \"responses\"");
    let judge = setup.judge(&mock.url());
    let verdict = judge.mark(&setup.question("x")).await.unwrap();
    assert!(matches!(verdict.mark, Mark::Scored(_)), "{verdict:?}");
    let request = &mock.seen()[0];
    assert_eq!(request.path, "/v1/responses");
    let json = request.json();
    assert!(json["instructions"].is_string());
    assert_eq!(json["max_output_tokens"], 200);
    assert_eq!(json["input"][0]["content"][2]["type"], "input_image");
    assert_eq!(json.get("tools"), None);
}
