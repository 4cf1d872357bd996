//! The marks of one request: asked of a program, read, and kept with all that is needed to check them later.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use super::batch::{Broken, Ended};
use super::description::Marking;
use super::protocol::Hello;
use super::queue::Queue;
use super::reply::WantedAxis;
use super::role::JudgeRole;
use super::show::{Exhibit, shown};
use crate::common::plain::excerpt;
use crate::common::program::{Loss, Pool};
use crate::endpoint::price::Spent;
use crate::judge::shared::SharedCalls;
use crate::judge::{Evidence, JudgeError, Mark, MissingReason, Question, Verdict};
use crate::suite::Axis;

/// Longest description of a failed try that is kept, in bytes.
const MAX_FAULT: usize = 4000;

/// The running program and how its marks are made.
pub(super) struct Shop {
    pub(super) pool: Arc<Pool<JudgeRole>>,
    pub(super) marked: BTreeMap<String, Marking>,
    pub(super) hello: Hello,
    /// US dollars for a request.
    pub(super) usd: Option<f64>,
    /// Requests that wait for a copy.
    pub(super) queue: Queue,
    /// Requests about several axes.
    pub(super) shared: SharedCalls,
}

impl Shop {
    pub(super) async fn mark(&self, question: &Question) -> Result<Verdict, JudgeError> {
        let axis = question.evidence.axis();
        let marked = self.marking(axis)?;
        let exhibit = Arc::new(Exhibit::of(question, marked, self.asked_with(question))?);
        let at = exhibit.axes.iter().position(|asked| *asked == axis);
        let verdict = |verdicts: &[Verdict]| {
            let verdict = verdicts.get(at.unwrap_or(0)).cloned();
            verdict.ok_or_else(|| JudgeError::plain(format!("{axis} was not asked for")))
        };
        if exhibit.axes.len() == 1 {
            return verdict(&self.ask(question, exhibit).await?);
        }
        let asked = AtomicBool::new(false);
        let cell = self.shared.cell(&exhibit.digest);
        let ask = || async {
            asked.store(true, Ordering::Relaxed);
            self.ask(question, exhibit).await
        };
        let verdict = verdict(cell.get_or_try_init(ask).await?)?;
        // The first of the axes carries the price of the request.
        Ok(match asked.into_inner() {
            true => verdict,
            false => verdict.free(),
        })
    }

    /// How an axis is marked.
    fn marking(&self, axis: Axis) -> Result<&Marking, JudgeError> {
        // The executor does not ask for other axes, since the identity lists those that are marked.
        let marked = self.marked.get(axis.key()).ok_or_else(|| {
            JudgeError::plain(format!("the judge's program does not mark {axis}"))
        })?;
        match marked.fault(axis) {
            Some(fault) => Err(JudgeError::plain(fault)),
            None => Ok(marked),
        }
    }

    /// The axes that are asked about in one request: those of the same answer for which the program is shown the same.
    fn asked_with(&self, question: &Question) -> Vec<Axis> {
        let own = question.evidence.axis();
        let Some(marked) = self.marked.get(own.key()).filter(|_| self.hello.joint) else {
            return vec![own];
        };
        let seen = shown(&question.evidence, marked);
        let same = |evidence: &&Evidence| {
            let axis = evidence.axis();
            let other = self.marked.get(axis.key());
            axis == own
                || other.is_some_and(|other| {
                    other.sees_target() == marked.sees_target() && shown(evidence, other) == seen
                })
        };
        let axes = question.together.iter().filter(same).map(Evidence::axis);
        let axes: Vec<Axis> = axes.collect();
        match axes.contains(&own) {
            true => axes,
            false => vec![own],
        }
    }

    /// The most axes of one request.
    pub(super) fn most_axes(&self) -> usize {
        match self.hello.joint {
            true => self.marked.len().max(1),
            false => 1,
        }
    }

    /// What a reply about some axes is to hold.
    pub(super) fn wanted(&self, axes: &[Axis]) -> Vec<WantedAxis<'_>> {
        let wanted = |axis: &Axis| {
            let marked = self.marked.get(axis.key());
            let calibrated = marked.and_then(|marked| marked.calibrated.as_ref());
            WantedAxis {
                axis: axis.key(),
                scale: axis.scale(),
                parts: axis.parts(),
                calibrated: calibrated.map(|(name, steps)| (name.as_str(), steps)),
                value: marked
                    .and_then(|marked| marked.value.as_deref())
                    .unwrap_or(axis.key()),
            }
        };
        axes.iter().map(wanted).collect()
    }

    /// The verdicts of one request, by axis.
    async fn ask(
        &self,
        question: &Question,
        exhibit: Arc<Exhibit>,
    ) -> Result<Vec<Verdict>, JudgeError> {
        let keys: Vec<&str> = exhibit.axes.iter().map(|axis| axis.key()).collect();
        let what = format!("{} of task `{}`", keys.join(", "), question.task);
        let ended = self.queue.ask(self, Arc::clone(&exhibit), what).await;
        match ended {
            Ok(ended) => Ok(self.verdicts(&exhibit, ended)),
            Err(broken) => Err(self.ends(broken)),
        }
    }

    /// What is kept of the marks of a request: of its reply, or of its loss. Each carries the price.
    fn verdicts(&self, exhibit: &Exhibit, ended: Ended) -> Vec<Verdict> {
        let Ended { said, sent, faults } = ended;
        let usd = |requests: u32| self.usd.map(|usd| usd * f64::from(requests));
        let unknown = sent - u32::from(said.is_ok());
        let mut faults: Vec<String> = faults
            .iter()
            .map(|fault| excerpt(fault, MAX_FAULT))
            .collect();
        let named = self.hello.name.is_some() || self.hello.version.is_some();
        let (marks, rationale, raw_reply, latency_ms) = match said {
            Err(loss) => {
                let lost = (Mark::Missing(reason_of(loss)), Vec::new());
                (vec![lost; exhibit.axes.len()], None, None, None)
            }
            Ok(said) => {
                faults.extend(said.reply.remarks);
                let reply = (said.reply.marks, said.reply.rationale);
                (reply.0, reply.1, Some(said.raw), Some(said.ms))
            }
        };
        let verdict = |(mark, parts)| Verdict {
            raw_reply: raw_reply.clone(),
            served_model: named.then(|| self.hello.told()),
            prompt_digest: Some(exhibit.digest),
            image_digests: exhibit.pictures(),
            cost_usd: usd(sent),
            assumed_usd: usd(unknown).filter(|usd| *usd > 0.0),
            attempts: sent,
            faults: faults.clone(),
            latency_ms,
            parts,
            ..Verdict::local(mark, rationale.clone())
        };
        marks.into_iter().map(verdict).collect()
    }

    /// The end of the run, with the money for what was asked.
    fn ends(&self, broken: Broken) -> JudgeError {
        let usd = self.usd.unwrap_or(0.0) * f64::from(broken.sent);
        JudgeError {
            message: broken.error.message,
            source: broken.error.source,
            spent: Spent {
                cost_usd: usd,
                assumed_usd: usd,
            },
        }
    }
}

/// The name under which a mark is missing for a loss.
fn reason_of(loss: Loss) -> MissingReason {
    match loss {
        Loss::Crash | Loss::OutOfMemory => MissingReason::Crashed,
        Loss::Protocol => MissingReason::BadResponse,
        Loss::Timeout => MissingReason::TimedOut,
    }
}
