//! The authors' prompts of a suite, taken from a clone of their repository: read as text, never run, and written as rubrics.

use std::collections::BTreeMap;
use std::path::Path;

use serde::Serialize;

use super::python::{self, Literal};
use super::{Base, ImportError, ImportRequest};
use crate::common::digest::Digest;
use crate::common::outside::Folder;
use crate::suite::axes::sight::SightPart;
use crate::suite::calls::ReplyForm;
use crate::suite::definition::Definition;
use crate::suite::fault::quoted;
use crate::suite::prompts::WirePrompt;

/// Most files of a clone that are looked at.
const MAX_FILES: usize = 20_000;
/// Longest file with a prompt, in bytes.
const MAX_FILE_BYTES: u64 = 1 << 20;
/// Longest prompt, in bytes.
const MAX_PROMPT_BYTES: usize = 64 << 10;

/// The folder of rubrics of a suite that has no other.
pub(super) const FOLDER: &str = "rubrics/";

/// A rubric in the authors' words.
#[derive(Clone, Debug)]
pub(super) struct AuthorsRubric {
    /// Its name, without `.toml`.
    pub name: String,
    /// The file.
    pub text: String,
    /// Where its texts come from, each with the SHA-256 of the file.
    pub source: BTreeMap<String, Digest>,
}

impl AuthorsRubric {
    /// What was taken, for the user.
    pub(super) fn note(&self) -> String {
        let from = self.source.iter();
        let from: Vec<String> = from
            .map(|(file, digest)| format!("{file} (SHA-256 {})", digest.short(12)))
            .collect();
        format!(
            "the authors' prompt `{}` was taken from {}; it has no defences against injected words",
            self.name,
            from.join(", ")
        )
    }
}

/// A rubric as it is written.
#[derive(Serialize)]
struct WireRubric<'a> {
    version: String,
    prompt: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    system: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    axis: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    keys: BTreeMap<&'a str, &'a str>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    placeholders: &'a BTreeMap<String, SightPart>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pictures: &'a BTreeMap<String, String>,
    source: &'a BTreeMap<String, Digest>,
    edit: WireWording<'a>,
    generation: WireWording<'a>,
}

#[derive(Serialize)]
struct WireWording<'a> {
    task: &'a str,
}

/// The authors' prompts, where they were asked for.
///
/// # Errors
/// Those of [`take`].
pub(super) fn wanted(request: &ImportRequest) -> Result<Vec<AuthorsRubric>, ImportError> {
    match (&request.prompts, &request.base) {
        (None, _) => Ok(Vec::new()),
        (Some(clone), Base::Suite(definition)) => take(definition, clone),
        (Some(_), Base::New(name)) => Err(ImportError::NoPrompts(name.clone())),
    }
}

/// The rubrics of all prompts that a definition declares, from a clone.
///
/// # Errors
/// [`ImportError::Prompts`] with every prompt that cannot be taken, and [`ImportError::NoPrompts`].
fn take(definition: &Definition, clone: &Path) -> Result<Vec<AuthorsRubric>, ImportError> {
    if definition.prompts.is_empty() {
        return Err(ImportError::NoPrompts(definition.name.clone()));
    }
    let clone = Repository::open(clone)?;
    let (mut rubrics, mut faults) = (Vec::new(), Vec::new());
    for prompt in &definition.prompts {
        match rubric(prompt, &clone) {
            Ok(rubric) => rubrics.push(rubric),
            Err(fault) => faults.push(format!("{}: {fault}", prompt.rubric)),
        }
    }
    match faults.is_empty() {
        true => Ok(rubrics),
        false => Err(ImportError::Prompts(faults)),
    }
}

/// A folder of the user's with the authors' files.
struct Repository {
    folder: Folder,
    files: Vec<String>,
}

impl Repository {
    fn open(path: &Path) -> Result<Self, ImportError> {
        let no_clone = |source| ImportError::NoClone {
            path: path.display().to_string(),
            source,
        };
        let folder = Folder::at(path).map_err(no_clone)?;
        let found = folder.list(MAX_FILES).map_err(no_clone)?;
        if found.more {
            return Err(ImportError::TooManyFiles { limit: MAX_FILES });
        }
        Ok(Self {
            folder,
            files: found.files,
        })
    }

    /// The one file that a pattern names, and its text.
    fn file(&self, pattern: &str) -> Result<(&str, String), String> {
        let glob = glob::Pattern::new(pattern).map_err(|error| {
            format!(
                "{} is not a pattern of files: {}",
                quoted(pattern),
                error.msg
            )
        })?;
        let mut matching = self.files.iter().filter(|name| glob.matches(name));
        let (Some(name), None) = (matching.next(), matching.next()) else {
            let count = self.files.iter().filter(|name| glob.matches(name)).count();
            return Err(format!(
                "{count} files are called {}, expected one: name a clone of the authors' repository, or the folder in it that holds the right one",
                quoted(pattern)
            ));
        };
        let text = self
            .folder
            .read_text(name, MAX_FILE_BYTES)
            .map_err(|error| error.to_string())?;
        Ok((name, text))
    }
}

fn rubric(prompt: &WirePrompt, clone: &Repository) -> Result<AuthorsRubric, String> {
    let mut source = BTreeMap::new();
    let task = texts(prompt, &prompt.text, clone, &mut source)?;
    let system = texts(prompt, &prompt.system, clone, &mut source)?;
    let length = task.len() + system.len();
    if task.trim().is_empty() || length > MAX_PROMPT_BYTES {
        return Err(format!(
            "a prompt of {length} bytes, expected 1 to {MAX_PROMPT_BYTES}"
        ));
    }
    if let Some(lost) = prompt
        .placeholders
        .keys()
        .find(|mark| !task.contains(*mark))
    {
        return Err(format!("{} does not stand in the text", quoted(lost)));
    }
    let text = written(prompt, &task, &system, &source).map_err(|error| error.to_string())?;
    Ok(AuthorsRubric {
        name: prompt.rubric.clone(),
        text,
        source,
    })
}

/// The texts of some places, joined by line breaks; the files that they are from are added to `source`.
fn texts(
    prompt: &WirePrompt,
    places: &[String],
    clone: &Repository,
    source: &mut BTreeMap<String, Digest>,
) -> Result<String, String> {
    let mut pieces = Vec::with_capacity(places.len());
    for place in places {
        let (pattern, selector) = match place.split_once('#') {
            Some((pattern, selector)) => (pattern, Some(selector)),
            None => (place.as_str(), None),
        };
        let (name, text) = clone.file(pattern)?;
        source.insert(name.to_owned(), Digest::of(text.as_bytes()));
        pieces.push(match selector {
            None => text,
            Some(selector) => {
                let literal = literal(&text, selector).map_err(|why| format!("{name}: {why}"))?;
                match literal.formatted || prompt.doubled_braces {
                    true => single_braces(&literal.text, prompt),
                    false => literal.text,
                }
            }
        });
    }
    Ok(pieces.join("\n"))
}

/// The string that a selector names: the name that it is assigned to, or `^` and the words that it begins with.
fn literal(source: &str, selector: &str) -> Result<Literal, String> {
    let all = python::literals(source)?;
    let wanted = |one: &&Literal| match selector.strip_prefix('^') {
        Some(words) => one.text.trim_start().starts_with(words),
        None => one.name.as_deref() == Some(selector),
    };
    // A short string counts only where no long one is meant.
    let (short, long): (Vec<&Literal>, Vec<&Literal>) =
        all.iter().filter(wanted).partition(|one| one.short);
    let found = if long.is_empty() { short } else { long };
    let first = found
        .first()
        .ok_or_else(|| format!("no string is {}", quoted(selector)))?;
    match found.iter().all(|other| other.text == first.text) {
        true => Ok((*first).clone()),
        false => Err(format!(
            "several strings are {}, and they differ",
            quoted(selector)
        )),
    }
}

/// `{{` and `}}` as `{` and `}`. Placeholders with braces of their own stay as they are.
fn single_braces(text: &str, prompt: &WirePrompt) -> String {
    let mut single = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let mark = prompt
            .placeholders
            .keys()
            .find(|mark| rest.starts_with(*mark));
        let (kept, passed) = match mark {
            Some(mark) => (mark.as_str(), mark.len()),
            None if rest.starts_with("{{") => ("{", 2),
            None if rest.starts_with("}}") => ("}", 2),
            None => (rest.get(..c.len_utf8()).unwrap_or_default(), c.len_utf8()),
        };
        single.push_str(kept);
        rest = rest.get(passed..).unwrap_or_default();
    }
    single
}

/// The rubric as a file.
fn written(
    prompt: &WirePrompt,
    task: &str,
    system: &str,
    source: &BTreeMap<String, Digest>,
) -> Result<String, toml::ser::Error> {
    let mut keys: BTreeMap<&str, &str> = BTreeMap::new();
    keys.extend(
        prompt
            .keys
            .iter()
            .map(|(axis, key)| (axis.as_str(), key.as_str())),
    );
    let first = keys.iter().next().map(|(axis, key)| (*axis, *key));
    let (axis, key) = match (keys.len(), prompt.reply) {
        (1, _) => (first.map(|(axis, _)| axis), first.map(|(_, key)| key)),
        (_, ReplyForm::List) => (None, first.map(|(_, key)| key)),
        _ => (None, None),
    };
    if key.is_some() {
        keys.clear();
    }
    toml::to_string(&WireRubric {
        version: "as its authors wrote it".to_owned(),
        prompt: "verbatim",
        system: Some(system).filter(|system| !system.is_empty()),
        axis,
        key,
        keys,
        placeholders: &prompt.placeholders,
        pictures: &prompt.pictures,
        source,
        edit: WireWording { task },
        generation: WireWording { task },
    })
}
