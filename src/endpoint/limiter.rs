//! How many requests are in flight: additive increase, multiplicative decrease
//! (Chiu and Jain 1989), as TCP does it. Halved when the endpoint says "too many",
//! grown by one for every limit's worth of successes.

use std::sync::Mutex;

use tokio::sync::{Semaphore, SemaphorePermit};

/// Limits requests in flight. Fair: first come, first served.
#[derive(Debug)]
pub struct Limiter {
    permits: Semaphore,
    state: Mutex<State>,
    most: usize,
}

#[derive(Debug)]
struct State {
    limit: f64,
    /// Permits that are out but will not come back.
    debt: usize,
    /// Number of cuts so far: requests sent before a cut do not cause another.
    cuts: u64,
}

/// Leave to send one request.
#[derive(Debug)]
pub struct Slot<'a> {
    limiter: &'a Limiter,
    permit: Option<SemaphorePermit<'a>>,
    cuts: u64,
}

impl Limiter {
    /// A limiter that lets `most` requests through, at least 1, until told less.
    pub fn new(most: usize) -> Self {
        let most = most.max(1);
        Self {
            permits: Semaphore::new(most),
            state: Mutex::new(State {
                limit: most as f64,
                debt: 0,
                cuts: 0,
            }),
            most,
        }
    }

    /// Waits for leave to send one request.
    pub async fn acquire(&self) -> Slot<'_> {
        // The semaphore is never closed, so the permit is always there.
        let permit = self.permits.acquire().await.ok();
        Slot {
            limiter: self,
            permit,
            cuts: self.state().cuts,
        }
    }

    /// How many requests may be in flight now.
    #[cfg(test)]
    pub fn limit(&self) -> usize {
        self.state().whole_limit()
    }

    fn state(&self) -> std::sync::MutexGuard<'_, State> {
        self.state
            .lock()
            .unwrap_or_else(|poisoned| poisoned.into_inner())
    }
}

impl State {
    fn whole_limit(&self) -> usize {
        self.limit as usize
    }
}

impl Slot<'_> {
    /// The endpoint answered: a little more may be in flight.
    pub fn succeeded(&self) {
        let mut state = self.limiter.state();
        let before = state.whole_limit();
        state.limit = (state.limit + 1.0 / state.limit).min(self.limiter.most as f64);
        let grown = state.whole_limit() - before;
        let from_debt = grown.min(state.debt);
        state.debt -= from_debt;
        self.limiter.permits.add_permits(grown - from_debt);
    }

    /// The endpoint said "too many": half as much may be in flight, once for all
    /// requests that were on their way together.
    pub fn throttled(&self) {
        let mut state = self.limiter.state();
        if state.cuts != self.cuts {
            return;
        }
        let before = state.whole_limit();
        state.limit = (state.limit / 2.0).max(1.0);
        state.cuts += 1;
        let lost = before - state.whole_limit();
        state.debt += lost - self.limiter.permits.forget_permits(lost);
    }
}

impl Drop for Slot<'_> {
    fn drop(&mut self) {
        let mut state = self.limiter.state();
        if state.debt > 0
            && let Some(permit) = self.permit.take()
        {
            state.debt -= 1;
            permit.forget();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn one_burst_of_refusals_halves_once() {
        let limiter = Limiter::new(16);
        let mut burst = Vec::new();
        for _ in 0..16 {
            burst.push(limiter.acquire().await);
        }
        for slot in &burst {
            slot.throttled();
        }
        assert_eq!(limiter.limit(), 8);
        drop(burst);
        let next = limiter.acquire().await;
        next.throttled();
        assert_eq!(limiter.limit(), 4);
        drop(next);
        for _ in 0..20 {
            limiter.acquire().await.throttled();
        }
        assert_eq!(limiter.limit(), 1);
    }

    #[tokio::test]
    async fn permits_follow_the_limit_down_and_up() {
        let limiter = Limiter::new(8);
        let slot = limiter.acquire().await;
        slot.throttled();
        drop(slot);
        assert_eq!(limiter.permits.available_permits(), 4);
        for _ in 0..100 {
            limiter.acquire().await.succeeded();
        }
        assert_eq!(limiter.limit(), 8);
        assert_eq!(limiter.permits.available_permits(), 8);
        assert_eq!(limiter.state().debt, 0);
    }

    /// An endpoint that serves four at a time: what is in flight settles there and
    /// every request is served in the end.
    #[tokio::test(start_paused = true)]
    async fn it_settles_at_what_the_endpoint_bears() {
        let limiter = Arc::new(Limiter::new(64));
        let busy = Arc::new(AtomicUsize::new(0));
        let mut tasks = Vec::new();
        for _ in 0..300 {
            let (limiter, busy) = (Arc::clone(&limiter), Arc::clone(&busy));
            tasks.push(tokio::spawn(async move {
                let mut refused = 0;
                loop {
                    let slot = limiter.acquire().await;
                    let crowded = busy.fetch_add(1, Ordering::SeqCst) >= 4;
                    tokio::time::sleep(Duration::from_millis(100)).await;
                    busy.fetch_sub(1, Ordering::SeqCst);
                    if !crowded {
                        slot.succeeded();
                        return refused;
                    }
                    slot.throttled();
                    refused += 1;
                }
            }));
        }
        let mut refused = 0;
        for task in tasks {
            refused += task.await.unwrap();
        }
        assert!(limiter.limit() <= 10, "limit {}", limiter.limit());
        assert!(refused < 300, "{refused} refusals for 300 requests");
    }
}
