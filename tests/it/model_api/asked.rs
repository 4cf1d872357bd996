//! What is sent: the instruction, the picture, the seed, a profile's own fields.

use parabench::common::picture::Picture;
use parabench::common::seed::sample_seed;
use parabench::model::{self, OpenContext};

use super::world::{WAYS, World};
use crate::mock_models::{Canned, base64, reply};
use crate::model_kinds::fixture::{
    ask, contains_all, png, request, turned_jpeg, with_turned_input,
};

fn honest() -> World {
    World::new(|seen| Canned::ok(reply(&seen.path, Some("why"), Some(&base64(&png(9))))))
}

#[tokio::test]
async fn pictures_are_edited_in_a_form_and_drawn_from_json() {
    let world = honest();
    let model = world.open(
        &WAYS[0],
        "[request]\nquality = \"high\"\nsize = \"512x512\"",
    );
    for task in ["chem-1", "draw_1"] {
        ask(&*model, &world.suite, task, 0).await;
    }
    let [edit, drawn] = &world.endpoint.seen()[..] else {
        panic!("two requests");
    };
    assert_eq!(edit.path, "/v1/images/edits");
    let kind = &edit.headers["content-type"];
    let boundary = kind.strip_prefix("multipart/form-data; boundary=").unwrap();
    let text = edit.text();
    contains_all(
        &text,
        &[
            "name=\"model\"\r\n\r\nmodel-1\r\n",
            "name=\"prompt\"\r\n\r\nDo what chem-1 says: \"ä\"\n\r\n",
            "name=\"quality\"\r\n\r\nhigh\r\n",
            "name=\"image\"; filename=\"input.png\"\r\nContent-Type: image/png\r\n\r\n",
        ],
    );
    assert!(text.ends_with(&format!("--{boundary}--\r\n")));
    let input = png(200);
    assert!(edit.body.windows(input.len()).any(|window| window == input));

    assert_eq!(drawn.path, "/v1/images/generations");
    let json = drawn.json();
    // A model that is not declared to reason is told the instruction and nothing else.
    assert_eq!(json["prompt"], "Do what draw_1 says: \"ä\"\n");
    assert_eq!(
        (&json["model"], &json["size"]),
        (&"model-1".into(), &"512x512".into())
    );
}

#[tokio::test]
async fn pictures_are_sent_upright() {
    let mut world = honest();
    with_turned_input(&mut world.suite);
    let upright = Picture::from_untrusted(turned_jpeg().into()).unwrap();
    assert_eq!(upright.size(), (16, 24));
    for way in &WAYS {
        world.ask(way, "chem-1").await;
    }
    for seen in world.endpoint.seen() {
        let raw = seen.body.windows(upright.bytes().len());
        let sent = seen.text().contains(&base64(upright.bytes()))
            || raw.into_iter().any(|window| window == upright.bytes());
        assert!(sent, "{}", seen.path);
    }
}

#[tokio::test]
async fn responses_get_the_picture_after_the_words_and_the_tool() {
    let world = honest();
    world.ask(&WAYS[1], "chem-1").await;
    let json = world.endpoint.seen()[0].json();
    assert_eq!(world.endpoint.seen()[0].path, "/v1/responses");
    let content = &json["input"][0]["content"];
    let words = content[0]["text"].as_str().unwrap();
    contains_all(
        words,
        &["First write down", "Instruction: Do what chem-1 says"],
    );
    let url = content[1]["image_url"].as_str().unwrap();
    assert_eq!(url, format!("data:image/png;base64,{}", base64(&png(200))));
    assert_eq!(json["tools"][0]["type"], "image_generation");
}

#[tokio::test]
async fn gemini_gets_words_picture_seed_and_merged_fields() {
    let world = honest();
    let model = world.open(&WAYS[2], "[request.generationConfig]\ntemperature = 0.5");
    for task in ["chem-1", "draw_1"] {
        ask(&*model, &world.suite, task, 0).await;
    }
    let [edit, drawn] = &world.endpoint.seen()[..] else {
        panic!("two requests");
    };
    assert_eq!(edit.path, "/v1beta/models/model-1:generateContent");
    let json = edit.json();
    let parts = &json["contents"][0]["parts"];
    contains_all(
        parts[0]["text"].as_str().unwrap(),
        &["Edit the picture", "Do what chem-1 says"],
    );
    assert_eq!(parts[1]["inlineData"]["data"], base64(&png(200)));
    let config = &json["generationConfig"];
    assert_eq!(config["responseModalities"][1], "IMAGE");
    assert_eq!(config["temperature"], 0.5);
    assert_eq!(config["seed"], sample_seed(0, "chem-1", 0) & 0x7fff_ffff);
    assert_eq!(
        drawn.json()["contents"][0]["parts"]
            .as_array()
            .unwrap()
            .len(),
        1
    );
}

#[tokio::test]
async fn own_prompts_are_sent_and_make_another_model() {
    let world = honest();
    let usual = world.open(&WAYS[2], "").identity().clone();
    let own = "[prompt]\nedit = \"E {instruction}!\"\ngeneration = \"G {instruction}\"";
    let model = world.open(&WAYS[2], own);
    assert_ne!(model.identity(), &usual);
    ask(&*model, &world.suite, "chem-2", 0).await;
    let json = world.endpoint.seen()[0].json();
    assert_eq!(
        json["contents"][0]["parts"][0]["text"],
        "E Do what chem-2 says: \"ä\"\n!"
    );
}

#[test]
fn estimates_bound_what_is_billed() {
    let world = honest();
    for way in &WAYS {
        let model = world.open(way, "");
        assert!(model.has_price());
        let edit = model.estimate(&request(&world.suite, "chem-1", 0));
        let drawn = model.estimate(&request(&world.suite, "draw_1", 0));
        assert_eq!((edit.calls, drawn.calls), (1, 1));
        // A thousand tokens of the input picture, at 2 USD a million.
        // Two lost requests that may be billed are reserved for beside the first.
        let most = drawn.most_usd.unwrap();
        let (edit, drawn) = (edit.cost_usd.unwrap(), drawn.cost_usd.unwrap());
        assert!((most - 3.0 * drawn).abs() < 1e-9, "{most} {drawn}");
        assert!((edit - drawn - 0.002).abs() < 1e-4, "{edit} {drawn}");
        // 5000 tokens of a picture at 30 USD a million, 500 of words at 10, a picture at 0.01.
        assert!(drawn > 0.15 + 0.005 + 0.01 && drawn < 0.166, "{drawn}");
    }
    let bare = world.open_spec(&format!("openai:{}", world.without_price().display()));
    assert!(!bare.has_price());
    contains_all(&bare.notices().join("\n"), &["no price is known"]);
}

#[test]
fn what_cannot_be_asked_is_refused_with_what_to_do() {
    let world = honest();
    let error = |spec: &str| {
        let opened = model::open(spec, &OpenContext::new(&world.suite));
        opened.err().unwrap().to_string()
    };
    let text = format!("openai:{}", world.profile("openai-chat", "").display());
    contains_all(
        &error(&text),
        &["asked for text only", "pipeline:openai:", "?over=MODEL"],
    );
    let wrong = format!("gemini:{}", world.profile("openai-images", "").display());
    contains_all(&error(&wrong), &["is not asked as gemini: but as openai:"]);
    contains_all(
        &error("openai:gone.toml"),
        &["the model's profile cannot be read"],
    );
    contains_all(&error("openai:a b"), &["model must be made of letters"]);
    let drawing = world.profile("gemini", "");
    let pipeline = format!("pipeline:gemini:{}?over=openai:x", drawing.display());
    contains_all(&error(&pipeline), &["draws", "must write text only"]);
    contains_all(
        &error("pipeline:openai:gpt-4.1"),
        &["over=openai:my-drawer.toml"],
    );
    contains_all(
        &error("pipeline:gpt-4.1?over=openai:x"),
        &["names no text model"],
    );
}
