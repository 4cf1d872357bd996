//! Why nothing can be asked, or why a question was lost.

use super::fault::Fault;
use super::price::Spent;

/// Why nothing can be asked. Never a mark or an answer.
#[derive(Debug, thiserror::Error)]
#[error("{message}")]
pub struct EndpointError {
    /// What was found, what was expected, what to do next. Holds no secret.
    pub message: String,
    /// What lies beneath.
    #[source]
    pub source: Option<Box<dyn std::error::Error + Send + Sync>>,
    /// Money that went to tries of the question which was given up with it, and stands nowhere else.
    pub spent: Spent,
}

impl EndpointError {
    /// An error with nothing beneath it.
    pub fn new(message: impl Into<String>) -> Self {
        Self {
            message: message.into(),
            source: None,
            spent: Spent::default(),
        }
    }

    /// An error with its cause.
    pub fn caused_by(
        message: impl Into<String>,
        source: impl Into<Box<dyn std::error::Error + Send + Sync>>,
    ) -> Self {
        Self {
            message: message.into(),
            source: Some(source.into()),
            spent: Spent::default(),
        }
    }
}

impl Role {
    pub(super) fn noun(self) -> &'static str {
        match self {
            Self::Judge => "judge",
            Self::Model => "model",
        }
    }

    pub(super) fn verb(self) -> &'static str {
        match self {
            Self::Judge => "mark",
            Self::Model => "answer",
        }
    }
}

/// What a client is asked for, for messages.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Marks.
    Judge,
    /// Answers.
    Model,
}

/// Why asking brought no reply.
#[derive(Debug)]
pub enum Lost {
    /// This question was lost.
    Item(Fault),
    /// Nothing can be asked any more.
    All(EndpointError),
}
