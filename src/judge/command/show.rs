//! What a program is shown for a request: the parts of the evidence that the description asks for, pictures as copies
//! under names that say nothing.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::description::Marking;
use super::protocol::RequestLine;
use crate::common::digest::Digest;
use crate::common::picture::{self, PictureFile};
use crate::common::program::ProgramError;
use crate::judge::evidence::Parts;
use crate::judge::{Evidence, JudgeError, Question};
use crate::suite::axes::sight::{Sight, SightPart};
use crate::suite::{Axis, Kind, Target};

/// What is shown for one request.
#[derive(Debug)]
pub(super) struct Exhibit {
    /// Tells the request from others: made of what is shown alone, so that it says nothing of the task.
    pub(super) id: String,
    /// Digest of all that is shown.
    pub(super) digest: Digest,
    /// What is to be marked.
    pub(super) axes: Vec<Axis>,
    kind: Kind,
    repeat: u32,
    seen: Parts,
    target: Option<Arc<Target>>,
}

/// What a description shows of the evidence of an axis.
pub(super) fn shown(evidence: &Evidence, marked: &Marking) -> Parts {
    let shown = match &marked.sees {
        None => return evidence.parts().clone(),
        Some(sees) => sees.iter().filter_map(|shown| shown.part()),
    };
    let sight = Sight::of(&shown.collect::<Vec<SightPart>>());
    evidence.within(sight).parts().clone()
}

impl Exhibit {
    /// What a description shows of a question, for some axes of which it shows the same.
    ///
    /// # Errors
    /// It asks for a truth that the task does not have.
    pub(super) fn of(
        question: &Question,
        marked: &Marking,
        axes: Vec<Axis>,
    ) -> Result<Self, JudgeError> {
        let target = match (marked.sees_target(), &question.target) {
            (false, _) => None,
            (true, Some(target)) => Some(Arc::clone(target)),
            (true, None) => {
                let axis = question.evidence.axis();
                return Err(JudgeError::plain(format!(
                    "the description shows the target for {axis}, and task `{}` has none; take \"target\" out of `sees`",
                    question.task
                )));
            }
        };
        let mut exhibit = Self {
            id: String::new(),
            digest: Digest::of(b""),
            axes,
            kind: question.kind,
            repeat: question.repeat,
            seen: shown(&question.evidence, marked),
            target,
        };
        exhibit.digest = exhibit.digest_of_all();
        exhibit.id = format!("q-{}", exhibit.digest.short(16));
        Ok(exhibit)
    }

    fn digest_of_all(&self) -> Digest {
        let seen = &self.seen;
        let target = self.target.as_ref().map(|target| target.0.to_string());
        let text = |text: Option<&str>| match text {
            Some(text) => format!("+{text}"),
            None => String::new(),
        };
        let output = seen.output.as_ref().map(|file| file.digest.to_string());
        let mut fields = vec![
            self.keys().join(", "),
            self.kind.to_string(),
            self.repeat.to_string(),
            text(seen.instruction.as_deref()),
            text(seen.reasoning.as_deref()),
            text(seen.reference.as_deref()),
            text(target.as_deref()),
            text(output.as_deref()),
        ];
        fields.extend(seen.inputs.pictures().map(|file| file.digest.to_string()));
        // Requests without these keep the digest that they had before there were any.
        fields.extend(self.labels().iter().map(|label| format!("label {label}")));
        let reference = seen.reference_image.as_ref();
        fields.extend(reference.map(|file| format!("reference {}", file.digest)));
        Digest::of_fields(fields.iter().map(String::as_bytes))
    }

    fn keys(&self) -> Vec<&'static str> {
        self.axes.iter().map(|axis| axis.key()).collect()
    }

    /// The labels of the inputs, empty ones included; none where no input has one.
    fn labels(&self) -> Vec<&str> {
        let labels = || self.seen.inputs.iter().map(|input| input.label.as_deref());
        match labels().any(|label| label.is_some()) {
            true => labels().map(Option::unwrap_or_default).collect(),
            false => Vec::new(),
        }
    }

    /// Digests of the pictures, inputs first.
    pub(super) fn pictures(&self) -> Vec<Digest> {
        let files = self.seen.inputs.pictures().chain(&self.seen.output);
        let files = files.chain(&self.seen.reference_image);
        files.map(|file| file.digest).collect()
    }

    /// Puts copies of the pictures into a folder and writes the line that asks for the marks under an id, without its
    /// line feed.
    ///
    /// # Errors
    /// A picture that is not the stored one, or cannot be copied.
    pub(super) fn lay_out(&self, folder: &Path, id: &str) -> Result<String, ProgramError> {
        let seen = &self.seen;
        let mut inputs = Vec::with_capacity(seen.inputs.len());
        for (number, file) in seen.inputs.pictures().enumerate() {
            inputs.push(copy(file, folder, &format!("input-{}", number + 1))?);
        }
        let laid = |file: &Option<Arc<PictureFile>>, stem| {
            let file = file.as_ref();
            file.map(|file| copy(file, folder, stem)).transpose()
        };
        let output = laid(&seen.output, "output")?;
        let reference_image = laid(&seen.reference_image, "reference")?;
        let line = RequestLine {
            id,
            axes: self.keys(),
            kind: self.kind,
            repeat: self.repeat,
            instruction: seen.instruction.as_deref(),
            reasoning: seen.reasoning.as_deref(),
            inputs,
            labels: self.labels(),
            output,
            reference_image,
            references: seen.reference.as_deref().into_iter().collect(),
            target: self.target.as_ref().map(|target| &target.0),
        };
        serde_json::to_string(&line)
            .map_err(|error| ProgramError::caused_by("a request cannot be written as JSON", error))
    }
}

/// A copy of a picture, upright, under a name that says nothing.
fn copy(file: &PictureFile, folder: &Path, stem: &str) -> Result<PathBuf, ProgramError> {
    let unusable = |error: Box<dyn std::error::Error + Send + Sync>| {
        let what = format!(
            "the picture {} cannot be given to the program",
            file.path.display()
        );
        ProgramError::caused_by(what, error)
    };
    let bytes = file
        .load_unchanged()
        .map_err(|error| unusable(error.into()))?
        .ok_or_else(|| unusable("its SHA-256 is not the one that was stored".into()))?;
    let upright = picture::turned(&bytes).map_err(|error| unusable(error.into()))?;
    let bytes = upright.unwrap_or(bytes);
    let format = image::guess_format(&bytes).map_err(|error| unusable(error.into()))?;
    let ending = format.extensions_str().first().copied().unwrap_or("png");
    let path = folder.join(format!("{stem}.{ending}"));
    std::fs::write(&path, bytes).map_err(|error| unusable(error.into()))?;
    Ok(path)
}
