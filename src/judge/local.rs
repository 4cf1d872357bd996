//! What judges that compute a number on this machine share: no price, a few marks in flight, and the way from a number to
//! a mark.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::common::BoxFuture;
use crate::common::decimal::Decimal;
use crate::common::picture::{self, PictureFile};
use crate::judge::{
    Identity, Judge, JudgeError, Mark, MarkCost, MissingReason, Question, Score, Verdict,
};
use crate::suite::Axis;
use crate::suite::axes::scale::MarkScale;
use crate::suite::axes::sight::SightPart;

/// Marks in flight: each holds decoded pictures.
const CONCURRENCY: usize = 4;

/// What computes a verdict. It runs on a thread that may wait.
pub(super) trait Gauge: Send + Sync + 'static {
    /// The verdict of one question.
    ///
    /// # Errors
    /// What ends the run: a picture that is gone, a model that fails.
    fn verdict(&self, question: &Question) -> Result<Verdict, JudgeError>;
}

/// A judge that computes here.
pub struct LocalJudge {
    identity: Identity,
    provenance: BTreeMap<String, String>,
    /// Axes that stand beside the figures of the suite.
    beside: Vec<Axis>,
    gauge: Arc<dyn Gauge>,
}

impl LocalJudge {
    /// The judge of a gauge, which marks axes of the suite's figures.
    pub(super) fn new(
        identity: Identity,
        provenance: BTreeMap<String, String>,
        gauge: impl Gauge,
    ) -> Self {
        Self {
            identity,
            provenance,
            beside: Vec::new(),
            gauge: Arc::new(gauge),
        }
    }

    /// The same judge, which marks these axes: those without ends stand beside the figures.
    pub(super) fn of_axes(self, marked: &[Axis]) -> Self {
        let endless = marked.iter().filter(|axis| axis.scale().is_endless());
        Self {
            beside: endless.copied().collect(),
            ..self
        }
    }
}

impl Judge for LocalJudge {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn provenance(&self) -> BTreeMap<String, String> {
        self.provenance.clone()
    }

    fn concurrency(&self) -> usize {
        CONCURRENCY
    }

    fn extra_axes(&self) -> &[Axis] {
        &self.beside
    }

    fn has_price(&self) -> bool {
        true
    }

    fn estimate(&self, _question: &Question) -> MarkCost {
        MarkCost::FREE
    }

    fn mark<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Result<Verdict, JudgeError>> {
        let (gauge, question) = (Arc::clone(&self.gauge), question.clone());
        Box::pin(async move {
            tokio::task::spawn_blocking(move || gauge.verdict(&question))
                .await
                .map_err(|error| JudgeError::new("a thread that computes marks failed", error))?
        })
    }
}

/// The axes of these keys among those of a suite, with everything that the number is computed of in their `sees`.
///
/// # Errors
/// There is none; `judge` is what was asked for.
pub(super) fn axes_of(
    judge: &str,
    axes: &[Axis],
    keys: &[&str],
    sees: &[SightPart],
) -> Result<Vec<Axis>, JudgeError> {
    let marked = axes.iter().filter(|axis| is_of(**axis, keys, sees));
    let marked: Vec<Axis> = marked.copied().collect();
    if !marked.is_empty() {
        return Ok(marked);
    }
    let quoted: Vec<String> = keys.iter().map(|key| format!("`{key}`")).collect();
    let shown: Vec<String> = sees
        .iter()
        .map(|part| format!("\"{}\"", part.key()))
        .collect();
    let (what, them) = match quoted.as_slice() {
        [one] => (format!("the axis {one}"), "it"),
        several => (format!("the axes {}", several.join(" and ")), "them"),
    };
    Err(JudgeError::plain(format!(
        "--judge {judge} computes {what} of suites that declare {them} with sees = [{}]; the axes here are {}",
        shown.join(", "),
        listed(axes)
    )))
}

/// The keys of axes, as an identity lists them.
pub(super) fn listed(axes: &[Axis]) -> String {
    let keys: Vec<&str> = axes.iter().map(|axis| axis.key()).collect();
    keys.join(", ")
}

/// Whether an axis is one of these keys and sees what its number is computed of.
pub(super) fn is_of(axis: Axis, keys: &[&str], sees: &[SightPart]) -> bool {
    keys.contains(&axis.key()) && sees.iter().all(|part| axis.sees(*part))
}

/// The one picture to edit and the model's picture.
///
/// # Errors
/// Why there is no such pair.
pub(super) fn input_and_output(
    question: &Question,
) -> Result<(&Arc<PictureFile>, &Arc<PictureFile>), String> {
    let shown = &question.evidence;
    let input = shown.inputs().only().map_err(|several| {
        let count = several.0;
        format!("there are {count} pictures to edit; one is compared")
    })?;
    let both = input.zip(shown.output());
    both.ok_or_else(|| "there is no picture to edit".to_owned())
}

/// The pixels of a picture of a question.
///
/// # Errors
/// A picture that cannot be read any more.
pub(super) fn pixels(
    question: &Question,
    file: &PictureFile,
) -> Result<image::RgbImage, JudgeError> {
    let read = file.load();
    let decoded = read.and_then(|bytes| picture::with_pixels(&bytes, |all| all.into_rgb8()));
    decoded.map_err(|error| {
        let message = format!(
            "a picture of task `{}` cannot be read any more; run the model again for it",
            question.task
        );
        JudgeError::new(message, error)
    })
}

/// No mark, and why.
pub(super) fn none(why: &str) -> Verdict {
    let mark = Mark::Missing(MissingReason::NoMark);
    Verdict::local(mark, Some(why.to_owned()))
}

/// The mark of a number: the nearest one of the axis. The number itself stands in the rationale.
pub(super) fn measured(axis: Axis, value: f64) -> Verdict {
    let mark = nearest(axis.scale(), value);
    let mark = mark.map_or(Mark::Missing(MissingReason::NoMark), Mark::Scored);
    Verdict::local(mark, Some(format!("{axis} = {value:.6}")))
}

/// The mark nearest to a number; its ends for what lies beyond them. `None` for what is not a number, and for a number that
/// has no end and lies beyond all marks.
fn nearest(scale: MarkScale, value: f64) -> Option<Score> {
    let (lo, hi, step) = (scale.lo.to_f64(), scale.hi.to_f64(), scale.step.to_f64());
    let value = value.clamp(lo, hi);
    let beyond = scale.is_endless() && value.abs() >= MarkScale::LIMIT.to_f64();
    if value.is_nan() || beyond {
        return None;
    }
    let steps = ((value - lo) / step).round();
    let above = scale.step.scaled().checked_mul(steps as i128)?;
    Score::on(scale, Decimal::from_scaled(scale.lo.scaled() + above)?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_become_the_nearest_mark() {
        let d = |text: &str| text.parse::<Decimal>().unwrap();
        let scale = MarkScale::new(d("0"), d("1"), d("0.001")).unwrap();
        for (value, mark) in [
            (0.12345, "0.123"),
            (-0.4, "0"),
            (2.0, "1"),
            (f64::INFINITY, "1"),
        ] {
            assert_eq!(nearest(scale, value).unwrap().get(), d(mark), "{value}");
        }
        assert_eq!(nearest(scale, f64::NAN), None);
    }
}
