//! A text model before a model that draws.

use parabench::model::{FailureKind, Model, Part};
use serde_json::json;

use super::world::World;
use crate::mock_models::{Canned, base64, reply};
use crate::model_kinds::fixture::{ask, contains_all, png, request};

/// The pipeline of a world: chat first, then pictures.
fn pipeline(world: &World) -> Box<dyn Model> {
    let text = world.profile("openai-chat", "");
    let image = world.profile("openai-images", "");
    world.open_spec(&format!(
        "pipeline:openai:{}?over=openai:{}",
        text.display(),
        image.display()
    ))
}

#[tokio::test]
async fn the_second_model_draws_from_instruction_and_reasoning() {
    let world = World::new(|seen| {
        let words = seen.path.contains("chat").then_some("Rust spreads.\n");
        Canned::ok(reply(&seen.path, words, Some(&base64(&png(9)))))
    });
    let model = pipeline(&world);
    assert!(model.identity().thinks);
    assert_eq!(model.identity().name, "m-then-m");
    let answer = ask(&*model, &world.suite, "draw_1", 0).await;
    assert_eq!(answer.reasoning, Part::Given("Rust spreads.\n".into()));
    assert_eq!(answer.image, Part::Given(png(9).into()));
    let [asked, drawn] = &world.endpoint.seen()[..] else {
        panic!("two requests");
    };
    let words = asked.json()["messages"][0]["content"][0]["text"].to_string();
    contains_all(
        &words,
        &["image model that cannot reason", "Do what draw_1 says"],
    );
    assert_eq!(
        drawn.json()["prompt"],
        "Do what draw_1 says: \"ä\"\n\n\nReasoning:\nRust spreads."
    );
    // Both are paid: 100 and 50 tokens of chat, then a picture.
    let chat = (100.0 * 1.0 + 50.0 * 10.0) / 1e6;
    let picture = (10.0 * 1.0 + 50.0 * 2.0 + 4000.0 * 30.0) / 1e6 + 0.01;
    assert!((answer.cost_usd.unwrap() - chat - picture).abs() < 1e-9);
    let most = model.estimate(&request(&world.suite, "draw_1", 0));
    assert_eq!(most.calls, 2);
    assert!(most.most_usd.unwrap() > answer.cost_usd.unwrap());
    assert_eq!(answer.details["text"]["served_model"], "served-c");
    assert!(answer.timing_ms.contains_key("text") && answer.timing_ms.contains_key("image"));
}

#[tokio::test]
async fn an_edit_shows_the_picture_to_both() {
    let world = World::new(|seen| Canned::ok(reply(&seen.path, Some("w"), Some(&base64(&png(9))))));
    ask(&*pipeline(&world), &world.suite, "chem-1", 0).await;
    let [asked, drawn] = &world.endpoint.seen()[..] else {
        panic!("two requests");
    };
    let picture = asked.json()["messages"][0]["content"][1]["image_url"]["url"].to_string();
    contains_all(&picture, &[&base64(&png(200))]);
    assert_eq!(drawn.path, "/v1/images/edits");
}

#[tokio::test]
async fn nobody_draws_after_a_refusal_a_block_or_a_loss() {
    let refused = World::new(|_| Canned::ok(json!({"choices": [{"message": {"refusal": "No."}}]})));
    let answer = ask(&*pipeline(&refused), &refused.suite, "draw_1", 0).await;
    assert_eq!(answer.reasoning, Part::Given("No.".into()));
    assert_eq!(answer.image, Part::Empty);
    assert_eq!(refused.endpoint.requests(), 1);

    let blocked = World::new(|_| {
        Canned::ok(json!({"choices": [{"message": {}, "finish_reason": "content_filter"}]}))
    });
    let down = World::new(|_| Canned::error(500, json!({})));
    for (world, kind) in [
        (blocked, FailureKind::Withheld),
        (down, FailureKind::Transport),
    ] {
        let answer = ask(&*pipeline(&world), &world.suite, "draw_1", 0).await;
        for lost in [answer.reasoning.clone().map_kind(), answer.image.map_kind()] {
            assert_eq!(lost, Some(kind));
        }
        assert!(
            world
                .endpoint
                .seen()
                .iter()
                .all(|seen| seen.path.contains("chat"))
        );
    }
}

#[tokio::test]
async fn silence_is_an_empty_text_and_the_picture_is_drawn_from_the_instruction() {
    let world = World::new(|seen| Canned::ok(reply(&seen.path, None, Some(&base64(&png(9))))));
    let answer = ask(&*pipeline(&world), &world.suite, "draw_1", 0).await;
    assert_eq!(answer.reasoning, Part::Empty);
    assert_eq!(answer.image, Part::Given(png(9).into()));
    assert_eq!(
        world.endpoint.seen()[1].json()["prompt"],
        "Do what draw_1 says: \"ä\"\n"
    );
}

/// Why a half was lost.
trait LostKind {
    fn map_kind(self) -> Option<FailureKind>;
}

impl<T> LostKind for Part<T> {
    fn map_kind(self) -> Option<FailureKind> {
        match self {
            Self::Lost(failure) => Some(failure.kind),
            _ => None,
        }
    }
}
