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

mod object;
mod scan;
mod thought;

use std::borrow::Cow;

use self::object::Value;
use self::scan::Scan;
use crate::common::decimal::Decimal;
use crate::judge::mark::{Mark, MissingReason, Score};
use crate::suite::axes::scale::MarkScale;

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
    /// The judge's reasons, where the object carries them.
    pub rationale: Option<String>,
}

/// The mark that a reply is searched for.
#[derive(Clone, Copy, Debug)]
pub struct Sought<'a> {
    /// The key that it stands under.
    pub key: &'a str,
    /// The marks that there are.
    pub scale: MarkScale,
}

/// Reads the reply of a judge that was asked for a mark. `material` holds the
/// texts that were judged and that the reply may quote.
pub fn read(text: &str, sought: Sought<'_>, material: &[String]) -> Reading {
    if text.len() > MAX_REPLY_BYTES {
        return Reading::missing(MissingReason::Unparsable);
    }
    let text = unwrapped(text);
    let scan = Scan::of(&text);
    if scan.ends_in_thought {
        return Reading::missing(MissingReason::Truncated);
    }
    let verdicts = scan.verdicts(sought, material);
    if verdicts.is_empty() && declines(&scan.prose) {
        return Reading::missing(MissingReason::Refused);
    }
    if verdicts.is_empty() || scan.broken {
        return Reading::missing(MissingReason::Unparsable);
    }
    let torn = scan.torn_claims(sought);
    let claims = verdicts.iter().map(|verdict| verdict.claim).chain(torn);
    Reading {
        mark: agreed(claims),
        rationale: verdicts
            .into_iter()
            .rev()
            .filter(|verdict| verdict.claim != Claim::Form)
            .find_map(|verdict| verdict.rationale),
    }
}

impl Reading {
    fn missing(reason: MissingReason) -> Self {
        Self {
            mark: Mark::Missing(reason),
            rationale: None,
        }
    }
}

/// What one value says.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Claim {
    /// This, whatever else is said.
    Says(Mark),
    /// Nothing: a form that is not filled in.
    Form,
}

impl Claim {
    fn of(value: &Value, scale: MarkScale) -> Self {
        let word = match value {
            Value::Text(text) => text.trim(),
            Value::Bare(word) => word,
            Value::Object(_) | Value::List(_) => {
                return Self::Says(Mark::Missing(MissingReason::Unparsable));
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
        let mark = |number| mark_of(number, scale);
        Self::Says(number.map_or(Mark::Missing(MissingReason::Unparsable), mark))
    }
}

/// `<1-5>`, `...`, `_`, or nothing.
fn is_form(word: &str) -> bool {
    (word.starts_with('<') && word.ends_with('>')) || !word.chars().any(char::is_alphanumeric)
}

fn mark_of(number: f64, scale: MarkScale) -> Mark {
    Decimal::nearest(number)
        .filter(|decimal| decimal.to_f64() == number)
        .and_then(|decimal| Score::on(scale, decimal))
        .map_or(Mark::Missing(MissingReason::OutOfRange), Mark::Scored)
}

/// The mark that all claims agree on.
fn agreed(claims: impl Iterator<Item = Claim>) -> Mark {
    let mut said = claims.filter_map(|claim| match claim {
        Claim::Says(mark) => Some(mark),
        Claim::Form => None,
    });
    let Some(first) = said.next() else {
        return Mark::Missing(MissingReason::Unparsable);
    };
    match said.all(|other| other == first) {
        true => first,
        false => Mark::Missing(MissingReason::Ambiguous),
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
