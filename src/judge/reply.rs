//! From a judge's words to a mark, or the name of why there is none. Never a guess.
//!
//! Rules, in this order.
//! 1. Thoughts between tags are cut out (`thought`). An end without a beginning ends a thought
//!    that began before the reply. A reply that ends inside a thought was cut off: no mark.
//! 2. Verdicts are the values under the rubric's key in complete objects (`object`), bare, in a
//!    fence or amid prose. An object that does not end makes the reply unreadable: a judge that
//!    quotes the judged text may break its own object, and what is left whole can be the quote.
//!    For the same reason the end of an object whose beginning is missing counts as a verdict.
//! 3. An object that stands word for word in the judged material is a quote. Quotes before the
//!    judge's own object count for nothing, and quotes alone give no mark.
//! 4. All other verdicts must say the same. Where two differ the reply is ambiguous, whichever
//!    comes last, carries reasons, or is called final. A form that is not filled in (`<1-5>`,
//!    `...`) says nothing, and neither does a key that is only spoken of.
//!
//! What a value says:
//! - `4`, `4.0` and `"4"` are the mark 4: JSON has one kind of number, and a string that is
//!   nothing but an integer (a decimal, where marks may have some) can mean nothing else.
//! - `0`, `6`, `4.5`, `"7"` are numbers but no marks of the scale 1–5: out of range.
//! - `null`, `"4/5"`, `"four"`, `[4]` cannot be read: unparsable.
//!
//! Where a call asks for a list, all numbers stand in one, as many as were asked for; a number alone or a list of
//! another length cannot be read. Where it asks for lines, `label` says what counts.
//!
//! A call may name another [`Parser`](crate::suite::calls::Parser), which reads what the script of the benchmark's authors reads:
//! `compat-min-of-present` takes lists of other lengths and numbers alone (`bare`). The other rules stay: a number off the
//! scale, words in a list, two verdicts that differ and quotes of the material give no mark.

mod bare;
mod form;
mod label;
mod object;
mod scan;
mod thought;

use std::borrow::Cow;

pub use self::form::{Form, names};

use self::form::InList;
use self::object::Value;
use self::scan::Scan;
use crate::common::decimal::Decimal;
use crate::judge::mark::{Mark, MissingReason, Score};
use crate::suite::ReplyForm;
use crate::suite::axes::scale::{MarkScale, Numbers};

/// Version of the rules above; raised when a reply may be read otherwise. It stands in the identity of judges that
/// are asked in words. Runs from before it have judges without: their replies were read by the rules of that time.
pub const READING: &str = "2";
/// The detail of a judge's identity that holds [`READING`].
pub const READING_DETAIL: &str = "reading";

/// Longest reply that is searched for a mark, in bytes: ten times what any
/// sensible token limit lets through.
const MAX_REPLY_BYTES: usize = 64 << 10;

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
    /// The parts of the mark, where it is made of some and all could be read.
    pub parts: Vec<Score>,
    /// The judge's reasons, where the object carries them.
    pub rationale: Option<String>,
}

impl Reading {
    /// No mark, and why.
    pub fn missing(reason: MissingReason) -> Self {
        Self {
            mark: Mark::Missing(reason),
            parts: Vec::new(),
            rationale: None,
        }
    }
}

/// Where the numbers of one axis are searched for.
#[derive(Clone, Copy, Debug)]
struct Search<'a> {
    /// The key that they stand under.
    key: &'a str,
    /// The numbers that there are.
    scale: MarkScale,
    /// Their place, where a list stands there.
    list: Option<InList>,
}

/// The numbers that a reply gives, or why there are none, and its reasons.
struct Said {
    numbers: Result<Vec<Decimal>, MissingReason>,
    rationale: Option<String>,
}

impl Said {
    fn missing(reason: MissingReason) -> Self {
        Self {
            numbers: Err(reason),
            rationale: None,
        }
    }
}

/// Reads what a reply says of the axis at a place of its form. `material` holds the
/// texts that were judged and that the reply may quote.
pub fn read_at(text: &str, form: &Form, at: usize, material: &[String]) -> Reading {
    let Some((axis, key, count)) = form.at(at) else {
        return Reading::missing(MissingReason::Unparsable);
    };
    let said = numbers(text, |scan| match form.reply {
        ReplyForm::Label => said_on_lines(scan, key, form.scale, count, material),
        ReplyForm::Json | ReplyForm::List => {
            let list = (form.reply == ReplyForm::List).then(|| form.in_list(at));
            let search = Search {
                key,
                scale: form.scale,
                list,
            };
            said_under(scan, search, material)
        }
    });
    let made = form.made(axis, said.numbers);
    Reading {
        mark: made.mark,
        parts: made.parts,
        rationale: said.rationale,
    }
}

/// What `find` finds in a reply that is no longer than sensible and does not end inside a thought.
fn numbers(text: &str, find: impl FnOnce(&Scan<'_>) -> Said) -> Said {
    if text.len() > MAX_REPLY_BYTES {
        return Said::missing(MissingReason::Unparsable);
    }
    let text = unwrapped(text);
    let scan = Scan::of(&text);
    if scan.ends_in_thought {
        return Said::missing(MissingReason::Truncated);
    }
    find(&scan)
}

/// What objects say under a key.
fn said_under(scan: &Scan<'_>, search: Search<'_>, material: &[String]) -> Said {
    let verdicts = scan.verdicts(search, material);
    if let Some(place) = search.list.filter(|place| place.any_length)
        && let Some(value) = scan.bare_numbers(material)
    {
        return Said {
            numbers: agreed(std::iter::once(&Claim::of_list(
                &value,
                place,
                search.scale,
            ))),
            rationale: None,
        };
    }
    if verdicts.is_empty() && declines(&scan.prose) {
        return Said::missing(MissingReason::Refused);
    }
    if verdicts.is_empty() || scan.broken {
        return Said::missing(MissingReason::Unparsable);
    }
    let torn = scan.torn_claims(search);
    let claims = verdicts.iter().map(|verdict| &verdict.claim).chain(&torn);
    Said {
        numbers: agreed(claims),
        rationale: verdicts
            .iter()
            .rev()
            .filter(|verdict| verdict.claim != Claim::Form)
            .find_map(|verdict| verdict.rationale.clone()),
    }
}

/// What lines say under a label.
fn said_on_lines(
    scan: &Scan<'_>,
    label: &str,
    scale: MarkScale,
    count: usize,
    material: &[String],
) -> Said {
    let lines = label::read(&scan.prose, label, scale, count, material);
    if lines.claims.is_empty() && declines(&scan.prose) {
        return Said::missing(MissingReason::Refused);
    }
    let before = lines.before.trim();
    Said {
        numbers: agreed(lines.claims.iter()),
        rationale: (!lines.claims.is_empty() && !before.is_empty()).then(|| before.to_owned()),
    }
}

/// What one value says.
#[derive(Clone, Debug, PartialEq)]
enum Claim {
    /// These numbers, whatever else is said.
    Says(Result<Vec<Decimal>, MissingReason>),
    /// Nothing: a form that is not filled in.
    Form,
}

impl Claim {
    fn of(value: &Value, scale: MarkScale) -> Self {
        let word = match value {
            Value::Text(text) => text.trim(),
            Value::Bare(word) => word,
            Value::Object(_) | Value::List(_) => {
                return Self::Says(Err(MissingReason::Unparsable));
            }
        };
        if is_form(word) {
            return Self::Form;
        }
        let number = match value {
            Value::Bare(word) if !word.starts_with(|c: char| c.is_alphabetic()) => {
                word.parse::<f64>().ok()
            }
            Value::Text(_) if scale.step.as_whole().is_some() => {
                word.parse::<i64>().ok().map(|n| n as f64)
            }
            Value::Text(_) => word.parse::<Decimal>().ok().map(Decimal::to_f64),
            _ => None,
        };
        let number = number.ok_or(MissingReason::Unparsable);
        Self::Says(number.and_then(|number| on_scale(number, scale).map(|number| vec![number])))
    }

    /// What a value says that is a list of so many numbers, of some of them.
    fn of_list(value: &Value, place: InList, scale: MarkScale) -> Self {
        match value {
            Value::List(values) if place.any_length && !values.is_empty() => {
                Self::of_all(values.iter().map(|value| Self::of(value, scale)).collect())
            }
            Value::Text(_) | Value::Bare(_) if place.any_length => Self::of(value, scale),
            Value::List(values) if values.len() == place.total => {
                let own = values.iter().skip(place.from).take(place.count);
                Self::of_all(own.map(|value| Self::of(value, scale)).collect())
            }
            Value::List(values) if values.iter().all(|v| Self::of(v, scale) == Self::Form) => {
                Self::Form
            }
            _ => Self::Says(Err(MissingReason::Unparsable)),
        }
    }

    /// What some claims say together: their numbers in order, else the first reason why one is none.
    fn of_all(claims: Vec<Self>) -> Self {
        if claims.iter().all(|claim| *claim == Self::Form) {
            return Self::Form;
        }
        let numbers = claims.into_iter().map(|claim| match claim {
            Self::Says(said) => said,
            Self::Form => Err(MissingReason::Unparsable),
        });
        let numbers: Result<Vec<Vec<Decimal>>, MissingReason> = numbers.collect();
        Self::Says(numbers.map(|numbers| numbers.concat()))
    }
}

/// `<1-5>`, `...`, `_`, or nothing.
fn is_form(word: &str) -> bool {
    (word.starts_with('<') && word.ends_with('>')) || !word.chars().any(char::is_alphanumeric)
}

fn on_scale(number: f64, scale: MarkScale) -> Result<Decimal, MissingReason> {
    Decimal::nearest(number)
        .filter(|decimal| scale.numbers != Numbers::Steps || decimal.to_f64() == number)
        .map(|decimal| scale.rounded(decimal))
        .filter(|decimal| scale.holds(*decimal))
        .ok_or(MissingReason::OutOfRange)
}

/// The numbers that all claims agree on.
fn agreed<'a>(claims: impl Iterator<Item = &'a Claim>) -> Result<Vec<Decimal>, MissingReason> {
    let mut said = claims.filter_map(|claim| match claim {
        Claim::Says(said) => Some(said),
        Claim::Form => None,
    });
    let Some(first) = said.next() else {
        return Err(MissingReason::Unparsable);
    };
    match said.all(|other| other == first) {
        true => first.clone(),
        false => Err(MissingReason::Ambiguous),
    }
}

/// A reply that an endpoint wrote as a string of JSON, decoded once.
fn unwrapped(text: &str) -> Cow<'_, str> {
    let trimmed = text.trim();
    let decoded = if trimmed.starts_with('"') {
        serde_json::from_str::<String>(trimmed).ok()
    } else if trimmed.starts_with("{\\") {
        serde_json::from_str::<String>(&format!("\"{trimmed}\"")).ok()
    } else {
        None
    };
    decoded.map_or(Cow::Borrowed(text), Cow::Owned)
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

#[cfg(test)]
mod tests;
