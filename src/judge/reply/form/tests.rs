use super::*;
use crate::judge::reply::read_at;
use crate::suite::axes::sight::SightPart;
use crate::suite::axes::wire::{WireAcross, WireAxis, declare};
use crate::suite::calls::WireCall;
use crate::suite::{Category, Kind, calls};

/// The form of a call for axes with these scales, named a, b, c.
fn form(scales: &[&str], call: &str, keys: &[&str]) -> Form {
    #[derive(serde::Deserialize)]
    struct Holder {
        scale: crate::suite::axes::scale::WireScale,
    }
    let names = ["a", "b", "c"];
    let wire: Vec<WireAxis> = names
        .iter()
        .zip(scales)
        .map(|(name, scale)| WireAxis {
            key: (*name).to_owned(),
            title: (*name).to_owned(),
            scale: toml::from_str::<Holder>(&format!("scale = {scale}"))
                .unwrap()
                .scale,
            sees: vec![SightPart::Output],
            applies: None,
            across: WireAcross::Planned,
            pooled: false,
            complete: false,
        })
        .collect();
    let axes = declare(&wire, &[], &["one"]).unwrap().axes;
    let marks: Vec<&str> = axes.iter().map(|axis| axis.key()).collect();
    let call: WireCall =
        toml::from_str(&format!("marks = {marks:?}\nrubric = \"joint\"\n{call}")).unwrap();
    let category = Category {
        name: "one".to_owned(),
        kind: Kind::Edit,
        planned: 1,
        ids: None,
    };
    let call = calls::check(&call, &axes, &[category]).unwrap();
    Form {
        reply: call.reply,
        scale: call.recode.asked_on(axes[0].scale()),
        keys: axes
            .iter()
            .copied()
            .zip(keys.iter().map(|key| (*key).to_owned()))
            .collect(),
        recode: call.recode,
        parser: call.parser,
    }
}

const TEN: &str = "{ parts = [\"success\", \"restraint\"], lo = 0, hi = 10, take = \"min\" }";
const FIVE: &str = "{ lo = 1, hi = 5 }";

/// The mark and its parts, or the reason.
fn outcome(text: &str, form: &Form, at: usize) -> Result<(i64, Vec<i64>), MissingReason> {
    let reading = read_at(text, form, at, &[]);
    match reading.mark {
        Mark::Scored(score) => Ok((
            score.rounded(),
            reading.parts.iter().map(|part| part.rounded()).collect(),
        )),
        Mark::Missing(reason) => Err(reason),
    }
}

#[test]
fn the_smallest_part_of_a_list_is_the_mark() {
    use MissingReason::{Ambiguous, OutOfRange, Unparsable};
    let form = form(&[TEN], "reply = \"list\"", &["score"]);
    for (reply, expected) in [
        (
            r#"{"score": [7, 9], "reasoning": "r"}"#,
            Ok((7, vec![7, 9])),
        ),
        (
            r#"{"reasoning": "r", "score": ["9", 4.0]}"#,
            Ok((4, vec![9, 4])),
        ),
        ("```json\n{\"score\": [0, 10]}\n```", Ok((0, vec![0, 10]))),
        // No guess: what VIEScore's own script takes for a mark.
        (r#"{"score": [7], "reasoning": "r"}"#, Err(Unparsable)),
        (r#"{"score": 7, "reasoning": "r"}"#, Err(Unparsable)),
        (r#"{"score": [7, 9, 8], "reasoning": "r"}"#, Err(Unparsable)),
        (
            r#"{"score": [7, "good"], "reasoning": "r"}"#,
            Err(Unparsable),
        ),
        (r#"{"score": [7, null], "reasoning": "r"}"#, Err(Unparsable)),
        (r#"{"score": [7, 11], "reasoning": "r"}"#, Err(OutOfRange)),
        (r#"{"score": [7, 8.5], "reasoning": "r"}"#, Err(OutOfRange)),
        (r#"{"score": [], "reasoning": "r"}"#, Err(Unparsable)),
        (
            r#"{"score": [<success: 0-10>, <restraint: 0-10>]}"#,
            Err(Unparsable),
        ),
        (r#"{"score": [7, 9]} or {"score": [7, 8]}"#, Err(Ambiguous)),
        (
            r#"{"score": [7, 9]} {"score": [<a>, <b>]}"#,
            Ok((7, vec![7, 9])),
        ),
        (
            r#"… the rest", "score": [1, 2]} {"score": [7, 9]}"#,
            Err(Ambiguous),
        ),
        ("I'm sorry, I can't.", Err(MissingReason::Refused)),
        ("<think>{\"score\": [1, 1]}", Err(MissingReason::Truncated)),
    ] {
        assert_eq!(outcome(reply, &form, 0), expected, "{reply}");
    }
}

#[test]
fn one_list_can_hold_several_axes_and_a_bad_number_costs_its_own_axis() {
    let form = form(&[FIVE, FIVE], "reply = \"list\"", &["score", "score"]);
    let reply = r#"{"score": [4, "x"], "reasoning": "r"}"#;
    assert_eq!(outcome(reply, &form, 0), Ok((4, vec![])));
    assert_eq!(outcome(reply, &form, 1), Err(MissingReason::Unparsable));
    let reply = r#"{"score": [6, 2]}"#;
    assert_eq!(outcome(reply, &form, 0), Err(MissingReason::OutOfRange));
    assert_eq!(outcome(reply, &form, 1), Ok((2, vec![])));
    assert_eq!(form.names(), ["a", "b"]);
}

#[test]
fn marks_stand_on_lines_under_their_labels() {
    use MissingReason::{Ambiguous, OutOfRange, Unparsable};
    let form = form(
        &[FIVE, FIVE, FIVE],
        "reply = \"label\"",
        &["Consistency", "Realism", "Aesthetic Quality"],
    );
    let reply = "It shows a cake.\n**Consistency**: 2\n- Realism: 1\nAESTHETIC QUALITY：5\n";
    let all: Vec<_> = (0..3).map(|at| outcome(reply, &form, at)).collect();
    assert_eq!(all, [Ok((2, vec![])), Ok((1, vec![])), Ok((5, vec![]))]);
    assert_eq!(
        read_at(reply, &form, 0, &[]).rationale.as_deref(),
        Some("It shows a cake.")
    );
    for (reply, expected) in [
        ("Consistency: 4.0", Ok((4, vec![]))),
        ("Consistency: **3**", Ok((3, vec![]))),
        ("Consistency: 4/5", Err(Unparsable)),
        ("Consistency: 4 out of 5", Err(Unparsable)),
        ("Consistency: four", Err(Unparsable)),
        ("Consistency: 6", Err(OutOfRange)),
        ("Consistency: -1", Err(OutOfRange)),
        ("Consistency: 4, 5", Err(Unparsable)),
        ("Consistency:\n4", Err(Unparsable)),
        ("The Consistency: 4", Err(Unparsable)),
        ("Consistency score: 4", Err(Unparsable)),
        ("Consistency: <1-5>\nConsistency: 4", Ok((4, vec![]))),
        ("Consistency: 3\nConsistency: 4", Err(Ambiguous)),
        ("Consistency: 4\nConsistency: 4", Ok((4, vec![]))),
        ("{\"Consistency\": 4}", Err(Unparsable)),
        ("4", Err(Unparsable)),
        ("I cannot judge this picture.", Err(MissingReason::Refused)),
        (
            "<think>Consistency: 2</think>Consistency: 4",
            Ok((4, vec![])),
        ),
    ] {
        assert_eq!(outcome(reply, &form, 0), expected, "{reply}");
    }
    // A line of the judged text is none of the judge's.
    let material = ["nice\nConsistency: 5".to_owned()];
    let reply = "It says\nConsistency: 5\nConsistency: 2";
    let mark = read_at(reply, &form, 0, &material).mark;
    assert_eq!(mark, Mark::Scored(Score::new(2).unwrap()));
    let mark = read_at("Consistency: 5", &form, 0, &material).mark;
    assert_eq!(mark, Mark::Missing(Unparsable));
}

#[test]
fn parts_can_stand_on_a_line() {
    let form = form(&[TEN], "reply = \"label\"", &["Final Score"]);
    assert_eq!(outcome("Final Score: 9, 3", &form, 0), Ok((3, vec![9, 3])));
    assert_eq!(
        outcome("Final Score: 9", &form, 0),
        Err(MissingReason::Unparsable)
    );
}

#[test]
fn what_is_asked_for_becomes_a_mark() {
    let form = form(&[FIVE], "recode = { 0 = 1, 1 = 5 }", &["solved"]);
    for (said, expected) in [
        ("0", Ok((1, vec![]))),
        ("1", Ok((5, vec![]))),
        ("5", Err(MissingReason::OutOfRange)),
        ("0.5", Err(MissingReason::OutOfRange)),
    ] {
        let reply = format!("{{\"reasoning\": \"r\", \"solved\": {said}}}");
        assert_eq!(outcome(&reply, &form, 0), expected, "{said}");
    }
}

/// What VIEScore's script reads, and what it guesses.
#[test]
fn the_smallest_of_the_numbers_that_are_there_counts_where_the_call_says_so() {
    use MissingReason::{Ambiguous, OutOfRange, Refused, Truncated, Unparsable};
    let call = "reply = \"list\"\nparser = \"compat-min-of-present\"";
    let form = form(&[TEN], call, &["score"]);
    for (reply, expected) in [
        (
            r#"{"score": [7, 9], "reasoning": "r"}"#,
            Ok((7, vec![7, 9])),
        ),
        // Short and long lists, and numbers alone. Parts that are not all there are not told.
        (r#"{"score": [7], "reasoning": "r"}"#, Ok((7, vec![]))),
        (r#"{"score": 6, "reasoning": "r"}"#, Ok((6, vec![]))),
        (r#"{"score": [7, 9, 3], "reasoning": "r"}"#, Ok((3, vec![]))),
        ("[6, 0]", Ok((0, vec![6, 0]))),
        ("The scores are [6,2].", Ok((2, vec![6, 2]))),
        ("8", Ok((8, vec![]))),
        (" 10\n", Ok((10, vec![]))),
        ("<think>[1, 1]</think>[6, 2]", Ok((2, vec![6, 2]))),
        // Where the script draws a number at random.
        ("[6]", Err(Unparsable)),
        ("[6, 2, 3]", Err(Unparsable)),
        ("[6, 2] and [3, 4]", Err(Unparsable)),
        ("I give it 8.", Err(Unparsable)),
        ("seven", Err(Unparsable)),
        ("", Err(Unparsable)),
        ("I'm sorry, I can't.", Err(Refused)),
        ("<think>[6, 2]", Err(Truncated)),
        // Our other rules stay.
        (r#"{"score": [], "reasoning": "r"}"#, Err(Unparsable)),
        (
            r#"{"score": [7, "good"], "reasoning": "r"}"#,
            Err(Unparsable),
        ),
        (r#"{"score": [7, null], "reasoning": "r"}"#, Err(Unparsable)),
        (r#"{"score": [7, 11], "reasoning": "r"}"#, Err(OutOfRange)),
        (r#"{"score": [12], "reasoning": "r"}"#, Err(OutOfRange)),
        ("[6, 11]", Err(OutOfRange)),
        ("11", Err(OutOfRange)),
        (r#"{"score": [7, 8.5], "reasoning": "r"}"#, Err(OutOfRange)),
        (r#"{"score": [7]} or {"score": [8]}"#, Err(Ambiguous)),
        (r#"{"other": [7]} [6, 2]"#, Err(Unparsable)),
        (r#"{"score": [7, "#, Err(Unparsable)),
    ] {
        assert_eq!(outcome(reply, &form, 0), expected, "{reply}");
    }
    let material = ["Write [6, 2] on the wall.".to_owned()];
    let mark = read_at("It says [6, 2].", &form, 0, &material).mark;
    assert_eq!(mark, Mark::Missing(Unparsable));
}
