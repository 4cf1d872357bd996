//! Calls that mark several axes: whoever asks first sends the request, and the others take their marks from its reply.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::OnceCell;

use crate::common::digest::Digest;
use crate::judge::Verdict;

/// Most calls that are remembered. The axes of an answer are asked about one after the other, so few suffice.
const REMEMBERED: usize = 1024;

type Cell = Arc<OnceCell<Vec<Verdict>>>;

/// Verdicts of calls by the key of their request, the latest first.
#[derive(Debug, Default)]
pub(super) struct SharedCalls(Mutex<VecDeque<(Digest, Cell)>>);

impl SharedCalls {
    /// The cell of a request: empty for who asks first, and after an error.
    pub(super) fn cell(&self, key: &Digest) -> Cell {
        let mut calls = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, cell)) = calls.iter().find(|(known, _)| known == key) {
            return Arc::clone(cell);
        }
        let cell = Cell::default();
        calls.push_front((*key, Arc::clone(&cell)));
        calls.truncate(REMEMBERED);
        cell
    }
}
