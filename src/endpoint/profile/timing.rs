//! `[retry]`, `[timeouts]` and `max_connections` as they stand in the profiles of judges and models.
//! What a file leaves out keeps the default of its kind.

use std::time::Duration;

use serde::Deserialize;

use crate::endpoint::backoff::Waits;
use crate::endpoint::transport::Timeouts;

/// Most retries that a profile may ask for.
const MAX_RETRIES: u32 = 20;
/// Most requests in flight that a profile may ask for.
const MAX_CONNECTIONS: usize = 1024;
/// Longest wait of any kind, in seconds: a day.
const MAX_SECONDS: f64 = 86_400.0;

/// `[timeouts]`, in seconds.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct TimeoutsTable {
    connect_s: Option<f64>,
    first_byte_s: Option<f64>,
    idle_s: Option<f64>,
    total_s: Option<f64>,
}

impl TimeoutsTable {
    /// The timeouts, `defaults` where none is given; one line in `faults` for each that makes no sense.
    pub fn over(&self, defaults: &Timeouts, faults: &mut Vec<String>) -> Timeouts {
        let mut of = |name, value, default| seconds(name, value, default, faults);
        Timeouts {
            connect: of("timeouts.connect_s", self.connect_s, defaults.connect),
            first_byte: of(
                "timeouts.first_byte_s",
                self.first_byte_s,
                defaults.first_byte,
            ),
            idle: of("timeouts.idle_s", self.idle_s, defaults.idle),
            total: of("timeouts.total_s", self.total_s, defaults.total),
        }
    }
}

/// The waiting times of `[retry]`, given or not.
#[derive(Clone, Copy, Debug, Default)]
pub struct WaitsTable {
    /// First waiting time, in milliseconds.
    pub base_ms: Option<u64>,
    /// Longest waiting time, in milliseconds.
    pub max_ms: Option<u64>,
    /// Longest `Retry-After` that is honoured in full, in seconds.
    pub max_retry_after_s: Option<f64>,
}

impl WaitsTable {
    /// The waiting times, `defaults` where none is given; one line in `faults` for each that makes no
    /// sense.
    pub fn over(&self, defaults: &Waits, faults: &mut Vec<String>) -> Waits {
        let milliseconds =
            |value: Option<u64>, default| value.map_or(default, Duration::from_millis);
        let waits = Waits {
            base: milliseconds(self.base_ms, defaults.base),
            max: milliseconds(self.max_ms, defaults.max),
            max_retry_after: seconds(
                "retry.max_retry_after_s",
                self.max_retry_after_s,
                defaults.max_retry_after,
                faults,
            ),
        };
        if waits.base > waits.max {
            faults.push(format!(
                "retry.base_ms: found {}, expected at most retry.max_ms, {}",
                waits.base.as_millis(),
                waits.max.as_millis()
            ));
        }
        if waits.max > Duration::from_secs_f64(MAX_SECONDS) {
            faults.push(format!(
                "retry.max_ms: found {}, expected at most {} (a day)",
                waits.max.as_millis(),
                MAX_SECONDS * 1000.0
            ));
        }
        waits
    }
}

/// A number of retries, `default` where none is given.
pub fn retries(name: &str, value: Option<u32>, default: u32, faults: &mut Vec<String>) -> u32 {
    let value = value.unwrap_or(default);
    if value > MAX_RETRIES {
        faults.push(format!(
            "retry.{name}: found {value}, expected 0 to {MAX_RETRIES}"
        ));
    }
    value
}

/// One line in `faults` where a number of requests in flight makes no sense.
pub fn check_connections(found: usize, faults: &mut Vec<String>) {
    if !(1..=MAX_CONNECTIONS).contains(&found) {
        faults.push(format!(
            "max_connections: found {found}, expected 1 to {MAX_CONNECTIONS}"
        ));
    }
}

/// A span of more than nothing and at most a day.
fn seconds(
    name: &str,
    value: Option<f64>,
    default: Duration,
    faults: &mut Vec<String>,
) -> Duration {
    let Some(value) = value else {
        return default;
    };
    if value.is_finite() && value > 0.0 && value <= MAX_SECONDS {
        return Duration::from_secs_f64(value);
    }
    faults.push(format!(
        "{name}: found {value}, expected seconds, more than 0 and at most {MAX_SECONDS}"
    ));
    default
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn what_is_not_given_keeps_its_default_and_what_makes_no_sense_is_named() {
        let defaults = Timeouts {
            connect: SECOND,
            first_byte: SECOND,
            idle: SECOND,
            total: SECOND,
        };
        let table: TimeoutsTable = toml::from_str("idle_s = 0.5\ntotal_s = 0").unwrap();
        let mut faults = Vec::new();
        let read = table.over(&defaults, &mut faults);
        assert_eq!((read.connect, read.idle), (SECOND, SECOND / 2));
        assert_eq!(
            faults,
            ["timeouts.total_s: found 0, expected seconds, more than 0 and at most 86400"]
        );
        assert!(toml::from_str::<TimeoutsTable>("idle = 1").is_err());
    }

    #[test]
    fn the_first_wait_is_not_longer_than_the_longest() {
        let defaults = Waits {
            base: SECOND,
            max: 2 * SECOND,
            max_retry_after: SECOND,
        };
        let mut faults = Vec::new();
        let table = WaitsTable {
            base_ms: Some(3000),
            max_retry_after_s: Some(f64::INFINITY),
            ..WaitsTable::default()
        };
        table.over(&defaults, &mut faults);
        retries("transport_retries", Some(21), 6, &mut faults);
        assert_eq!(
            faults,
            [
                "retry.max_retry_after_s: found inf, expected seconds, more than 0 and at most 86400",
                "retry.base_ms: found 3000, expected at most retry.max_ms, 2000",
                "retry.transport_retries: found 21, expected 0 to 20",
            ]
        );
    }
}
