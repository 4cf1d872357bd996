//! What a program is shown for a mark: the parts of the evidence that the description asks for, pictures as copies
//! under names that say nothing.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::description::Marking;
use super::protocol::RequestLine;
use crate::common::digest::Digest;
use crate::common::picture::{self, PictureFile};
use crate::common::program::ProgramError;
use crate::judge::{JudgeError, Question};
use crate::suite::axes::sight::SightPart;
use crate::suite::{Axis, Inputs, Kind, Target};

/// What is shown for one mark.
#[derive(Debug)]
pub(super) struct Exhibit {
    /// Tells the request from others: made of what is shown alone, so that it says nothing of the task.
    pub(super) id: String,
    /// Digest of all that is shown.
    pub(super) digest: Digest,
    axis: Axis,
    kind: Kind,
    repeat: u32,
    instruction: Option<Arc<str>>,
    reasoning: Option<Arc<str>>,
    inputs: Inputs,
    output: Option<Arc<PictureFile>>,
    reference: Option<Arc<str>>,
    reference_image: Option<Arc<PictureFile>>,
    target: Option<Arc<Target>>,
}

impl Exhibit {
    /// What a description shows of a question.
    ///
    /// # Errors
    /// It asks for a truth that the task does not have.
    pub(super) fn of(question: &Question, marked: &Marking) -> Result<Self, JudgeError> {
        let axis = question.evidence.axis();
        let shows = |part: SightPart| match &marked.sees {
            None => true,
            Some(sees) => sees.iter().any(|shown| shown.part() == Some(part)),
        };
        let parts = question.evidence.parts();
        let target = match (marked.sees_target(), &question.target) {
            (false, _) => None,
            (true, Some(target)) => Some(Arc::clone(target)),
            (true, None) => {
                return Err(JudgeError::plain(format!(
                    "the description shows the target for {axis}, and task `{}` has none; take \"target\" out of `sees`",
                    question.task
                )));
            }
        };
        let inputs = match shows(SightPart::Input) {
            true => parts.inputs.clone(),
            false => Inputs::default(),
        };
        let reference_image = parts.reference_image.clone();
        let mut exhibit = Self {
            id: String::new(),
            digest: Digest::of(b""),
            axis,
            kind: question.kind,
            repeat: question.repeat,
            instruction: parts
                .instruction
                .clone()
                .filter(|_| shows(SightPart::Instruction)),
            reasoning: parts
                .reasoning
                .clone()
                .filter(|_| shows(SightPart::Reasoning)),
            inputs,
            reference_image: reference_image.filter(|_| shows(SightPart::ReferenceImage)),
            output: parts.output.clone().filter(|_| shows(SightPart::Output)),
            reference: parts
                .reference
                .clone()
                .filter(|_| shows(SightPart::Reference)),
            target,
        };
        exhibit.digest = exhibit.digest_of_all();
        exhibit.id = format!("q-{}", exhibit.digest.short(16));
        Ok(exhibit)
    }

    fn digest_of_all(&self) -> Digest {
        let target = self.target.as_ref().map(|target| target.0.to_string());
        let text = |text: Option<&str>| match text {
            Some(text) => format!("+{text}"),
            None => String::new(),
        };
        let mut fields = vec![
            self.axis.key().to_owned(),
            self.kind.to_string(),
            self.repeat.to_string(),
            text(self.instruction.as_deref()),
            text(self.reasoning.as_deref()),
            text(self.reference.as_deref()),
            text(target.as_deref()),
            text(
                self.output
                    .as_ref()
                    .map(|file| file.digest.to_string())
                    .as_deref(),
            ),
        ];
        fields.extend(self.inputs.pictures().map(|file| file.digest.to_string()));
        // Requests without these keep the digest that they had before there were any.
        fields.extend(self.labels().iter().map(|label| format!("label {label}")));
        let reference = self.reference_image.as_ref();
        fields.extend(reference.map(|file| format!("reference {}", file.digest)));
        Digest::of_fields(fields.iter().map(String::as_bytes))
    }

    /// The labels of the inputs, empty ones included; none where no input has one.
    fn labels(&self) -> Vec<&str> {
        let labels = || self.inputs.iter().map(|input| input.label.as_deref());
        match labels().any(|label| label.is_some()) {
            true => labels().map(Option::unwrap_or_default).collect(),
            false => Vec::new(),
        }
    }

    /// What is to be marked.
    pub(super) fn axis(&self) -> Axis {
        self.axis
    }

    /// Digests of the pictures, inputs first.
    pub(super) fn pictures(&self) -> Vec<Digest> {
        let files = self.inputs.pictures().chain(&self.output);
        let files = files.chain(&self.reference_image);
        files.map(|file| file.digest).collect()
    }

    /// Puts copies of the pictures into a folder and writes the line that asks for the mark, without its line feed.
    ///
    /// # Errors
    /// A picture that is not the stored one, or cannot be copied.
    pub(super) fn lay_out(&self, folder: &Path) -> Result<String, ProgramError> {
        let mut inputs = Vec::with_capacity(self.inputs.len());
        for (number, file) in self.inputs.pictures().enumerate() {
            inputs.push(copy(file, folder, &format!("input-{}", number + 1))?);
        }
        let laid = |file: &Option<Arc<PictureFile>>, stem| {
            let file = file.as_ref();
            file.map(|file| copy(file, folder, stem)).transpose()
        };
        let output = laid(&self.output, "output")?;
        let reference_image = laid(&self.reference_image, "reference")?;
        let line = RequestLine {
            id: &self.id,
            axes: [self.axis.key()],
            kind: self.kind,
            repeat: self.repeat,
            instruction: self.instruction.as_deref(),
            reasoning: self.reasoning.as_deref(),
            inputs,
            labels: self.labels(),
            output,
            reference_image,
            references: self.reference.as_deref().into_iter().collect(),
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
