//! What a task asks for.

use std::fmt;

use serde::{Deserialize, Serialize};

/// What a task asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Change the input image as the instruction says.
    Edit,
    /// Draw a picture from the instruction alone.
    Generation,
}

impl fmt::Display for Kind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Edit => "edit",
            Self::Generation => "generation",
        })
    }
}
