//! The lines that parabench and a judge's program exchange; docs/judge-programs.md has them for people.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_json::value::RawValue;

use crate::common::decimal::Decimal;
use crate::common::fields::{self, Fields, parse_line};
use crate::common::plain::excerpt;
use crate::common::program::{LineForm, about, check_version};
use crate::judge::calibration::Thresholds;
use crate::judge::{Mark, MissingReason, Score};
use crate::suite::Kind;
use crate::suite::axes::scale::{MarkParts, MarkScale};
use crate::suite::axes::{MAX_AXES, is_key};

/// What a judge may write.
pub(super) const LINES: LineForm = LineForm {
    max_bytes: 1 << 20,
    fields: &["hello", "id", "marks", "parts", "values", "missing"],
};
/// Deepest nesting of a field of a reply that is looked at.
const MAX_DEPTH: usize = 8;
/// Most entries of `marks`, `values` and `missing`.
const MAX_ENTRIES: usize = 64;
/// Most bytes of a rationale that are kept.
const MAX_RATIONALE: usize = 16_000;
/// Longest name and version that are kept, in bytes.
const MAX_NAME: usize = 200;
/// Most remarks on one reply.
const MAX_REMARKS: usize = 20;

/// The first line of a program, as it is written.
#[derive(Deserialize)]
struct WireHello {
    hello: u32,
    role: Option<String>,
    name: Option<String>,
    version: Option<String>,
    axes: Option<Vec<String>>,
    batch: Option<u32>,
}

/// What a program says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Hello {
    /// What it runs.
    pub(super) name: Option<String>,
    /// Its version.
    pub(super) version: Option<String>,
    /// The axes that it marks; empty where it does not say.
    pub(super) axes: Vec<String>,
}

/// One request. What the axis may not see is not there.
#[derive(Debug, Serialize)]
pub(super) struct RequestLine<'a> {
    /// Tells the request from others; says nothing of the task.
    pub(super) id: &'a str,
    /// What is to be marked.
    pub(super) axes: [&'a str; 1],
    /// `edit` or `generation`.
    pub(super) kind: Kind,
    /// Number of the repeat, from 0.
    pub(super) repeat: u32,
    /// What was asked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) instruction: Option<&'a str>,
    /// The model's reasoning.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reasoning: Option<&'a str>,
    /// Absolute paths of the pictures to edit.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) inputs: Vec<PathBuf>,
    /// What the suite calls each of them, where it does.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) labels: Vec<&'a str>,
    /// Absolute path of the model's picture.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) output: Option<PathBuf>,
    /// What the suite says that a right answer shows.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) references: Vec<&'a str>,
    /// Absolute path of a picture that a right answer looks like.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) reference_image: Option<PathBuf>,
    /// The truth of the task.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) target: Option<&'a Value>,
}

/// What a reply is to hold.
pub(super) struct Wanted<'a> {
    /// The id of the request.
    pub(super) id: &'a str,
    /// The axis that was asked for.
    pub(super) axis: &'a str,
    /// Its marks.
    pub(super) scale: MarkScale,
    /// The parts of the mark, where the axis has some.
    pub(super) parts: Option<&'a MarkParts>,
    /// The value that makes the mark, and how, where it is not the program's own.
    pub(super) calibrated: Option<(&'a str, &'a Thresholds)>,
}

/// What a reply says.
#[derive(Debug, PartialEq)]
pub(super) struct ProgramMarks {
    /// The mark, or the named reason why there is none.
    pub(super) mark: Mark,
    /// The parts of the mark, where it is made of some.
    pub(super) parts: Vec<Score>,
    /// The judge's own reasons.
    pub(super) rationale: Option<String>,
    /// What could not be taken although the mark could.
    pub(super) remarks: Vec<String>,
}

impl ProgramMarks {
    /// What stands for a reply that did not come.
    pub(super) fn lost(mark: Mark) -> Self {
        Self {
            mark,
            parts: Vec::new(),
            rationale: None,
            remarks: Vec::new(),
        }
    }
}

/// Reads the first line of a program.
///
/// # Errors
/// What is wrong with it, in words that follow the program's name.
pub(super) fn read_hello(line: &[u8]) -> Result<Hello, String> {
    let fault = |fault: &str| about(line, "the hello of a judge", fault);
    let wire: WireHello = parse_line(line).map_err(|error| fault(&error))?;
    check_version(wire.hello)?;
    if wire.role.as_deref() != Some("judge") {
        return Err(fault("expected \"role\": \"judge\""));
    }
    let axes = wire.axes.unwrap_or_default();
    if axes.len() > MAX_AXES || !axes.iter().all(|key| is_key(key)) {
        return Err(fault(&format!(
            "axes: expected at most {MAX_AXES} keys of lower-case letters, digits, `_` and `-`"
        )));
    }
    if wire.batch == Some(0) {
        return Err(fault("batch: expected 1 or more"));
    }
    let name = |text: Option<String>| text.map(|text| excerpt(&text, MAX_NAME));
    Ok(Hello {
        name: name(wire.name),
        version: name(wire.version),
        axes,
    })
}

/// Reads the reply to a request.
///
/// # Errors
/// What the protocol does not allow, with the line: no JSON, another id, a mark that nobody asked for.
pub(super) fn read_reply(line: &[u8], wanted: &Wanted<'_>) -> Result<ProgramMarks, String> {
    let fault = |fault: String| about(line, "a reply", &fault);
    let legible = fields::legible(line);
    let read = Fields::read(&legible.text).map_err(fault)?;
    let mut told = Told {
        remarks: legible.faults.into_iter().map(str::to_owned).collect(),
        ..Told::default()
    };
    for (name, value) in read.0 {
        told.take(&name, value, wanted).map_err(fault)?;
    }
    match &told.id {
        Some(id) if id == wanted.id => {}
        Some(_) => return Err(fault(format!("the reply to `{}` was awaited", wanted.id))),
        None => return Err(fault("`id` is not there".to_owned())),
    }
    let (mark, parts) = told.mark(wanted).map_err(fault)?;
    told.remarks.truncate(MAX_REMARKS);
    Ok(ProgramMarks {
        mark,
        parts,
        rationale: told.rationale,
        remarks: told.remarks,
    })
}

/// What the fields of a reply say of the axis that was asked for.
#[derive(Default)]
struct Told {
    id: Option<String>,
    mark: Option<String>,
    parts: Option<String>,
    value: Option<String>,
    missing: Option<MissingReason>,
    rationale: Option<String>,
    remarks: Vec<String>,
}

impl Told {
    fn take(&mut self, name: &str, value: &RawValue, wanted: &Wanted<'_>) -> Result<(), String> {
        if fields::depth(value.get()) > MAX_DEPTH {
            let name = excerpt(name, 80);
            return Err(format!("{name}: nested more than {MAX_DEPTH} deep"));
        }
        match name {
            "id" => self.id = Some(text(name, value)?),
            "marks" => self.mark = of_axis(name, value, wanted.axis)?,
            "parts" if wanted.parts.is_some() => {
                self.parts = of_axis(name, value, wanted.axis)?;
            }
            "parts" => {
                let axis = wanted.axis;
                let why = format!("parts: marks of {axis} have none, these were passed over");
                self.remarks.push(why);
            }
            "missing" => {
                if let Some(reason) = of_axis(name, value, wanted.axis)? {
                    self.missing = Some(self.reason(&reason));
                }
            }
            "values" => {
                let key = wanted.calibrated.map_or(wanted.axis, |(name, _)| name);
                let found = entries(name, value)?
                    .into_iter()
                    .find(|(name, _)| name == key);
                self.value = found.map(|(_, raw)| raw);
            }
            "rationale" => match text(name, value) {
                Ok(said) => self.rationale = Some(excerpt(&said, MAX_RATIONALE)),
                Err(why) => self.remarks.push(why),
            },
            // Kept with the raw reply.
            "details" => {}
            unknown => {
                let shown = excerpt(unknown, 80);
                self.remarks.push(format!("unknown field `{shown}`"));
            }
        }
        Ok(())
    }

    fn reason(&mut self, raw: &str) -> MissingReason {
        let known = serde_json::from_str::<MissingReason>(raw);
        known.unwrap_or_else(|_| {
            let shown = excerpt(raw, 80);
            self.remarks
                .push(format!("missing: {shown} is no reason that is known"));
            MissingReason::NoMark
        })
    }

    /// The mark and its parts.
    fn mark(&self, wanted: &Wanted<'_>) -> Result<(Mark, Vec<Score>), String> {
        let whole = self.whole(wanted)?;
        let (Some(raw), Some(rule)) = (&self.parts, wanted.parts) else {
            return Ok((whole, Vec::new()));
        };
        let made = of_parts(raw, rule, wanted.scale);
        let said = self.mark.is_some() || self.value.is_some() || self.missing.is_some();
        Ok(match made {
            Err(reason) => (Mark::Missing(reason), Vec::new()),
            Ok((mark, _)) if said && whole != Mark::Scored(mark) => {
                (Mark::Missing(MissingReason::Ambiguous), Vec::new())
            }
            Ok((mark, parts)) => (Mark::Scored(mark), parts),
        })
    }

    /// The mark as it is told in one number.
    fn whole(&self, wanted: &Wanted<'_>) -> Result<Mark, String> {
        let found = match (wanted.calibrated, &self.mark) {
            (None, mark) => mark.as_deref().map(|raw| mark_of(raw, wanted.scale)),
            (Some((name, _)), Some(_)) => {
                let axis = wanted.axis;
                return Err(format!(
                    "marks.{axis}: the description makes this mark from values.{name}; leave one of them out"
                ));
            }
            (Some((_, thresholds)), None) => {
                let value = self.value.as_deref();
                value.map(|raw| mark_of_value(raw, thresholds, wanted.scale))
            }
        };
        Ok(match (found, self.missing) {
            (Some(Mark::Scored(_)), Some(_)) => Mark::Missing(MissingReason::Ambiguous),
            (_, Some(reason)) => Mark::Missing(reason),
            (Some(mark), None) => mark,
            (None, None) => Mark::Missing(MissingReason::Unparsable),
        })
    }
}

fn text(name: &str, value: &RawValue) -> Result<String, String> {
    serde_json::from_str(value.get()).map_err(|error| format!("{name}: {error}"))
}

/// The entries of an object, as they are written; none for null.
fn entries(name: &str, value: &RawValue) -> Result<Vec<(String, String)>, String> {
    if value.get() == "null" {
        return Ok(Vec::new());
    }
    let read = Fields::read(value.get()).map_err(|error| format!("{name}: {error}"))?;
    if read.0.len() > MAX_ENTRIES {
        return Err(format!("{name}: more than {MAX_ENTRIES} entries"));
    }
    let owned = |(name, raw): (String, &RawValue)| (name, raw.get().to_owned());
    Ok(read.0.into_iter().map(owned).collect())
}

/// The entry of the axis that was asked for, which alone may be there.
fn of_axis(name: &str, value: &RawValue, axis: &str) -> Result<Option<String>, String> {
    let mut found = None;
    for (key, raw) in entries(name, value)? {
        if key != axis {
            let key = excerpt(&key, 80);
            return Err(format!("{name}.{key}: only `{axis}` was asked for"));
        }
        found = Some(raw);
    }
    Ok(found)
}

/// The mark that a list of parts makes, and the parts.
fn of_parts(
    raw: &str,
    rule: &MarkParts,
    scale: MarkScale,
) -> Result<(Score, Vec<Score>), MissingReason> {
    let list: Vec<&RawValue> = serde_json::from_str(raw).map_err(|_| MissingReason::Unparsable)?;
    if list.len() != rule.names.len() {
        return Err(MissingReason::Unparsable);
    }
    let part = |raw: &&RawValue| match mark_of(raw.get(), scale) {
        Mark::Scored(score) => Ok(score),
        Mark::Missing(reason) => Err(reason),
    };
    let parts: Vec<Score> = list.iter().map(part).collect::<Result<_, _>>()?;
    let mark = rule.take.of(parts.iter().copied());
    Ok((mark.ok_or(MissingReason::Unparsable)?, parts))
}

/// A mark as it is written. NaN and infinities are null by now.
fn mark_of(raw: &str, scale: MarkScale) -> Mark {
    if raw == "null" {
        return Mark::Missing(MissingReason::NoMark);
    }
    let Some(number) = number(raw) else {
        return Mark::Missing(MissingReason::Unparsable);
    };
    if number.is_infinite() {
        return Mark::Missing(MissingReason::NoMark);
    }
    let written = raw.parse::<Decimal>().ok();
    let decimal = written.or_else(|| Decimal::nearest(number));
    let mark = decimal.and_then(|decimal| Score::on(scale, decimal));
    mark.map_or(Mark::Missing(MissingReason::OutOfRange), Mark::Scored)
}

fn mark_of_value(raw: &str, thresholds: &Thresholds, scale: MarkScale) -> Mark {
    if raw == "null" {
        return Mark::Missing(MissingReason::NoMark);
    }
    match number(raw) {
        None => Mark::Missing(MissingReason::Unparsable),
        Some(number) if number.is_infinite() => Mark::Missing(MissingReason::NoMark),
        Some(number) => {
            let mark = thresholds.mark(scale, number);
            mark.map_or(Mark::Missing(MissingReason::OutOfRange), Mark::Scored)
        }
    }
}

/// A JSON number; infinite where it is beyond all floating-point numbers.
fn number(raw: &str) -> Option<f64> {
    let begins = raw.starts_with(|c: char| c.is_ascii_digit() || c == '-');
    begins.then(|| raw.parse().ok()).flatten()
}

#[cfg(test)]
mod tests;
