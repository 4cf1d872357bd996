//! What holds where a profile says nothing.

use std::time::Duration;

use super::Retry;
use crate::endpoint::backoff::Waits;
use crate::endpoint::encoding::Format;
use crate::endpoint::transport::Timeouts;

/// What holds where a profile says nothing: another for judges and for models.
pub struct Defaults {
    /// The provider, where any will do.
    pub provider: Option<&'static str>,
    /// Whether a picture is asked for, where the provider can give one.
    pub draws: bool,
    /// How pictures are sent.
    pub format: Format,
    /// Most requests in flight.
    pub max_connections: usize,
    /// When to ask again.
    pub retry: Retry,
    /// How long to wait.
    pub timeouts: Timeouts,
}

impl Defaults {
    /// For judges.
    pub fn of_judges() -> Self {
        let seconds = Duration::from_secs;
        Self {
            provider: None,
            draws: false,
            format: Format::Png,
            max_connections: 16,
            retry: Retry {
                reply_retries: 3,
                transport_retries: 6,
                waits: Waits {
                    base: Duration::from_millis(500),
                    max: seconds(30),
                    max_retry_after: seconds(120),
                },
            },
            timeouts: Timeouts {
                connect: seconds(10),
                first_byte: seconds(120),
                idle: seconds(30),
                total: seconds(180),
            },
        }
    }

    /// For models: fewer requests in flight and longer waits, since a picture takes an endpoint
    /// long.
    pub fn of_models(provider: &'static str, draws: bool) -> Self {
        let seconds = Duration::from_secs;
        Self {
            provider: Some(provider),
            draws,
            format: Format::Own,
            max_connections: 4,
            retry: Retry {
                reply_retries: 0,
                transport_retries: 6,
                waits: Waits {
                    base: seconds(1),
                    max: seconds(60),
                    max_retry_after: seconds(300),
                },
            },
            timeouts: Timeouts {
                connect: seconds(10),
                first_byte: seconds(300),
                idle: seconds(60),
                total: seconds(420),
            },
        }
    }
}
