//! `dino:MODEL.onnx`: how alike the picture to edit and the model's picture are to DINOv2, as the cosine of their class tokens
//! (Oquab et al., "DINOv2: Learning robust visual features without supervision", 2023; as DreamBooth, 2023, measures
//! fidelity with DINO).
//!
//! Only for axes that a suite declares as `dino`, on a scale of its own: no thresholds are known that turn a cosine into marks
//! 1–5 of consistency, since an edit that is right changes the picture, too.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use crate::common::files::is_safe_name;
use crate::judge::local::{self, Gauge, LocalJudge};
use crate::judge::{AXES, Identity, JudgeError, Question, Verdict};
use crate::onnx::clip::cosine;
use crate::onnx::runtime::RuntimeOptions;
use crate::onnx::vision::ClassTokens;
use crate::suite::Axis;
use crate::suite::axes::sight::SightPart;

/// What names the kind.
pub const PREFIX: &str = "dino:";
/// Version of the way from pictures to mark; raised when a mark may change.
const RULES: &str = "1";
/// The axis that is computed.
const KEYS: [&str; 1] = ["dino"];
/// What it is computed of.
const SEES: [SightPart; 2] = [SightPart::Input, SightPart::Output];

struct Dino {
    tokens: Mutex<ClassTokens>,
}

/// Opens what follows `dino:`, a model in one file, for a suite's axes.
///
/// # Errors
/// None of the axes is computed, a model that cannot be used, no ONNX Runtime.
pub fn open(file: &str, axes: &[Axis]) -> Result<LocalJudge, JudgeError> {
    if file.is_empty() {
        return Err(JudgeError::plain(
            "--judge dino: needs a model behind the colon: DINOv2 as one ONNX file",
        ));
    }
    let spec = format!("{PREFIX}{file}");
    let marked = local::axes_of(&spec, axes, &KEYS, &SEES)?;
    let path = Path::new(file);
    let tokens = ClassTokens::open(path, &RuntimeOptions::from_env())
        .map_err(|error| JudgeError::new(format!("--judge {spec}"), error))?;
    let details = [
        ("model", tokens.digest().to_string()),
        ("onnxruntime", tokens.runtime().to_owned()),
        ("rules", RULES.to_owned()),
        (AXES, local::listed(&marked)),
    ];
    let stem = path.file_stem().map(|stem| stem.to_string_lossy());
    let stem = stem.filter(|stem| is_safe_name(stem));
    let identity = Identity {
        name: stem.map_or_else(|| "dino".to_owned(), |stem| format!("dino-{stem}")),
        kind: "dino".to_owned(),
        details: BTreeMap::from(details.map(|(key, value)| (key.to_owned(), value))),
    };
    let provenance = tokens.provenance();
    let tokens = Mutex::new(tokens);
    Ok(LocalJudge::new(identity, provenance, Dino { tokens }).of_axes(&marked))
}

impl Gauge for Dino {
    fn verdict(&self, question: &Question) -> Result<Verdict, JudgeError> {
        let (input, output) = match local::input_and_output(question) {
            Ok(both) => both,
            Err(why) => return Ok(local::none(&why)),
        };
        let before = local::pixels(question, input)?;
        let after = local::pixels(question, output)?;
        let mut tokens = self.tokens.lock().unwrap_or_else(PoisonError::into_inner);
        let mut token = |picture| {
            tokens.of(picture).map_err(|error| {
                JudgeError::new(format!("DINO cannot mark task `{}`", question.task), error)
            })
        };
        let (before, after) = (token(&before)?, token(&after)?);
        Ok(local::measured(
            question.evidence.axis(),
            cosine(&before, &after),
        ))
    }
}
