//! What is made of every kind of reply: answers, refusals, blocks, faults.

use std::time::{Duration, Instant};

use parabench::common::picture::Picture;
use parabench::model::{Answer, FailureKind, Part};
use serde_json::{Value, json};

use super::world::{WAYS, Way, World};
use crate::mock_models::{Canned, base64, reply};
use crate::model_kinds::fixture::{ask, contains_all, png, request};

/// The answer of every way to one task whose reply `script` makes.
async fn each(script: fn(&str) -> Value) -> Vec<(&'static Way, Answer, World)> {
    let mut answers = Vec::new();
    for way in &WAYS {
        let world = World::new(move |seen| Canned::ok(script(&seen.path)));
        let answer = world.ask(way, "chem-1").await;
        answers.push((way, answer, world));
    }
    answers
}

fn lost_as<T>(part: &Part<T>) -> Option<FailureKind> {
    match part {
        Part::Lost(failure) => Some(failure.kind),
        _ => None,
    }
}

#[tokio::test]
async fn words_and_picture_are_kept_and_paid() {
    for (way, answer, _) in
        each(|path| reply(path, Some("<think>why</think>"), Some(&base64(&png(9))))).await
    {
        assert_eq!(answer.image, Part::Given(png(9).into()), "{}", way.api);
        let words = Part::Given("<think>why</think>".to_owned());
        assert_eq!(
            answer.reasoning,
            if way.thinks { words } else { Part::Empty }
        );
        assert_eq!(answer.details["attempts"], 1);
        // Tokens of the mock times the prices of the profile, and a cent for the picture.
        let micro = match way.api {
            "openai-images" => 10.0 * 1.0 + 50.0 * 2.0 + 4000.0 * 30.0,
            "openai-responses" => 100.0 * 1.0 + 20.0 * 10.0,
            _ => 42.0 * 1.0 + 258.0 * 2.0 + (10.0 + 7.0) * 10.0 + 1290.0 * 30.0,
        };
        let cost = answer.cost_usd.unwrap();
        assert!(
            (cost - micro / 1e6 - 0.01).abs() < 1e-9,
            "{} {cost}",
            way.api
        );
        assert!(answer.timing_ms["total"] > 0.0);
    }
}

#[tokio::test]
async fn a_revised_prompt_is_the_text_of_a_model_declared_to_reason() {
    let world = World::new(|seen| {
        Canned::ok(reply(
            &seen.path,
            Some("a revised prompt"),
            Some(&base64(&png(9))),
        ))
    });
    let model = world.open(&WAYS[0], "thinks = true");
    assert!(model.identity().thinks);
    let answer = ask(&*model, &world.suite, "draw_1", 0).await;
    assert_eq!(answer.reasoning, Part::Given("a revised prompt".into()));
    assert_eq!(answer.details["revised_prompt"], "a revised prompt");
}

#[tokio::test]
async fn too_many_requests_wait_as_long_as_asked() {
    for way in &WAYS {
        let world = World::new(|seen| match seen.tries {
            0 => Canned::error(429, json!({"error": {"message": "slow down"}}))
                .header("Retry-After: 0.4"),
            _ => Canned::ok(reply(&seen.path, Some("why"), Some(&base64(&png(9))))),
        });
        let started = Instant::now();
        let answer = world.ask(way, "chem-1").await;
        assert!(
            started.elapsed() >= Duration::from_millis(400),
            "{}",
            way.api
        );
        assert_eq!(answer.image, Part::Given(png(9).into()));
        assert_eq!(answer.details["attempts"], 2);
        contains_all(
            &answer.details["faults"].to_string(),
            &["HTTP 429", "slow down"],
        );
    }
    // Gemini writes the wait into the body.
    let world = World::new(|seen| match seen.tries {
        0 => Canned::error(
            429,
            json!({"error": {"code": 429, "status": "RESOURCE_EXHAUSTED", "message": "m",
                   "details": [{"@type": "RetryInfo", "retryDelay": "0.3s"}]}}),
        ),
        _ => Canned::ok(reply(&seen.path, Some("why"), Some(&base64(&png(9))))),
    });
    let started = Instant::now();
    world.ask(&WAYS[2], "chem-1").await;
    assert!(started.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn what_never_arrives_is_lost_after_the_tries_that_are_allowed() {
    for way in &WAYS {
        let world = World::new(|_| Canned::error(503, json!({"error": {"message": "down"}})));
        let answer = world.ask(way, "chem-1").await;
        assert_eq!(lost_as(&answer.image), Some(FailureKind::Transport));
        assert_eq!(world.endpoint.requests(), 3, "{}", way.api);
        assert_eq!(answer.cost_usd, Some(0.0));
    }
    // A request that will never be answered is not sent twice.
    let world = World::new(|_| Canned::error(400, json!({"error": {"message": "bad size"}})));
    let answer = world.ask(&WAYS[0], "chem-1").await;
    assert_eq!(lost_as(&answer.image), Some(FailureKind::Transport));
    assert_eq!(world.endpoint.requests(), 1);
}

#[tokio::test]
async fn a_refusal_in_words_is_an_answer_without_a_picture() {
    let responses = World::new(|_| {
        let content = json!([{"type": "refusal", "refusal": "I will not draw this."}]);
        Canned::ok(json!({"output": [{"type": "message", "content": content}]}))
    });
    let answer = responses.ask(&WAYS[1], "chem-1").await;
    assert_eq!(
        answer.reasoning,
        Part::Given("I will not draw this.".into())
    );
    assert_eq!(answer.image, Part::Empty);
    assert_eq!(answer.details["image_missing"], "the model declined");

    let gemini = World::new(|seen| Canned::ok(reply(&seen.path, Some("I can't."), None)));
    let answer = gemini.ask(&WAYS[2], "chem-1").await;
    assert_eq!(answer.reasoning, Part::Given("I can't.".into()));
    assert_eq!(answer.image, Part::Empty);
    // What a model says is its answer: nobody asks again for a nicer one.
    assert_eq!(gemini.endpoint.requests(), 1);
}

#[tokio::test]
async fn a_block_by_a_filter_is_lost_and_named() {
    let blocks: [(usize, u16, Value); 5] = [
        (
            0,
            400,
            json!({"error": {"code": "moderation_blocked", "message": "safety system"}}),
        ),
        (
            1,
            400,
            json!({"error": {"code": "content_policy_violation", "message": "no"}}),
        ),
        (
            1,
            200,
            json!({"status": "incomplete", "incomplete_details": {"reason": "content_filter"}}),
        ),
        (
            2,
            200,
            json!({"promptFeedback": {"blockReason": "PROHIBITED_CONTENT"}}),
        ),
        (
            2,
            200,
            json!({"candidates": [{"finishReason": "IMAGE_SAFETY"}]}),
        ),
    ];
    for (way, status, body) in blocks {
        let canned = body.clone();
        let world = World::new(move |_| Canned::error(status, canned.clone()));
        let answer = world.ask(&WAYS[way], "chem-1").await;
        assert_eq!(
            lost_as(&answer.image),
            Some(FailureKind::Withheld),
            "{body}"
        );
        if WAYS[way].thinks {
            assert_eq!(
                lost_as(&answer.reasoning),
                Some(FailureKind::Withheld),
                "{body}"
            );
        }
        assert_eq!(world.endpoint.requests(), 1, "a filter is not asked twice");
    }
    // Words that came before the filter are the model's.
    let world = World::new(|_| {
        Canned::ok(
            json!({"candidates": [{"content": {"parts": [{"text": "I think"}]},
                          "finishReason": "IMAGE_SAFETY", "finishMessage": "unsafe"}]}),
        )
    });
    let answer = world.ask(&WAYS[2], "chem-1").await;
    assert_eq!(answer.reasoning, Part::Given("I think".into()));
    assert_eq!(lost_as(&answer.image), Some(FailureKind::Withheld));
    assert_eq!(answer.details["withheld"], "IMAGE_SAFETY unsafe");
}

#[tokio::test]
async fn a_missing_half_is_the_models_doing_and_named() {
    for (way, answer, _) in each(|path| reply(path, Some("only words"), None)).await {
        assert_eq!(answer.image, Part::Empty, "{}", way.api);
        assert_eq!(answer.details["image_missing"], "the model drew none");
    }
    for (way, answer, _) in each(|path| reply(path, None, Some(&base64(&png(9))))).await {
        assert_eq!(answer.image, Part::Given(png(9).into()));
        assert_eq!(answer.reasoning, Part::Empty);
        assert_eq!(
            answer.details.contains_key("text_missing"),
            way.thinks,
            "{}",
            way.api
        );
    }
}

#[tokio::test]
async fn broken_pictures_are_named_or_found_by_whoever_stores_them() {
    for (way, answer, _) in each(|path| reply(path, Some("w"), Some("@@not base 64@@"))).await {
        assert_eq!(lost_as(&answer.image), Some(FailureKind::BrokenFile));
        assert_eq!(answer.reasoning == Part::Empty, !way.thinks);
    }
    for (_, answer, _) in each(|path| reply(path, Some("w"), Some(&base64(b"no picture")))).await {
        let Part::Given(bytes) = answer.image else {
            panic!("bytes expected");
        };
        assert!(Picture::from_untrusted(bytes).is_err());
    }
}

#[tokio::test]
async fn a_response_longer_than_is_read_is_lost_and_named() {
    let world = World::new(|_| Canned::text(200, "A".repeat(90 << 20)));
    let answer = world.ask(&WAYS[2], "chem-1").await;
    for lost in [lost_as(&answer.image), lost_as(&answer.reasoning)] {
        assert_eq!(lost, Some(FailureKind::Oversized));
    }
    assert_eq!(world.endpoint.requests(), 1, "it would be as long again");
}

#[tokio::test]
async fn what_stands_in_the_way_of_all_ends_the_run_with_what_to_do() {
    let cases: [(usize, u16, Value, &[&str]); 6] = [
        (
            0,
            401,
            json!({"error": {"code": "invalid_api_key", "message": "m"}}),
            &["key"],
        ),
        (
            1,
            404,
            json!({"error": {"code": "model_not_found", "message": "m"}}),
            &["model-1"],
        ),
        (
            0,
            429,
            json!({"error": {"code": "insufficient_quota", "message": "m"}}),
            &["credit"],
        ),
        (
            2,
            400,
            json!({"error": {"status": "INVALID_ARGUMENT", "message": "m",
                             "details": [{"reason": "API_KEY_INVALID"}]}}),
            &["key"],
        ),
        (0, 307, json!({}), &["redirects are not followed"]),
        (
            0,
            200,
            json!({"data": [{"url": "https://elsewhere/picture.png"}]}),
            &["response_format = \"b64_json\""],
        ),
    ];
    for (way, status, body, parts) in cases {
        let world = World::new(move |_| Canned::error(status, body.clone()));
        let model = world.open(&WAYS[way], "");
        let batch = vec![request(&world.suite, "chem-1", 0)];
        let error = model.answer(batch).await.unwrap_err().to_string();
        contains_all(&error, parts);
    }
}
