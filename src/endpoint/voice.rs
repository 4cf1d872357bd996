//! Says that an endpoint makes the program wait: at once, then once a minute at most.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use super::fault::{Fault, FaultKind};
use super::response::shorten;

/// Between two lines, at least.
const PAUSE: Duration = Duration::from_secs(60);
/// Characters of the endpoint's words that are said.
const CHARS: usize = 200;

/// Says what happens at one endpoint.
#[derive(Debug)]
pub struct Voice {
    /// Who is asked, and where.
    who: String,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    said: Option<Instant>,
    throttled: u64,
    failed: u64,
}

impl Voice {
    /// A voice that speaks of `who`.
    pub fn new(who: String) -> Self {
        Self {
            who,
            state: Mutex::default(),
        }
    }

    /// Takes notice of an exchange that failed and is tried again after `wait`.
    pub fn retrying(&self, fault: &Fault, wait: Duration) {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        match fault.kind {
            FaultKind::Throttled | FaultKind::ComeBack => state.throttled += 1,
            _ => state.failed += 1,
        }
        if state.said.is_some_and(|said| said.elapsed() < PAUSE) {
            return;
        }
        let counts = [(state.throttled, "throttled"), (state.failed, "failed")];
        let counts = counts.iter().filter(|(count, _)| *count > 0);
        let counts: Vec<_> = counts
            .map(|(count, what)| format!("{count} {what}"))
            .collect();
        *state = State {
            said: Some(Instant::now()),
            ..State::default()
        };
        tracing::warn!(
            "{}: {} since the last such line; waiting {:.1} s before the next try; the last: {}",
            self.who,
            counts.join(", "),
            wait.as_secs_f64(),
            shorten(&fault.what, CHARS)
        );
    }
}
