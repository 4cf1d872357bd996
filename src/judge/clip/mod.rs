//! `clip:BUNDLE`: similarity of text and picture by CLIP, mapped to marks by a stated calibration, or, with a head, how well
//! people would like a picture.
//!
//! A local judge that costs nothing and is blind to much: CLIP reads a short text, sees a small
//! square from the middle of the picture, and knows neither counting nor the input image.

mod aesthetic;
mod calibration;
mod head;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};

pub use calibration::{Calibration, CalibrationError};

use crate::common::files::is_safe_name;
use crate::judge::local::{self, Gauge, LocalJudge};
use crate::judge::{AXES, Identity, JudgeError, Mark, Question, Verdict};
use crate::onnx::runtime::RuntimeOptions;
use crate::onnx::similarity::{Similarity, cosine100};
use crate::suite::Axis;

/// What names the kind.
pub const PREFIX: &str = "clip:";
/// Version of the way from evidence to mark; raised when a mark may change.
const RULES: &str = "1";
/// The option that names another calibration.
const CALIBRATION: &str = "calibration=";
/// The option that names a head.
const HEAD: &str = "head=";

/// What is made of CLIP's features.
enum Reading {
    /// Similarity of text and picture, by a calibration: the embedded one, or that of a file.
    Calibrated(Option<PathBuf>),
    /// The number that a head gives to a picture.
    Head(PathBuf),
}

struct Shop {
    calibration: Calibration,
    similarity: Mutex<Similarity>,
}

/// Whether what follows `clip:` marks the axis of a head, which suites declare.
pub fn has_head(spec: &str) -> bool {
    matches!(parts(spec), Ok((_, Reading::Head(_))))
}

/// Opens what follows `clip:` for a suite's axes: `BUNDLE`, `BUNDLE?calibration=FILE` or `BUNDLE?head=FILE`.
///
/// # Errors
/// An unknown option, a faulty calibration or head, axes that are not marked, a bundle that cannot be opened or is none of
/// CLIP, no ONNX Runtime.
pub fn open(spec: &str, axes: &[Axis]) -> Result<LocalJudge, JudgeError> {
    let (bundle, reading) = parts(spec)?;
    let calibration = match reading {
        Reading::Head(file) => return aesthetic::open(spec, &bundle, &file, axes),
        Reading::Calibrated(file) => file,
    };
    let calibration =
        Calibration::load(calibration.as_deref()).map_err(|error| faulty(spec, error))?;
    let similarity = Similarity::open(&bundle, &RuntimeOptions::from_env())
        .map_err(|error| faulty(spec, error))?;
    let axes: Vec<&str> = calibration.axes().map(Axis::key).collect();
    let mut details = vec![
        ("calibration".to_owned(), calibration.digest.to_string()),
        (
            "calibration_version".to_owned(),
            calibration.version.clone(),
        ),
        (AXES.to_owned(), axes.join(", ")),
    ];
    for axis in calibration.axes() {
        let steps = calibration.thresholds(axis).map(|s| format!("{s:?}"));
        details.push((format!("thresholds.{axis}"), steps.unwrap_or_default()));
    }
    let name = match folder_name(&bundle) {
        Some(name) => format!("clip-{name}"),
        None => "clip".to_owned(),
    };
    let identity = identity(name, details, &similarity);
    let shop = Shop {
        calibration,
        similarity: Mutex::new(similarity),
    };
    let provenance = shop.lock().provenance();
    Ok(LocalJudge::new(identity, provenance, shop))
}

fn faulty(spec: &str, error: impl std::error::Error + Send + Sync + 'static) -> JudgeError {
    JudgeError::new(format!("--judge {PREFIX}{spec}"), error)
}

fn parts(spec: &str) -> Result<(PathBuf, Reading), JudgeError> {
    let (bundle, option) = spec.split_once('?').unwrap_or((spec, ""));
    let file = |prefix| option.strip_prefix(prefix).map(PathBuf::from);
    let reading = match (file(CALIBRATION), file(HEAD)) {
        (Some(calibration), _) => Reading::Calibrated(Some(calibration)),
        (None, Some(head)) => Reading::Head(head),
        (None, None) if option.is_empty() => Reading::Calibrated(None),
        (None, None) => {
            return Err(JudgeError::plain(format!(
                "--judge {PREFIX}{spec}: the only options are {CALIBRATION}FILE and {HEAD}FILE, one of them"
            )));
        }
    };
    if bundle.is_empty() {
        return Err(JudgeError::plain(
            "--judge clip: needs the folder of a CLIP bundle behind the colon; `parabench export` makes one",
        ));
    }
    Ok((bundle.into(), reading))
}

/// The name of a bundle's folder, where it can stand in a name.
fn folder_name(bundle: &Path) -> Option<String> {
    let folder = bundle.file_name().map(|name| name.to_string_lossy());
    folder
        .filter(|name| is_safe_name(name))
        .map(|name| name.into_owned())
}

fn identity(
    name: String,
    own: impl IntoIterator<Item = (String, String)>,
    similarity: &Similarity,
) -> Identity {
    let mut details = BTreeMap::from(
        [
            ("bundle", similarity.bundle().to_owned()),
            ("onnxruntime", similarity.runtime().to_owned()),
            ("rules", RULES.to_owned()),
        ]
        .map(|(key, value)| (key.to_owned(), value)),
    );
    details.extend(own);
    Identity {
        name,
        kind: "clip".to_owned(),
        details,
    }
}

impl Shop {
    fn lock(&self) -> std::sync::MutexGuard<'_, Similarity> {
        self.similarity
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Gauge for Shop {
    fn verdict(&self, question: &Question) -> Result<Verdict, JudgeError> {
        let axis = question.evidence.axis();
        let shown = &question.evidence;
        // The axes that are marked see a picture and one of the two texts.
        let text = shown.reasoning().or(shown.instruction());
        let (Some(text), Some(output)) = (text, shown.output()) else {
            return Err(not_marked(axis));
        };
        let picture = local::pixels(question, output)?;
        let task = &question.task;
        let failed = |error| JudgeError::new(format!("CLIP cannot mark task `{task}`"), error);
        let mut similarity = self.lock();
        let words = similarity.text(text).map_err(failed)?;
        let pixels = similarity.picture(&picture).map_err(failed)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_option_names_a_calibration_or_a_head() {
        assert!(has_head("bundle?head=a?b.safetensors"));
        for spec in ["bundle", "bundle?calibration=mine.toml"] {
            assert!(parts(spec).is_ok() && !has_head(spec), "{spec}");
        }
        for spec in ["", "?head=h", "bundle?heads=h", "bundle?x"] {
            assert!(parts(spec).is_err(), "{spec}");
        }
    }
}
