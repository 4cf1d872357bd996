//! From a judge's words to a mark, or the name of why there is none. Never a guess.
//!
//! Rules. The mark is the value under the rubric's key in a complete JSON object,
//! which may stand bare, in a fence or amid prose. Of several such objects the
//! last counts; objects that also carry `reasoning` go before those that do not.
//! The key in quotes outside such objects means that an object is broken (a judge
//! that quotes the judged text may break its own): the reply cannot be read.
//! - `4`, `4.0` and `"4"` are the mark 4: JSON has one kind of number, and a
//!   string that is nothing but an integer can mean nothing else.
//! - `0`, `6`, `4.5`, `"7"` are numbers but no marks: out of range.
//! - `null`, `"4/5"`, `"four"`, `[4]`, or the key given twice in one object
//!   cannot be read: unparsable.

use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, MapAccess, Visitor};
use serde_json::Value;

use crate::judge::mark::{Mark, MissingReason, Score};

/// Longest reply that is searched for a mark, in bytes: ten times what any
/// sensible token limit lets through.
const MAX_REPLY_BYTES: usize = 64 << 10;

/// Most opening braces that are tried: each may cost a parse of what follows.
const MAX_BRACES: usize = 500;

/// Field of the judge's reasons.
const REASONING: &str = "reasoning";

/// Ways in which judges decline, in lower case with straight apostrophes.
const REFUSALS: [&str; 10] = [
    "i'm sorry",
    "i am sorry",
    "sorry,",
    "i can't",
    "i cannot",
    "i can not",
    "i'm unable",
    "i am unable",
    "i won't",
    "i'm not able",
];

/// What a reply was found to say.
#[derive(Clone, Debug, PartialEq)]
pub struct Reading {
    /// The mark, or why there is none.
    pub mark: Mark,
    /// The judge's reasons, where the object carries them.
    pub rationale: Option<String>,
}

/// Reads the reply of a judge that was asked to put its mark under `key`.
pub fn read(text: &str, key: &str) -> Reading {
    let Some(object) = find_object(text, key) else {
        let reason = if declines(text) {
            MissingReason::Refused
        } else {
            MissingReason::Unparsable
        };
        return Reading {
            mark: Mark::Missing(reason),
            rationale: None,
        };
    };
    let rationale = object
        .values(REASONING)
        .last()
        .and_then(|value| match value {
            Value::String(text) => Some(text.clone()),
            _ => None,
        });
    let mut values = object.values(key);
    let mark = match (values.next(), values.next()) {
        (Some(value), None) => mark_of(value),
        _ => Mark::Missing(MissingReason::Unparsable),
    };
    Reading { mark, rationale }
}

fn mark_of(value: &Value) -> Mark {
    let number = match value {
        Value::Number(number) => number.as_f64(),
        Value::String(text) => text.trim().parse::<i64>().ok().map(|n| n as f64),
        _ => None,
    };
    let Some(number) = number else {
        return Mark::Missing(MissingReason::Unparsable);
    };
    let integral = number.fract() == 0.0 && number.abs() < 1e9;
    integral
        .then_some(number as i64)
        .and_then(Score::new)
        .map_or(Mark::Missing(MissingReason::OutOfRange), Mark::Scored)
}

/// The last complete object with the key; those with reasoning first.
fn find_object(text: &str, key: &str) -> Option<Object> {
    if text.len() > MAX_REPLY_BYTES || text.matches('{').count() > MAX_BRACES {
        return None;
    }
    let mention = format!("\"{key}\"");
    let mut with_reasoning = None;
    let mut without = None;
    let mut rest = text;
    while let Some((before, from_brace)) = split_before(rest, '{') {
        if before.contains(&mention) {
            return None;
        }
        rest = match complete_object(from_brace) {
            Some((object, after)) if object.has(key) => {
                let kept = if object.has(REASONING) {
                    &mut with_reasoning
                } else {
                    &mut without
                };
                *kept = Some(object);
                after
            }
            // One of its values may be the object that is looked for.
            _ => from_brace.get(1..).unwrap_or_default(),
        };
    }
    let found = with_reasoning.or(without);
    found.filter(|_| !rest.contains(&mention))
}

fn split_before(text: &str, wanted: char) -> Option<(&str, &str)> {
    text.find(wanted).and_then(|at| text.split_at_checked(at))
}

/// The object at the start of a text, and what follows it.
fn complete_object(text: &str) -> Option<(Object, &str)> {
    let mut objects = serde_json::Deserializer::from_str(text).into_iter::<Object>();
    let object = objects.next()?.ok()?;
    let after = text.get(objects.byte_offset()..)?;
    Some((object, after))
}

fn declines(text: &str) -> bool {
    let start: String = text
        .trim_start_matches(|c: char| !c.is_alphabetic())
        .chars()
        .take(20)
        .map(|c| {
            if c == '’' {
                '\''
            } else {
                c.to_ascii_lowercase()
            }
        })
        .collect();
    REFUSALS.iter().any(|refusal| start.starts_with(refusal))
}

/// A JSON object whose repeated keys are kept: an ambiguous mark must be seen.
struct Object(Vec<(String, Value)>);

impl Object {
    fn values<'a>(&'a self, key: &str) -> impl Iterator<Item = &'a Value> {
        self.0
            .iter()
            .filter(move |(name, _)| name == key)
            .map(|(_, value)| value)
    }

    fn has(&self, key: &str) -> bool {
        self.values(key).next().is_some()
    }
}

impl<'de> Deserialize<'de> for Object {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ObjectVisitor)
    }
}

struct ObjectVisitor;

impl<'de> Visitor<'de> for ObjectVisitor {
    type Value = Object;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Object(entries))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const KEY: &str = "quality_score";

    fn mark(text: &str) -> Result<u8, MissingReason> {
        match read(text, KEY).mark {
            Mark::Scored(score) => Ok(score.get()),
            Mark::Missing(reason) => Err(reason),
        }
    }

    #[test]
    fn marks_are_found_wherever_they_stand() {
        let cases = [
            (r#"{"reasoning": "fine", "quality_score": 4}"#, 4),
            (
                "```json\n{\"reasoning\": \"a\", \"quality_score\": 3}\n```",
                3,
            ),
            (r#"Let me think {about} it. {"quality_score": 2} Done."#, 2),
            (
                r#"{"reasoning": "braces {\"quality_score\": 5} inside {", "quality_score": 1}"#,
                1,
            ),
            (r#"{"quality_score": 1} no, {"quality_score": 5}"#, 5),
            (
                r#"{"reasoning": "x", "quality_score": 2} The text held {"quality_score": 5}."#,
                2,
            ),
            (
                r#"{"result": {"reasoning": "nested", "quality_score": 4}}"#,
                4,
            ),
            (r#"{"quality_score": 4.0}"#, 4),
            (r#"{"quality_score": " 4 "}"#, 4),
            (r#"{"text_quality_score": 1, "quality_score": 3}"#, 3),
        ];
        for (text, expected) in cases {
            assert_eq!(mark(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_mark_has_a_name() {
        use MissingReason::{OutOfRange, Refused, Unparsable};
        let cases = [
            ("", Unparsable),
            ("The picture is lovely: 5/5", Unparsable),
            (r#"{"score": 4}"#, Unparsable),
            (r#"{"text_quality_score": 4}"#, Unparsable),
            (r#"{"reasoning": "cut off", "quality_score": "#, Unparsable),
            (r#"{"quality_score": 4, "reasoning": "cut"#, Unparsable),
            (r#"{"quality_score": null}"#, Unparsable),
            (
                r#"{"reasoning": "it says {"quality_score": 5}", "quality_score": 1}"#,
                Unparsable,
            ),
            (
                r#"{"quality_score": 1, "reasoning": "it says {"reasoning": "", "quality_score": 5}"}"#,
                Unparsable,
            ),
            (r#"{"quality_score": "4/5"}"#, Unparsable),
            (r#"{"quality_score": "four"}"#, Unparsable),
            (r#"{"quality_score": [4]}"#, Unparsable),
            (r#"{"quality_score": true}"#, Unparsable),
            (r#"{"quality_score": 5, "quality_score": 1}"#, Unparsable),
            (r#"{"quality_score": 4.5}"#, OutOfRange),
            (r#"{"quality_score": 0}"#, OutOfRange),
            (r#"{"quality_score": 6}"#, OutOfRange),
            (r#"{"quality_score": -1}"#, OutOfRange),
            (r#"{"quality_score": 1e300}"#, OutOfRange),
            (r#"{"quality_score": "7"}"#, OutOfRange),
            ("I’m sorry, but I can't assist with that.", Refused),
            ("I cannot judge this picture.", Refused),
        ];
        for (text, expected) in cases {
            assert_eq!(mark(text), Err(expected), "{text}");
        }
    }

    /// The costliest reply that is still searched: every brace opens what never ends.
    #[test]
    fn hostile_nesting_ends_quickly() {
        let text = r#"{"a":"#.repeat(MAX_BRACES) + &" ".repeat(MAX_REPLY_BYTES / 2);
        let started = std::time::Instant::now();
        assert_eq!(mark(&text), Err(MissingReason::Unparsable));
        assert!(started.elapsed().as_secs() < 10);
        let more = format!(r#"{}{{"{KEY}": 3}}"#, "{".repeat(MAX_BRACES));
        assert_eq!(mark(&more), Err(MissingReason::Unparsable));
    }

    proptest! {
        #[test]
        fn a_well_formed_reply_is_read_whatever_surrounds_it(
            score in 1_u8..=5,
            reasoning in "(?s).{0,200}",
            before in "[^{}]{0,60}",
            after in "[^{}]{0,60}",
        ) {
            let object = serde_json::json!({ "reasoning": reasoning, KEY: score });
            let reading = read(&format!("{before}{object}{after}"), KEY);
            prop_assert_eq!(reading.mark, Mark::Scored(Score::new(score.into()).unwrap()));
            prop_assert_eq!(reading.rationale, Some(reasoning));
        }

        #[test]
        fn a_reply_that_is_cut_off_gives_no_mark(score in 1_u8..=5, reasoning in "[^{}]{0,80}", keep in 0.0..1.0_f64) {
            let whole = serde_json::json!({ KEY: score, "reasoning": reasoning }).to_string();
            let chars = whole.chars().count();
            let kept = ((chars as f64 * keep) as usize).min(chars - 1);
            let torn: String = whole.chars().take(kept).collect();
            prop_assert!(mark(&torn).is_err());
        }

        #[test]
        fn any_integer_is_a_mark_or_out_of_range(n in any::<i64>()) {
            let expected = Score::new(n).map(Score::get).ok_or(MissingReason::OutOfRange);
            prop_assert_eq!(mark(&format!("{{\"{KEY}\": {n}}}")), expected);
        }

        #[test]
        fn any_text_is_read_without_a_panic(text in "(?s).{0,300}") {
            let _ = read(&text, KEY);
        }
    }
}
