//! How fast work goes and how long it will take: said only once it can be known.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// From this time on the pace of the work says how long it will take.
const SETTLED: Duration = Duration::from_secs(2);

/// The pace of one kind of work.
#[derive(Debug, Default)]
pub struct Pace {
    begun: Mutex<Option<Instant>>,
    /// What was done before this sitting.
    before: AtomicU64,
    done: AtomicU64,
    of: AtomicU64,
    took: OnceLock<Duration>,
}

impl Pace {
    /// Begins with `done` of `of` pieces of work there already.
    pub fn begin(&self, done: u64, of: u64) {
        *self.begun.lock().unwrap_or_else(PoisonError::into_inner) = Some(Instant::now());
        self.before.store(done, Ordering::Relaxed);
        self.done.store(done, Ordering::Relaxed);
        self.of.store(of, Ordering::Relaxed);
    }

    /// So much is done now, what was there before included.
    pub fn reach(&self, done: u64) {
        self.done.store(done, Ordering::Relaxed);
        self.settle();
    }

    /// So much more is done now.
    pub fn advance(&self, by: u64) {
        self.done.fetch_add(by, Ordering::Relaxed);
        self.settle();
    }

    fn settle(&self) {
        if self.is_done() {
            // The first time it is done counts.
            let _ = self.took.set(self.elapsed());
        }
    }

    /// The time that is left; `None` where it cannot be known yet.
    pub fn left(&self) -> Option<Duration> {
        let (before, done) = (
            self.before.load(Ordering::Relaxed),
            self.done.load(Ordering::Relaxed),
        );
        let of = self.of.load(Ordering::Relaxed);
        left(
            done.saturating_sub(before) as f64,
            of.saturating_sub(done) as f64,
            self.elapsed(),
        )
    }

    /// `6:20 left`, `done in 4:10`, or nothing. Work that waits for `slower` takes no less time than that.
    pub fn words(&self, slower: Option<&Pace>) -> String {
        if self.is_done() {
            let here = self.before.load(Ordering::Relaxed) < self.of.load(Ordering::Relaxed);
            let took = self.took.get().filter(|_| here);
            return took.map_or_else(String::new, |took| format!("done in {}", clock(*took)));
        }
        let other = slower.filter(|slower| !slower.is_done());
        let left = match other {
            None => self.left(),
            Some(slower) => self.left().max(slower.left()),
        };
        left.map_or_else(String::new, |left| format!("{} left", clock(left)))
    }

    fn is_done(&self) -> bool {
        self.done.load(Ordering::Relaxed) >= self.of.load(Ordering::Relaxed)
    }

    fn elapsed(&self) -> Duration {
        let begun = *self.begun.lock().unwrap_or_else(PoisonError::into_inner);
        begun.map_or(Duration::ZERO, |begun| begun.elapsed())
    }
}

/// The time that the `rest` of the work takes if what is `done` took `elapsed`; `None` where too little is done to say.
fn left(done: f64, rest: f64, elapsed: Duration) -> Option<Duration> {
    if done <= 0.0 || elapsed < SETTLED {
        return None;
    }
    let seconds = elapsed.as_secs_f64() * rest / done;
    // A second is the least that can be told.
    Duration::try_from_secs_f64(seconds.max(1.0)).ok()
}

/// The time left where a share of the work, 0 to 1, took `elapsed`; `None` where too little is done to say.
pub fn left_of_share(share: f64, elapsed: Duration) -> Option<Duration> {
    let told = (0.02..1.0).contains(&share);
    told.then(|| left(share, 1.0 - share, elapsed)).flatten()
}

/// Minutes and seconds, `4:10`; with hours from one on, `1:02:03`.
pub fn clock(time: Duration) -> String {
    let seconds = time.as_secs_f64().round() as u64;
    let (hours, minutes, seconds) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match hours {
        0 => format!("{minutes}:{seconds:02}"),
        _ => format!("{hours}:{minutes:02}:{seconds:02}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn the_time_left_is_told_when_it_can_be_known() {
        assert_eq!(left(0.0, 10.0, 60 * SECOND), None, "nothing is done yet");
        assert_eq!(left(5.0, 10.0, SECOND), None, "too early");
        assert_eq!(left(5.0, 10.0, 60 * SECOND), Some(120 * SECOND));
        assert_eq!(left(1e6, 1.0, 60 * SECOND), Some(SECOND), "never 0 left");
        assert_eq!(
            left(1.0, 1e9, 60 * SECOND).map(|left| left > SECOND),
            Some(true)
        );
    }

    #[test]
    fn what_was_done_before_says_nothing_about_the_pace() {
        let pace = Pace::default();
        pace.begin(290, 300);
        assert_eq!(pace.words(None), "", "nothing is done in this sitting");
        pace.reach(300);
        assert_eq!(pace.words(None), "done in 0:00");
        pace.begin(300, 300);
        assert_eq!(pace.words(None), "", "it was all there");
        let none = Pace::default();
        none.begin(0, 0);
        assert_eq!(none.words(None), "");
    }

    #[test]
    fn times_are_minutes_and_seconds() {
        assert_eq!(clock(Duration::ZERO), "0:00");
        assert_eq!(clock(Duration::from_millis(59_700)), "1:00");
        assert_eq!(clock(250 * SECOND), "4:10");
        assert_eq!(clock(3723 * SECOND), "1:02:03");
    }
}
