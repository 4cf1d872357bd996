//! What identifies a judge behind an API.

use std::collections::BTreeMap;

use crate::judge::rubric::{Rubrics, Style};
use crate::judge::{Identity, PARSER, RUBRIC, prompt, reply};

/// The detail that holds the version of the prompt: what all judges behind an API have, and no others.
pub const PROMPT_DETAIL: &str = "prompt";

/// The detail that says where what is judged stands in no fence: prompts of a benchmark's authors.
pub const DEFENCES_DETAIL: &str = "injection_defences";

/// Before the rubric in the details that hold order and labels of the pictures of its call, where the suite states them.
const PICTURES: &str = "pictures.";

/// Everything that decides the marks: what decides the replies, and how they are asked for.
pub(super) fn identity(
    name: &str,
    kind: &str,
    mut details: BTreeMap<String, String>,
    rubrics: &Rubrics,
) -> Identity {
    details.insert(PROMPT_DETAIL.to_owned(), prompt::VERSION.to_owned());
    details.insert(reply::READING_DETAIL.to_owned(), reply::READING.to_owned());
    let bare = rubrics.iter().filter(|rubric| rubric.style != Style::Ours);
    let bare: Vec<&str> = bare.map(|rubric| rubric.name.as_str()).collect();
    if !bare.is_empty() {
        let value = format!("off in {}", bare.join(", "));
        details.insert(DEFENCES_DETAIL.to_owned(), value);
    }
    for rubric in rubrics.iter() {
        let parser = rubric.form.parser;
        if !parser.is_strict() {
            details.insert(format!("{PARSER}{}", rubric.name), parser.key().to_owned());
        }
        let pictures = rubric.pictures.told(|part| rubric.sees.has(part));
        details.extend(pictures.map(|told| (format!("{PICTURES}{}", rubric.name), told)));
        let value = format!("{} {}", rubric.version, rubric.digest);
        details.insert(format!("{RUBRIC}{}", rubric.name), value);
    }
    Identity {
        name: name.to_owned(),
        kind: kind.to_owned(),
        details,
    }
}
