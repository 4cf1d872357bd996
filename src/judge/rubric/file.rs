//! One file of a set of rubrics: what it must say, and what it says.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Form, Rubric, Style, Verbatim, Wording, Wordings};
use crate::common::decimal::Decimal;
use crate::common::digest::Digest;
use crate::judge::mark::Score;
use crate::suite::axes::scale::MarkScale;
use crate::suite::axes::sight::{Sight, SightPart};
use crate::suite::calls::{self, Arrangement, Labels, Parser, Recode};
use crate::suite::prompts::{PICTURES, is_picture};
use crate::suite::{Axis, Call, Kind, ReplyForm};

/// A file that a set may have.
#[derive(Debug)]
pub(super) struct Sought {
    /// Its name without `.toml`.
    pub name: String,
    /// The axes that it is about, of one scale.
    pub axes: Vec<Axis>,
    /// The categories that it is for; all others where `None`.
    pub categories: Option<Vec<String>>,
    /// The kinds of their tasks.
    pub kinds: Vec<Kind>,
    /// Whether the set is faulty without it.
    pub needed: bool,
    /// What is shown.
    pub sees: Sight,
    /// How the reply holds the marks.
    pub reply: ReplyForm,
    /// From what is asked for to marks.
    pub recode: Recode,
    /// How the reply is read.
    pub parser: Parser,
    /// In which order pictures are shown, and with which words.
    pub pictures: Arrangement,
}

impl Sought {
    /// A file of one axis.
    pub(super) fn of_axis(name: String, axis: Axis) -> Self {
        Self {
            name,
            axes: vec![axis],
            categories: None,
            kinds: Vec::new(),
            needed: false,
            sees: axis.sight(),
            reply: calls::usual_form(&[axis]),
            recode: Recode::default(),
            parser: Parser::Strict,
            pictures: Arrangement::default(),
        }
    }

    /// The file of a call.
    pub(super) fn of_call(call: &Call) -> Self {
        let mut kinds: Vec<Kind> = call.categories.iter().map(|(_, kind)| *kind).collect();
        kinds.sort_unstable();
        kinds.dedup();
        let categories = call.categories.iter().map(|(name, _)| name.clone());
        Self {
            name: call.rubric.clone(),
            axes: call.axes.clone(),
            categories: Some(categories.collect()),
            kinds,
            needed: true,
            sees: call.sees,
            reply: call.reply,
            recode: call.recode.clone(),
            parser: call.parser,
            pictures: call.pictures,
        }
    }

    /// The numbers that the judge is asked for.
    fn scale(&self) -> MarkScale {
        let marks = self
            .axes
            .first()
            .map_or(MarkScale::FIVE_POINT, |axis| axis.scale());
        self.recode.asked_on(marks)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct WireRubric {
    version: String,
    #[serde(default)]
    axis: Option<Axis>,
    #[serde(default)]
    key: Option<String>,
    /// Of a call: axis → key.
    #[serde(default)]
    keys: BTreeMap<String, String>,
    #[serde(default)]
    scale: BTreeMap<String, String>,
    #[serde(default)]
    edit: Option<Wording>,
    #[serde(default)]
    generation: Option<Wording>,
    #[serde(default)]
    prompt: Option<PromptStyle>,
    /// Of a verbatim prompt: the system message before it.
    #[serde(default)]
    system: Option<String>,
    /// Of a verbatim prompt: what stands in it for a part.
    #[serde(default)]
    placeholders: BTreeMap<String, SightPart>,
    /// Of a verbatim prompt: the words before pictures, by what they show.
    #[serde(default)]
    pictures: BTreeMap<String, String>,
    /// Of a verbatim prompt: where its texts were taken from, and their SHA-256; for people.
    #[serde(default, rename = "source")]
    _source: BTreeMap<String, Digest>,
}

/// How a rubric becomes a prompt where it is not put among our own words.
#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum PromptStyle {
    /// The task is the whole prompt, as its authors wrote it.
    Verbatim,
}

pub(super) fn parse(sought: Sought, text: &str) -> Result<Rubric, Vec<String>> {
    let wire: WireRubric =
        toml::from_str(text).map_err(|error| vec![error.to_string().trim_end().to_owned()])?;
    let mut faults = Vec::new();
    let keys = keys(&sought, &wire, &mut faults);
    check_wordings(&sought, &wire, &mut faults);
    let style = style(&sought, &wire, &mut faults);
    let anchors = anchors(sought.scale(), wire.scale, &mut faults);
    let wordings = match (wire.edit, wire.generation) {
        (Some(edit), Some(generation)) => Some(Wordings::Both { edit, generation }),
        (Some(one), None) | (None, Some(one)) => Some(Wordings::One(one)),
        (None, None) => None,
    };
    match wordings {
        Some(wordings) if faults.is_empty() => Ok(Rubric {
            form: Form {
                reply: sought.reply,
                keys,
                scale: sought.scale(),
                recode: sought.recode,
                parser: sought.parser,
            },
            sees: sought.sees,
            pictures: sought.pictures,
            style,
            name: sought.name,
            version: wire.version,
            categories: sought.categories,
            anchors,
            digest: Digest::of(text.as_bytes()),
            wordings,
        }),
        _ => Err(faults),
    }
}

/// How the prompt is made: a verbatim one is all of the judge's instructions, and shows words only by placeholders.
fn style(sought: &Sought, wire: &WireRubric, faults: &mut Vec<String>) -> Style {
    if wire.prompt.is_none() {
        let authors = !wire.placeholders.is_empty() || !wire.pictures.is_empty();
        if authors || wire.system.is_some() {
            faults.push(
                "system, [placeholders], [pictures]: only for prompt = \"verbatim\"".to_owned(),
            );
        }
        return Style::Ours;
    }
    let wordings = [&wire.edit, &wire.generation];
    for wording in wordings.into_iter().flatten() {
        if !wording.criteria.is_empty() || !wording.steps.is_empty() {
            let fault = "criteria, steps: a verbatim prompt says all in `task`";
            faults.push(fault.to_owned());
        }
        for mark in wire.placeholders.keys() {
            if mark.trim().is_empty() || !wording.task.contains(mark.as_str()) {
                faults.push(format!(
                    "[placeholders] {mark:?} does not stand in the task"
                ));
            }
        }
    }
    if !wire.scale.is_empty() {
        faults.push("[scale]: a verbatim prompt says all in `task`".to_owned());
    }
    let words = [
        SightPart::Instruction,
        SightPart::Reasoning,
        SightPart::Reference,
    ];
    for (mark, part) in &wire.placeholders {
        if !words.contains(part) || !sought.sees.has(*part) {
            faults.push(format!(
                "[placeholders] {mark:?} stands for {}, which the call does not show in words",
                part.key()
            ));
        }
    }
    if sought.pictures.labels != Labels::Between && !wire.pictures.is_empty() {
        faults.push(format!(
            "[pictures]: the call says labels = \"{}\", so that no words stand before pictures",
            sought.pictures.labels.key()
        ));
    }
    for name in wire.pictures.keys().filter(|name| !is_picture(name)) {
        faults.push(format!("[pictures] `{name}`: expected {PICTURES}"));
    }
    Style::Verbatim(Verbatim {
        placeholders: wire.placeholders.clone(),
        pictures: wire.pictures.clone(),
        system: wire.system.clone().unwrap_or_default(),
    })
}

/// The key of every axis: `axis` and `key` for one, `[keys]` for the axes of a call, and one `key` for its list.
fn keys(sought: &Sought, wire: &WireRubric, faults: &mut Vec<String>) -> Vec<(Axis, String)> {
    let keys: Vec<(Axis, String)> = match sought.axes.as_slice() {
        [axis] => {
            match wire.axis {
                None => faults.push(format!("axis is not there, expected `{axis}`")),
                Some(said) if said.key() != axis.key() => {
                    faults.push(format!("axis is `{said}`, expected `{axis}`"));
                }
                Some(_) => {}
            }
            if !wire.keys.is_empty() {
                faults.push("[keys] is for calls that mark several axes".to_owned());
            }
            vec![(*axis, wire.key.clone().unwrap_or_default())]
        }
        axes if sought.reply == ReplyForm::List => {
            if wire.axis.is_some() || !wire.keys.is_empty() {
                faults.push(
                    "axis and [keys]: a call with reply = \"list\" has one `key`, that of the list"
                        .to_owned(),
                );
            }
            let key = wire.key.clone().unwrap_or_default();
            axes.iter().map(|axis| (*axis, key.clone())).collect()
        }
        axes => {
            if wire.axis.is_some() || wire.key.is_some() {
                faults
                    .push("axis and key: a call has [keys], with a key for every axis".to_owned());
            }
            let known = |name: &str| axes.iter().any(|axis| axis.key() == name);
            let unknown = wire.keys.keys().filter(|name| !known(name));
            faults
                .extend(unknown.map(|name| format!("[keys] `{name}`: the call does not mark it")));
            let key = |axis: &Axis| wire.keys.get(axis.key()).cloned().unwrap_or_default();
            axes.iter().map(|axis| (*axis, key(axis))).collect()
        }
    };
    check_keys(sought.reply, &keys, faults);
    keys
}

fn check_keys(reply: ReplyForm, keys: &[(Axis, String)], faults: &mut Vec<String>) {
    for (at, (axis, key)) in keys.iter().enumerate() {
        match reply {
            ReplyForm::Label if is_label(key) => {}
            ReplyForm::Label => faults.push(format!(
                "key `{key}` of {axis}: expected a label of letters, digits and single spaces that begins with a letter"
            )),
            _ if is_plain(key) && key != "reasoning" => {}
            _ => faults.push(format!(
                "key `{key}` of {axis}: expected lower-case letters and `_`, and not `reasoning`, which holds the judge's reasons"
            )),
        }
        let mut others = keys.iter().take(at);
        if reply != ReplyForm::List && others.any(|(_, other)| other.eq_ignore_ascii_case(key)) {
            faults.push(format!("key `{key}` of {axis}: another axis has it, too"));
        }
    }
}

/// Whether a text can stand before the colon of a line with a mark.
fn is_label(key: &str) -> bool {
    let letters = key.bytes().all(|b| b.is_ascii_alphanumeric() || b == b' ');
    let begins = key.starts_with(|c: char| c.is_ascii_alphabetic());
    letters && begins && !key.ends_with(' ') && !key.contains("  ") && key.len() <= 64
}

fn is_plain(key: &str) -> bool {
    let plain = key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_');
    !key.is_empty() && key.len() <= 64 && plain
}

fn check_wordings(sought: &Sought, wire: &WireRubric, faults: &mut Vec<String>) {
    for (kind, wording) in [
        (Kind::Edit, wire.edit.as_ref()),
        (Kind::Generation, wire.generation.as_ref()),
    ] {
        match wording {
            Some(wording) if wording.task.trim().is_empty() => {
                faults.push(format!("[{kind}] task is empty"));
            }
            None if sought.kinds.contains(&kind) => {
                faults.push(format!("[{kind}] is not there"));
            }
            _ => {}
        }
    }
}

/// What marks mean, the highest first. Of the scale 1–5 all are told, of others at least the ends.
fn anchors(
    scale: MarkScale,
    told: BTreeMap<String, String>,
    faults: &mut Vec<String>,
) -> Vec<(Score, String)> {
    if told.is_empty() {
        return Vec::new();
    }
    let mut anchors = Vec::new();
    for (mark, meaning) in told {
        let value = mark.parse().ok().and_then(|value| Score::on(scale, value));
        match value {
            Some(score) => anchors.push((score, meaning)),
            None => faults.push(format!(
                "[scale] `{mark}`: expected marks from {} to {}",
                scale.lo, scale.hi
            )),
        }
    }
    anchors.sort_by(|(a, _), (b, _)| b.cmp(a));
    let needed = match scale == MarkScale::FIVE_POINT {
        true => (1..=5).map(Decimal::whole).collect(),
        false => vec![scale.lo, scale.hi],
    };
    for mark in needed {
        if !anchors.iter().any(|(score, _)| score.get() == mark) {
            faults.push(format!("[scale] does not say what {mark} means"));
        }
    }
    anchors
}
