//! What a cell of a foreign file says: a mark of its axis, or a named reason why there is none. Never a guess.

use serde_json::Value;

use crate::common::decimal::Decimal;
use crate::judge::{MissingReason, Score};
use crate::suite::axes::scale::MarkScale;
use crate::suite::import::table::SourceCell;

/// A mark, or why there is none.
pub type Outcome = Result<Score, MissingReason>;

/// Words that say that there is no mark, in lower case.
const NOTHING: [&str; 9] = [
    "", "na", "n/a", "nan", "null", "none", "-", "\u{2013}", "\u{2212}",
];
/// What evaluation scripts write in place of a reply that never came, in lower case.
const NO_REPLY: &str = "failed to obtain answer";
/// How refusals begin, in lower case.
const REFUSALS: [&str; 4] = ["refused", "i'm sorry", "i cannot", "i can't"];

/// Reads a cell as a mark of a scale.
pub fn read(cell: &SourceCell, scale: MarkScale) -> Outcome {
    match cell {
        SourceCell::Null => Err(MissingReason::NoMark),
        SourceCell::Text(text) => words(text, scale),
        SourceCell::Scalar(value) => number(value, scale),
        SourceCell::Bytes(_) | SourceCell::List(_) | SourceCell::Group(_) => {
            Err(MissingReason::Unparsable)
        }
    }
}

/// The number that a cell holds, on the scale or not: what a script averages that checks nothing.
pub fn number_of(cell: &SourceCell) -> Option<Decimal> {
    match cell {
        SourceCell::Text(text) => number_in(text.trim()),
        SourceCell::Scalar(Value::Bool(truth)) => Some(Decimal::whole(i32::from(*truth))),
        SourceCell::Scalar(Value::Number(number)) => number_in(&number.to_string()),
        _ => None,
    }
}

fn number_in(text: &str) -> Option<Decimal> {
    let exact = text.parse::<Decimal>().ok();
    exact.or_else(|| {
        Decimal::nearest(
            text.parse::<f64>()
                .ok()
                .filter(|number| number.is_finite())?,
        )
    })
}

fn words(text: &str, scale: MarkScale) -> Outcome {
    let text = text.trim();
    let lower = text.to_lowercase();
    if NOTHING.contains(&lower.as_str()) {
        return Err(MissingReason::NoMark);
    }
    if lower.starts_with(NO_REPLY) {
        return Err(MissingReason::Transport);
    }
    if REFUSALS.iter().any(|refusal| lower.starts_with(refusal)) {
        return Err(MissingReason::Refused);
    }
    match text.parse::<Decimal>() {
        Ok(number) => on(scale, number),
        Err(_) => match text.parse::<f64>() {
            Ok(number) if number.is_nan() => Err(MissingReason::NoMark),
            Ok(number) => float(number, scale),
            Err(_) => Err(MissingReason::Unparsable),
        },
    }
}

fn number(value: &Value, scale: MarkScale) -> Outcome {
    match value {
        Value::Bool(truth) => on(scale, Decimal::whole(i32::from(*truth))),
        Value::Number(number) => match number.to_string().parse::<Decimal>() {
            Ok(number) => on(scale, number),
            Err(_) => number
                .as_f64()
                .map_or(Err(MissingReason::Unparsable), |number| {
                    float(number, scale)
                }),
        },
        Value::Null => Err(MissingReason::NoMark),
        _ => Err(MissingReason::Unparsable),
    }
}

/// A number that is written with an exponent or more decimals than a mark can have.
fn float(number: f64, scale: MarkScale) -> Outcome {
    Decimal::nearest(number).map_or(Err(MissingReason::OutOfRange), |number| on(scale, number))
}

fn on(scale: MarkScale, number: Decimal) -> Outcome {
    Score::on(scale, number).ok_or(MissingReason::OutOfRange)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells_say_a_mark_or_why_there_is_none() {
        use MissingReason::{NoMark, OutOfRange, Refused, Transport, Unparsable};
        let five = MarkScale::FIVE_POINT;
        let said = |text: &str| read(&SourceCell::Text(text.to_owned()), five).map(Score::rounded);
        for (text, expected) in [
            ("4", Ok(4)),
            (" 4.0 ", Ok(4)),
            ("4e0", Ok(4)),
            ("4.5", Err(OutOfRange)),
            ("0", Err(OutOfRange)),
            ("4/5", Err(Unparsable)),
            ("4,5", Err(Unparsable)),
            ("NaN", Err(NoMark)),
            ("N/A", Err(NoMark)),
            ("\u{2212}", Err(NoMark)),
            ("Failed to obtain answer via API.", Err(Transport)),
            ("I'm sorry, I cannot help.", Err(Refused)),
            ("four", Err(Unparsable)),
        ] {
            assert_eq!(said(text), expected, "{text}");
        }
        assert_eq!(read(&SourceCell::Null, five), Err(NoMark));
        assert_eq!(read(&SourceCell::List(vec![]), five), Err(Unparsable));
        let scalar = |value| read(&SourceCell::Scalar(value), five).map(Score::rounded);
        assert_eq!(scalar(serde_json::json!(3.0)), Ok(3));
        assert_eq!(scalar(serde_json::json!(true)), Ok(1));
    }
}
