//! The bridge file is read as it was written, or not at all.

use std::path::Path;

use crate::bridges::Shape;
use parabench::analysis::bridge::file::Bridge;
use parabench::suite::Axis;
use serde_json::{Value, json};

fn written() -> (tempfile::TempDir, std::path::PathBuf, Bridge) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("bridge.json");
    let shape = Shape::edits(2, 10, 3, &[Axis::IMAGE_QUALITY]);
    let bridge = shape.bridge(&["a", "b"], |spot| {
        let mark = 1 + i64::from(spot.item);
        (Some(mark), (spot.item != 1).then_some(mark + 1))
    });
    bridge.write(&path).unwrap();
    (folder, path, bridge)
}

/// What reading says after `change`, with a digest that fits where `honest`.
fn after(change: impl Fn(&mut Value), honest: bool) -> String {
    let (_folder, path, _) = written();
    let mut value: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
    change(&mut value);
    if honest {
        let bridge: Bridge = serde_json::from_value(value["bridge"].clone()).unwrap();
        value["digest"] = json!(bridge.digest().to_string());
    }
    match Bridge::parse(&value.to_string(), Path::new("bridge.json")) {
        Ok(_) => "read".to_owned(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn it_is_read_as_it_was_written() {
    let (_folder, path, bridge) = written();
    assert_eq!(Bridge::read(&path).unwrap(), bridge);
    assert_eq!(after(|_| {}, false), "read");
}

#[test]
fn one_changed_mark_is_noticed() {
    let mark = |value: &mut Value| {
        value["bridge"]["runs"][0]["answers"][0]["marks"]["image_quality"]["new"] = json!([5]);
    };
    let text = after(mark, false);
    assert!(
        text.contains("it was changed after it was written"),
        "{text}"
    );
    assert_eq!(after(mark, true), "read");
}

#[test]
fn what_contradicts_itself_is_refused_even_with_the_right_digest() {
    let refused = |change: &dyn Fn(&mut Value), expected: &str| {
        let text = after(change, true);
        assert!(text.contains(expected), "{expected}: {text}");
        assert!(text.contains("parabench judge-bridge"), "{text}");
    };
    refused(
        &|v| v["bridge"]["old"]["identity"]["details"]["model"] = json!("other"),
        "is not that of its details",
    );
    refused(
        &|v| v["bridge"]["new"] = v["bridge"]["old"].clone(),
        "both judges are the same",
    );
    refused(&|v| v["bridge"]["runs"] = json!([]), "0 runs");
    refused(
        &|v| v["bridge"]["runs"][1]["label"] = json!("a"),
        "two runs of one name",
    );
    refused(
        &|v| v["bridge"]["tasks"][0]["category"] = json!("elsewhere"),
        "in an unknown category",
    );
    refused(
        &|v| v["bridge"]["runs"][0]["answers"][0]["task"] = json!("c9-000"),
        "the task was not drawn",
    );
    refused(
        &|v| v["bridge"]["runs"][0]["answers"][0]["marks"]["image_quality"]["old"] = json!([]),
        "expected (1, 1)",
    );
    refused(
        &|v| {
            v["bridge"]["runs"][0]["answers"]
                .as_array_mut()
                .unwrap()
                .pop();
        },
        "5 of 6 tasks",
    );
}

#[test]
fn unknown_fields_marks_and_schemas_are_refused() {
    let text = after(|v| v["bridge"]["key"] = json!("sk-1"), false);
    assert!(text.contains("unknown field"), "{text}");
    let wrong = |v: &mut Value| {
        v["bridge"]["runs"][0]["answers"][0]["marks"]["image_quality"]["old"] = json!([6]);
    };
    let text = after(wrong, true);
    assert!(
        text.contains("6 on image_quality is not a mark from 1 to 5"),
        "{text}"
    );
    let text = after(|v| v["schema"] = json!(2), false);
    assert!(
        text.contains("expected `parabench bridge` of schema 1"),
        "{text}"
    );
}
