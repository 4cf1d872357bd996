//! The kind `command:FILE.toml`: a program that keeps a model loaded and answers
//! JSON lines. docs/adapters.md describes the protocol for people.

mod config;
#[cfg(unix)]
mod keeper;
mod pool;
mod prints;
mod protocol;
mod reply;
mod stderr;
mod worker;

use std::path::{Path, PathBuf};
use std::time::Instant;

use self::config::Config;
#[cfg(unix)]
pub use self::keeper::enter;
use self::pool::Pool;
use self::protocol::TaskLine;
use self::worker::{Fault, Worker};
use crate::common::BoxFuture;
use crate::common::files::{self, FileError};
use crate::common::picture::{self, PictureError, PictureFile};
use crate::model::kinds::Opened;
use crate::model::{
    Answer, Failure, FailureKind, Identity, Model, ModelError, ModelKind, OpenContext, Request,
    Spec,
};

/// The kind `command:FILE.toml`.
pub const KIND: ModelKind = ModelKind {
    name: "command",
    usage: "command:FILE.toml",
    options: &[],
    open,
};

fn open(spec: &Spec, _context: &OpenContext<'_>) -> Opened {
    let config = Config::read(Path::new(&spec.rest))?;
    let thinks = spec.thinks.or(config.thinks).unwrap_or(true);
    let identity = Identity {
        name: spec.name.clone().unwrap_or_else(|| config.name.clone()),
        kind: spec.kind.name.to_owned(),
        thinks,
        details: config.digests.clone(),
    };
    let pool = Pool::new(config, thinks);
    Ok(Box::new(CommandModel { identity, pool }))
}

/// Reads the first line of a program as a run does: for tests of programs.
///
/// # Errors
/// What is wrong with it.
pub fn check_hello(line: &[u8]) -> Result<(), String> {
    protocol::read_hello(line).map(drop)
}

/// Reads the reply to the task `id` as a run does: for tests of programs.
///
/// # Errors
/// What is wrong with it.
pub fn check_reply(line: &[u8], id: &str, thinks: bool) -> Result<(), String> {
    protocol::read_reply(line, id, thinks).map(drop)
}

/// A program as a model.
struct CommandModel {
    identity: Identity,
    pool: Pool,
}

impl Model for CommandModel {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn notices(&self) -> Vec<String> {
        let unset = self.pool.config().unset.iter();
        let unset = unset.map(|name| format!("command: the variable {name} of `env` is not set"));
        unset.collect()
    }

    fn log_into(&self, folder: &Path) {
        self.pool.log_into(folder);
    }

    fn concurrency(&self) -> usize {
        self.pool.config().workers
    }

    fn answer(&self, batch: Vec<Request>) -> BoxFuture<'_, Result<Vec<Answer>, ModelError>> {
        Box::pin(async move {
            let mut answers = Vec::with_capacity(batch.len());
            for request in batch {
                answers.push(self.answer_one(&request).await?);
            }
            Ok(answers)
        })
    }
}

impl CommandModel {
    /// Asks a worker; when it dies or breaks the protocol, asks a fresh one once more.
    /// A time-out is not tried again: the same seed would take as long. A program that does
    /// not speak the protocol ends the run.
    async fn answer_one(&self, request: &Request) -> Result<Answer, ModelError> {
        let mut lease = self.pool.lease().await?;
        let mut crashes = 0;
        loop {
            let mut worker = lease.worker().await?;
            let fault = match self.ask(&mut worker, request).await? {
                Ok(mut answer) => {
                    if crashes > 0 {
                        answer.details.insert("restarts".into(), crashes.into());
                    }
                    self.pool.note_reply(worker.prints());
                    lease.keep(worker);
                    return Ok(answer);
                }
                Err(fault) => fault,
            };
            drop(worker);
            let kind = self.pool.judge_fault(&fault)?;
            crashes += 1;
            if kind == FailureKind::Timeout || crashes > 1 {
                let message = self.pool.said(fault.message());
                return Ok(Answer::lost(Failure::new(kind, message)));
            }
            let task = &request.prompt.id;
            tracing::warn!("task `{task}`: {}", self.pool.said(fault.message()));
        }
    }

    /// One question to one worker. The outer error ends the run.
    async fn ask(
        &self,
        worker: &mut Worker,
        request: &Request,
    ) -> Result<Result<Answer, Fault>, ModelError> {
        let folder = match worker.task_folder() {
            Ok(folder) => folder,
            Err(fault) => return Ok(Err(fault)),
        };
        let line = task_line(request, folder.path()).await?;
        let begin = Instant::now();
        let reply = match worker.exchange(&line, self.pool.config().task).await {
            Ok(reply) => reply,
            Err(fault) => return Ok(Err(fault)),
        };
        let total_ms = begin.elapsed().as_secs_f64() * 1000.0;
        let id = request.prompt.id.clone();
        let thinks = self.pool.thinks();
        let read = move || {
            let reply = protocol::read_reply(&reply, &id, thinks)?;
            reply::answer(reply, folder.path())
        };
        let answer = tokio::task::spawn_blocking(read).await.map_err(|error| {
            ModelError::caused_by("command: a thread that reads a reply failed", error)
        })?;
        Ok(answer.map_err(Fault::Protocol).map(|mut answer| {
            answer.timing_ms.insert("total".into(), total_ms);
            describe(&mut answer, worker);
            answer
        }))
    }
}

/// Notes which program answered, as it calls itself, and what it printed beside its reply.
fn describe(answer: &mut Answer, worker: &Worker) {
    let prints = worker.prints().count();
    if prints > 0 {
        answer
            .details
            .insert("prints_passed_over".into(), prints.into());
    }
    let fields = [
        ("program", &worker.hello.name),
        ("program_version", &worker.hello.version),
    ];
    for (key, value) in fields {
        if let Some(value) = value {
            answer.details.insert(key.into(), value.as_str().into());
        }
    }
}

/// The name of an input picture that had to be turned upright.
const TURNED: &str = "input.png";

/// Where a program finds an input picture: its file, or, where that is not upright, an upright copy beside the
/// folder for its output. The next task of the same program writes over it.
fn input_path(input: &PictureFile, folder: &Path) -> Result<PathBuf, PictureError> {
    match picture::turned(&input.load()?)? {
        None => Ok(std::path::absolute(&input.path).map_err(FileError::at(&input.path))?),
        Some(bytes) => {
            let path = folder.with_file_name(TURNED);
            files::write_atomic(&path, &bytes)?;
            Ok(path)
        }
    }
}

/// The line that asks for an answer, without its line feed.
async fn task_line(request: &Request, folder: &Path) -> Result<String, ModelError> {
    let prompt = &request.prompt;
    let unusable = |error: Box<dyn std::error::Error + Send + Sync>| ModelError {
        source: Some(error),
        ..ModelError::new("command: an input picture cannot be given to the program")
    };
    let input = match prompt.input.clone() {
        None => None,
        Some(input) => {
            let folder = folder.to_owned();
            let found = tokio::task::spawn_blocking(move || input_path(&input, &folder)).await;
            let found = found.map_err(|error| unusable(error.into()))?;
            Some(found.map_err(|error| unusable(error.into()))?)
        }
    };
    let line = TaskLine {
        id: &prompt.id,
        kind: prompt.kind(),
        instruction: &prompt.instruction,
        image: input.as_deref(),
        seed: request.seed,
        output: &folder.join("image"),
    };
    serde_json::to_string(&line).map_err(|error| {
        let what = format!("command: task `{}` cannot be written as JSON", prompt.id);
        ModelError::caused_by(what, error)
    })
}
