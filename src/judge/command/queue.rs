//! Requests that wait for a copy of the program: whoever finds one free asks for as many of them as it takes at once.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::{Semaphore, oneshot};

use super::batch::{Batch, Broken, Ended};
use super::shop::Shop;
use super::show::Exhibit;
use crate::common::program::ProgramError;

/// Requests in the order in which they came.
pub(super) struct Queue {
    waiting: Mutex<VecDeque<Waiting>>,
    /// One for every copy.
    turns: Semaphore,
}

/// One that waits.
struct Waiting {
    exhibit: Arc<Exhibit>,
    /// What it is called in messages.
    what: String,
    tell: oneshot::Sender<Result<Ended, Broken>>,
}

impl Queue {
    pub(super) fn new(copies: usize) -> Self {
        Self {
            waiting: Mutex::default(),
            turns: Semaphore::new(copies),
        }
    }

    /// Asks for one request, together with others that wait.
    pub(super) async fn ask(
        &self,
        shop: &Shop,
        exhibit: Arc<Exhibit>,
        what: String,
    ) -> Result<Ended, Broken> {
        let (tell, mut told) = oneshot::channel();
        self.lock().push_back(Waiting {
            exhibit,
            what,
            tell,
        });
        loop {
            tokio::select! {
                biased;
                ended = &mut told => return ended.unwrap_or_else(|_| Err(given_up())),
                turn = self.turns.acquire() => {
                    if turn.is_err() {
                        return Err(given_up());
                    }
                    self.serve(shop).await;
                }
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, VecDeque<Waiting>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Asks for those that have waited longest.
    async fn serve(&self, shop: &Shop) {
        let batch: Vec<Waiting> = {
            let mut waiting = self.lock();
            let count = waiting.len().min(shop.hello.batch);
            waiting.drain(..count).collect()
        };
        let Some(first) = batch.first() else { return };
        let what = match batch.len() {
            1 => first.what.clone(),
            more => format!("{} and {} more", first.what, more - 1),
        };
        let exhibits = batch.iter().map(|one| Arc::clone(&one.exhibit)).collect();
        let ended = Batch::new(shop, exhibits).ask(&what).await;
        for (one, ended) in batch.into_iter().zip(ended) {
            // Whoever waited may have been given up meanwhile.
            let _ = one.tell.send(ended);
        }
    }
}

fn given_up() -> Broken {
    Broken {
        error: ProgramError::new("the judge's program was given up"),
        sent: 0,
    }
}
