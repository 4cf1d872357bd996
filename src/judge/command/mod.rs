//! The kind `command:FILE.toml`: a program that keeps a judge model loaded and marks over JSON lines.
//! docs/judge-programs.md describes the protocol for people.

mod description;
mod home;
mod protocol;
mod show;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};
use std::time::Instant;

use self::description::{Marked, Own};
use self::home::Home;
use self::protocol::{Hello, Reply, Wanted};
use self::show::Exhibit;
use crate::common::BoxFuture;
use crate::common::plain::excerpt;
use crate::common::program::{
    Config, Exchange, Fault, LineForm, Loss, Outcome, Pool, ProgramError, Role, Worker,
};
use crate::endpoint::price::Spent;
use crate::judge::{
    AXES, Estimate, Identity, Judge, JudgeError, Mark, MissingReason, Question, Verdict,
};
use crate::suite::Axis;
use crate::suite::axes::scale::MarkScale;

/// What a judge of this kind is named by, before its file.
pub const PREFIX: &str = "command:";
/// Version of the way from evidence to mark; raised when a mark may change.
const RULES: &str = "1";
/// Most characters of a raw reply that are kept.
const MAX_RAW_CHARS: usize = 16_000;
/// Longest description of a failed try that is kept, in bytes.
const MAX_FAULT: usize = 4000;

/// The judge.
pub struct CommandJudge {
    identity: Identity,
    shop: Arc<Shop>,
    home: Home,
}

/// The running program and how its marks are made.
struct Shop {
    pool: Arc<Pool<JudgeRole>>,
    marked: BTreeMap<String, Marked>,
    hello: Hello,
    /// US dollars for a request.
    usd: Option<f64>,
}

/// A program that plays a judge.
#[derive(Default)]
struct JudgeRole {
    /// The axes of the description; empty where it leaves them to the program.
    axes: Vec<String>,
    /// What the first copy said: all must say the same.
    first: OnceLock<Hello>,
}

impl Role for JudgeRole {
    type Hello = Hello;
    const LINES: LineForm = protocol::LINES;
    const UNIT: &'static str = "request";
    const LOG_PREFIX: &'static str = "judge-";

    fn read_hello(&self, line: &[u8]) -> Result<Hello, String> {
        let hello = protocol::read_hello(line)?;
        let lacks = |axis: &&String| !hello.axes.is_empty() && !hello.axes.contains(axis);
        if let Some(axis) = self.axes.iter().find(lacks) {
            return Err(format!(
                "marks {}, but the description asks it for {axis}; correct [[axes]] or its hello",
                hello.axes.join(", ")
            ));
        }
        if self.axes.is_empty() && hello.axes.is_empty() {
            return Err(
                "names no axes in its hello, and the description has no [[axes]]; one of them must name some"
                    .to_owned(),
            );
        }
        let first = self.first.get_or_init(|| hello.clone());
        match *first == hello {
            true => Ok(hello),
            false => Err(format!(
                "says {}, but said {} when it was started first: marks of two judges may not be mixed",
                hello.told(),
                first.told()
            )),
        }
    }
}

impl Hello {
    /// What it calls itself.
    fn told(&self) -> String {
        let words = [self.name.as_deref(), self.version.as_deref()];
        let said: Vec<&str> = words.into_iter().flatten().collect();
        match said.is_empty() {
            true => format!("no name (axes {})", self.axes.join(", ")),
            false => said.join(" "),
        }
    }
}

impl CommandJudge {
    /// Opens the judge of a description: starts its program and awaits its hello, which is part of the identity.
    ///
    /// # Errors
    /// A faulty description, one that does not fit the axes of the suite, a program that cannot be started or does not
    /// speak the protocol.
    pub fn open(file: &str, name: Option<&str>, suite: &[Axis]) -> Result<Self, JudgeError> {
        let ends = |error: ProgramError| {
            let message = format!("--judge {PREFIX}{file}: {}", error.message);
            JudgeError {
                source: error.source,
                ..JudgeError::plain(message)
            }
        };
        let (config, own) = Config::read::<Own>(Path::new(file)).map_err(ends)?;
        let place = format!("--judge {PREFIX}{file}");
        check_fit(&own, &own.keys(), suite, &place)?;
        let home = Home::new().map_err(|error| {
            JudgeError::new("no thread can be started for the judge's program", error)
        })?;
        let role = JudgeRole {
            axes: own.keys(),
            first: OnceLock::new(),
        };
        let pool = Arc::new(Pool::new(config, role));
        let started = Arc::clone(&pool);
        let hello = home
            .wait(async move { started.hello(Hello::clone).await })
            .ok_or_else(|| JudgeError::plain("the thread of the judge's program is gone"))?
            .map_err(ends)?;
        let keys = match own.keys() {
            keys if keys.is_empty() => hello.axes.clone(),
            keys => keys,
        };
        check_fit(&own, &keys, suite, &place)?;
        let marked = keys.iter().map(|key| (key.clone(), own.marked(key)));
        let marked: BTreeMap<String, Marked> = marked.collect();
        let identity = identity(pool.config(), &own, &hello, &marked, name);
        let shop = Shop {
            pool,
            marked,
            hello,
            usd: own.usd_per_mark,
        };
        Ok(Self {
            identity,
            shop: Arc::new(shop),
            home,
        })
    }
}

/// Whether a description marks something of a suite, and can mark it.
fn check_fit(own: &Own, keys: &[String], suite: &[Axis], place: &str) -> Result<(), JudgeError> {
    let of_suite = |key: &String| suite.iter().copied().find(|axis| axis.key() == key);
    let axes: Vec<Axis> = keys.iter().filter_map(of_suite).collect();
    if axes.is_empty() && !keys.is_empty() {
        let has: Vec<&str> = suite.iter().map(|axis| axis.key()).collect();
        return Err(JudgeError::plain(format!(
            "{place} marks {}, and the suite has none of these; it has {}",
            keys.join(", "),
            has.join(", ")
        )));
    }
    let faults = axes
        .iter()
        .filter_map(|axis| own.marked(axis.key()).fault(*axis));
    let faults: Vec<String> = faults.collect();
    match faults.is_empty() {
        true => Ok(()),
        false => Err(JudgeError::plain(format!(
            "{place} cannot be used:\n  {}",
            faults.join("\n  ")
        ))),
    }
}

fn identity(
    config: &Config,
    own: &Own,
    hello: &Hello,
    marked: &BTreeMap<String, Marked>,
    name: Option<&str>,
) -> Identity {
    let mut details = config.digests.clone();
    let keys: Vec<&str> = marked.keys().map(String::as_str).collect();
    details.insert(AXES.to_owned(), keys.join(", "));
    details.insert("rules".to_owned(), RULES.to_owned());
    let shown = marked.iter().filter(|(_, marked)| marked.sees_target());
    let shown: Vec<&str> = shown.map(|(key, _)| key.as_str()).collect();
    let told = [
        ("program_name", hello.name.clone()),
        ("program_version", hello.version.clone()),
        ("calibration_version", own.calibration_version()),
        (
            "target_shown",
            (!shown.is_empty()).then(|| shown.join(", ")),
        ),
    ];
    for (key, value) in told {
        details.extend(value.map(|value| (key.to_owned(), value)));
    }
    Identity {
        name: name.unwrap_or(&config.name).to_owned(),
        kind: "command".to_owned(),
        details,
    }
}

/// Reads the first line of a program as a run does: for tests of programs.
///
/// # Errors
/// What is wrong with it.
pub fn check_hello(line: &[u8]) -> Result<(), String> {
    protocol::read_hello(line).map(drop)
}

/// Reads the reply to the request `id` for a mark of an axis as a run does: for tests of programs.
///
/// # Errors
/// What is wrong with it.
pub fn check_reply(line: &[u8], id: &str, axis: Axis) -> Result<Mark, String> {
    let wanted = Wanted {
        id,
        axis: axis.key(),
        scale: axis.scale(),
        calibrated: None,
    };
    protocol::read_reply(line, &wanted).map(|reply| reply.mark)
}

impl Judge for CommandJudge {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn concurrency(&self) -> usize {
        self.shop.pool.config().workers
    }

    fn notices(&self) -> Vec<String> {
        self.shop.pool.config().notices()
    }

    fn log_into(&self, folder: &Path) {
        self.shop.pool.log_into(folder);
    }

    fn checks_pictures(&self) -> bool {
        true
    }

    fn has_price(&self) -> bool {
        true
    }

    fn estimate(&self, _question: &Question) -> Estimate {
        match self.shop.usd {
            None => Estimate::FREE,
            Some(usd) => Estimate {
                calls: 1,
                cost_usd: Some(usd),
                // A crash is tried once more.
                most_usd: Some(2.0 * usd),
                ..Estimate::default()
            },
        }
    }

    fn mark<'a>(&'a self, question: &'a Question) -> BoxFuture<'a, Result<Verdict, JudgeError>> {
        let (shop, question) = (Arc::clone(&self.shop), question.clone());
        Box::pin(async move {
            let marking = self.home.run(async move { shop.mark(&question).await });
            marking
                .await
                .map_err(|error| JudgeError::new("the judge's program was given up", error))?
        })
    }
}

impl Shop {
    async fn mark(&self, question: &Question) -> Result<Verdict, JudgeError> {
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
        let (mark, rationale, raw_reply, latency_ms) = match reply {
            None => (lost, None, None, None),
            Some(said) => {
                let Reply {
                    mark,
                    rationale,
                    remarks,
                } = said.reply;
                faults.extend(remarks);
                (mark, rationale, Some(said.raw), Some(said.ms))
            }
        };
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
            ..Verdict::local(mark, rationale)
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
    marked: &'a Marked,
    scale: MarkScale,
}

/// A reply, and how it came.
struct Said {
    reply: Reply,
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
