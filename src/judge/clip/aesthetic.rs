//! `clip:BUNDLE?head=FILE`: a linear head on CLIP's picture features, such as LAION's aesthetic predictors: the number that
//! people would give to a picture. It sees the picture alone.
//!
//! For axes that a suite declares as `aesthetic`, on a scale of its own; LAION's heads were fitted to marks from 1 to 10.

use std::path::Path;
use std::sync::{Mutex, PoisonError};

use super::head::Head;
use super::{faulty, folder_name, identity};
use crate::judge::local::{self, Gauge, LocalJudge};
use crate::judge::{AXES, JudgeError, Question, Verdict};
use crate::onnx::runtime::RuntimeOptions;
use crate::onnx::similarity::Similarity;
use crate::suite::Axis;
use crate::suite::axes::sight::SightPart;

/// The axis that is marked.
const KEYS: [&str; 1] = ["aesthetic"];
/// What it is computed of.
const SEES: [SightPart; 1] = [SightPart::Output];

struct Aesthetic {
    head: Head,
    similarity: Mutex<Similarity>,
}

/// The judge of a bundle and a head.
///
/// # Errors
/// As [`super::open`].
pub(super) fn open(
    spec: &str,
    bundle: &Path,
    file: &Path,
    axes: &[Axis],
) -> Result<LocalJudge, JudgeError> {
    let marked = local::axes_of(&format!("{}{spec}", super::PREFIX), axes, &KEYS, &SEES)?;
    let head = Head::read(file).map_err(|error| faulty(spec, error))?;
    let similarity = Similarity::open(bundle, &RuntimeOptions::from_env())
        .map_err(|error| faulty(spec, error))?;
    if head.width() as u64 != similarity.width() {
        return Err(JudgeError::plain(format!(
            "--judge {}{spec}: the head takes {} features and the CLIP of the bundle gives {}; LAION's heads belong to OpenAI's \
             CLIP ViT-L/14, which gives 768",
            super::PREFIX,
            head.width(),
            similarity.width()
        )));
    }
    let name = match folder_name(bundle) {
        Some(name) => format!("aesthetic-{name}"),
        None => "aesthetic".to_owned(),
    };
    let details = [
        ("head".to_owned(), head.digest().to_string()),
        (AXES.to_owned(), local::listed(&marked)),
    ];
    let identity = identity(name, details, &similarity);
    let provenance = similarity.provenance();
    let similarity = Mutex::new(similarity);
    let aesthetic = Aesthetic { head, similarity };
    Ok(LocalJudge::new(identity, provenance, aesthetic).of_axes(&marked))
}

impl Gauge for Aesthetic {
    fn verdict(&self, question: &Question) -> Result<Verdict, JudgeError> {
        let axis = question.evidence.axis();
        let Some(output) = question.evidence.output() else {
            return Ok(local::none("there is no picture"));
        };
        let picture = local::pixels(question, output)?;
        let mut similarity = self
            .similarity
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let features = similarity.picture(&picture).map_err(|error| {
            JudgeError::new(format!("CLIP cannot mark task `{}`", question.task), error)
        })?;
        drop(similarity);
        Ok(match self.head.score(&features) {
            Some(score) => local::measured(axis, score),
            None => local::none("the head gave no number"),
        })
    }
}
