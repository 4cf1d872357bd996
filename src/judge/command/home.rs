//! Where a judge's programs live: a runtime of the judge's own, since they are started when the judge is opened,
//! before the run has one, and serve until it is dropped.

use std::future::Future;
use std::io;

use tokio::runtime::{Builder, Runtime};
use tokio::task::{JoinError, JoinSet};

/// A runtime with a thread of its own.
pub(super) struct Home(Option<Runtime>);

impl Home {
    pub(super) fn new() -> io::Result<Self> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("judge-programs")
            .enable_all()
            .build()?;
        Ok(Self(Some(runtime)))
    }

    /// Does work there and waits for it here; `None` if it was given up. Not for async code, which it would block.
    pub(super) fn wait<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Option<T> {
        let (send, receive) = std::sync::mpsc::channel();
        self.0.as_ref()?.spawn(async move {
            // Whoever waits has gone only if the process ends.
            let _ = send.send(work.await);
        });
        receive.recv().ok()
    }

    /// Does work there and awaits it. The work is given up with the future.
    ///
    /// # Errors
    /// It panicked or was given up.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, HomeError> {
        let runtime = self.0.as_ref().ok_or(HomeError::Gone)?;
        let mut set = JoinSet::new();
        set.spawn_on(work, runtime.handle());
        match set.join_next().await {
            Some(done) => done.map_err(HomeError::Stopped),
            None => Err(HomeError::Gone),
        }
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            // A judge may be dropped by async code, which must not wait.
            runtime.shutdown_background();
        }
    }
}

/// Why work was not done.
#[derive(Debug, thiserror::Error)]
pub(super) enum HomeError {
    /// It stopped half-way.
    #[error(transparent)]
    Stopped(JoinError),
    /// The runtime is gone.
    #[error("its thread is gone")]
    Gone,
}
