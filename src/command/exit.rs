//! How a command ends: its exit code, and which errors lie in what was typed.

use std::fmt;

use crate::common::suggest::UnknownName;
use crate::judge::profile::ProfileError;
use crate::judge::rubric::RubricError;
use crate::model::spec::SpecError;
use crate::suite::{FindError, SuiteError};

/// How a command ended, and the exit code that says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Everything was done.
    Done,
    /// It failed; an error was printed.
    Failed,
    /// The options are wrong.
    Usage,
    /// Finished, with more marks missing than allowed, or too few calls to decide.
    MissingMarks,
    /// A comparison that was required did not hold, or an audited judge is unfit.
    RequirementFailed,
    /// Stopped by the user; the same command resumes.
    Interrupted,
}

impl Exit {
    /// The process's exit code.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::MissingMarks => 3,
            Self::RequirementFailed => 4,
            Self::Interrupted => 130,
        }
    }
}

/// An error in what the user typed: exit code 2 instead of 1.
#[derive(Debug, thiserror::Error)]
pub struct UsageError(pub String);

impl fmt::Display for UsageError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The exit code of an error.
pub fn exit_of_error(error: &anyhow::Error) -> Exit {
    match error.chain().any(is_usage) {
        true => Exit::Usage,
        false => Exit::Failed,
    }
}

/// Whether the cause lies in what was typed: a command line that is wrong, or a name that does not exist.
fn is_usage(cause: &(dyn std::error::Error + 'static)) -> bool {
    let of_suite = |error: &FindError| {
        matches!(
            error,
            FindError::Unknown { .. } | FindError::NotASuite { .. }
        )
    };
    cause.is::<UsageError>()
        || cause.is::<UnknownName>()
        || cause.is::<SpecError>()
        || cause.downcast_ref::<FindError>().is_some_and(of_suite)
        || matches!(cause.downcast_ref(), Some(SuiteError::NotFound(error)) if of_suite(error))
        || matches!(
            cause.downcast_ref(),
            Some(ProfileError::Unknown(_) | ProfileError::BuiltIn { .. })
        )
        || matches!(cause.downcast_ref(), Some(RubricError::Unknown(_)))
}
