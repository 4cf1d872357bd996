//! `clip:BUNDLE`: similarity of text and picture by CLIP, mapped to marks by a stated calibration.
//!
//! A local judge that costs nothing and is blind to much: CLIP reads a short text, sees a small
//! square from the middle of the picture, and knows neither counting nor the input image.

mod calibration;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

pub use calibration::{Calibration, CalibrationError};

use crate::common::BoxFuture;
use crate::common::files::is_safe_name;
use crate::judge::{AXES, Identity, Judge, JudgeError, Mark, MarkCost, Question, Verdict};
use crate::onnx::runtime::RuntimeOptions;
use crate::onnx::similarity::{Similarity, cosine100};
use crate::suite::Axis;

/// Version of the way from evidence to mark; raised when a mark may change.
const RULES: &str = "1";
/// The option that names another calibration.
const CALIBRATION: &str = "calibration=";
/// Marks in flight: one computes, the others prepare pictures and wait for the disk.
const CONCURRENCY: usize = 4;

/// The judge.
pub struct ClipJudge {
    identity: Identity,
    provenance: BTreeMap<String, String>,
    shop: Arc<Shop>,
}

struct Shop {
    calibration: Calibration,
    similarity: Mutex<Similarity>,
}

impl ClipJudge {
    /// Opens what follows `clip:`, `BUNDLE` or `BUNDLE?calibration=FILE`.
    ///
    /// # Errors
    /// An unknown option, a faulty calibration, a bundle that cannot be opened or is none of CLIP,
    /// no ONNX Runtime.
    pub fn open(spec: &str) -> Result<Self, JudgeError> {
        let (bundle, calibration) = parts(spec)?;
        let faulty = |error| JudgeError::new(format!("--judge clip:{spec}"), error);
        let calibration = Calibration::load(calibration.as_deref())
            .map_err(|error| JudgeError::new(format!("--judge clip:{spec}"), error))?;
        let similarity = Similarity::open(&bundle, &RuntimeOptions::from_env()).map_err(faulty)?;
        Ok(Self {
            identity: identity(&bundle, &calibration, &similarity),
            provenance: similarity.provenance(),
            shop: Arc::new(Shop {
                calibration,
                similarity: Mutex::new(similarity),
            }),
        })
    }
}

fn parts(spec: &str) -> Result<(PathBuf, Option<PathBuf>), JudgeError> {
    let (bundle, options) = spec.split_once('?').unwrap_or((spec, ""));
    let calibration = match options {
        "" => None,
        _ => Some(options.strip_prefix(CALIBRATION).ok_or_else(|| {
            JudgeError::plain(format!(
                "--judge clip:{spec}: the only option is {CALIBRATION}FILE"
            ))
        })?),
    };
    if bundle.is_empty() {
        return Err(JudgeError::plain(
            "--judge clip: needs the folder of a CLIP bundle behind the colon; `parabench export` makes one",
        ));
    }
    Ok((bundle.into(), calibration.map(PathBuf::from)))
}

fn identity(bundle: &Path, calibration: &Calibration, similarity: &Similarity) -> Identity {
    let folder = bundle.file_name().map(|name| name.to_string_lossy());
    let folder = folder.filter(|name| is_safe_name(name));
    let axes: Vec<&str> = calibration.axes().map(Axis::key).collect();
    let mut details = BTreeMap::from(
        [
            ("bundle", similarity.bundle().to_owned()),
            ("calibration", calibration.digest.to_string()),
            ("calibration_version", calibration.version.clone()),
            ("onnxruntime", similarity.runtime().to_owned()),
            ("rules", RULES.to_owned()),
            (AXES, axes.join(", ")),
        ]
        .map(|(key, value)| (key.to_owned(), value)),
    );
    for axis in calibration.axes() {
        let steps = calibration.thresholds(axis).map(|s| format!("{s:?}"));
        details.insert(format!("thresholds.{axis}"), steps.unwrap_or_default());
    }
    Identity {
        name: folder.map_or_else(|| "clip".to_owned(), |name| format!("clip-{name}")),
        kind: "clip".to_owned(),
        details,
    }
}

impl Judge for ClipJudge {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn provenance(&self) -> BTreeMap<String, String> {
        self.provenance.clone()
    }

    fn concurrency(&self) -> usize {
        CONCURRENCY
    }

    fn has_price(&self) -> bool {
        true
    }

    fn estimate(&self, _question: &Question) -> MarkCost {
        MarkCost::FREE
    }

    fn mark<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Result<Verdict, JudgeError>> {
        let (shop, question) = (Arc::clone(&self.shop), question.clone());
        Box::pin(async move {
            tokio::task::spawn_blocking(move || shop.mark(&question))
                .await
                .map_err(|error| JudgeError::new("CLIP stopped while it was marking", error))?
        })
    }
}

impl Shop {
    fn mark(&self, question: &Question) -> Result<Verdict, JudgeError> {
        let axis = question.evidence.axis();
        let shown = &question.evidence;
        // The axes that are marked see a picture and one of the two texts.
        let text = shown.reasoning().or(shown.instruction());
        let (Some(text), Some(output)) = (text, shown.output()) else {
            return Err(not_marked(axis));
        };
        let task = &question.task;
        let picture = output.decode().map_err(|error| {
            let message = format!("the output picture of task `{task}` cannot be read any more; run the model again for it");
            JudgeError::new(message, error)
        })?;
        let failed = |error| JudgeError::new(format!("CLIP cannot mark task `{task}`"), error);
        let mut similarity = self
            .similarity
            .lock()
            .unwrap_or_else(PoisonError::into_inner);
        let words = similarity.text(text).map_err(failed)?;
        let pixels = similarity.picture(&picture.to_rgb8()).map_err(failed)?;
        drop(similarity);
        let found = cosine100(&words.vector, &pixels);
        let mark = self.calibration.mark(axis, found);
        let mark = mark.ok_or_else(|| not_marked(axis))?;
        let seen = match words.seen < words.tokens {
            true => format!(
                "; the text was cut: its first {} of {} tokens were seen",
                words.seen, words.tokens
            ),
            false => String::new(),
        };
        let rationale = format!("CLIP cosine x 100 = {found:.2}{seen}");
        Ok(Verdict::local(Mark::Scored(mark), Some(rationale)))
    }
}

/// The executor does not ask for such axes, since the identity lists those that are marked.
fn not_marked(axis: Axis) -> JudgeError {
    JudgeError::plain(format!(
        "the calibration of this CLIP judge does not mark {axis}; name the axis in a calibration of your own"
    ))
}
