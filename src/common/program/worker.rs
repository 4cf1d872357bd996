//! One running copy of a program: started, asked, killed.

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

#[cfg(unix)]
use rustix::process::{Pid, Signal, kill_process_group};
use tempfile::TempDir;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::process::{Child, ChildStdin, ChildStdout};
use tokio::time::timeout;

use super::config::Config;
#[cfg(unix)]
use super::keeper::{self, Guarded};
use super::prints::Prints;
use super::stderr::{LogPlace, Stderr};
use super::{LineForm, Role, is_message};

/// What went wrong with a running program, in words that follow its name.
#[derive(Debug)]
pub enum Fault {
    /// It ended, or closed its standard output.
    Died(String),
    /// It wrote what the protocol does not allow.
    Protocol(String),
    /// It took too long.
    Timeout(String),
    /// It took too long, and wrote to standard output what is no message of the protocol.
    NoMessage(String),
    /// It could not be started, or the machine cannot serve it: trying again is useless.
    Hopeless(String),
}

impl Fault {
    /// The words.
    pub fn message(&self) -> &str {
        match self {
            Self::Died(message)
            | Self::Protocol(message)
            | Self::Timeout(message)
            | Self::NoMessage(message)
            | Self::Hopeless(message) => message,
        }
    }
}

/// A program that has said hello. Dropping it kills it and what it started.
pub struct Worker<H> {
    /// What it said.
    pub hello: H,
    pipes: Pipes,
    folder: TempDir,
    asked: u64,
    /// What it is asked for, in messages.
    unit: &'static str,
    /// Forgotten last: until its end is sure, the keeper would bring it about.
    #[cfg(unix)]
    _kept: Option<Guarded>,
}

/// A running program before its hello.
struct Pipes {
    child: Child,
    stdin: ChildStdin,
    stdout: BufReader<ChildStdout>,
    stderr: Stderr,
    prints: Prints,
    lines: LineForm,
    /// The process group, named after its first process.
    #[cfg(unix)]
    group: Option<Pid>,
}

impl<H> Worker<H> {
    /// Starts the program and awaits its hello.
    ///
    /// # Errors
    /// It cannot be started, ends, says something else, or takes too long.
    pub(super) async fn start<R: Role<Hello = H>>(
        config: &Config,
        role: &R,
        log: LogPlace,
    ) -> Result<Self, Fault> {
        let folder = tempfile::Builder::new()
            .prefix("parabench-")
            .tempdir()
            .map_err(|error| Fault::Hopeless(format!("has no temporary folder: {error}")))?;
        let mut pipes = Pipes::spawn(config, R::LINES, log)?;
        #[cfg(unix)]
        let kept = pipes.group.map(|group| Guarded::new(group, folder.path()));
        let line = match timeout(config.startup, pipes.read_message()).await {
            Ok(line) => line,
            Err(_) => Err(pipes.took_too_long("say hello", config.startup).await),
        }?;
        let hello = role.read_hello(&line).map_err(Fault::Protocol)?;
        Ok(Self {
            hello,
            pipes,
            folder,
            asked: 0,
            unit: R::UNIT,
            #[cfg(unix)]
            _kept: kept,
        })
    }

    /// A fresh folder for the output of the next task.
    ///
    /// # Errors
    /// The folder cannot be made.
    pub fn task_folder(&mut self) -> Result<TaskFolder, Fault> {
        self.asked += 1;
        // Resolved, so that a reply's resolved path can be compared with it.
        let made = std::fs::canonicalize(self.folder.path()).and_then(|root| {
            let path = root.join(self.asked.to_string());
            std::fs::create_dir(&path).map(|()| path)
        });
        made.map(TaskFolder)
            .map_err(|error| Fault::Hopeless(format!("has no folder for its output: {error}")))
    }

    /// How many lines it printed to standard output since the last message that are none of the protocol.
    pub fn printed(&self) -> usize {
        self.pipes.prints.count()
    }

    /// Prints on standard output that were passed over since the last message: how many, and the first.
    pub(super) fn prints(&self) -> &Prints {
        &self.pipes.prints
    }

    /// Writes a line and awaits a message.
    ///
    /// # Errors
    /// The program ends, writes an endless or torn line, or takes too long.
    pub async fn exchange(&mut self, line: &str, limit: Duration) -> Result<Vec<u8>, Fault> {
        let pipes = &mut self.pipes;
        let exchange = async {
            let written = async {
                pipes.stdin.write_all(line.as_bytes()).await?;
                pipes.stdin.write_all(b"\n").await?;
                pipes.stdin.flush().await
            };
            match written.await {
                Ok(()) => pipes.read_message().await,
                Err(_) => Err(pipes.died("does not read its standard input").await),
            }
        };
        match timeout(limit, exchange).await {
            Ok(line) => line,
            Err(_) => Err(self.answered_too_late(limit).await),
        }
    }

    /// Awaits a further message after a line that asks for several.
    ///
    /// # Errors
    /// As [`exchange`](Self::exchange).
    pub async fn next_message(&mut self, limit: Duration) -> Result<Vec<u8>, Fault> {
        match timeout(limit, self.pipes.read_message()).await {
            Ok(line) => line,
            Err(_) => Err(self.answered_too_late(limit).await),
        }
    }

    async fn answered_too_late(&mut self, limit: Duration) -> Fault {
        let what = format!("answer a {}", self.unit);
        self.pipes.took_too_long(&what, limit).await
    }
}

/// The folder of one task's output, removed with it.
pub struct TaskFolder(std::path::PathBuf);

impl TaskFolder {
    /// The folder, absolute and with links resolved.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for TaskFolder {
    fn drop(&mut self) {
        // What is left goes with the worker's whole folder.
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

impl Pipes {
    fn spawn(config: &Config, lines: LineForm, log: LogPlace) -> Result<Self, Fault> {
        #[cfg(unix)]
        let mut command = keeper::command(&config.program);
        #[cfg(not(unix))]
        let mut command = tokio::process::Command::new(&config.program);
        command
            .args(&config.args)
            .current_dir(&config.folder)
            .env_clear()
            .envs(config.env.iter().map(|(name, value)| (name, value)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .kill_on_drop(true);
        #[cfg(unix)]
        command.process_group(0);
        #[cfg(unix)]
        let started = keeper::spawn(command);
        #[cfg(not(unix))]
        let started = command.spawn();
        let mut child =
            started.map_err(|error| Fault::Hopeless(format!("cannot be started: {error}")))?;
        let pipes = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let (Some(stdin), Some(stdout), Some(stderr)) = pipes else {
            return Err(Fault::Hopeless("was started without pipes".into()));
        };
        Ok(Self {
            #[cfg(unix)]
            group: child
                .id()
                .and_then(|id| i32::try_from(id).ok())
                .and_then(Pid::from_raw),
            child,
            stdin,
            stdout: BufReader::new(stdout),
            stderr: Stderr::follow(stderr, log),
            prints: Prints::default(),
            lines,
        })
    }

    /// The next line that is a message of the protocol; prints before it are passed over and counted.
    async fn read_message(&mut self) -> Result<Vec<u8>, Fault> {
        self.prints.new_exchange();
        loop {
            let line = self.read_line().await?;
            if is_message(&line, self.lines) {
                return Ok(line);
            }
            if !self.prints.add(&line) {
                return Err(Fault::Protocol(format!(
                    "wrote no message of the protocol{}",
                    self.prints
                )));
            }
        }
    }

    async fn read_line(&mut self) -> Result<Vec<u8>, Fault> {
        let mut line = Vec::new();
        let mut bounded = (&mut self.stdout).take(self.lines.max_bytes);
        let read = bounded.read_until(b'\n', &mut line).await;
        if line.ends_with(b"\n") {
            return Ok(line);
        }
        if line.len() as u64 == self.lines.max_bytes {
            return Err(Fault::Protocol(format!(
                "wrote a line of more than {} bytes",
                self.lines.max_bytes
            )));
        }
        let how = match (read, line.is_empty()) {
            (Err(_), _) => "cannot be read any more",
            (Ok(_), true) => "closed its standard output",
            (Ok(_), false) => "stopped in the middle of a line",
        };
        Err(self.died(how).await)
    }

    /// Says how it ended, with its last words.
    async fn died(&mut self, how: &str) -> Fault {
        let ended = timeout(Duration::from_secs(2), self.child.wait()).await;
        let how = match ended {
            Ok(Ok(status)) => format!("{how} and ended ({status})"),
            _ => format!("{how} without ending"),
        };
        let how = format!("{how}{}", self.prints);
        Fault::Died(self.with_last_words(how).await)
    }

    async fn took_too_long(&mut self, what: &str, limit: Duration) -> Fault {
        let how = format!("did not {what} within {} s", limit.as_secs_f64());
        let prints = self.prints.to_string();
        let words = self.with_last_words(how + &prints).await;
        match prints.is_empty() {
            true => Fault::Timeout(words),
            false => Fault::NoMessage(words),
        }
    }

    async fn with_last_words(&mut self, how: String) -> String {
        match self.stderr.last_lines().await {
            words if words.is_empty() => format!("{how}; it wrote nothing to standard error"),
            words => format!("{how}; its last words on standard error:\n{words}"),
        }
    }
}

impl Drop for Pipes {
    /// Kills the whole process group; the child itself is also killed by
    /// `kill_on_drop`, where there are no groups.
    fn drop(&mut self) {
        #[cfg(unix)]
        if let Some(group) = self.group {
            // It may have ended by itself.
            let _ = kill_process_group(group, Signal::KILL);
        }
    }
}
