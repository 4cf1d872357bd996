//! Programs of the user that stay loaded and answer JSON lines: started, asked, watched, ended.
//!
//! What a program is asked and what it answers is the affair of its [`Role`]; how it is described, started, timed,
//! tried again and killed is the same for all.

mod config;
#[cfg(unix)]
mod keeper;
mod lines;
mod pool;
mod prints;
mod stderr;
mod worker;

pub use self::config::{Config, Description};
#[cfg(unix)]
pub use self::keeper::enter;
pub use self::lines::{LineForm, about, check_version, is_message};
pub use self::pool::{Exchange, Loss, Outcome, Pool};
pub use self::worker::{Fault, TaskFolder, Worker};

/// The version of the protocol.
pub const VERSION: u32 = 1;

/// What programs of one kind say and are asked.
pub trait Role: Send + Sync + 'static {
    /// What such a program says first.
    type Hello: Send + Sync + 'static;
    /// The lines that it may write.
    const LINES: LineForm;
    /// What it is asked for, one at a time: a task, a mark.
    const UNIT: &'static str;
    /// What the names of its log files begin with.
    const LOG_PREFIX: &'static str;

    /// Reads the first line of a program.
    ///
    /// # Errors
    /// What is wrong with it or disagrees with the description, in words that follow the program's name.
    fn read_hello(&self, line: &[u8]) -> Result<Self::Hello, String>;
}

/// A failure that ends the run: the program cannot answer anything.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct ProgramError {
    /// What was found, what was expected, what to do next.
    pub message: String,
    /// What lies beneath.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
    /// How often it was asked for what is not answered now.
    pub asked: u32,
}

impl ProgramError {
    /// An error with nothing beneath it.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            source: None,
            asked: 0,
        }
    }

    /// An error with its cause.
    pub fn caused_by(
        message: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self {
            source: Some(source.into()),
            ..Self::new(message)
        }
    }
}
