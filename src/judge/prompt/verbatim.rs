//! Prompts as a benchmark's authors wrote them: their system message where they have one, their text with what is judged put in
//! as it is, then the pictures. No fence
//! and no rules of ours, so that the judge is asked what the authors asked, and is as open to injected words as theirs.

use std::collections::BTreeMap;

use super::{JudgePrompt, PromptPart, Role, material, pictures};
use crate::judge::evidence::Evidence;
use crate::judge::rubric::{Rubric, Verbatim};
use crate::judge::view::View;
use crate::suite::Kind;
use crate::suite::axes::sight::SightPart;

/// The prompt of a rubric whose task is all of it.
pub(super) fn build(
    rubric: &Rubric,
    kind: Kind,
    authors: &Verbatim,
    evidence: &Evidence,
    view: &View,
) -> JudgePrompt {
    let task = &rubric.wording(kind).task;
    let mut parts = vec![PromptPart::Text(filled(
        task,
        &authors.placeholders,
        evidence,
    ))];
    for (_, role, picture) in pictures::shown(evidence, &rubric.pictures, view) {
        let words = authors.pictures.get(part_of(role).key());
        parts.extend(words.map(|words| PromptPart::Text(words.clone())));
        parts.push(PromptPart::Image(role, picture));
    }
    JudgePrompt {
        system: authors.system.clone(),
        parts,
        form: rubric.form.clone(),
        material: material(evidence, view)
            .map(|(_, text)| text.to_owned())
            .collect(),
    }
}

fn part_of(role: Role) -> SightPart {
    match role {
        Role::Input => SightPart::Input,
        Role::Output => SightPart::Output,
        Role::Reference => SightPart::ReferenceImage,
    }
}

/// The text with every placeholder filled. What is put in is not looked through again.
fn filled(task: &str, placeholders: &BTreeMap<String, SightPart>, evidence: &Evidence) -> String {
    let word = |part: SightPart| match part {
        SightPart::Instruction => evidence.instruction(),
        SightPart::Reasoning => evidence.reasoning(),
        SightPart::Reference => evidence.reference(),
        SightPart::Input | SightPart::Output | SightPart::ReferenceImage => None,
    };
    let mut text = String::with_capacity(task.len());
    let mut rest = task;
    loop {
        let found = placeholders.iter().filter_map(|(mark, part)| {
            let at = rest.find(mark.as_str())?;
            Some((at, std::cmp::Reverse(mark.len()), mark, part))
        });
        let Some((at, _, mark, part)) = found.min_by_key(|(at, length, ..)| (*at, *length)) else {
            text.push_str(rest);
            return text;
        };
        text.push_str(rest.get(..at).unwrap_or_default());
        text.push_str(word(*part).unwrap_or_default());
        rest = rest.get(at + mark.len()..).unwrap_or_default();
    }
}
