//! What a reply of a judge's program is worth; docs/judge-programs.md has its fields for people.

use serde_json::value::RawValue;

use crate::common::decimal::Decimal;
use crate::common::fields::{self, Fields};
use crate::common::plain::excerpt;
use crate::common::program::about;
use crate::judge::calibration::Thresholds;
use crate::judge::{Mark, MissingReason, Score};
use crate::suite::axes::scale::{MarkParts, MarkScale, Numbers};

/// Deepest nesting of a field of a reply that is looked at.
const MAX_DEPTH: usize = 8;
/// Most entries of `marks`, `values` and `missing`.
const MAX_ENTRIES: usize = 64;
/// Most bytes of a rationale that are kept.
const MAX_RATIONALE: usize = 16_000;
/// Most remarks on one reply.
const MAX_REMARKS: usize = 20;

/// What a reply is to hold.
pub(super) struct Wanted<'a> {
    /// The id of the request.
    pub(super) id: &'a str,
    /// The axes that were asked for.
    pub(super) axes: Vec<WantedAxis<'a>>,
}

/// What a reply is to hold of one axis.
#[derive(Clone, Copy)]
pub(super) struct WantedAxis<'a> {
    /// Its key.
    pub(super) axis: &'a str,
    /// Its marks.
    pub(super) scale: MarkScale,
    /// The parts of the mark, where the axis has some.
    pub(super) parts: Option<&'a MarkParts>,
    /// The value that makes the mark, and how, where it is not the program's own.
    pub(super) calibrated: Option<(&'a str, &'a Thresholds)>,
    /// The value that is the mark, where marks are continuous.
    pub(super) value: &'a str,
}

/// What a reply says.
#[derive(Debug, PartialEq)]
pub(super) struct Reply {
    /// The mark of every axis that was asked for, or the named reason why there is none, with the parts of the mark.
    pub(super) marks: Vec<(Mark, Vec<Score>)>,
    /// The judge's own reasons.
    pub(super) rationale: Option<String>,
    /// What could not be taken although the mark could.
    pub(super) remarks: Vec<String>,
}

/// Reads the reply to a request.
///
/// # Errors
/// What the protocol does not allow, with the line: no JSON, another id, a mark that nobody asked for.
pub(super) fn read_reply(line: &[u8], wanted: &Wanted<'_>) -> Result<Reply, String> {
    let fault = |fault: String| about(line, "a reply", &fault);
    let legible = fields::legible(line);
    let read = Fields::read(&legible.text).map_err(fault)?;
    let remarks = legible.faults.into_iter().map(str::to_owned);
    let mut told = Told {
        axes: wanted.axes.iter().map(OfAxis::of).collect(),
        id: None,
        rationale: None,
        remarks: remarks.collect(),
    };
    for (name, value) in read.0 {
        told.take(&name, value).map_err(fault)?;
    }
    match &told.id {
        Some(id) if id == wanted.id => {}
        Some(_) => return Err(fault(format!("the reply to `{}` was awaited", wanted.id))),
        None => return Err(fault("`id` is not there".to_owned())),
    }
    let marks = told.axes.iter().map(OfAxis::mark);
    let marks = marks.collect::<Result<_, _>>().map_err(fault)?;
    told.remarks.truncate(MAX_REMARKS);
    Ok(Reply {
        marks,
        rationale: told.rationale,
        remarks: told.remarks,
    })
}

/// The id of a reply, whatever else it says; `None` where none can be read.
pub(super) fn id_of(line: &[u8]) -> Option<String> {
    let legible = fields::legible(line);
    let read = Fields::read(&legible.text).ok()?;
    let (_, raw) = read.0.into_iter().find(|(name, _)| name == "id")?;
    text("id", raw).ok()
}

/// What the fields of a reply say.
struct Told<'a> {
    axes: Vec<OfAxis<'a>>,
    id: Option<String>,
    rationale: Option<String>,
    remarks: Vec<String>,
}

/// What they say of one axis that was asked for.
struct OfAxis<'a> {
    wanted: &'a WantedAxis<'a>,
    mark: Option<String>,
    parts: Option<String>,
    value: Option<String>,
    missing: Option<MissingReason>,
}

impl Told<'_> {
    fn take(&mut self, name: &str, value: &RawValue) -> Result<(), String> {
        if fields::depth(value.get()) > MAX_DEPTH {
            let name = excerpt(name, 80);
            return Err(format!("{name}: nested more than {MAX_DEPTH} deep"));
        }
        match name {
            "id" => self.id = Some(text(name, value)?),
            "marks" => {
                for (at, raw) in self.of_axes(name, value)? {
                    self.set(at, |axis| axis.mark = Some(raw));
                }
            }
            "parts" => {
                for (at, raw) in self.of_axes(name, value)? {
                    self.take_parts(at, raw);
                }
            }
            "missing" => {
                for (at, raw) in self.of_axes(name, value)? {
                    let reason = self.reason(&raw);
                    self.set(at, |axis| axis.missing = Some(reason));
                }
            }
            // Numbers of the program's own may be more than were asked for.
            "values" => {
                let found = entries(name, value)?;
                for axis in &mut self.axes {
                    let key = axis.wanted.value();
                    let own = found.iter().find(|(name, _)| name == key);
                    axis.value = own.map(|(_, raw)| raw.clone());
                }
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

    /// The entries of the axes that were asked for, which alone may be there, each with the place of its axis.
    fn of_axes(&self, name: &str, value: &RawValue) -> Result<Vec<(usize, String)>, String> {
        let placed = |(key, raw): (String, String)| {
            let place = self.axes.iter().position(|axis| axis.wanted.axis == key);
            place.map(|at| (at, raw)).ok_or_else(|| {
                let key = excerpt(&key, 80);
                let asked: Vec<String> = self
                    .axes
                    .iter()
                    .map(|axis| format!("`{}`", axis.wanted.axis))
                    .collect();
                let were = if asked.len() > 1 { "were" } else { "was" };
                format!("{name}.{key}: only {} {were} asked for", asked.join(", "))
            })
        };
        entries(name, value)?.into_iter().map(placed).collect()
    }

    fn set(&mut self, at: usize, set: impl FnOnce(&mut OfAxis<'_>)) {
        if let Some(axis) = self.axes.get_mut(at) {
            set(axis);
        }
    }

    fn take_parts(&mut self, at: usize, raw: String) {
        let Some(axis) = self.axes.get_mut(at) else {
            return;
        };
        if axis.wanted.parts.is_some() {
            axis.parts = Some(raw);
            return;
        }
        let key = axis.wanted.axis;
        let why = format!("parts: marks of {key} have no parts; these were ignored");
        self.remarks.push(why);
    }

    fn reason(&mut self, raw: &str) -> MissingReason {
        let known = serde_json::from_str::<MissingReason>(raw);
        known.unwrap_or_else(|_| {
            let shown = excerpt(raw, 80);
            self.remarks
                .push(format!("missing: unknown reason {shown}"));
            MissingReason::NoMark
        })
    }
}

impl WantedAxis<'_> {
    /// The name of the number among `values` that makes the mark.
    fn value(&self) -> &str {
        self.calibrated.map_or(self.value, |(name, _)| name)
    }
}

impl<'a> OfAxis<'a> {
    fn of(wanted: &'a WantedAxis<'a>) -> Self {
        Self {
            wanted,
            mark: None,
            parts: None,
            value: None,
            missing: None,
        }
    }

    /// The mark and its parts.
    fn mark(&self) -> Result<(Mark, Vec<Score>), String> {
        let whole = self.whole()?;
        let (Some(raw), Some(rule)) = (&self.parts, self.wanted.parts) else {
            return Ok((whole, Vec::new()));
        };
        let made = of_parts(raw, rule, self.wanted.scale);
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
    fn whole(&self) -> Result<Mark, String> {
        let WantedAxis { axis, scale, .. } = *self.wanted;
        let found = match (self.wanted.calibrated, &self.mark) {
            (None, mark) => {
                let continuous = scale.numbers != Numbers::Steps;
                let value = self.value.as_deref().filter(|_| continuous);
                let read = |raw: &str| mark_of(raw, scale);
                match (mark.as_deref().map(read), value.map(read)) {
                    (Some(mark), Some(value)) if mark != value => {
                        return Ok(Mark::Missing(MissingReason::Ambiguous));
                    }
                    (mark, value) => mark.or(value),
                }
            }
            (Some((name, _)), Some(_)) => {
                return Err(format!(
                    "marks.{axis}: the description makes this mark from values.{name}; leave one of them out"
                ));
            }
            (Some((_, thresholds)), None) => {
                let value = self.value.as_deref();
                value.map(|raw| mark_of_value(raw, thresholds, scale))
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
