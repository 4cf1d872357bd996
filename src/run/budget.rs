//! A cap on money that is never exceeded: the most a mark can cost is reserved
//! before it is asked for, and what it did cost is booked afterwards.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Money in US dollars, shared by all judges of a run.
#[derive(Debug)]
pub struct Budget {
    cap_usd: Option<f64>,
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    spent_usd: f64,
    reserved_usd: f64,
}

impl Budget {
    /// A budget of which `spent_usd` was spent before; no cap when `cap_usd` is `None`.
    pub fn new(cap_usd: Option<f64>, spent_usd: f64) -> Self {
        Self {
            cap_usd,
            state: Mutex::new(State {
                spent_usd,
                reserved_usd: 0.0,
            }),
        }
    }

    /// Reserves the most that a mark can cost. `false` when spent, reserved and this
    /// together could exceed the cap.
    pub fn reserve(&self, most_usd: f64) -> bool {
        let mut state = self.state();
        let fits = self
            .cap_usd
            .is_none_or(|cap| state.spent_usd + state.reserved_usd + most_usd <= cap);
        if fits {
            state.reserved_usd += most_usd;
        }
        fits
    }

    /// Books what a mark cost and releases what was reserved for it.
    pub fn settle(&self, reserved_usd: f64, cost_usd: f64) {
        let mut state = self.state();
        state.reserved_usd -= reserved_usd;
        state.spent_usd += cost_usd;
    }

    /// Money spent so far, in US dollars.
    pub fn spent_usd(&self) -> f64 {
        self.state().spent_usd
    }

    /// Whether there is a cap.
    pub fn is_capped(&self) -> bool {
        self.cap_usd.is_some()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Two additions cannot leave the state half changed.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn the_cap_holds_whatever_settles(costs in prop::collection::vec((0.0..2.0f64, 0.0..1.0f64), 0..60)) {
            let budget = Budget::new(Some(10.0), 1.0);
            let mut open = Vec::new();
            for (most, share) in costs {
                if budget.reserve(most) {
                    open.push((most, most * share));
                }
                if open.len() > 3 {
                    let (most, cost) = open.remove(0);
                    budget.settle(most, cost);
                }
                prop_assert!(budget.spent_usd() <= 10.0 + 1e-9);
            }
        }
    }
}
