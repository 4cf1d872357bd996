//! The answers that one axis is shown for one task: right, slightly damaged, much damaged and
//! two controls. The oracle says what each deserves; a ladder whose steps the truth does not
//! tell apart is not used.

use std::sync::Arc;

use image::RgbImage;

use super::boards::{disturbed, undone, wrong_objects};
use super::item::AuditItem;
use super::pixels::{blank, blurred, noisy, static_noise};
use super::probe::{Control, Shown};
use super::store::Store;
use super::texts::{garbled, reversed, without_result, wrong_colours};
use crate::common::picture::{PictureError, PictureFile};
use crate::judge::evidence::{Evidence, Parts};
use crate::judge::oracle::Oracle;
use crate::judge::{JudgeError, Mark, Question, Score, View};
use crate::suite::shapes::draw::draw;
use crate::suite::{Axis, Kind, ParabenchAxis};

/// Why no ladder could be made, other than that the task does not suit.
#[derive(Debug, thiserror::Error)]
pub enum LadderError {
    /// A picture could not be kept.
    #[error(transparent)]
    Picture(#[from] PictureError),
    /// The oracle could not mark.
    #[error(transparent)]
    Oracle(#[from] JudgeError),
    /// The axis looks at something that the tasks do not have.
    #[error("the tasks of the audit do not have what {0} needs")]
    Lacks(Axis),
}

/// One answer and what it deserves.
#[derive(Clone, Debug)]
pub struct Rung {
    /// Its place.
    pub shown: Shown,
    /// The question that shows it.
    pub question: Question,
    /// What the oracle gives it.
    pub truth: Score,
}

/// The parts of an answer, as an axis sees them.
#[derive(Clone, Debug)]
struct Answer {
    reasoning: Arc<str>,
    output: Arc<PictureFile>,
}

/// What ladders are made with.
pub struct Workshop<'a> {
    /// Where pictures lie.
    pub store: &'a Store,
    /// Who knows what they deserve.
    pub oracle: &'a Oracle,
}

impl Workshop<'_> {
    /// The ladder of an axis for a task; the first of the `lenders` that fits lends what controls
    /// borrow. `None` when the truth does not tell its rungs apart: the right answer must deserve
    /// 5, the controls 1, and the damage two marks between.
    ///
    /// # Errors
    /// [`LadderError`].
    pub fn ladder(
        &self,
        axis: Axis,
        round: u32,
        item: &AuditItem,
        lenders: &[&AuditItem],
    ) -> Result<Option<Vec<Rung>>, LadderError> {
        let Some(known) = ParabenchAxis::of(axis) else {
            return Ok(None);
        };
        let right = Answer {
            reasoning: item.reasoning.as_str().into(),
            output: self.store.keep(item.picture())?,
        };
        let mut rungs = vec![self.rung(axis, item, Shown::Right, &right)?];
        let mut steps = Vec::new();
        for answer in self.damaged(known, round, item, &right)? {
            steps.push(self.rung(axis, item, Shown::Slight, &answer)?);
        }
        let Some((slight, medium)) = two_steps(steps) else {
            return Ok(None);
        };
        if rungs.iter().any(|rung| rung.truth != Score::HIGHEST) {
            return Ok(None);
        }
        rungs.extend([slight, medium]);
        for other in lenders {
            let controls = self.controls(known, item, other, &right)?;
            if controls.iter().all(|rung| rung.truth == Score::LOWEST) {
                rungs.extend(controls);
                return Ok(Some(rungs));
            }
        }
        Ok(None)
    }

    fn controls(
        &self,
        axis: ParabenchAxis,
        item: &AuditItem,
        other: &AuditItem,
        right: &Answer,
    ) -> Result<Vec<Rung>, LadderError> {
        let made = controls(axis).into_iter().map(|control| {
            let answer = self.control(control, item, other, right)?;
            self.rung(axis.axis(), item, Shown::Control(control), &answer)
        });
        made.collect()
    }

    fn rung(
        &self,
        axis: Axis,
        item: &AuditItem,
        shown: Shown,
        answer: &Answer,
    ) -> Result<Rung, LadderError> {
        let question = Question {
            task: Arc::clone(&item.id),
            kind: Kind::Edit,
            category: None,
            together: Arc::default(),
            evidence: evidence(axis, item, answer).ok_or(LadderError::Lacks(axis))?,
            target: Some(Arc::clone(&item.target)),
            view: View::default(),
            repeat: 0,
        };
        let truth = match self.oracle.verdict(&question)?.mark {
            Mark::Scored(score) => score,
            // The oracle always marks; if it did not, the rung would deserve nothing.
            Mark::Missing(_) => Score::LOWEST,
        };
        Ok(Rung {
            shown,
            question,
            truth,
        })
    }

    /// Answers with more and more damage of the kind that the axis is about. Odd and even
    /// rounds differ in kind where there are two.
    fn damaged(
        &self,
        axis: ParabenchAxis,
        round: u32,
        item: &AuditItem,
        right: &Answer,
    ) -> Result<Vec<Answer>, PictureError> {
        let even = round.is_multiple_of(2);
        let text = &item.reasoning;
        let texts: Vec<String> = match axis {
            ParabenchAxis::TextQuality if even => {
                let short = without_result(text);
                std::iter::once(short.clone())
                    .chain(garbled(&short, item.seed("words")))
                    .collect()
            }
            ParabenchAxis::TextQuality => garbled(text, item.seed("words")),
            ParabenchAxis::TextAlignment if even => {
                let short = without_result(text);
                std::iter::once(short.clone())
                    .chain(wrong_colours(&short, item.seed("colours")))
                    .collect()
            }
            ParabenchAxis::TextAlignment => wrong_colours(text, item.seed("colours")),
            _ => Vec::new(),
        };
        let pictures: Vec<RgbImage> = match axis {
            ParabenchAxis::ImageQuality if even => noisy(&item.picture(), item.seed("grain")),
            ParabenchAxis::ImageQuality => blurred(&item.picture()),
            ParabenchAxis::ImageAlignment => {
                drawn(undone(&item.before, &item.after, &item.changes))
            }
            ParabenchAxis::ImageConsistency => {
                drawn(disturbed(&item.before, &item.after, item.seed("swap")))
            }
            ParabenchAxis::OutputAlignment => drawn(wrong_objects(&item.after, item.seed("swap"))),
            _ => Vec::new(),
        };
        let texts = texts.into_iter().map(|text| {
            Ok(Answer {
                reasoning: text.into(),
                ..right.clone()
            })
        });
        let pictures = pictures.into_iter().map(|picture| {
            Ok(Answer {
                output: self.store.keep(picture)?,
                ..right.clone()
            })
        });
        texts.chain(pictures).collect()
    }

    fn control(
        &self,
        control: Control,
        item: &AuditItem,
        other: &AuditItem,
        right: &Answer,
    ) -> Result<Answer, PictureError> {
        let reasoning: Arc<str> = match control {
            Control::BlankText => ".".into(),
            Control::ReversedText => reversed(&item.reasoning).into(),
            Control::ShuffledReasoning => other.reasoning.as_str().into(),
            _ => Arc::clone(&right.reasoning),
        };
        let output = match control {
            Control::CopiedInput => Arc::clone(&item.input),
            Control::ForeignPicture => self.store.keep(other.picture())?,
            Control::BlankPicture => self.store.keep(blank())?,
            Control::NoisePicture => self.store.keep(static_noise(item.seed("static")))?,
            _ => Arc::clone(&right.output),
        };
        Ok(Answer { reasoning, output })
    }
}

/// The two controls of an axis. Where an axis compares two things, each control spoils another.
fn controls(axis: ParabenchAxis) -> [Control; 2] {
    match axis {
        ParabenchAxis::TextQuality => [Control::ReversedText, Control::BlankText],
        ParabenchAxis::TextAlignment => [Control::ShuffledReasoning, Control::BlankText],
        ParabenchAxis::ImageQuality => [Control::NoisePicture, Control::BlankPicture],
        ParabenchAxis::ImageAlignment => [Control::CopiedInput, Control::ForeignPicture],
        ParabenchAxis::ImageConsistency => [Control::ForeignPicture, Control::BlankPicture],
        ParabenchAxis::OutputAlignment => [Control::ShuffledReasoning, Control::BlankPicture],
    }
}

/// Of answers with growing damage, the first that deserves 4 or 3 and the last that deserves
/// less but more than 1.
fn two_steps(steps: Vec<Rung>) -> Option<(Rung, Rung)> {
    let at = steps.iter().position(|rung| rung.truth < Score::HIGHEST)?;
    let slight = steps.get(at)?.clone();
    let worse = |rung: &&Rung| Score::LOWEST < rung.truth && rung.truth < slight.truth;
    let mut medium = steps.iter().skip(at).rev().find(worse)?.clone();
    medium.shown = Shown::Medium;
    Some((slight, medium))
}

fn drawn(boards: Vec<crate::suite::shapes::board::Board>) -> Vec<RgbImage> {
    boards.iter().map(draw).collect()
}

fn evidence(axis: Axis, item: &AuditItem, answer: &Answer) -> Option<Evidence> {
    let parts = Parts {
        instruction: Some(Arc::clone(&item.instruction)),
        reasoning: Some(Arc::clone(&answer.reasoning)),
        inputs: Some(Arc::clone(&item.input)).into(),
        output: Some(Arc::clone(&answer.output)),
        ..Parts::default()
    };
    Evidence::gather(axis, parts)
}
