//! Axes that suites declare: each content once, kept until the program ends.

use std::sync::{Mutex, PoisonError};

use super::Declaration;

/// Most axes of one suite.
pub const MAX_AXES: usize = 64;
/// Most axes that a program meets: those of many suites, and keys that files name.
const MAX_KNOWN: usize = 4096;

/// More axes than this program keeps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("more than {MAX_KNOWN} different axes are named")]
pub struct TooManyAxes;

static KNOWN: Mutex<Vec<&'static Declaration>> = Mutex::new(Vec::new());

/// The declaration of this content that is kept.
pub(super) fn intern(declaration: Declaration) -> Result<&'static Declaration, TooManyAxes> {
    let mut known = KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(same) = known.iter().find(|one| ***one == declaration) {
        return Ok(same);
    }
    if known.len() >= MAX_KNOWN {
        return Err(TooManyAxes);
    }
    let kept: &'static Declaration = Box::leak(Box::new(declaration));
    known.push(kept);
    Ok(kept)
}
