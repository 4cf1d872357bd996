use proptest::prelude::*;

use super::*;
use crate::common::program::is_message;

#[test]
fn replies_are_checked() {
    let good = br#"{"id":"a","reasoning":null,"image":"x.png","timing_ms":{"draw":1.5}}"#;
    let reply = read_reply(good, "a", true).unwrap();
    assert_eq!(reply.reasoning, Some(None));
    assert_eq!(reply.image, Some(Some("x.png".into())));
    assert_eq!(reply.timing_ms["draw"], 1.5);
    assert!(reply.faults.is_empty());
    for (line, part) in [
        (
            &br#"{"id":"b","reasoning":null,"image":null}"#[..],
            "`a` was awaited",
        ),
        (br#"{"reasoning":null,"image":null}"#, "`id` is not there"),
        (
            br#"{"id":"a","reasoning":null}"#,
            "say null when none was drawn",
        ),
        (br#"{"id":"a","image":null}"#, "thinks = false"),
        (
            br#"{"id":"a","reasoning":[1],"image":null}"#,
            "reasoning: invalid type",
        ),
        (
            br#"{"id":"a","reasoning":"x","reasoning":"y","image":null}"#,
            "`reasoning` is given twice",
        ),
        (b"Loading weights: 50%", "`Loading weights: 50%`"),
        (b"\xff\xfe", "not a reply"),
    ] {
        let fault = read_reply(line, "a", true).unwrap_err();
        assert!(fault.contains(part), "{part} in {fault}");
    }
    assert!(read_reply(br#"{"id":"a","image":null}"#, "a", false).is_ok());
}

fn failure(line: &str) -> Failure {
    let reply = read_reply(line.as_bytes(), "a", true).unwrap();
    reply.error.unwrap()
}

#[test]
fn failures_are_classed_by_kind_and_words() {
    for (line, kind) in [
        (
            r#"{"id":"a","error":{"kind":"out-of-memory","message":"m"}}"#,
            FailureKind::OutOfMemory,
        ),
        (
            r#"{"id":"a","error":{"kind":"crash","message":"CUDA out of memory. Tried to allocate"}}"#,
            FailureKind::OutOfMemory,
        ),
        (
            r#"{"id":"a","error":{"kind":"tired","message":"zzz"}}"#,
            FailureKind::Crash,
        ),
        (
            r#"{"id":"a","error":"torch.OutOfMemoryError: HIP"}"#,
            FailureKind::OutOfMemory,
        ),
        (
            r#"{"id":"a","error":{"kind":"timeout","message":"out of memory"}}"#,
            FailureKind::Timeout,
        ),
    ] {
        assert_eq!(failure(line).kind, kind, "{line}");
    }
    assert!(
        failure(r#"{"id":"a","error":{"kind":"tired","message":"z"}}"#)
            .message
            .contains("tired")
    );
}

/// Whatever stands beside the two halves, the answer is kept and the fault is named.
#[test]
fn a_bad_detail_costs_the_detail() {
    let deep = format!(r#""details":{{"a":{}{}}}"#, "[".repeat(70), "]".repeat(70));
    let deeper = format!(r#""x":{}{}"#, "[".repeat(5000), "]".repeat(5000));
    let long = format!(r#""details":{{"a":"{}"}}"#, "x".repeat(70_000));
    for (rest, part) in [
        (r#""details":[1]"#, "details: invalid type"),
        (
            r#""details":{"loss":1e999}"#,
            "details: number out of range",
        ),
        (r#""timing_ms":{"a":-1}"#, "timing_ms.a"),
        (r#""timing_ms":"fast""#, "timing_ms: "),
        (r#""imgae":1"#, "unknown field `imgae`"),
        (r#""details":{"loss":NaN}"#, "NaN"),
        (r#""details":{"name":"\ud800"}"#, "surrogate"),
        (&deep, "details: nested 71 deep"),
        (&deeper, "unknown field `x`"),
        (&long, "details: 70"),
    ] {
        let line = format!(r#"{{"id":"a","reasoning":"r","image":null,{rest}}}"#);
        let reply = read_reply(line.as_bytes(), "a", true).unwrap();
        assert_eq!(reply.reasoning, Some(Some("r".into())));
        assert!(
            reply.faults.iter().any(|fault| fault.contains(part)),
            "{rest}: {:?}",
            reply.faults
        );
    }
    let null = br#"{"id":"a","reasoning":"r","image":null,"details":null,"timing_ms":null}"#;
    assert!(read_reply(null, "a", true).unwrap().faults.is_empty());
}

#[test]
fn prints_are_told_from_messages() {
    for print in [
        "Conditioning prompt:",
        " 10%|#  | 1/10",
        "{'loss': 1.0}",
        r#"{"level":"info","msg":"ready"}"#,
        "",
        "[1, 2]",
    ] {
        assert!(!is_message(print.as_bytes(), LINES), "{print}");
    }
    for message in [
        r#"{"hello":1}"#,
        r#"{"id":"a","reas"#,
        r#"{"reasoning":"x"}"#,
        "\r 10%| 1/10\r{\"id\":\"a\"}\r\n",
    ] {
        assert!(is_message(message.as_bytes(), LINES), "{message}");
    }
}

#[test]
fn hello_names_the_protocol() {
    assert!(read_hello(br#"{"hello":1,"name":"x","thinks":true}"#).is_ok());
    assert!(
        read_hello(br#"{"hello":2}"#)
            .unwrap_err()
            .contains("version 2")
    );
    assert!(
        read_hello(b"Python 3.11")
            .unwrap_err()
            .contains("`Python 3.11`")
    );
}

/// Any JSON value, nested at random.
fn json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(6, 40, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map(any::<String>(), inner, 0..4)
                .prop_map(|map| Value::Object(map.into_iter().collect())),
        ]
    })
}

proptest! {
    /// Whatever is accepted is written to the log and read again.
    #[test]
    fn what_is_accepted_can_be_read_again(value in json(), depth in 0_usize..200, raw in "[ -~]{0,40}") {
        let nested = format!("{}{value}{}", "[".repeat(depth), "]".repeat(depth));
        for details in [format!(r#"{{"a":{nested}}}"#), raw] {
            let line = format!(r#"{{"id":"a","reasoning":"r","image":null,"details":{details}}}"#);
            let Ok(reply) = read_reply(line.as_bytes(), "a", true) else {
                continue;
            };
            let record = serde_json::json!({"details": {"reported": reply.details}});
            let line = crate::common::checked_line::write(&record).unwrap();
            let text = crate::common::checked_line::read(&line);
            prop_assert!(text.is_some_and(|text| serde_json::from_str::<Value>(text).is_ok()));
        }
    }
}
