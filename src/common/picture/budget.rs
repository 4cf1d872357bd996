//! A bound on the memory that decoded pictures take in all threads together: a small file can decode to
//! hundreds of megabytes, and as many threads as there are cores may meet such files at once.

use std::cell::Cell;
use std::sync::{Condvar, Mutex, PoisonError};

/// Most memory that decoded pictures take at once, over all threads, in bytes. One picture of the largest
/// size always passes; what is decoded inside the work on another picture is not counted.
pub(super) const MAX_BYTES: u64 = 512 << 20;

static SHARED: Budget = Budget {
    taken: Mutex::new(0),
    returned: Condvar::new(),
};

thread_local! {
    /// Whether this thread works on a picture. It then never waits, so that no two wait for each other.
    static WORKING: Cell<bool> = const { Cell::new(false) };
}

struct Budget {
    taken: Mutex<u64>,
    returned: Condvar,
}

/// Does `work`, which takes about `bytes` of memory, when there is room for it.
pub(super) fn within<T>(bytes: u64, work: impl FnOnce() -> T) -> T {
    if WORKING.get() {
        return work();
    }
    let _share = Share::take(bytes.min(MAX_BYTES));
    work()
}

/// Memory that was promised to a thread; given back when it is dropped, even by a panic.
struct Share(u64);

impl Share {
    fn take(bytes: u64) -> Self {
        let taken = SHARED.taken.lock().unwrap_or_else(PoisonError::into_inner);
        let full = |taken: &mut u64| *taken + bytes > MAX_BYTES;
        let room = SHARED.returned.wait_while(taken, full);
        *room.unwrap_or_else(PoisonError::into_inner) += bytes;
        WORKING.set(true);
        Self(bytes)
    }
}

impl Drop for Share {
    fn drop(&mut self) {
        *SHARED.taken.lock().unwrap_or_else(PoisonError::into_inner) -= self.0;
        WORKING.set(false);
        SHARED.returned.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU64, Ordering};

    use super::*;

    #[test]
    fn threads_share_the_memory_and_never_wait_for_themselves() {
        let (now, most) = (AtomicU64::new(0), AtomicU64::new(0));
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    within(MAX_BYTES / 2, || {
                        most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                        within(u64::MAX, std::thread::yield_now);
                        now.fetch_sub(1, Ordering::SeqCst);
                    });
                });
            }
        });
        assert!(most.into_inner() <= 2);
        within(u64::MAX, || ());
    }
}
