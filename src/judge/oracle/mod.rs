//! The oracle: marks answers to the suite `shapes` by comparing what can be read
//! from pictures and texts with the stored truth. It knows the world's vocabulary
//! and clean tiles but none of its rules; docs/shapes.md has its own.

mod finding;
mod frozen;
mod needs;
mod pictures;
mod reader;
mod text;
mod texts;
mod words;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

pub use finding::OracleFinding;
pub use frozen::{Probe, rules_digest};
pub use reader::{CellReading, Content, Reading};
pub use text::{Claims, Step, parse};

use crate::common::BoxFuture;
use crate::common::digest::Digest;
use crate::common::picture::PictureFile;
use crate::endpoint::price::Spent;
use crate::judge::{
    Identity, Judge, JudgeError, LOCAL_CONCURRENCY, Mark, MarkCost, Question, Score, Verdict,
};
use crate::suite::shapes::target::Truth;
use crate::suite::{Axis, ParabenchAxis, Target};

/// Version of the rules; raised when a mark may change.
pub const RULES: &str = "1";
/// Readings that are kept: a picture is looked at for up to four axes.
const KEPT_READINGS: usize = 4096;

/// The judge that knows the truth.
pub struct Oracle {
    identity: Identity,
    rule: Rule,
    readings: Arc<Readings>,
}

/// From a finding to a mark.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Rule {
    /// Full quarters of the share that is right.
    Share,
    /// Full quarters of its square: what is half right is worth a quarter.
    Square,
}

impl Rule {
    fn mark(self, finding: &OracleFinding) -> Score {
        match self {
            Self::Share => finding.score(),
            Self::Square => finding.strict_score(),
        }
    }
}

#[derive(Default)]
struct Readings(Mutex<HashMap<Digest, Arc<Reading>>>);

impl Default for Oracle {
    fn default() -> Self {
        Self::new()
    }
}

impl Oracle {
    /// An oracle; it needs no settings.
    pub fn new() -> Self {
        Self {
            identity: Identity {
                name: "oracle".to_owned(),
                kind: "oracle".to_owned(),
                details: BTreeMap::from([("rules".to_owned(), RULES.to_owned())]),
            },
            rule: Rule::Share,
            readings: Arc::default(),
        }
    }

    /// A stricter stand-in that knows the same: another judge of the same answers, to show offline what a change of judge
    /// does. It marks the full quarters of the square of the share that is right.
    pub fn strict() -> Self {
        let mut oracle = Self::new();
        oracle.identity.name = "oracle-strict".to_owned();
        let details = &mut oracle.identity.details;
        details.insert("marks".to_owned(), "squares of shares".to_owned());
        oracle.rule = Rule::Square;
        oracle
    }

    /// Marks one piece of evidence, here and now.
    ///
    /// # Errors
    /// The task has no truth that the oracle understands, or a picture that was
    /// checked before cannot be read any more.
    pub fn verdict(&self, question: &Question) -> Result<Verdict, JudgeError> {
        verdict(&self.readings, self.rule, question)
    }
}

impl Judge for Oracle {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn concurrency(&self) -> usize {
        LOCAL_CONCURRENCY
    }

    fn has_price(&self) -> bool {
        true
    }

    fn estimate(&self, _question: &Question) -> MarkCost {
        MarkCost::FREE
    }

    fn mark<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Result<Verdict, JudgeError>> {
        let (readings, question) = (Arc::clone(&self.readings), question.clone());
        let rule = self.rule;
        Box::pin(async move {
            tokio::task::spawn_blocking(move || verdict(&readings, rule, &question))
                .await
                .map_err(|error| {
                    JudgeError::new("the oracle stopped while it was marking", error)
                })?
        })
    }
}

fn verdict(readings: &Readings, rule: Rule, question: &Question) -> Result<Verdict, JudgeError> {
    let truth = truth(question)?;
    let axis = question.evidence.axis();
    let output = match question.evidence.output() {
        Some(picture) => Some(readings.of(picture, &question.task)?),
        None => None,
    };
    let claims = question.evidence.reasoning().map(parse);
    let finding = mark(axis, &truth, output.as_deref(), claims.as_ref());
    let confidence = output.map_or(String::new(), |output| {
        format!("; read with confidence {:.2}", output.confidence())
    });
    let rationale = format!("{}{confidence}", finding.reasons);
    Ok(Verdict::local(
        Mark::Scored(rule.mark(&finding)),
        Some(rationale),
    ))
}

/// What the oracle finds on one axis. It looks at the output and the claims only
/// where the axis has them ([`Evidence`](crate::judge::Evidence)), and finds nothing where they are absent.
pub fn mark(
    axis: Axis,
    truth: &Truth,
    output: Option<&Reading>,
    claims: Option<&Claims>,
) -> OracleFinding {
    let found = match (ParabenchAxis::of(axis), truth) {
        (Some(ParabenchAxis::TextQuality), _) => claims.map(texts::quality),
        (Some(ParabenchAxis::TextAlignment), truth) => {
            claims.map(|claims| texts::alignment(truth, claims))
        }
        (Some(ParabenchAxis::ImageQuality), _) => output.map(pictures::quality),
        (Some(ParabenchAxis::ImageAlignment), truth) => {
            output.map(|output| pictures::alignment(truth, output))
        }
        (Some(ParabenchAxis::ImageConsistency), Truth::Edit { before, after, .. }) => {
            output.map(|output| pictures::consistency(before, after, output))
        }
        (Some(ParabenchAxis::ImageConsistency), Truth::Generation { .. }) => None,
        (Some(ParabenchAxis::OutputAlignment), _) => {
            let both = claims.zip(output);
            both.map(|(claims, output)| pictures::output_alignment(claims, output))
        }
        (None, _) => None,
    };
    found.unwrap_or_else(|| OracleFinding::of(0.0, "nothing to look at".to_owned()))
}

/// How much of what a text announces a picture shows; neither needs to be finished.
pub fn output_alignment(claims: &Claims, output: &Reading) -> OracleFinding {
    pictures::output_alignment(claims, output)
}

fn truth(question: &Question) -> Result<Truth, JudgeError> {
    let fault = |what: &str, source| JudgeError {
        message: format!(
            "task `{}` {what}; the oracle judges only suites that store the truth of the world \
             `shapes`: use `parabench shapes suite` to write one, or another judge",
            question.task
        ),
        source,
        spent: Spent::default(),
    };
    let Some(target) = &question.target else {
        return Err(fault("has no target", None));
    };
    let Target(value) = &**target;
    serde::Deserialize::deserialize(value).map_err(|error: serde_json::Error| {
        fault("has a target of another form", Some(error.into()))
    })
}

impl Readings {
    fn of(&self, picture: &PictureFile, task: &str) -> Result<Arc<Reading>, JudgeError> {
        if let Some(reading) = self.lock().get(&picture.digest) {
            return Ok(Arc::clone(reading));
        }
        let pixels = picture.decode().map_err(|error| {
            let message = format!(
                "the output picture of task `{task}` cannot be read any more; run the model again for it"
            );
            JudgeError::new(message, error)
        })?;
        let reading = Arc::new(Reading::of(&pixels.to_rgb8()));
        let mut kept = self.lock();
        if kept.len() >= KEPT_READINGS {
            kept.clear();
        }
        kept.insert(picture.digest, Arc::clone(&reading));
        Ok(reading)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Digest, Arc<Reading>>> {
        // A reading is inserted whole or not at all, so a panic elsewhere spoils nothing.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
