//! The kind `command:FILE.toml`: a program that keeps a model loaded and answers
//! JSON lines. docs/adapters.md describes the protocol for people.

mod protocol;
mod reply;

use std::path::{Path, PathBuf};
use std::time::Instant;

use serde::Deserialize;

use self::protocol::{Hello, TaskLine};
use crate::common::BoxFuture;
use crate::common::files::{self, FileError};
use crate::common::picture::{self, PictureError, PictureFile};
use crate::common::program::{
    Config, Description, Exchange, Fault, LineForm, Outcome, Pool, ProgramError, Role, Worker,
};
use crate::model::kind::Opened;
use crate::model::{
    Answer, Failure, Identity, Model, ModelError, ModelKind, ModelRequest, OpenContext, Spec,
};

/// The kind `command:FILE.toml`.
pub const KIND: ModelKind = ModelKind {
    name: "command",
    usage: "command:FILE.toml",
    options: &[],
    open,
};

/// What the file says of a model.
#[derive(Deserialize)]
struct Own {
    thinks: Option<bool>,
}

impl Description for Own {
    const KEYS: &'static [&'static str] = &["thinks"];

    fn faults(&self) -> Vec<String> {
        Vec::new()
    }
}

/// A program that plays a model.
struct ModelRole {
    /// Whether the model is declared to think.
    thinks: bool,
}

impl Role for ModelRole {
    type Hello = Hello;
    const LINES: LineForm = protocol::LINES;
    const UNIT: &'static str = "task";
    const LOG_PREFIX: &'static str = "";

    fn read_hello(&self, line: &[u8]) -> Result<Hello, String> {
        let (hello, thinks) = (protocol::read_hello(line)?, self.thinks);
        match hello.thinks {
            Some(said) if said != thinks => Err(format!(
                "says thinks = {said}, but is declared with thinks = {thinks}; correct the \
                 description or its hello"
            )),
            _ => Ok(hello),
        }
    }
}

fn open(spec: &Spec, _context: &OpenContext<'_>) -> Opened {
    let (config, own) = Config::read::<Own>(Path::new(&spec.rest))?;
    let thinks = spec.thinks.or(own.thinks).unwrap_or(true);
    let identity = Identity {
        name: spec.name.clone().unwrap_or_else(|| config.name.clone()),
        kind: spec.kind.name.to_owned(),
        thinks,
        details: config.digests.clone(),
    };
    let pool = Pool::new(config, ModelRole { thinks });
    Ok(Box::new(CommandModel { identity, pool }))
}

impl From<ProgramError> for ModelError {
    fn from(error: ProgramError) -> Self {
        Self {
            source: error.source,
            ..Self::new(format!("command: {}", error.message))
        }
    }
}

/// Reads the first line of a program as a run does: for tests of programs.
///
/// # Errors
/// What is wrong with it.
#[cfg(any(test, feature = "internals"))]
pub fn check_hello(line: &[u8]) -> Result<(), String> {
    protocol::read_hello(line).map(drop)
}

/// Reads the reply to the task `id` as a run does: for tests of programs.
///
/// # Errors
/// What is wrong with it.
#[cfg(any(test, feature = "internals"))]
pub fn check_reply(line: &[u8], id: &str, thinks: bool) -> Result<(), String> {
    protocol::read_reply(line, id, thinks).map(drop)
}

/// A program as a model.
struct CommandModel {
    identity: Identity,
    pool: Pool<ModelRole>,
}

impl Model for CommandModel {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn notices(&self) -> Vec<String> {
        self.pool.config().notices()
    }

    fn log_into(&self, folder: &Path) {
        self.pool.log_into(folder);
    }

    fn concurrency(&self) -> usize {
        self.pool.config().workers
    }

    fn answer(&self, batch: Vec<ModelRequest>) -> BoxFuture<'_, Result<Vec<Answer>, ModelError>> {
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
    async fn answer_one(&self, request: &ModelRequest) -> Result<Answer, ModelError> {
        if let Err(several) = request.prompt.inputs.only() {
            return Ok(Answer::lost(several.into()));
        }
        let what = format!("task `{}`", request.prompt.id);
        let asked = Asked {
            request,
            pool: &self.pool,
        };
        match self.pool.ask(&what, &asked).await? {
            Outcome::Replied {
                reply: mut answer,
                restarts,
                ..
            } => {
                if restarts > 0 {
                    answer.details.insert("restarts".into(), restarts.into());
                }
                Ok(answer)
            }
            Outcome::Lost { loss, faults } => {
                let message = faults.last().map_or("", String::as_str);
                let failure = Failure::new(protocol::failure_kind(loss), message);
                Ok(Answer::lost(failure))
            }
        }
    }
}

/// A request that is put to a program.
struct Asked<'a> {
    request: &'a ModelRequest,
    pool: &'a Pool<ModelRole>,
}

impl Exchange<ModelRole> for Asked<'_> {
    type Reply = Answer;

    fn with<'a>(
        &'a self,
        worker: &'a mut Worker<Hello>,
    ) -> BoxFuture<'a, Result<Result<Answer, Fault>, ProgramError>> {
        Box::pin(self.ask(worker))
    }
}

impl Asked<'_> {
    /// One question to one worker. The outer error ends the run.
    async fn ask(&self, worker: &mut Worker<Hello>) -> Result<Result<Answer, Fault>, ProgramError> {
        let folder = match worker.task_folder() {
            Ok(folder) => folder,
            Err(fault) => return Ok(Err(fault)),
        };
        let line = task_line(self.request, folder.path()).await?;
        let begin = Instant::now();
        let reply = match worker.exchange(&line, self.pool.config().task).await {
            Ok(reply) => reply,
            Err(fault) => return Ok(Err(fault)),
        };
        let total_ms = begin.elapsed().as_secs_f64() * 1000.0;
        let id = self.request.prompt.id.clone();
        let thinks = self.pool.role().thinks;
        let read = move || {
            let reply = protocol::read_reply(&reply, &id, thinks)?;
            reply::answer(reply, folder.path())
        };
        let answer = tokio::task::spawn_blocking(read).await.map_err(|error| {
            ProgramError::caused_by("a thread that reads a reply failed", error)
        })?;
        Ok(answer.map_err(Fault::Protocol).map(|mut answer| {
            answer.timing_ms.insert("total".into(), total_ms);
            describe(&mut answer, worker);
            answer
        }))
    }
}

/// Notes which program answered, as it calls itself, and what it printed beside its reply.
fn describe(answer: &mut Answer, worker: &Worker<Hello>) {
    let prints = worker.printed();
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
async fn task_line(request: &ModelRequest, folder: &Path) -> Result<String, ProgramError> {
    let prompt = &request.prompt;
    let unusable = |error: Box<dyn std::error::Error + Send + Sync>| {
        ProgramError::caused_by("an input picture cannot be given to the program", error)
    };
    let input = match prompt.inputs.first().cloned() {
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
        let what = format!("task `{}` cannot be written as JSON", prompt.id);
        ProgramError::caused_by(what, error)
    })
}
