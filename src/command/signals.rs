//! Signals: the first of Ctrl-C, SIGTERM and SIGHUP asks a run to stop, the second ends this process. SIGTERM and
//! SIGHUP come from schedulers and closed terminals, which do not press twice: after a time of grace they end it as well.
//! The logs are sound either way, and the keeper ends what a model started.

use std::sync::OnceLock;
use std::time::Duration;

use crate::command::Exit;
use crate::run::shard::whole;
use crate::run::stage::Stop;

/// Time for what is in flight after SIGTERM or SIGHUP, where nothing else was asked for.
pub const GRACE: Duration = Duration::from_secs(5);

/// Longest time of grace, in seconds: a day.
const MAX_GRACE: u64 = 86_400;

/// What is said when a stop was asked for.
pub fn stopping(grace: Duration) -> String {
    format!(
        "stopping: waiting for what is in flight ({} s after SIGTERM or SIGHUP); press Ctrl-C to leave at once",
        grace.as_secs()
    )
}

/// Reads a time of grace: whole seconds, with or without an `s`.
///
/// # Errors
/// What was found, and what is expected.
pub fn grace(text: &str) -> Result<Duration, String> {
    let seconds = whole(text.strip_suffix('s').unwrap_or(text));
    match seconds.filter(|seconds| *seconds <= MAX_GRACE) {
        Some(seconds) => Ok(Duration::from_secs(seconds)),
        None => Err(format!(
            "expected whole seconds from 0 to {MAX_GRACE}, for example 20s"
        )),
    }
}

/// The switch that signals turn; from the first call on they no longer end this process by themselves. After SIGTERM or
/// SIGHUP what is in flight has `grace`; that of the first call holds.
///
/// # Errors
/// The system does not let this process watch its signals.
pub fn stop(grace: Duration) -> std::io::Result<Stop> {
    static STOP: OnceLock<Stop> = OnceLock::new();
    if let Some(stop) = STOP.get() {
        return Ok(stop.clone());
    }
    let stop = Stop::default();
    watch(stop.clone(), grace)?;
    Ok(STOP.get_or_init(|| stop).clone())
}

fn leave() -> ! {
    std::process::exit(Exit::Interrupted.code().into())
}

#[cfg(unix)]
fn watch(stop: Stop, grace: Duration) -> std::io::Result<()> {
    use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
    let wanted = [SIGINT, SIGTERM, SIGHUP];
    // What was ignored from the start stays ignored: `nohup` and shells ask for it.
    let ignored = ignored();
    let wanted = wanted
        .into_iter()
        .filter(|signal| ignored >> (signal - 1) & 1 == 0);
    let mut signals = signal_hook::iterator::Signals::new(wanted)?;
    let watch = move || {
        for signal in signals.forever() {
            if stop.is_asked() {
                leave();
            }
            stop.ask();
            if signal != SIGINT {
                std::thread::spawn(move || {
                    std::thread::sleep(grace);
                    leave();
                });
            }
        }
    };
    std::thread::Builder::new()
        .name("signals".to_owned())
        .spawn(watch)?;
    Ok(())
}

#[cfg(not(unix))]
fn watch(stop: Stop, _grace: Duration) -> std::io::Result<()> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    std::thread::spawn(move || {
        runtime.block_on(async {
            while tokio::signal::ctrl_c().await.is_ok() {
                if stop.is_asked() {
                    leave();
                }
                stop.ask();
            }
        });
    });
    Ok(())
}

/// The signals that this process was started to ignore, one bit each, where the system tells.
#[cfg(unix)]
fn ignored() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let mask = status.lines().find_map(|line| line.strip_prefix("SigIgn:"));
    mask.and_then(|mask| u64::from_str_radix(mask.trim(), 16).ok())
        .unwrap_or(0)
}

/// Makes a write beyond the limit on file sizes (`ulimit -f`) an error that can be told, instead of the end.
#[cfg(unix)]
pub fn survive_file_limit() {
    let flag = std::sync::Arc::default();
    // Without it such a write still ends the process, with sound logs.
    let _ = signal_hook::flag::register(signal_hook::consts::SIGXFSZ, flag);
}

/// Makes a write beyond the limit on file sizes an error that can be told: nothing to do here.
#[cfg(not(unix))]
pub fn survive_file_limit() {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_of_grace_is_whole_seconds() {
        assert_eq!(grace("20s"), Ok(Duration::from_secs(20)));
        assert_eq!(grace("0"), Ok(Duration::ZERO));
        for bad in [
            "",
            "s",
            "-1",
            "+5",
            "1.5",
            "2m",
            "20 s",
            "86401",
            "99999999999999999999",
        ] {
            assert!(grace(bad).is_err(), "{bad}");
        }
    }
}
