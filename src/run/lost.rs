//! Pictures of a run that were deleted or changed after they had been stored: their answers
//! are lost, and the rest of the run goes on.

use std::collections::HashMap;
use std::path::Path;

use rayon::prelude::*;

use crate::common::picture::PictureFile;
use crate::model::{Failure, FailureKind};
use crate::run::answer::{Need, need};
use crate::run::folder::{RunData, RunFolder};
use crate::run::plan::{Assignment, RunPlan};
use crate::run::record::{MarkKey, SampleKey, SampleRecord};
use crate::suite::Axis;

/// Why a stored picture can no longer be shown; `None` when its file holds what was stored.
pub(super) fn picture_fault(picture: &PictureFile) -> Option<Failure> {
    let what = match picture.load_unchanged() {
        Ok(Some(_)) => return None,
        Ok(None) => format!(
            "{}: not the picture that was stored: its SHA-256 differs from its name",
            picture.path.display()
        ),
        Err(error) => error.to_string(),
    };
    Some(Failure::new(FailureKind::BrokenFile, what))
}

/// The answers of a plan whose picture must be looked at (or, where lost answers are asked for
/// again, of which there should be one) and is gone: each as a record that says so.
///
/// Reads those pictures, on all cores.
pub(super) fn find(
    plan: &RunPlan,
    assignments: &[Assignment],
    folder: &RunFolder,
    data: &RunData,
) -> HashMap<SampleKey, SampleRecord> {
    let images = folder.images();
    assignments
        .par_iter()
        .filter_map(|assignment| {
            let sample = data.samples.get(&assignment.key)?;
            let picture = match plan.retry_missing {
                true => super::answer::picture_file(sample.image.given()?, &images),
                false => pending_picture(plan, assignment, sample, folder, data)?,
            };
            let failure = picture_fault(&picture)?;
            Some((assignment.key.clone(), sample.without_picture(failure)))
        })
        .collect()
}

/// The picture of an answer, if a judge of the plan must still look at it and would not see itself that
/// it is another one.
fn pending_picture(
    plan: &RunPlan,
    assignment: &Assignment,
    sample: &SampleRecord,
    folder: &RunFolder,
    data: &RunData,
) -> Option<PictureFile> {
    let manifest = folder.manifest();
    let answer = sample.answer_digest();
    let images = folder.images();
    let output = |axis| {
        let thinks = manifest.model.identity.thinks;
        match need(axis, &assignment.task, thinks, sample, &images) {
            Need::Ask(evidence) => evidence.output().cloned(),
            Need::Empty | Need::Lost(_) | Need::NotApplicable => None,
        }
    };
    plan.seats
        .iter()
        .filter(|seat| !seat.judge.checks_pictures())
        .find_map(|seat| {
            let done = data.marks.get(&seat.name());
            let pending = |axis: Axis| {
                (0..seat.repeats).any(|repeat| {
                    let sample = assignment.key.clone();
                    let key = MarkKey {
                        sample,
                        axis: axis.key(),
                        repeat,
                    };
                    let mark = done.and_then(|marks| marks.get(&key));
                    !mark.is_some_and(|mark| mark.settles(answer, plan.retry_missing))
                })
            };
            let extra = seat.judge.extra_axes();
            let axes = manifest.suite.axes.iter().chain(extra).copied();
            let mut axes =
                axes.filter(|axis| axis.needs_image() && seat.judge.identity().marks(*axis));
            axes.find_map(|axis| pending(axis).then(|| output(axis)).flatten())
        })
        .map(|picture| PictureFile::clone(&picture))
}

/// Says which answer is lost, on the terminal.
pub(super) fn tell(folder: &Path, record: &SampleRecord) {
    if let super::record::Stored::Lost(failure) = &record.image {
        tracing::warn!(
            "{}: the picture of task `{}`, sample {}, is lost ({}); its other marks are made, and \
             --retry-missing asks the model for it again",
            folder.display(),
            record.task,
            record.sample,
            failure.message
        );
    }
}
