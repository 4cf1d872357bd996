//! From a stored answer to what each axis needs: a judge's mark, a mark of 1
//! without a call, a missing mark, or nothing at all.
//!
//! This is the table of causes and axes that every score rests on:
//!
//! | cause | text axes | image axes | output alignment |
//! |---|---|---|---|
//! | answered, reasoning empty (thinking model) | 1 | judged | 1 |
//! | answered, no image, refusal in words | judged | 1 | 1 |
//! | image broken: half a file, no picture, a pointer, an empty file | judged | missing | missing |
//! | lost: crash, memory, time-out, NaN, transport, no stored answer | missing | missing | missing |
//! | model declared not to think | not applicable | judged | not applicable |
//! | generation task | judged | consistency not applicable | judged |
//!
//! "Lost" and "empty" are told apart for the two halves of an answer: a mark is
//! missing when a half that it looks at was lost.

use std::path::Path;
use std::sync::Arc;

use crate::common::picture::PictureFile;
use crate::judge::evidence::{Evidence, Parts};
use crate::model::FailureKind;
use crate::run::record::{SampleRecord, Stored, StoredPicture};
use crate::suite::calls;
use crate::suite::{Axis, Call, Task};

/// What one axis needs for one sample.
#[derive(Clone, Debug, PartialEq)]
pub enum Need {
    /// A judge must look at this.
    Ask(Evidence),
    /// The answer is empty where the axis looks: 1, without a call.
    Empty,
    /// The answer was lost where the axis looks: missing.
    Lost(FailureKind),
    /// The axis means nothing here.
    NotApplicable,
}

/// Whether an axis is scored at all for a task and a model.
pub fn applies(axis: Axis, task: &Task, thinks: bool) -> bool {
    task.has(axis) && (thinks || !axis.needs_reasoning())
}

/// The name of a stored picture's file in the run's `images` folder.
pub fn picture_name(picture: &StoredPicture) -> String {
    format!("{}.png", picture.digest)
}

/// A stored picture in the folder of the run's pictures.
pub fn picture_file(picture: &StoredPicture, images: &Path) -> PictureFile {
    PictureFile {
        path: images.join(picture_name(picture)),
        digest: picture.digest,
        width: picture.width,
        height: picture.height,
    }
}

/// What `axis` needs for `sample`, an answer to `task`. `images` is the folder
/// of the run's pictures.
pub fn need(axis: Axis, task: &Task, thinks: bool, sample: &SampleRecord, images: &Path) -> Need {
    let prompt = &task.prompt;
    if !applies(axis, task, thinks) {
        return Need::NotApplicable;
    }
    let reasoning = axis.needs_reasoning().then_some(&sample.reasoning);
    let image = axis.needs_image().then_some(&sample.image);
    let lost = lost_kind(reasoning).or_else(|| lost_kind(image));
    if let Some(kind) = lost {
        return Need::Lost(kind);
    }
    let reasoning = reasoning.map(Stored::given);
    let image = image.map(Stored::given);
    if reasoning == Some(None) || image == Some(None) {
        return Need::Empty;
    }
    let output = image.flatten();
    let output = output.map(|picture| Arc::new(picture_file(picture, images)));
    let parts = Parts {
        instruction: Some(Arc::clone(&prompt.instruction)),
        reasoning: reasoning.flatten().cloned(),
        inputs: prompt.inputs.clone(),
        output,
        reference: task.reference.clone(),
        reference_image: task.reference_image.clone(),
    };
    Evidence::gather(axis, parts).map_or(Need::NotApplicable, Need::Ask)
}

/// What a judge of an axis is shown of its evidence: what the call shows that marks it, whoever judges.
pub fn shown(evidence: &Evidence, task: &Task, calls: &[Call]) -> Evidence {
    evidence.within(calls::shown(evidence.axis(), &task.prompt.category, calls))
}

fn lost_kind<T>(part: Option<&Stored<T>>) -> Option<FailureKind> {
    match part {
        Some(Stored::Lost(failure)) => Some(failure.kind),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::common::digest::Digest;
    use crate::model::Failure;
    use crate::suite::Prompt;

    fn task(edit: bool) -> Task {
        let picture = PictureFile {
            path: "in.png".into(),
            digest: Digest::of(b"in"),
            width: 8,
            height: 8,
        };
        let prompt = Prompt {
            id: "t".into(),
            category: "c".into(),
            instruction: "do it".into(),
            inputs: edit.then(|| Arc::new(picture)).into(),
        };
        Task {
            prompt,
            target: None,
            reference: None,
            reference_image: None,
            without: Vec::new(),
            cluster: None,
            original_id: None,
        }
    }

    fn sample(reasoning: Stored<Arc<str>>, image: Stored<StoredPicture>) -> SampleRecord {
        SampleRecord {
            schema: Default::default(),
            task: "t".into(),
            sample: 0,
            seed: 0,
            reasoning,
            image,
            timing_ms: BTreeMap::new(),
            details: serde_json::Map::new(),
            cost_usd: None,
            stored_as: None,
            at: jiff::Timestamp::UNIX_EPOCH,
        }
    }

    fn text() -> Stored<Arc<str>> {
        Stored::Given("because".into())
    }

    fn image() -> Stored<StoredPicture> {
        Stored::Given(StoredPicture {
            digest: Digest::of(b"out"),
            width: 8,
            height: 8,
        })
    }

    fn lost<T>() -> Stored<T> {
        Stored::Lost(Failure {
            kind: FailureKind::Crash,
            message: "died".into(),
        })
    }

    /// One letter per axis, in [`Axis::ALL`]'s order: judged, one, missing, not applicable.
    fn letters(edit: bool, thinks: bool, sample: &SampleRecord) -> String {
        let letter = |axis: Axis| match need(axis, &task(edit), thinks, sample, Path::new("images"))
        {
            Need::Ask(evidence) => {
                assert_eq!(evidence.axis(), axis);
                'j'
            }
            Need::Empty => '1',
            Need::Lost(_) => 'm',
            Need::NotApplicable => '-',
        };
        Axis::ALL.into_iter().map(letter).collect()
    }

    #[test]
    fn the_table_of_causes() {
        // Order: text quality, text alignment, consistency, alignment, quality, output alignment.
        let cases = [
            (true, true, sample(text(), image()), "jjjjjj"),
            (false, true, sample(text(), image()), "jj-jjj"),
            (true, true, sample(Stored::Empty, image()), "11jjj1"),
            (true, true, sample(text(), Stored::Empty), "jj1111"),
            (true, true, sample(lost(), lost()), "mmmmmm"),
            (true, true, sample(text(), lost()), "jjmmmm"),
            (true, true, sample(lost(), Stored::Empty), "mm111m"),
            (true, false, sample(Stored::Empty, image()), "--jjj-"),
            (false, false, sample(text(), Stored::Empty), "---11-"),
        ];
        for (edit, thinks, sample, expected) in cases {
            assert_eq!(letters(edit, thinks, &sample), expected, "{sample:?}");
        }
    }
}
