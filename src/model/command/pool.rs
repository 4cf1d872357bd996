//! As many copies of a program as the description allows, started when needed.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, SemaphorePermit};

use super::config::Config;
use super::prints::Prints;
use super::protocol::cause_of_crash;
use super::worker::{Fault, Worker};
use crate::model::{FailureKind, ModelError};

/// Starts that may fail one after the other before the run ends.
const MAX_FAILED_STARTS: u32 = 3;
/// Breaches of the protocol, one after the other without a good reply between, that end the run: three answers, each
/// asked for twice.
const MAX_BREACHES: u32 = 6;
/// Pause after a failed start, times the number of failures.
const PAUSE: Duration = Duration::from_millis(200);

/// The copies of one program.
pub(super) struct Pool {
    config: Config,
    /// The folder of the logs; none are kept before it is known.
    logs: OnceLock<PathBuf>,
    thinks: bool,
    permits: Semaphore,
    idle: Mutex<Vec<Place>>,
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
struct Place {
    number: usize,
    worker: Option<Worker>,
}

/// The right to use one place. A worker that is not put back is killed with whoever
/// holds it, so a question that is given up half-way never meets the next one.
pub(super) struct Lease<'a> {
    pool: &'a Pool,
    place: Option<Place>,
    _permit: SemaphorePermit<'a>,
}

impl Pool {
    pub(super) fn new(config: Config, thinks: bool) -> Self {
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
            logs: OnceLock::new(),
            thinks,
        }
    }

    /// Keeps what copies that are started from now on write to standard error, a file each.
    pub(super) fn log_into(&self, folder: &Path) {
        // A model answers for one run, so the first folder is the only one.
        let _ = self.logs.set(folder.to_owned());
    }

    pub(super) fn config(&self) -> &Config {
        &self.config
    }

    /// Whether the model is declared to think.
    pub(super) fn thinks(&self) -> bool {
        self.thinks
    }

    /// Waits for a free place.
    pub(super) async fn lease(&self) -> Result<Lease<'_>, ModelError> {
        let permit = self.permits.acquire().await;
        let permit = permit.map_err(|error| ModelError::caused_by("command", error))?;
        let mut idle = self.idle.lock().unwrap_or_else(PoisonError::into_inner);
        Ok(Lease {
            pool: self,
            place: idle.pop(),
            _permit: permit,
        })
    }

    /// Starts a copy, trying again when it dies.
    async fn start(&self, number: usize) -> Result<Worker, ModelError> {
        let file = |folder: &PathBuf| folder.join(self.log_name(number));
        let log = self.logs.get().map(file);
        loop {
            let failures = match Worker::start(&self.config, log.as_deref()).await {
                Ok(worker) => {
                    self.check_thinking(&worker)?;
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
        format!("{}-{number}.stderr.log", self.config.name)
    }

    fn check_thinking(&self, worker: &Worker) -> Result<(), ModelError> {
        let thinks = self.thinks;
        match worker.hello.thinks {
            Some(said) if said != thinks => Err(self.broken(&format!(
                "says thinks = {said}, but is declared with thinks = {thinks}; correct the \
                 description or its hello"
            ))),
            _ => Ok(()),
        }
    }

    /// A sentence about the program.
    pub(super) fn said(&self, what: &str) -> String {
        let (name, program) = (&self.config.name, self.config.program.display());
        format!("the program of `{name}` ({program}) {what}")
    }

    fn broken(&self, what: &str) -> ModelError {
        ModelError::new(format!("command: {}", self.said(what)))
    }

    /// Takes notice of a good reply, and tells once of what was printed before it.
    pub(super) fn note_reply(&self, prints: &Prints) {
        self.breaches.store(0, Ordering::Relaxed);
        self.replied.store(true, Ordering::Relaxed);
        if prints.count() > 0 && !self.prints_told.swap(true, Ordering::Relaxed) {
            tracing::warn!("{}", self.said(&format!("answers{prints}")));
        }
    }

    /// What the loss of an answer by a fault is called.
    ///
    /// # Errors
    /// The fault would meet every task: the run ends.
    pub(super) fn judge_fault(&self, fault: &Fault) -> Result<FailureKind, ModelError> {
        match fault {
            Fault::Hopeless(_) => Err(self.broken(fault.message())),
            Fault::NoMessage(_) if !self.replied.load(Ordering::Relaxed) => Err(self.broken(
                &format!("{}\nno reply came so far, so the run ends", fault.message()),
            )),
            Fault::Timeout(_) | Fault::NoMessage(_) => Ok(FailureKind::Timeout),
            Fault::Died(words) => Ok(cause_of_crash(words)),
            Fault::Protocol(_) => {
                let breaches = 1 + self.breaches.fetch_add(1, Ordering::Relaxed);
                if breaches < MAX_BREACHES {
                    return Ok(FailureKind::Crash);
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

impl Lease<'_> {
    /// A running copy: the idle one of this place, or a new one.
    pub(super) async fn worker(&mut self) -> Result<Worker, ModelError> {
        let number = self.place.as_ref().map_or(0, |place| place.number);
        match self.place.as_mut().and_then(|place| place.worker.take()) {
            Some(worker) => Ok(worker),
            None => self.pool.start(number).await,
        }
    }

    /// Keeps a copy for the next question.
    pub(super) fn keep(&mut self, worker: Worker) {
        if let Some(place) = &mut self.place {
            place.worker = Some(worker);
        }
    }
}

impl Drop for Lease<'_> {
    fn drop(&mut self) {
        if let Some(place) = self.place.take() {
            let mut idle = self.pool.idle.lock();
            let idle = idle.as_mut().map_err(|poisoned| poisoned.get_mut());
            match idle {
                Ok(idle) => idle.push(place),
                Err(idle) => idle.push(place),
            }
        }
    }
}
