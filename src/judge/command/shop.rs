//! One mark: asked of a program, read, and kept with all that is needed to check it later.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use super::description::Marking;
use super::protocol::{self, Hello, ProgramMarks, Wanted};
use super::role::JudgeRole;
use super::show::Exhibit;
use crate::common::BoxFuture;
use crate::common::plain::excerpt;
use crate::common::program::{Exchange, Fault, Loss, Outcome, Pool, ProgramError, Worker};
use crate::endpoint::price::Spent;
use crate::judge::{JudgeError, Mark, MissingReason, Question, Verdict};
use crate::suite::axes::scale::MarkScale;

/// Most characters of a raw reply that are kept.
const MAX_RAW_CHARS: usize = 16_000;
/// Longest description of a failed try that is kept, in bytes.
const MAX_FAULT: usize = 4000;

/// The running program and how its marks are made.
pub(super) struct Shop {
    pub(super) pool: Arc<Pool<JudgeRole>>,
    pub(super) marked: BTreeMap<String, Marking>,
    pub(super) hello: Hello,
    /// US dollars for a request.
    pub(super) usd: Option<f64>,
}

impl Shop {
    pub(super) async fn mark(&self, question: &Question) -> Result<Verdict, JudgeError> {
        let axis = question.evidence.axis();
        // The executor does not ask for other axes, since the identity lists those that are marked.
        let marked = self.marked.get(axis.key()).ok_or_else(|| {
            JudgeError::plain(format!("the judge's program does not mark {axis}"))
        })?;
        if let Some(fault) = marked.fault(axis) {
            return Err(JudgeError::plain(fault));
        }
        let asked = Asked {
            exhibit: Arc::new(Exhibit::of(question, marked)?),
            pool: &self.pool,
            marked,
            scale: axis.scale(),
        };
        let what = format!("{axis} of task `{}`", question.task);
        match self.pool.ask(&what, &asked).await {
            Ok(Outcome::Replied {
                reply,
                restarts,
                faults,
            }) => Ok(self.verdict(
                &asked,
                Some(reply),
                Mark::Missing(MissingReason::Crashed),
                restarts + 1,
                faults,
            )),
            Ok(Outcome::Lost { loss, faults }) => {
                let tries = u32::try_from(faults.len()).unwrap_or(u32::MAX);
                Ok(self.verdict(&asked, None, Mark::Missing(reason_of(loss)), tries, faults))
            }
            Err(error) => Err(self.ends(error)),
        }
    }

    /// What is kept of a mark: of its reply, or of its loss.
    fn verdict(
        &self,
        asked: &Asked<'_>,
        reply: Option<Said>,
        lost: Mark,
        tries: u32,
        faults: Vec<String>,
    ) -> Verdict {
        let usd = |requests: u32| self.usd.map(|usd| usd * f64::from(requests));
        let unknown = tries - u32::from(reply.is_some());
        let mut faults: Vec<String> = faults
            .iter()
            .map(|fault| excerpt(fault, MAX_FAULT))
            .collect();
        let (told, raw_reply, latency_ms) = match reply {
            None => (ProgramMarks::lost(lost), None, None),
            Some(said) => (said.reply, Some(said.raw), Some(said.ms)),
        };
        faults.extend(told.remarks);
        let named = self.hello.name.is_some() || self.hello.version.is_some();
        Verdict {
            raw_reply,
            served_model: named.then(|| self.hello.told()),
            prompt_digest: Some(asked.exhibit.digest),
            image_digests: asked.exhibit.pictures(),
            cost_usd: usd(tries),
            assumed_usd: usd(unknown).filter(|usd| *usd > 0.0),
            attempts: tries,
            faults,
            latency_ms,
            parts: told.parts,
            ..Verdict::local(told.mark, told.rationale)
        }
    }

    /// The end of the run, with the money for what was asked.
    fn ends(&self, error: ProgramError) -> JudgeError {
        let usd = self.usd.unwrap_or(0.0) * f64::from(error.asked);
        JudgeError {
            message: error.message,
            source: error.source,
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

/// A request that is put to a program.
struct Asked<'a> {
    exhibit: Arc<Exhibit>,
    pool: &'a Pool<JudgeRole>,
    marked: &'a Marking,
    scale: MarkScale,
}

/// A reply, and how it came.
struct Said {
    reply: ProgramMarks,
    raw: String,
    ms: f64,
}

impl Exchange<JudgeRole> for Asked<'_> {
    type Reply = Said;

    fn with<'a>(
        &'a self,
        worker: &'a mut Worker<Hello>,
    ) -> BoxFuture<'a, Result<Result<Said, Fault>, ProgramError>> {
        Box::pin(self.ask(worker))
    }
}

impl Asked<'_> {
    async fn ask(&self, worker: &mut Worker<Hello>) -> Result<Result<Said, Fault>, ProgramError> {
        let folder = match worker.task_folder() {
            Ok(folder) => folder,
            Err(fault) => return Ok(Err(fault)),
        };
        let (exhibit, path) = (Arc::clone(&self.exhibit), folder.path().to_owned());
        let line = tokio::task::spawn_blocking(move || exhibit.lay_out(&path)).await;
        let line = line.map_err(|error| {
            ProgramError::caused_by("a thread that copies pictures failed", error)
        })??;
        let begin = Instant::now();
        let raw = match worker.exchange(&line, self.pool.config().task).await {
            Ok(reply) => reply,
            Err(fault) => return Ok(Err(fault)),
        };
        let ms = begin.elapsed().as_secs_f64() * 1000.0;
        let calibrated = self.marked.calibrated.as_ref();
        let wanted = Wanted {
            id: &self.exhibit.id,
            axis: self.exhibit.axis().key(),
            scale: self.scale,
            parts: self.exhibit.axis().parts(),
            calibrated: calibrated.map(|(name, steps)| (name.as_str(), steps)),
        };
        let read = protocol::read_reply(&raw, &wanted).map_err(Fault::Protocol);
        Ok(read.map(|reply| Said {
            reply,
            raw: String::from_utf8_lossy(&raw)
                .trim()
                .chars()
                .take(MAX_RAW_CHARS)
                .collect(),
            ms,
        }))
    }
}
