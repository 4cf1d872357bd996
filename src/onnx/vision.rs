//! A picture model of the user's, as DINOv2 is exported to ONNX: the class token of a picture.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use ::image::RgbImage;
use prost::Message as _;

use super::checkpoint::{CheckpointError, read_limited};
use super::graph::elsewhere::ForeignModel;
use super::image::{ClipPixels, PictureError};
use super::runtime::{
    Input, Runtime, RuntimeError, RuntimeOptions, Session, SessionError, SessionOptions, Slot,
};
use crate::common::digest::Digest;

/// Longest model, in bytes: what an ONNX file can have.
const MAX_BYTES: u64 = 2 << 30;
/// Side of the square that the model takes, in pixels.
const SIDE: i64 = 224;
/// The output of exports from Hugging Face's transformers: all tokens, the class token first.
const HIDDEN: &str = "last_hidden_state";

/// Why a picture has no class token.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum VisionError {
    /// The model cannot be read.
    #[error(transparent)]
    File(#[from] CheckpointError),
    /// It is no ONNX model.
    #[error("{} is not an ONNX model", path.display())]
    NotOnnx {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: prost::DecodeError,
    },
    /// Its weights lie in other files, which its digest would not cover.
    #[error(
        "the weights of {} lie in other files ({}); a model in one file is needed: in Python, \
         onnx.save(onnx.load(\"model.onnx\"), \"one.onnx\")", path.display(), files.join(", ")
    )]
    Elsewhere {
        /// The model.
        path: PathBuf,
        /// Names of the files.
        files: Vec<String>,
    },
    /// Its inputs or outputs are not those of such a model.
    #[error("{} is not a model that gives class tokens: {why}", path.display())]
    Form {
        /// The model.
        path: PathBuf,
        /// What was found and what was expected.
        why: String,
    },
    /// ONNX Runtime cannot be used.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// The model failed.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The picture is empty.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// The model gave something that is no number.
    #[error("the model gave a class token that is empty, zero or not finite; is the file sound?")]
    NoToken,
}

/// A model with what it needs to be asked.
#[derive(Debug)]
pub struct ClassTokens {
    session: Session,
    input: String,
    output: String,
    digest: Digest,
    runtime: Runtime,
}

impl ClassTokens {
    /// Opens a model in one file on the CPU.
    ///
    /// # Errors
    /// [`VisionError`].
    pub fn open(path: &Path, options: &RuntimeOptions) -> Result<Self, VisionError> {
        let bytes = read_limited(path, MAX_BYTES)?;
        let model =
            ForeignModel::decode(bytes.as_slice()).map_err(|source| VisionError::NotOnnx {
                path: path.into(),
                source,
            })?;
        let files = model.files();
        if !files.is_empty() {
            let files = files.into_iter().collect();
            return Err(VisionError::Elsewhere {
                path: path.into(),
                files,
            });
        }
        let digest = Digest::of(&bytes);
        drop(bytes);
        let runtime = Runtime::open(options)?;
        let session = Session::open(&runtime, path, &SessionOptions::default())?;
        let form = |why| VisionError::Form {
            path: path.into(),
            why,
        };
        Ok(Self {
            input: input(&session.inputs()).map_err(form)?,
            output: output(&session.outputs()).map_err(form)?,
            session,
            digest,
            runtime,
        })
    }

    /// SHA-256 of the file: everything that decides a class token but rounding.
    #[must_use]
    pub fn digest(&self) -> Digest {
        self.digest
    }

    /// Version of ONNX Runtime, whose kernels decide the rounding.
    #[must_use]
    pub fn runtime(&self) -> &str {
        self.runtime.version()
    }

    /// What is worth knowing later of ONNX Runtime and decides nothing.
    #[must_use]
    pub fn provenance(&self) -> BTreeMap<String, String> {
        self.runtime.provenance()
    }

    /// The class token of a picture.
    ///
    /// # Errors
    /// [`VisionError`].
    pub fn of(&mut self, picture: &RgbImage) -> Result<Vec<f32>, VisionError> {
        let pixels = ClipPixels::dinov2().prepare(picture)?;
        let shape = [1, 3, pixels.height, pixels.width];
        let outputs = self
            .session
            .run(&[(&self.input, Input::F32(&shape, &pixels.values))])?;
        let (shape, values) = outputs.floats(&self.output)?;
        // The class token is the first one; without tokens the output is the class token.
        let width = shape.last().and_then(|width| usize::try_from(*width).ok());
        let token = width.and_then(|width| values.get(..width));
        token
            .filter(|v| v.iter().all(|x| x.is_finite()) && v.iter().any(|x| *x != 0.0))
            .map(<[f32]>::to_vec)
            .ok_or(VisionError::NoToken)
    }
}

/// The name of the one input: pictures of the right size.
fn input(inputs: &[Slot]) -> Result<String, String> {
    let expected = format!("one input of 32-bit numbers [1, 3, {SIDE}, {SIDE}]");
    let fits = |slot: &Slot| match slot.shape.as_slice() {
        [batch, channels, height, width] if slot.is_float => {
            let is = |found: i64, wanted: i64| found == wanted || found == -1;
            is(*batch, 1) && is(*channels, 3) && is(*height, SIDE) && is(*width, SIDE)
        }
        _ => false,
    };
    match inputs {
        [one] if fits(one) => Ok(one.name.clone()),
        others => Err(format!("it takes {}; expected {expected}", listed(others))),
    }
}

/// The name of the output that begins with the class token.
fn output(outputs: &[Slot]) -> Result<String, String> {
    let hidden = outputs
        .iter()
        .find(|slot| slot.name == HIDDEN && slot.is_float && slot.shape.len() == 3);
    match (hidden, outputs) {
        (Some(hidden), _) => Ok(hidden.name.clone()),
        (None, [one]) if one.is_float && matches!(one.shape.len(), 2 | 3) => Ok(one.name.clone()),
        (None, others) => Err(format!(
            "it gives {}; expected `{HIDDEN}` of 32-bit numbers [1, tokens, width], or one output [1, width]",
            listed(others)
        )),
    }
}

fn listed(slots: &[Slot]) -> String {
    let all: Vec<String> = slots
        .iter()
        .map(|slot| {
            let sides = slot.shape.iter();
            let sides: Vec<String> = sides
                .map(|side| match side {
                    -1 => "any".to_owned(),
                    side => side.to_string(),
                })
                .collect();
            let kind = match slot.is_float {
                true => "",
                false => " not of 32-bit numbers",
            };
            format!("`{}` [{}]{kind}", slot.name, sides.join(", "))
        })
        .collect();
    match all.is_empty() {
        true => "nothing".to_owned(),
        false => all.join(", "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot(name: &str, shape: &[i64]) -> Slot {
        Slot {
            name: name.to_owned(),
            shape: shape.to_vec(),
            is_float: true,
        }
    }

    #[test]
    fn exports_are_known_by_their_shapes() {
        for shape in [[1, 3, 224, 224], [-1, -1, -1, -1], [-1, 3, 224, 224]] {
            assert_eq!(input(&[slot("x", &shape)]), Ok("x".to_owned()));
        }
        let hidden = slot(HIDDEN, &[-1, 257, 384]);
        let pooled = slot("pooler_output", &[-1, 384]);
        assert_eq!(output(&[pooled.clone(), hidden]), Ok(HIDDEN.to_owned()));
        assert_eq!(output(&[pooled]), Ok("pooler_output".to_owned()));
    }

    #[test]
    fn what_is_no_such_model_is_told_with_its_shapes() {
        let said = input(&[slot("x", &[1, 3, 518, 518])]).unwrap_err();
        assert!(
            said.contains("`x` [1, 3, 518, 518]") && said.contains("[1, 3, 224, 224]"),
            "{said}"
        );
        assert!(input(&[]).unwrap_err().contains("takes nothing"));
        let half = Slot {
            is_float: false,
            ..slot("x", &[-1, 3, 224, 224])
        };
        assert!(
            input(&[half])
                .unwrap_err()
                .contains("not of 32-bit numbers")
        );
        let two = [slot("a", &[1, 4]), slot("b", &[1, 4])];
        assert!(output(&two).unwrap_err().contains("`a` [1, 4], `b` [1, 4]"));
        assert!(output(&[slot("a", &[1, 4, 5, 6])]).is_err());
    }
}
