//! Notices that requests fail for a common cause, and ends the asking then.
//!
//! Requests with and without pictures are counted apart: a model that takes no pictures answers the
//! others. Before the first success 5 failed exchanges are enough, if they are no fewer than those
//! still in flight; afterwards it takes 20, and twice those in flight, within 30 seconds or more
//! without a success. Being told to wait is no failure of the endpoint: it counts only after two
//! minutes without a success.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use super::fault::{Fault, FaultKind};

/// Failed exchanges that suffice before the first success.
const BEFORE_SUCCESS: usize = 5;
/// Failed exchanges that it takes afterwards, at least.
const AFTER_SUCCESS: usize = 20;
/// How long there must have been no success.
const QUIET: Duration = Duration::from_secs(30);
/// The same where all that failed was told to wait.
const QUIET_WHILE_WAITING: Duration = Duration::from_secs(120);

/// Why nothing is asked any more.
#[derive(Clone, Debug, PartialEq)]
pub struct Cause {
    /// The last fault.
    pub fault: Fault,
    /// Failed exchanges since the last success.
    pub failures: usize,
    /// Whether only requests with pictures (true) or without (false) failed, while others were
    /// answered.
    pub only: Option<bool>,
}

/// Counts what fails at one endpoint.
#[derive(Debug)]
pub struct Breaker {
    sides: Mutex<[Side; 2]>,
    cause: watch::Sender<Option<Cause>>,
}

/// Requests with pictures, or those without.
#[derive(Debug, Default)]
struct Side {
    in_flight: usize,
    succeeded: bool,
    failures: usize,
    /// Of the failures, those that were told to wait.
    throttled: usize,
    /// Of the failures, those that were told to wait longer than is allowed.
    come_back: usize,
    /// When the failures began.
    since: Option<Instant>,
}

/// An exchange that is counted.
#[derive(Debug)]
pub struct Ticket<'a> {
    breaker: &'a Breaker,
    pictures: bool,
}

impl Default for Breaker {
    fn default() -> Self {
        Self {
            sides: Mutex::default(),
            cause: watch::Sender::new(None),
        }
    }
}

impl Breaker {
    /// Counts an exchange that begins.
    pub fn begin(&self, pictures: bool) -> Ticket<'_> {
        self.side(pictures, |side| side.in_flight += 1);
        Ticket {
            breaker: self,
            pictures,
        }
    }

    /// Why nothing is asked any more, if so.
    pub fn cause(&self) -> Option<Cause> {
        self.cause.borrow().clone()
    }

    /// Returns once nothing is asked any more.
    pub async fn tripped(&self) -> Cause {
        let mut receiver = self.cause.subscribe();
        loop {
            if let Some(cause) = receiver.borrow_and_update().clone() {
                return cause;
            }
            // The sender lives as long as self, so waiting cannot fail.
            if receiver.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Ends the asking for a fault that stands in the way of every request.
    pub fn trip(&self, cause: Cause) {
        self.cause.send_if_modified(|known| {
            let first = known.is_none();
            known.get_or_insert(cause);
            first
        });
    }

    fn lock(&self) -> MutexGuard<'_, [Side; 2]> {
        self.sides.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn side<T>(&self, pictures: bool, change: impl FnOnce(&mut Side) -> T) -> T {
        let [without, with] = &mut *self.lock();
        change(if pictures { with } else { without })
    }
}

impl Side {
    fn fail(&mut self, kind: FaultKind, now: Instant) {
        self.failures += 1;
        self.throttled += usize::from(kind == FaultKind::Throttled);
        self.come_back += usize::from(kind == FaultKind::ComeBack);
        self.since.get_or_insert(now);
    }

    /// Whether what failed has a common cause. `others` are in flight beside the one that failed.
    fn is_over(&self, others: usize, now: Instant) -> bool {
        let hard = self.failures - self.throttled;
        let quiet = self.since.map_or(Duration::ZERO, |since| now - since);
        let many = AFTER_SUCCESS.max(2 * (others + 1));
        let at_once = self.come_back >= BEFORE_SUCCESS
            || (!self.succeeded && hard >= BEFORE_SUCCESS && hard >= others);
        at_once
            || (hard >= many && quiet >= QUIET)
            || (self.failures >= many && quiet >= QUIET_WHILE_WAITING)
    }
}

impl Ticket<'_> {
    /// The exchange brought a reply.
    pub fn succeeded(self) {
        self.breaker.side(self.pictures, |side| {
            *side = Side {
                in_flight: side.in_flight,
                succeeded: true,
                ..Side::default()
            };
        });
    }

    /// The exchange brought none. A content filter's refusal says nothing about the endpoint.
    pub fn failed(self, fault: &Fault) {
        if fault.kind == FaultKind::Filtered {
            return;
        }
        let now = Instant::now();
        let over = self.breaker.side(self.pictures, |side| {
            side.fail(fault.kind, now);
            let others = side.in_flight.saturating_sub(1);
            side.is_over(others, now).then_some(side.failures)
        });
        if let Some(failures) = over {
            let others_work = self
                .breaker
                .side(!self.pictures, |side| side.succeeded && side.failures == 0);
            self.breaker.trip(Cause {
                fault: fault.clone(),
                failures,
                only: others_work.then_some(self.pictures),
            });
        }
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        self.breaker.side(self.pictures, |side| side.in_flight -= 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fail(breaker: &Breaker, kind: FaultKind, times: usize) {
        for _ in 0..times {
            breaker.begin(true).failed(&Fault::new(kind, "w"));
        }
    }

    #[tokio::test(start_paused = true)]
    async fn five_failures_before_the_first_success_are_enough() {
        let breaker = Breaker::default();
        fail(&breaker, FaultKind::Filtered, 50);
        fail(&breaker, FaultKind::Throttled, 50);
        fail(&breaker, FaultKind::Refused, 4);
        assert_eq!(breaker.cause(), None);
        fail(&breaker, FaultKind::Unreachable, 1);
        let cause = breaker.tripped().await;
        assert_eq!(
            (cause.fault.kind, cause.only),
            (FaultKind::Unreachable, None)
        );
    }

    #[tokio::test(start_paused = true)]
    async fn failures_that_come_faster_than_successes_are_waited_out() {
        let breaker = Breaker::default();
        let flying: Vec<_> = (0..20).map(|_| breaker.begin(true)).collect();
        fail(&breaker, FaultKind::Server, 19);
        assert_eq!(breaker.cause(), None);
        for ticket in flying {
            ticket.succeeded();
        }
        fail(&breaker, FaultKind::Server, 19);
        assert_eq!(breaker.cause(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn afterwards_it_takes_many_failures_and_time() {
        let breaker = Breaker::default();
        breaker.begin(true).succeeded();
        fail(&breaker, FaultKind::Server, 100);
        assert_eq!(breaker.cause(), None);
        tokio::time::sleep(QUIET).await;
        breaker.begin(true).succeeded();
        fail(&breaker, FaultKind::Server, 18);
        tokio::time::sleep(QUIET).await;
        fail(&breaker, FaultKind::Server, 1);
        assert_eq!(breaker.cause(), None);
        fail(&breaker, FaultKind::Server, 1);
        assert_eq!(breaker.cause().map(|cause| cause.failures), Some(20));
    }

    #[tokio::test(start_paused = true)]
    async fn what_pictures_lose_is_told_apart() {
        let breaker = Breaker::default();
        for _ in 0..50 {
            breaker.begin(false).succeeded();
        }
        fail(&breaker, FaultKind::NoPictures, 5);
        assert_eq!(breaker.cause().and_then(|cause| cause.only), Some(true));
    }

    #[tokio::test(start_paused = true)]
    async fn waiting_is_borne_for_minutes_and_a_day_is_not() {
        let breaker = Breaker::default();
        breaker.begin(true).succeeded();
        fail(&breaker, FaultKind::Throttled, 30);
        tokio::time::sleep(QUIET * 3).await;
        fail(&breaker, FaultKind::Throttled, 1);
        assert_eq!(breaker.cause(), None);
        tokio::time::sleep(QUIET).await;
        fail(&breaker, FaultKind::Throttled, 1);
        assert!(breaker.cause().is_some());

        let breaker = Breaker::default();
        breaker.begin(true).succeeded();
        fail(&breaker, FaultKind::ComeBack, 5);
        assert!(breaker.cause().is_some());
    }
}
