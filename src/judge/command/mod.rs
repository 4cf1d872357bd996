//! The kind `command:FILE.toml`: a program that keeps a judge model loaded and marks over JSON lines.
//! docs/judge-programs.md describes the protocol for people.

mod batch;
mod description;
mod home;
mod protocol;
mod queue;
mod reply;
mod role;
mod shop;
mod show;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, OnceLock};

use self::description::{Marking, Own};
use self::home::Home;
use self::protocol::Hello;
use self::queue::Queue;
use self::role::JudgeRole;
use self::shop::Shop;
use crate::common::BoxFuture;
use crate::common::program::{Config, Pool, ProgramError};
use crate::judge::shared::SharedCalls;
use crate::judge::{AXES, Identity, Judge, JudgeError, MarkCost, Question, Verdict};
use crate::suite::Axis;

/// What a judge of this kind is named by, before its file.
pub const PREFIX: &str = "command:";
/// Version of the way from evidence to mark; raised when a mark may change.
const RULES: &str = "1";

/// The judge.
pub struct CommandJudge {
    identity: Identity,
    /// The axes that it marks beside the suite's.
    extra: Vec<Axis>,
    shop: Arc<Shop>,
    home: Home,
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
        let unusable =
            |fault: String| JudgeError::plain(format!("{place} cannot be used:\n  {fault}"));
        let extra = own.extra(suite).map_err(unusable)?;
        let known = [suite, &extra].concat();
        check_fit(&own, &own.keys(), &known, &place)?;
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
        check_fit(&own, &keys, &known, &place)?;
        let marked = keys.iter().map(|key| (key.clone(), own.marked(key)));
        let marked: BTreeMap<String, Marking> = marked.collect();
        let is_beside = |axis: &&Axis| axis.scale().is_endless() || extra.contains(axis);
        let beside = known.iter().filter(is_beside);
        let beside = beside.filter(|axis| marked.contains_key(axis.key()));
        let extra: Vec<Axis> = beside.copied().collect();
        let identity = identity(pool.config(), &own, &hello, &marked, name);
        let shop = Shop {
            queue: Queue::new(pool.config().workers),
            pool,
            marked,
            hello,
            usd: own.usd_per_mark,
            shared: SharedCalls::default(),
        };
        Ok(Self {
            identity,
            extra,
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
    marked: &BTreeMap<String, Marking>,
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
        ("joint", hello.joint.then(|| "true".to_owned())),
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
#[cfg(any(test, feature = "internals"))]
pub fn check_hello(line: &[u8]) -> Result<(), String> {
    protocol::read_hello(line).map(drop)
}

/// Reads the reply to the request `id` for a mark of an axis as a run does: for tests of programs.
///
/// # Errors
/// What is wrong with it.
#[cfg(any(test, feature = "internals"))]
pub fn check_reply(line: &[u8], id: &str, axis: Axis) -> Result<crate::judge::Mark, String> {
    let wanted = reply::Wanted {
        id,
        axes: vec![reply::WantedAxis {
            axis: axis.key(),
            scale: axis.scale(),
            parts: axis.parts(),
            calibrated: None,
            value: axis.key(),
        }],
    };
    let reply = reply::read_reply(line, &wanted)?;
    let mark = reply.marks.first().map(|(mark, _)| *mark);
    mark.ok_or_else(|| "it names no axis".to_owned())
}

impl Judge for CommandJudge {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn extra_axes(&self) -> &[Axis] {
        &self.extra
    }

    fn concurrency(&self) -> usize {
        let (copies, batch) = (self.shop.pool.config().workers, self.shop.hello.batch);
        // While one batch is marked the next one gathers; the axes of one request wait for it together.
        let gathering = if batch > 1 { 2 } else { 1 };
        copies * batch * gathering * self.shop.most_axes()
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

    fn estimate(&self, _question: &Question) -> MarkCost {
        match self.shop.usd {
            None => MarkCost::FREE,
            Some(usd) => MarkCost {
                calls: 1,
                cost_usd: Some(usd),
                // A crash is tried once more.
                most_usd: Some(2.0 * usd),
                ..MarkCost::default()
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
