//! The cards of a label page: what a judge would see of each answer.

use anyhow::Context;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::common::files;
use crate::common::picture::PictureFile;
use crate::common::seed::shuffle_key;
use crate::judge::Evidence;
use crate::report::label::{Card, LabelAnswer, LabelPicture, veiled};
use crate::report::page::thumbnail::{Rung, Thumbnails};
use crate::run::answer::{self, Need, need};
use crate::suite::{Suite, Task};

use super::{Asked, Run, record};

/// How large a picture is on the page, and how well it is kept: people mark what they see.
const SIZE: Rung = Rung {
    side: 768,
    quality: 95,
};
/// Longest text of an answer that is shown, in characters.
const MAX_WORDS: usize = 20_000;

/// A task on an axis: what a judge would see of each answer. Answers that no judge is asked about are left out; `None` where
/// nothing is left.
pub(super) fn card(
    seed: u64,
    runs: &[Run],
    suite: &Suite,
    task: &Task,
    asked: &Asked,
) -> anyhow::Result<Option<Card>> {
    let axis = asked.axis;
    let mut answers: Vec<(u64, LabelAnswer)> = Vec::new();
    let mut common: Option<Evidence> = None;
    for run in runs {
        let identity = &run.manifest.model.identity;
        let Some(record) = record(run, task) else {
            continue;
        };
        let Need::Ask(evidence) = need(axis, task, identity.thinks, record, &run.images) else {
            continue;
        };
        let evidence = answer::shown(&evidence, task, &suite.calls);
        let key = format!("{}/{axis}/{}", task.id(), identity.name);
        answers.push((
            shuffle_key(seed, "label side", &key),
            LabelAnswer {
                reasoning: evidence.reasoning().map(words),
                output: evidence
                    .output()
                    .map(|picture| data_uri(picture))
                    .transpose()?,
                model: veiled(&identity.name),
            },
        ));
        common.get_or_insert(evidence);
    }
    answers.sort_by_key(|(key, _)| *key);
    let Some(evidence) = common else {
        return Ok(None);
    };
    let right = evidence.reference_image().map(|picture| data_uri(picture));
    Ok(Some(Card {
        task: task.id().to_owned(),
        axis,
        title: axis.title(),
        question: asked.question.clone(),
        marks: asked.marks.clone(),
        instruction: evidence.instruction().map(words),
        inputs: inputs(&evidence)?,
        reference: evidence.reference().map(words),
        reference_image: right.transpose()?,
        answers: answers.into_iter().map(|(_, answer)| answer).collect(),
    }))
}

/// The pictures to edit, each with what the page calls it.
fn inputs(evidence: &Evidence) -> anyhow::Result<Vec<LabelPicture>> {
    let all = evidence.inputs();
    (1..)
        .zip(all.iter())
        .map(|(number, input)| {
            Ok(LabelPicture {
                label: match (&input.label, all.len()) {
                    (Some(label), _) => format!("Input image: {label}"),
                    (None, 1) => "Input image".to_owned(),
                    (None, _) => format!("Input image {number}"),
                },
                picture: data_uri(&input.picture)?,
            })
        })
        .collect()
}

fn words(text: &str) -> String {
    let mut shown: String = text.chars().take(MAX_WORDS).collect();
    if shown.len() < text.len() {
        shown.push_str(" […]");
    }
    shown
}

/// The picture, at most [`SIZE`] pixels wide and high, as a data URI.
fn data_uri(picture: &PictureFile) -> anyhow::Result<String> {
    let thumbnails = Thumbnails::new(&files::cache_folder());
    let small = thumbnails
        .of(&picture.path, picture.digest, SIZE)
        .map_err(anyhow::Error::msg)
        .with_context(|| picture.path.display().to_string())?;
    let (kind, _) = small.kind();
    Ok(format!(
        "data:{kind};base64,{}",
        STANDARD.encode(&small.bytes)
    ))
}
