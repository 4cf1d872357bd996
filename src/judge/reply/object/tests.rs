use proptest::prelude::*;

use super::*;

fn complete(text: &str) -> Option<Object> {
    match at_brace(text) {
        Brace::Complete(object, length) => (length == text.len()).then_some(object),
        _ => None,
    }
}

/// As the parser of JSON reads it; numbers in the file's own words.
fn of_json(value: &serde_json::Value) -> Value {
    match value {
        serde_json::Value::String(text) => Value::Text(text.clone()),
        serde_json::Value::Array(values) => Value::List(values.iter().map(of_json).collect()),
        serde_json::Value::Object(entries) => Value::Object(Object(
            entries
                .iter()
                .map(|(key, value)| (key.clone(), of_json(value)))
                .collect(),
        )),
        other => Value::Bare(other.to_string()),
    }
}

fn json() -> impl Strategy<Value = serde_json::Value> {
    use serde_json::Value as Json;
    let leaf = prop_oneof![
        Just(Json::Null),
        any::<bool>().prop_map(Json::Bool),
        any::<i64>().prop_map(Json::from),
        "(?s).{0,20}".prop_map(Json::String),
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Json::Array),
            prop::collection::btree_map("(?s).{0,6}", inner, 0..4)
                .prop_map(|map| Json::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn json_is_read_as_json(value in json(), pretty in any::<bool>()) {
        let value = serde_json::json!({ "a": value });
        let text = if pretty {
            serde_json::to_string_pretty(&value).unwrap()
        } else {
            value.to_string()
        };
        let read = complete(&text).map(Value::Object);
        prop_assert_eq!(read, Some(of_json(&value)));
    }

    #[test]
    fn a_cut_object_is_never_complete(value in json(), keep in 0.0..1.0_f64) {
        let text = serde_json::json!({ "a": value }).to_string();
        let kept = (text.chars().count() as f64 * keep) as usize;
        let cut: String = text.chars().take(kept.max(1)).collect();
        prop_assert!(!matches!(at_brace(&cut), Brace::Complete(..)), "{cut}");
    }

    #[test]
    fn any_text_ends(text in "(?s)\\{.{0,200}") {
        let _ = at_brace(&text);
    }
}

#[test]
fn what_can_mean_one_thing_only_is_read() {
    for text in [
        "{\"k\": 4, \"why\": \"a\nb\tc\"}",
        "{'k': 4, 'why': 'a'}",
        "{“k”: 4, “why”: “a”}",
        "{k: 4, why: \"a\"}",
        "{\"k\"：4，\"why\"：\"a\"}",
        "{\"k\": 4, \"why\": \"\\alpha \\_ \\u12\",}",
        "{\"k\": 4 // good\n}",
        "{ // mark\n \"k\": 4 }",
        "{\"k\": 4, ...}",
        r#"{"\u006b": 4}"#,
    ] {
        let object = complete(text).expect(text);
        let found: Vec<_> = object.values("k").collect();
        assert_eq!(found, [&Value::Bare("4".into())], "{text}");
    }
    for prose in [
        "{",
        "{about}",
        "{{\"k\": 4}}",
        "{ x | x > 0 }",
        "{}",
        "{\"a\", \"b\"}",
        "{\\\"k\\\": 4}",
    ] {
        assert_eq!(at_brace(prose), Brace::Prose, "{prose}");
    }
    for broken in [
        "{\"k\": 4",
        "{\"why\": \"the \"red\" door\", \"k\": 4}",
        "{'why': 'it isn't', 'k': 4}",
        "{why: \"cut",
        "{\"k\": }",
        "{\"k\": [1, 2}",
        "{\"k\": 1, 2, 3, 4, 5}",
        "{\"k\": 4, \"fine\"}",
    ] {
        assert_eq!(at_brace(broken), Brace::Broken, "{broken}");
    }
}
