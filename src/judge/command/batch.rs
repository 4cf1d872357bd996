//! Requests that go to one copy of a program together: written in one line, answered in any order, and asked for alone
//! where the copy fails over them.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use super::protocol::Hello;
use super::reply::{self, Reply, Wanted};
use super::role::JudgeRole;
use super::shop::Shop;
use super::show::Exhibit;
use crate::common::BoxFuture;
use crate::common::program::{
    Exchange, Fault, Loss, Outcome, ProgramError, TaskFolder, Worker, about,
};

/// How often a request is sent at the most.
const SENDINGS: u32 = 2;
/// Most characters of a raw reply that are kept.
const MAX_RAW_CHARS: usize = 16_000;

/// A reply, and how it came.
pub(super) struct Said {
    pub(super) reply: Reply,
    pub(super) raw: String,
    pub(super) ms: f64,
}

/// What became of one request.
pub(super) struct Ended {
    pub(super) said: Result<Said, Loss>,
    /// How often it was sent.
    pub(super) sent: u32,
    /// What became of the sendings without a reply.
    pub(super) faults: Vec<String>,
}

/// How a request ends where it is answered by nobody: with the run, and how often it was sent.
pub(super) struct Broken {
    pub(super) error: ProgramError,
    pub(super) sent: u32,
}

/// One request of a batch.
struct Slot {
    exhibit: Arc<Exhibit>,
    /// Differs from those of the others, even where they show the same.
    id: String,
    state: State,
}

#[derive(Default)]
struct State {
    said: Option<Said>,
    lost: Option<Loss>,
    broken: Option<ProgramError>,
    sent: u32,
    faults: Vec<String>,
}

impl State {
    fn is_open(&self) -> bool {
        self.said.is_none() && self.lost.is_none() && self.broken.is_none()
    }
}

/// A sending that failed: the requests that it left without a reply.
struct Failed(Vec<usize>);

/// Requests that are put to a program together.
pub(super) struct Batch<'a> {
    shop: &'a Shop,
    inside: Mutex<Inside>,
}

struct Inside {
    slots: Vec<Slot>,
    failed: Vec<Failed>,
}

impl<'a> Batch<'a> {
    pub(super) fn new(shop: &'a Shop, exhibits: Vec<Arc<Exhibit>>) -> Self {
        let mut ids = BTreeSet::new();
        let slot = |exhibit: Arc<Exhibit>| {
            let mut id = exhibit.id.clone();
            let mut number = 1;
            while !ids.insert(id.clone()) {
                number += 1;
                id = format!("{}-{number}", exhibit.id);
            }
            Slot {
                exhibit,
                id,
                state: State::default(),
            }
        };
        let slots = exhibits.into_iter().map(slot).collect();
        Self {
            shop,
            inside: Mutex::new(Inside {
                slots,
                failed: Vec::new(),
            }),
        }
    }

    fn inside(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks until every request has a reply or no sending left. The outer error ends the run, for all that is open.
    pub(super) async fn ask(self, what: &str) -> Vec<Result<Ended, Broken>> {
        let mut error = None;
        while error.is_none() && !self.open().is_empty() {
            match self.shop.pool.ask(what, &self).await {
                Ok(Outcome::Replied { faults, .. }) => self.inside().note(faults, None),
                Ok(Outcome::Lost { loss, faults }) => self.inside().note(faults, Some(loss)),
                Err(found) => error = Some(found),
            }
        }
        let inside = self.inside.into_inner();
        let slots = inside.unwrap_or_else(PoisonError::into_inner).slots;
        let words = error.as_ref().map(|error| error.message.clone());
        let ended = slots.into_iter().map(|Slot { state, .. }| {
            let ended = |said| Ended {
                said,
                sent: state.sent,
                faults: state.faults.clone(),
            };
            match (state.said, state.lost, state.broken) {
                (Some(said), ..) => Ok(ended(Ok(said))),
                (None, Some(loss), _) => Ok(ended(Err(loss))),
                (None, None, Some(error)) => Err(Broken {
                    error,
                    sent: state.sent,
                }),
                // The first tells the whole error, the others its words.
                (None, None, None) => Err(Broken {
                    error: error
                        .take()
                        .unwrap_or_else(|| ProgramError::new(words.clone().unwrap_or_default())),
                    sent: state.sent,
                }),
            }
        });
        ended.collect()
    }

    /// The places of the requests that still need a reply.
    fn open(&self) -> Vec<usize> {
        let inside = self.inside();
        let slots = inside.slots.iter().enumerate();
        slots
            .filter(|(_, slot)| slot.state.is_open())
            .map(|(at, _)| at)
            .collect()
    }

    /// Sends what is open: all in one line the first time, one by one after a failure.
    async fn send(&self, worker: &mut Worker<Hello>) -> Result<(), Fault> {
        let open = self.open();
        let fresh = {
            let inside = self.inside();
            let sent = |at: &usize| {
                inside
                    .slots
                    .get(*at)
                    .is_some_and(|slot| slot.state.sent > 0)
            };
            !open.iter().any(sent)
        };
        let lines: Vec<Vec<usize>> = match fresh {
            true => vec![open],
            false => open.into_iter().map(|at| vec![at]).collect(),
        };
        for together in lines {
            if let Err((left, fault)) = self.put(worker, together).await {
                self.inside().failed.push(Failed(left));
                return Err(fault);
            }
        }
        Ok(())
    }

    /// Puts some requests to a copy in one line and reads their replies; those without one, and why.
    async fn put(
        &self,
        worker: &mut Worker<Hello>,
        together: Vec<usize>,
    ) -> Result<(), (Vec<usize>, Fault)> {
        let mut left = Vec::with_capacity(together.len());
        let (mut lines, mut folders) = (Vec::new(), Vec::new());
        for at in together {
            match self.lay_out(worker, at).await {
                Err(fault) => return Err((Vec::new(), fault)),
                Ok(None) => {}
                Ok(Some((line, folder))) => {
                    lines.push(line);
                    folders.push(folder);
                    left.push(at);
                }
            }
        }
        if left.is_empty() {
            return Ok(());
        }
        for at in &left {
            if let Some(slot) = self.inside().slots.get_mut(*at) {
                slot.state.sent += 1;
            }
        }
        let line = match self.shop.hello.batch > 1 {
            true => format!("{{\"batch\": [{}]}}", lines.join(", ")),
            false => lines.concat(),
        };
        let (begin, limit) = (Instant::now(), self.shop.pool.config().task);
        let mut read = worker.exchange(&line, limit).await;
        loop {
            let raw = match read {
                Ok(raw) => raw,
                Err(fault) => return Err((left, fault)),
            };
            match self.take(&raw, &left, begin.elapsed()) {
                Ok(at) => left.retain(|open| *open != at),
                Err(words) => return Err((left, Fault::Protocol(words))),
            }
            if left.is_empty() {
                return Ok(());
            }
            read = worker.next_message(limit).await;
        }
    }

    /// The line of one request, with the folder of its pictures; `None` where it cannot be asked, which is its end.
    async fn lay_out(
        &self,
        worker: &mut Worker<Hello>,
        at: usize,
    ) -> Result<Option<(String, TaskFolder)>, Fault> {
        let folder = worker.task_folder()?;
        let slot = {
            let inside = self.inside();
            let slot = inside.slots.get(at);
            slot.map(|slot| (Arc::clone(&slot.exhibit), slot.id.clone()))
        };
        let Some((exhibit, id)) = slot else {
            return Ok(None);
        };
        let path = folder.path().to_owned();
        let line = tokio::task::spawn_blocking(move || exhibit.lay_out(&path, &id)).await;
        let line = line.unwrap_or_else(|error| {
            let what = "a thread that copies pictures failed";
            Err(ProgramError::caused_by(what, error))
        });
        match line {
            Ok(line) => Ok(Some((line, folder))),
            Err(error) => {
                if let Some(slot) = self.inside().slots.get_mut(at) {
                    slot.state.broken = Some(error);
                }
                Ok(None)
            }
        }
    }

    /// Takes a reply to one of the requests that are left, and tells to which.
    fn take(&self, raw: &[u8], left: &[usize], passed: Duration) -> Result<usize, String> {
        let mut inside = self.inside();
        let id = reply::id_of(raw);
        let is = |at: &&usize| {
            let slot = inside.slots.get(**at);
            slot.is_some_and(|slot| left.len() == 1 || Some(&slot.id) == id.as_ref())
        };
        let Some(&at) = left.iter().find(is) else {
            let awaited = left.iter().filter_map(|at| inside.slots.get(*at));
            let awaited: Vec<String> = awaited.map(|slot| format!("`{}`", slot.id)).collect();
            let words = format!("the replies to {} were awaited", awaited.join(", "));
            return Err(about(raw, "a reply", &words));
        };
        let Some(slot) = inside.slots.get_mut(at) else {
            return Err("a request is gone".to_owned());
        };
        let wanted = Wanted {
            id: &slot.id,
            axes: self.shop.wanted(&slot.exhibit.axes),
        };
        let reply = reply::read_reply(raw, &wanted)?;
        slot.state.said = Some(Said {
            reply,
            raw: String::from_utf8_lossy(raw)
                .trim()
                .chars()
                .take(MAX_RAW_CHARS)
                .collect(),
            ms: passed.as_secs_f64() * 1000.0,
        });
        Ok(at)
    }
}

impl Inside {
    /// Notes failed sendings with the requests that they left, and ends those that have no sending left. A time-out of a
    /// request that was alone is final: it would take as long again.
    fn note(&mut self, faults: Vec<String>, loss: Option<Loss>) {
        let failed: Vec<Failed> = self.failed.drain(..).collect();
        for (Failed(left), fault) in failed.iter().zip(&faults) {
            for at in left {
                if let Some(slot) = self.slots.get_mut(*at) {
                    slot.state.faults.push(fault.clone());
                }
            }
        }
        let Some(loss) = loss else { return };
        let alone = match failed.last() {
            Some(Failed(left)) if loss == Loss::Timeout && left.len() == 1 => left.first(),
            _ => None,
        };
        for (at, slot) in self.slots.iter_mut().enumerate() {
            let ends = slot.state.sent >= SENDINGS || alone == Some(&at);
            if ends && slot.state.is_open() {
                slot.state.lost = Some(loss);
            }
        }
    }
}

impl Exchange<JudgeRole> for Batch<'_> {
    type Reply = ();

    fn with<'a>(
        &'a self,
        worker: &'a mut Worker<Hello>,
    ) -> BoxFuture<'a, Result<Result<(), Fault>, ProgramError>> {
        Box::pin(async move { Ok(self.send(worker).await) })
    }
}
