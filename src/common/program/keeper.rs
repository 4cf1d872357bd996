//! Ends what a program started when this process is gone, however it went.
//!
//! Programs are ended when their [`Worker`](super::worker::Worker) is dropped. A process that is killed drops nothing.
//! Two helpers stand by, both this executable again (see [`enter`]):
//!
//! - the *keeper*, in a process group of its own, reads from its standard input which process groups and folders
//!   there are. When that input ends, this process is gone: it ends the groups and removes the folders;
//! - on Linux the *launcher* asks the system to end it with its parent and becomes the program, so that the program
//!   ends even where the keeper was killed as well. The system means the parent's *thread*, so programs are started
//!   from one that lives as long as the process.
//!
//! Programs started by another executable than parabench (a library's user) have no helpers.

use std::ffi::{OsStr, OsString};
use std::io::{self, BufRead, Write};
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{ChildStdin, Command, ExitCode, Stdio};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process_group};

/// First argument of the keeper.
const KEEPER: &str = "__keep-programs";
/// First argument of the launcher; the parent's process id, the program and its arguments follow.
#[cfg(target_os = "linux")]
const LAUNCHER: &str = "__launch-program";
/// Exit code of a launcher whose program cannot be started.
const CANNOT_START: u8 = 126;

/// This executable, once it has said that it can be its own helper.
static EXECUTABLE: OnceLock<PathBuf> = OnceLock::new();
/// The keeper's standard input; `None` where it cannot be started.
static INPUT: OnceLock<Option<Mutex<ChildStdin>>> = OnceLock::new();

/// Does a helper's work if this process was started as one; gives its exit code then. The first thing that `main`
/// does: from then on programs get helpers.
pub fn enter() -> Option<ExitCode> {
    let mut arguments = std::env::args_os().skip(1);
    let role = arguments.next();
    if role.as_deref() == Some(OsStr::new(KEEPER)) {
        return Some(keep());
    }
    #[cfg(target_os = "linux")]
    if role.as_deref() == Some(OsStr::new(LAUNCHER)) {
        return Some(launch(arguments));
    }
    // The running file itself, even where it is replaced meanwhile.
    let running = Path::new("/proc/self/exe");
    let executable = match running.exists() {
        true => Some(running.to_owned()),
        false => std::env::current_exe().ok(),
    };
    if let Some(executable) = executable {
        let _ = EXECUTABLE.set(executable);
    }
    None
}

/// What is ended and removed with this process, until it is dropped.
pub(super) struct Guarded(Pid);

impl Guarded {
    /// Has the keeper end a process group and remove a folder.
    pub(super) fn new(group: Pid, folder: &Path) -> Self {
        let id = group.as_raw_nonzero().to_string();
        tell(
            &[
                b"+",
                id.as_bytes(),
                b" ",
                folder.as_os_str().as_bytes(),
                b"\0",
            ]
            .concat(),
        );
        Self(group)
    }
}

impl Drop for Guarded {
    fn drop(&mut self) {
        tell(format!("-{}\0", self.0.as_raw_nonzero()).as_bytes());
    }
}

fn tell(message: &[u8]) {
    let input = INPUT.get_or_init(|| {
        let started = EXECUTABLE.get().map(|executable| start(executable));
        match started {
            Some(Ok(input)) => Some(Mutex::new(input)),
            Some(Err(error)) => {
                tracing::warn!("programs may outlive this process if it is killed: {error}");
                None
            }
            None => None,
        }
    });
    if let Some(input) = input {
        let mut input = input.lock().unwrap_or_else(PoisonError::into_inner);
        // A keeper that was killed keeps nothing; programs are still ended by their workers.
        let _ = input.write_all(message);
    }
}

fn start(executable: &Path) -> io::Result<ChildStdin> {
    let mut command = Command::new(executable);
    command
        .arg0("parabench")
        .arg(KEEPER)
        .env_clear()
        .current_dir("/")
        .process_group(0)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let input = command.spawn()?.stdin.take();
    input.ok_or_else(|| io::Error::other("the keeper has no input"))
}

/// The keeper's work: remembers what it is told, and ends and removes what is left when its input ends.
fn keep() -> ExitCode {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    for signal in [SIGHUP, SIGINT, SIGTERM] {
        // Asked to end together with its parent, it still has to clean up after it.
        let _ = signal_hook::flag::register(signal, std::sync::Arc::default());
    }
    let mut kept: Vec<(Pid, PathBuf)> = Vec::new();
    let mut input = io::stdin().lock();
    let mut message = Vec::new();
    while input
        .read_until(0, &mut message)
        .is_ok_and(|length| length > 0)
    {
        match read(&message) {
            Some((group, Some(folder))) => kept.push((group, folder)),
            Some((group, None)) => kept.retain(|(known, _)| *known != group),
            None => {}
        }
        message.clear();
    }
    for (group, _) in &kept {
        // It may have ended by itself.
        let _ = kill_process_group(*group, Signal::KILL);
    }
    for (_, folder) in &kept {
        remove(folder);
    }
    ExitCode::SUCCESS
}

/// A message: a group that is kept with its folder, or one that is no more.
fn read(message: &[u8]) -> Option<(Pid, Option<PathBuf>)> {
    let message = message.strip_suffix(b"\0")?;
    let (kind, rest) = message.split_first()?;
    let end = rest.iter().position(|&byte| byte == b' ');
    let (id, folder) = rest.split_at(end.unwrap_or(rest.len()));
    let group = std::str::from_utf8(id)
        .ok()?
        .parse()
        .ok()
        .and_then(Pid::from_raw)?;
    match (kind, folder.get(1..)) {
        (b'+', Some(folder)) => {
            let folder = OsString::from_vec(folder.to_vec());
            Some((group, Some(folder.into())))
        }
        (b'-', _) => Some((group, None)),
        _ => None,
    }
}

/// Removes a folder in which something that is just ending may still write.
fn remove(folder: &Path) {
    for _ in 0..20 {
        match std::fs::remove_dir_all(folder) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                std::thread::sleep(Duration::from_millis(50));
            }
            _ => return,
        }
    }
}

/// The command that starts a program: through the launcher where there is one.
pub(super) fn command(program: &Path) -> tokio::process::Command {
    #[cfg(target_os = "linux")]
    if let Some(executable) = EXECUTABLE.get() {
        let mut command = tokio::process::Command::new(executable);
        let own = std::process::id().to_string();
        command
            .arg0("parabench")
            .arg(LAUNCHER)
            .arg(own)
            .arg(program);
        return command;
    }
    tokio::process::Command::new(program)
}

/// The launcher's work: becomes the program.
#[cfg(target_os = "linux")]
fn launch(mut arguments: impl Iterator<Item = OsString>) -> ExitCode {
    let parent = arguments.next();
    let Some(program) = arguments.next() else {
        return ExitCode::from(CANNOT_START);
    };
    let bound = rustix::process::set_parent_process_death_signal(Some(Signal::KILL));
    let id = rustix::process::getppid().map(|id| id.as_raw_nonzero().to_string());
    if bound.is_ok() && id.map(OsString::from) != parent {
        // The parent was gone before it could be bound to.
        return ExitCode::from(CANNOT_START);
    }
    let error = Command::new(&program).args(arguments).exec();
    let _ = writeln!(
        io::stderr(),
        "{} cannot be started: {error}",
        program.to_string_lossy()
    );
    ExitCode::from(CANNOT_START)
}

/// Starts a program from a thread that lives as long as this process. Called within a runtime, whose child it is.
///
/// # Errors
/// It cannot be started.
pub(super) fn spawn(mut command: tokio::process::Command) -> io::Result<tokio::process::Child> {
    type Job = Box<dyn FnOnce() + Send>;
    static THREAD: OnceLock<Option<std::sync::mpsc::Sender<Job>>> = OnceLock::new();
    let thread = THREAD.get_or_init(|| {
        let (jobs, receiver) = std::sync::mpsc::channel::<Job>();
        let work = move || receiver.iter().for_each(|job| job());
        let thread = std::thread::Builder::new().name("programs".to_owned());
        thread.spawn(work).is_ok().then_some(jobs)
    });
    let runtime = tokio::runtime::Handle::current();
    let (reply, replied) = std::sync::mpsc::channel();
    let job: Job = Box::new(move || {
        let _entered = runtime.enter();
        // Nobody waits any more: the child is dropped and killed.
        let _ = reply.send(command.spawn());
    });
    let gone = || io::Error::other("the thread that starts programs is gone");
    thread
        .as_ref()
        .ok_or_else(gone)?
        .send(job)
        .map_err(|_| gone())?;
    replied.recv().map_err(|_| gone())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_read_or_passed_over() {
        let group = Pid::from_raw(42).unwrap();
        assert_eq!(
            read(b"+42 /tmp/a b\0"),
            Some((group, Some("/tmp/a b".into())))
        );
        assert_eq!(read(b"-42\0"), Some((group, None)));
        for torn in [
            &b"+42 /tmp/a"[..],
            b"",
            b"\0",
            b"+x /tmp\0",
            b"+42\0",
            b"+0 /tmp\0",
        ] {
            assert_eq!(read(torn), None, "{torn:?}");
        }
    }
}
