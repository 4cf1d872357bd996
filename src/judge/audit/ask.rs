//! Puts the planned questions to a judge, within its concurrency and a cap on money.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use tokio::task::{JoinError, JoinSet};

use super::probe::Probe;
use crate::common::seed::shuffle_key;
use crate::judge::{Judge, JudgeError, Mark, Question, Verdict};

/// How the questions are put.
#[derive(Clone, Copy, Debug, Default)]
pub struct Asking {
    /// No call is made that could bring the whole above this, in US dollars.
    pub max_cost_usd: Option<f64>,
    /// Decides the order of the calls, so that no kind of question is asked at one time only.
    pub seed: u64,
}

/// A request to stop, shared with whoever may make it.
#[derive(Clone, Debug, Default)]
pub struct Stop(Arc<AtomicBool>);

impl Stop {
    /// Asks for a stop: calls in flight are waited for, no further one is made.
    pub fn ask(&self) {
        self.0.store(true, Ordering::Relaxed);
    }

    /// Whether a stop was asked for.
    pub fn is_asked(&self) -> bool {
        self.0.load(Ordering::Relaxed)
    }
}

/// How far the calls have come.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Progress {
    /// Answered calls.
    pub done: usize,
    /// Answered calls without a mark.
    pub missing: usize,
    /// Money spent, in US dollars.
    pub spent_usd: f64,
}

/// Why the calls ended early.
#[derive(Debug, thiserror::Error)]
pub enum AskError {
    /// The judge cannot mark anything.
    #[error(transparent)]
    Judge(#[from] JudgeError),
    /// A call broke down in this program.
    #[error("a call to the judge broke down")]
    Broken(#[from] JoinError),
    /// A mark was not given anew.
    #[error(
        "the judge answered from a cache: an audit needs every mark given anew; open the judge without one"
    )]
    Cached,
}

/// Puts the questions. The verdicts come in the order of the probes; `None` was not asked,
/// because of the cap or a stop.
///
/// # Errors
/// [`AskError`]; what was answered until then is lost.
pub async fn ask(
    judge: &Arc<dyn Judge>,
    probes: &[Probe],
    asking: Asking,
    stop: &Stop,
    notice: &(dyn Fn(Progress) + Sync),
) -> Result<Vec<Option<Verdict>>, AskError> {
    let questions: Vec<&Question> = probes.iter().map(|probe| &probe.question).collect();
    let verdicts = put(judge, &questions, asking, stop, notice).await?;
    match verdicts.iter().flatten().any(|verdict| verdict.cached) {
        true => Err(AskError::Cached),
        false => Ok(verdicts),
    }
}

/// Puts questions of any kind, as [`ask`] does; a reply may come from the cache.
///
/// # Errors
/// [`AskError`]; what was answered until then is lost, but for the cache.
pub async fn put(
    judge: &Arc<dyn Judge>,
    questions: &[&Question],
    asking: Asking,
    stop: &Stop,
    notice: &(dyn Fn(Progress) + Sync),
) -> Result<Vec<Option<Verdict>>, AskError> {
    let mut verdicts: Vec<Option<Verdict>> = questions.iter().map(|_| None).collect();
    let mut waiting = order(questions.len(), asking.seed).into_iter();
    let mut purse = Purse::new(asking.max_cost_usd);
    let mut progress = Progress::default();
    let mut flying: JoinSet<(usize, f64, Result<Verdict, JudgeError>)> = JoinSet::new();
    loop {
        while flying.len() < judge.concurrency().max(1) && !stop.is_asked() {
            let next = waiting
                .next()
                .and_then(|at| Some((at, *questions.get(at)?)));
            let Some((at, question)) = next else { break };
            let Some(reserved) = purse.reserve(judge.as_ref(), question) else {
                continue;
            };
            let (judge, question) = (Arc::clone(judge), question.clone());
            flying.spawn(async move { (at, reserved, judge.mark(&question).await) });
        }
        let Some(landed) = flying.join_next().await else {
            return Ok(verdicts);
        };
        let (at, reserved, verdict) = landed?;
        let verdict = verdict?;
        // A judge that does not say what a call cost is taken to have cost the most.
        purse.settle(reserved, verdict.cost_usd.unwrap_or(reserved));
        progress.done += 1;
        progress.missing += usize::from(matches!(verdict.mark, Mark::Missing(_)));
        progress.spent_usd = purse.spent;
        notice(progress);
        if let Some(place) = verdicts.get_mut(at) {
            *place = Some(verdict);
        }
    }
}

/// The order of the calls: at random, but fixed by the seed.
fn order(questions: usize, seed: u64) -> Vec<usize> {
    let mut order: Vec<usize> = (0..questions).collect();
    order.sort_by_key(|at| shuffle_key(seed, "audit calls", &at.to_string()));
    order
}

/// Money that may still be spent.
struct Purse {
    cap: Option<f64>,
    spent: f64,
    reserved: f64,
}

impl Purse {
    fn new(cap: Option<f64>) -> Self {
        Self {
            cap,
            spent: 0.0,
            reserved: 0.0,
        }
    }

    /// Sets the most that a call can cost aside; `None` when it could break the cap.
    fn reserve(&mut self, judge: &dyn Judge, question: &Question) -> Option<f64> {
        let Some(cap) = self.cap else {
            return Some(0.0);
        };
        let most = judge.estimate(question).most_usd?;
        (self.spent + self.reserved + most <= cap).then(|| {
            self.reserved += most;
            most
        })
    }

    fn settle(&mut self, reserved: f64, cost: f64) {
        self.reserved -= reserved;
        self.spent += cost;
    }
}
