//! As many copies of a program as the description allows, started when needed.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

use super::config::Config;
use super::prints::Prints;
use super::stderr::LogPlace;
use super::worker::{Fault, Worker};
use super::{ProgramError, Role};
use crate::common::BoxFuture;

/// Starts that may fail one after the other before the run ends.
const MAX_FAILED_STARTS: u32 = 3;
/// Breaches of the protocol, one after the other without a good reply between, that end the run: three answers, each
/// asked for twice.
const MAX_BREACHES: u32 = 6;
/// Pause after a failed start, times the number of failures.
const PAUSE: Duration = Duration::from_millis(200);

/// The copies of one program.
pub struct Pool<R: Role> {
    config: Config,
    role: R,
    /// The folder of the logs; none are kept before it is known.
    logs: Arc<OnceLock<PathBuf>>,
    permits: Semaphore,
    idle: Mutex<Vec<Place<R::Hello>>>,
    /// Starts that failed since the last that did not.
    failed_starts: AtomicU32,
    /// Breaches of the protocol since the last good reply.
    breaches: AtomicU32,
    /// Whether there was a good reply.
    replied: AtomicBool,
    /// Whether the user knows that the program prints to standard output.
    prints_told: AtomicBool,
}

/// The place of one copy: its number, and the copy while it runs and is idle.
struct Place<H> {
    number: usize,
    worker: Option<Worker<H>>,
}

/// The right to use one place. A worker that is not put back is killed with whoever
/// holds it, so a question that is given up half-way never meets the next one.
struct Lease<'a, R: Role> {
    pool: &'a Pool<R>,
    place: Option<Place<R::Hello>>,
    _permit: SemaphorePermit<'a>,
}

/// One question that is put to a copy: its lines, and how the reply is read.
pub trait Exchange<R: Role>: Sync {
    /// What comes of it.
    type Reply: Send;

    /// Puts it to a copy. The outer error ends the run.
    fn with<'a>(
        &'a self,
        worker: &'a mut Worker<R::Hello>,
    ) -> BoxFuture<'a, Result<Result<Self::Reply, Fault>, ProgramError>>;
}

/// What came of a question.
#[derive(Debug)]
pub enum Outcome<T> {
    /// A reply.
    Replied {
        /// What it says.
        reply: T,
        /// Copies that died over the question before.
        restarts: u32,
        /// What became of these, one message each.
        faults: Vec<String>,
    },
    /// No reply, after all tries.
    Lost {
        /// Why the last try failed.
        loss: Loss,
        /// What became of the tries, one message each; never empty.
        faults: Vec<String>,
    },
}

/// How a reply was lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Loss {
    /// The program ended, or wrote what the protocol does not allow.
    Crash,
    /// It ended for lack of memory, as its own words tell.
    OutOfMemory,
    /// What it wrote is not what the protocol asks for.
    Protocol,
    /// No reply in time.
    Timeout,
}

impl<R: Role> Pool<R> {
    /// The places of a program's copies; none is started yet.
    pub fn new(config: Config, role: R) -> Self {
        // Popped from the end: the first place is used first.
        let places = (0..config.workers).rev().map(|number| Place {
            number,
            worker: None,
        });
        Self {
            permits: Semaphore::new(config.workers),
            idle: Mutex::new(places.collect()),
            failed_starts: AtomicU32::new(0),
            breaches: AtomicU32::new(0),
            replied: AtomicBool::new(false),
            prints_told: AtomicBool::new(false),
            config,
            role,
            logs: Arc::default(),
        }
    }

    /// Keeps what copies write to standard error, a file each.
    pub fn log_into(&self, folder: &Path) {
        // A program answers for one run, so the first folder is the only one.
        let _ = self.logs.set(folder.to_owned());
    }

    /// How the program is described.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// What such a program says and is asked.
    pub fn role(&self) -> &R {
        &self.role
    }

    /// Puts a question to a copy; when it dies or breaks the protocol, to a fresh one once more. A time-out is not
    /// tried again: it would take as long. `what` names the question in messages.
    ///
    /// # Errors
    /// The program would fail at every question: it does not speak the protocol or cannot be started.
    pub async fn ask<E: Exchange<R>>(
        &self,
        what: &str,
        exchange: &E,
    ) -> Result<Outcome<E::Reply>, ProgramError> {
        let mut lease = self.lease().await?;
        let mut faults = Vec::new();
        let mut asked = 0;
        let counted = |asked: u32| move |error| ProgramError { asked, ..error };
        loop {
            let mut worker = lease.worker().await.map_err(counted(asked))?;
            asked += 1;
            let outcome = exchange.with(&mut worker).await.map_err(counted(asked))?;
            let fault = match outcome {
                Ok(reply) => {
                    self.note_reply(worker.prints());
                    lease.keep(worker);
                    let restarts = asked - 1;
                    return Ok(Outcome::Replied {
                        reply,
                        restarts,
                        faults,
                    });
                }
                Err(fault) => fault,
            };
            drop(worker);
            let loss = self.judge_fault(&fault).map_err(counted(asked))?;
            let message = self.said(fault.message());
            if loss == Loss::Timeout || asked > 1 {
                faults.push(message);
                return Ok(Outcome::Lost { loss, faults });
            }
            tracing::warn!("{what}: {message}");
            faults.push(message);
        }
    }

    /// Starts a copy now, unless one runs, and hands over what it said.
    ///
    /// # Errors
    /// It cannot be started, or says what it should not.
    pub async fn hello<T>(&self, read: impl FnOnce(&R::Hello) -> T) -> Result<T, ProgramError> {
        let mut lease = self.lease().await?;
        let worker = lease.worker().await?;
        let read = read(&worker.hello);
        lease.keep(worker);
        Ok(read)
    }

    /// Waits for a free place.
    async fn lease(&self) -> Result<Lease<'_, R>, ProgramError> {
        let permit = self.permits.acquire().await;
        let permit = permit
            .map_err(|error| ProgramError::caused_by("there is no place for a copy", error))?;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Lease {
            pool: self,
            place: idle.pop(),
            _permit: permit,
        })
    }

    /// Starts a copy, trying again when it dies.
    async fn start(&self, number: usize) -> Result<Worker<R::Hello>, ProgramError> {
        let log = LogPlace {
            folder: Arc::clone(&self.logs),
            name: self.log_name(number),
        };
        loop {
            let failures = match Worker::start(&self.config, &self.role, log.clone()).await {
                Ok(worker) => {
                    self.failed_starts.store(0, Ordering::Relaxed);
                    return Ok(worker);
                }
                Err(fault @ (Fault::Died(_) | Fault::Timeout(_))) => {
                    let failures = 1 + self.failed_starts.fetch_add(1, Ordering::Relaxed);
                    if failures >= MAX_FAILED_STARTS {
                        return Err(self.broken(&format!(
                            "failed to start {failures} times in a row: it {}",
                            fault.message()
                        )));
                    }
                    tracing::warn!("{}", self.said(fault.message()));
                    failures
                }
                Err(fault) => return Err(self.broken(fault.message())),
            };
            tokio::time::sleep(PAUSE * failures).await;
        }
    }

    fn log_name(&self, number: usize) -> String {
        format!("{}{}-{number}.stderr.log", R::LOG_PREFIX, self.config.name)
    }

    /// A sentence about the program.
    fn said(&self, what: &str) -> String {
        let (name, program) = (&self.config.name, self.config.program.display());
        format!("the program of `{name}` ({program}) {what}")
    }

    fn broken(&self, what: &str) -> ProgramError {
        ProgramError::new(self.said(what))
    }

    /// Takes notice of a good reply, and tells once of what was printed before it.
    fn note_reply(&self, prints: &Prints) {
        self.breaches.store(0, Ordering::Relaxed);
        self.replied.store(true, Ordering::Relaxed);
        if prints.count() > 0 && !self.prints_told.swap(true, Ordering::Relaxed) {
            tracing::warn!("{}", self.said(&format!("answers{prints}")));
        }
    }

    /// What the loss of a reply by a fault is called.
    ///
    /// # Errors
    /// The fault would meet every question: the run ends.
    fn judge_fault(&self, fault: &Fault) -> Result<Loss, ProgramError> {
        match fault {
            Fault::Hopeless(_) => Err(self.broken(fault.message())),
            Fault::NoMessage(_) if !self.replied.load(Ordering::Relaxed) => Err(self.broken(
                &format!("{}\nno reply came so far, so the run ends", fault.message()),
            )),
            Fault::Timeout(_) | Fault::NoMessage(_) => Ok(Loss::Timeout),
            Fault::Died(words) => Ok(Loss::of_words(words)),
            Fault::Protocol(_) => {
                let breaches = 1 + self.breaches.fetch_add(1, Ordering::Relaxed);
                if breaches < MAX_BREACHES {
                    return Ok(Loss::Protocol);
                }
                Err(self.broken(&format!(
                    "broke the protocol {breaches} times in a row without a good reply, so the run ends; correct the \
                     program, then add --retry-missing to the same command. The last time it {}",
                    fault.message()
                )))
            }
        }
    }
}

impl Loss {
    /// What a crash came from, as its own words tell.
    pub fn of_words(words: &str) -> Self {
        /// PyTorch, CUDA, JAX, Python, C++, Linux.
        const WORDS: [&str; 7] = [
            "out of memory",
            "outofmemoryerror",
            "memoryerror",
            "resource_exhausted",
            "bad_alloc",
            "cannot allocate memory",
            "cublas_status_alloc_failed",
        ];
        let words = words.to_ascii_lowercase();
        match WORDS.iter().any(|word| words.contains(word)) {
            true => Self::OutOfMemory,
            false => Self::Crash,
        }
    }
}

impl<R: Role> Lease<'_, R> {
    /// A running copy: the idle one of this place, or a new one.
    async fn worker(&mut self) -> Result<Worker<R::Hello>, ProgramError> {
        let number = self.place.as_ref().map_or(0, |place| place.number);
        match self.place.as_mut().and_then(|place| place.worker.take()) {
            Some(worker) => Ok(worker),
            None => self.pool.start(number).await,
        }
    }

    /// Keeps a copy for the next question.
    fn keep(&mut self, worker: Worker<R::Hello>) {
        if let Some(place) = &mut self.place {
            place.worker = Some(worker);
        }
    }
}

impl<R: Role> Drop for Lease<'_, R> {
    fn drop(&mut self) {
        if let Some(place) = self.place.take() {
            let mut idle = self
                .pool
                .idle
                .lock()
                .unwrap_or_else(PoisonError::into_inner);
            idle.push(place);
        }
    }
}
