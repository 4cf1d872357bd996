use proptest::prelude::*;

use super::*;
use crate::suite::axes::scale::Take;

const FIVE: MarkScale = MarkScale::FIVE_POINT;

fn wanted(scale: MarkScale) -> WantedAxis<'static> {
    WantedAxis {
        axis: "quality",
        scale,
        parts: None,
        calibrated: None,
        value: "quality",
    }
}

/// What a reply says of one axis.
struct One {
    mark: Mark,
    parts: Vec<Score>,
    remarks: Vec<String>,
}

fn read_line(line: &[u8], axis: &WantedAxis<'_>) -> Result<One, String> {
    let wanted = Wanted {
        id: "q-1",
        axes: vec![*axis],
    };
    let mut reply = read_reply(line, &wanted)?;
    assert_eq!(reply.marks.len(), 1);
    let (mark, parts) = reply.marks.remove(0);
    Ok(One {
        mark,
        parts,
        remarks: reply.remarks,
    })
}

fn read(rest: &str, axis: &WantedAxis<'_>) -> Result<One, String> {
    read_line(format!("{{\"id\":\"q-1\",{rest}}}\n").as_bytes(), axis)
}

fn mark(rest: &str) -> Mark {
    read(rest, &wanted(FIVE)).unwrap().mark
}

#[test]
fn a_mark_with_parts_is_made_of_them() {
    use MissingReason::{Ambiguous, NoMark, OutOfRange, Unparsable};
    let rule = MarkParts {
        names: vec!["success".to_owned(), "restraint".to_owned()],
        take: Take::Min,
    };
    let wanted = WantedAxis {
        parts: Some(&rule),
        ..wanted(FIVE)
    };
    for (rest, expected) in [
        (r#""parts":{"quality":[4,2]}"#, Ok((2, 2))),
        (
            r#""parts":{"quality":[4,2]},"marks":{"quality":2}"#,
            Ok((2, 2)),
        ),
        (r#""marks":{"quality":3}"#, Ok((3, 0))),
        (
            r#""parts":{"quality":[4,2]},"marks":{"quality":4}"#,
            Err(Ambiguous),
        ),
        (
            r#""parts":{"quality":[4,2]},"missing":{"quality":"refused"}"#,
            Err(Ambiguous),
        ),
        (r#""parts":{"quality":[4]}"#, Err(Unparsable)),
        (r#""parts":{"quality":4}"#, Err(Unparsable)),
        (r#""parts":{"quality":[4,"2"]}"#, Err(Unparsable)),
        (r#""parts":{"quality":[4,6]}"#, Err(OutOfRange)),
        (r#""parts":{"quality":[4,null]}"#, Err(NoMark)),
    ] {
        let reply = read(rest, &wanted).unwrap();
        let found = match reply.mark {
            Mark::Scored(score) => Ok((score.rounded(), reply.parts.len())),
            Mark::Missing(reason) => Err(reason),
        };
        assert_eq!(found, expected, "{rest}");
    }
}

#[test]
fn marks_are_read_on_the_scale_of_their_axis() {
    use MissingReason::{Ambiguous, NoMark, OutOfRange, Refused, Unparsable};
    for (rest, expected) in [
        (r#""marks":{"quality":4}"#, Ok("4")),
        (r#""marks":{"quality":4.0}"#, Ok("4")),
        (r#""marks":{"quality":5e0}"#, Ok("5")),
        (r#""marks":{"quality":4.5}"#, Err(OutOfRange)),
        (r#""marks":{"quality":6}"#, Err(OutOfRange)),
        (r#""marks":{"quality":-1}"#, Err(OutOfRange)),
        (r#""marks":{"quality":1e300}"#, Err(OutOfRange)),
        (r#""marks":{"quality":1e999}"#, Err(NoMark)),
        (r#""marks":{"quality":NaN}"#, Err(NoMark)),
        (r#""marks":{"quality":-Infinity}"#, Err(NoMark)),
        (r#""marks":{"quality":null}"#, Err(NoMark)),
        (r#""marks":{"quality":"4"}"#, Err(Unparsable)),
        (r#""marks":{"quality":"4/5"}"#, Err(Unparsable)),
        (r#""marks":{"quality":[4]}"#, Err(Unparsable)),
        (r#""marks":{"quality":true}"#, Err(Unparsable)),
        (r#""marks":{}"#, Err(Unparsable)),
        (r#""marks":null"#, Err(Unparsable)),
        (r#""rationale":"good""#, Err(Unparsable)),
        (r#""missing":{"quality":"refused"}"#, Err(Refused)),
        (r#""missing":{"quality":"tired"}"#, Err(NoMark)),
        (
            r#""marks":{"quality":4},"missing":{"quality":"refused"}"#,
            Err(Ambiguous),
        ),
        (
            r#""marks":{"quality":null},"missing":{"quality":"refused"}"#,
            Err(Refused),
        ),
    ] {
        let expected = match expected {
            Ok(number) => Mark::Scored(Score::on(FIVE, number.parse().unwrap()).unwrap()),
            Err(reason) => Mark::Missing(reason),
        };
        assert_eq!(mark(rest), expected, "{rest}");
    }
    let d = |text: &str| text.parse::<Decimal>().unwrap();
    let tenths = MarkScale::new(d("0"), d("10"), d("0.1")).unwrap();
    for (raw, expected) in [("7.3", "7.3"), ("0.30000000000000004", "0.3"), ("0", "0")] {
        let read = read(&format!(r#""marks":{{"quality":{raw}}}"#), &wanted(tenths));
        let expected = Mark::Scored(Score::on(tenths, d(expected)).unwrap());
        assert_eq!(read.unwrap().mark, expected, "{raw}");
    }
}

#[test]
fn a_value_gets_the_mark_of_the_calibration() {
    let thresholds = Thresholds::new(vec![0.0, 4.0, 8.0, 12.0]).unwrap();
    let wanted = WantedAxis {
        calibrated: Some(("hpsv3", &thresholds)),
        ..wanted(FIVE)
    };
    for (rest, expected) in [
        (r#""values":{"hpsv3":9.3127,"other":1}"#, Some(4)),
        (r#""values":{"hpsv3":-1e99}"#, Some(1)),
        (r#""values":{"hpsv3":NaN}"#, None),
        (r#""values":{"other":9}"#, None),
    ] {
        let mark = read(rest, &wanted).unwrap().mark;
        match expected {
            Some(number) => assert_eq!(mark, Mark::Scored(Score::new(number).unwrap())),
            None => assert!(matches!(mark, Mark::Missing(_)), "{rest}"),
        }
    }
    let both = read(r#""values":{"hpsv3":9},"marks":{"quality":4}"#, &wanted)
        .map(|one| one.remarks)
        .unwrap_err();
    assert!(both.contains("values.hpsv3"), "{both}");
}

#[test]
fn a_reply_may_be_about_several_axes() {
    use MissingReason::{NoMark, OutOfRange, Refused, Unparsable};
    let ten = MarkScale::new(Decimal::whole(0), Decimal::whole(10), Decimal::whole(1)).unwrap();
    let rule = MarkParts {
        names: vec!["success".to_owned(), "restraint".to_owned()],
        take: Take::Min,
    };
    let sc = WantedAxis {
        axis: "sc",
        parts: Some(&rule),
        ..wanted(ten)
    };
    let pq = WantedAxis {
        axis: "pq",
        ..wanted(ten)
    };
    let wanted = Wanted {
        id: "q-1",
        axes: vec![sc, pq],
    };
    for (rest, expected) in [
        (r#""marks":{"pq":3,"sc":7}"#, [Ok(7), Ok(3)]),
        (r#""marks":{"pq":3},"parts":{"sc":[9,4]}"#, [Ok(4), Ok(3)]),
        (r#""marks":{"pq":3}"#, [Err(Unparsable), Ok(3)]),
        (
            r#""marks":{"sc":3},"missing":{"pq":"refused"}"#,
            [Ok(3), Err(Refused)],
        ),
        (
            r#""marks":{"sc":11,"pq":NaN}"#,
            [Err(OutOfRange), Err(NoMark)],
        ),
        (r#""rationale":"none""#, [Err(Unparsable), Err(Unparsable)]),
    ] {
        let line = format!("{{\"id\":\"q-1\",{rest}}}");
        let reply = read_reply(line.as_bytes(), &wanted).unwrap();
        let found: Vec<Result<i64, MissingReason>> = reply
            .marks
            .iter()
            .map(|(mark, _)| match mark {
                Mark::Scored(score) => Ok(score.rounded()),
                Mark::Missing(reason) => Err(*reason),
            })
            .collect();
        assert_eq!(found, expected, "{rest}");
    }
    let line = br#"{"id":"q-1","marks":{"sc":7,"speed":3}}"#;
    let fault = read_reply(line, &wanted).unwrap_err();
    assert!(fault.contains("only `sc`, `pq` were asked for"), "{fault}");
}

#[test]
fn what_the_protocol_does_not_allow_is_named() {
    let deep = format!(r#""details":{}{}"#, "[".repeat(5000), "]".repeat(5000));
    for (rest, part) in [
        (
            r#""marks":{"quality":4,"speed":5}"#,
            "marks.speed: only `quality`",
        ),
        (r#""missing":{"speed":"refused"}"#, "missing.speed"),
        (
            r#""marks":{"quality":4,"quality":5}"#,
            "`quality` is given twice",
        ),
        (
            r#""marks":{"quality":4},"marks":{}"#,
            "`marks` is given twice",
        ),
        (r#""marks":[4]"#, "marks: "),
        (r#""id":"q-1""#, "`id` is given twice"),
        ("\"rationale\":\"a\u{1}b\"", "control character"),
        (&deep, "details: nested"),
    ] {
        let fault = read(rest, &wanted(FIVE))
            .map(|one| one.remarks)
            .unwrap_err();
        assert!(fault.contains(part), "{part} in {fault}");
        assert!(fault.len() < 1000);
    }
    for (line, part) in [
        (
            &br#"{"id":"q-2","marks":{"quality":4}}"#[..],
            "`q-1` was awaited",
        ),
        (br#"{"marks":{"quality":4}}"#, "`id` is not there"),
        (br#"{"id":"q-1","marks":{"qual"#, "EOF"),
        (b"\xff\xfe", "not a reply"),
    ] {
        let fault = read_line(line, &wanted(FIVE))
            .map(|one| one.remarks)
            .unwrap_err();
        assert!(fault.contains(part), "{part} in {fault}");
    }
    let noted = read(
        r#""marks":{"quality":4},"makrs":{},"rationale":3"#,
        &wanted(FIVE),
    )
    .unwrap();
    assert_eq!(noted.remarks.len(), 2, "{:?}", noted.remarks);
}

proptest! {
    /// No number that a program writes becomes a mark that the scale does not have.
    #[test]
    fn only_marks_of_the_scale_are_scored(raw in "-?[0-9]{1,8}(\\.[0-9]{1,14})?([eE][+-]?[0-9]{1,3})?") {
        let reply = read(&format!(r#""marks":{{"quality":{raw}}}"#), &wanted(FIVE));
        if let Ok(One { mark: Mark::Scored(score), .. }) = reply {
            prop_assert!(FIVE.holds(score.get()));
            // Beyond twelve decimals numbers are rounded.
            prop_assert!((score.to_f64() - raw.parse::<f64>().unwrap()).abs() < 1e-11);
        }
    }

    #[test]
    fn no_line_stops_the_reader(line in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = read_line(&line, &wanted(FIVE));
        let _ = id_of(&line);
    }
}
