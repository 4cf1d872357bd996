//! How long to wait before asking again: exponential, with jitter by hash, and as
//! long as the endpoint's `Retry-After` says.

use std::time::Duration;

use jiff::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

use crate::common::digest::Digest;

/// How long to wait between tries.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Waits {
    /// First waiting time; doubles with every try.
    pub base: Duration,
    /// Longest waiting time.
    pub max: Duration,
    /// Longest `Retry-After` that is honoured in full.
    pub max_retry_after: Duration,
}

/// The wait before try number `failures + 1` of the request that `request` names.
/// `retry_after` is what the endpoint asked for; it is a floor, itself bounded by
/// `waits`. The jitter takes up to half of the exponential part, so that
/// requests that failed together do not come back together.
pub fn wait(
    waits: &Waits,
    request: &Digest,
    failures: u32,
    retry_after: Option<Duration>,
) -> Duration {
    let doublings = failures.saturating_sub(1).min(16);
    let full = waits.base.saturating_mul(1 << doublings).min(waits.max);
    let hash = Digest::of_fields([
        b"parabench back-off 1".as_slice(),
        request.as_bytes(),
        &failures.to_le_bytes(),
    ]);
    let share = 0.5 + 0.5 * (hash.as_u64() as f64 / u64::MAX as f64);
    let jittered = full.mul_f64(share);
    let asked = retry_after.unwrap_or_default().min(waits.max_retry_after);
    if asked.is_zero() {
        return jittered;
    }
    // Never earlier than asked for; the jitter comes on top, a tenth at the most.
    asked.max(jittered) + asked.mul_f64(0.1 * share)
}

/// Reads a `Retry-After` header: seconds, or an HTTP date (RFC 9110, 10.2.3).
/// A date that has passed is no wait at all; anything else that is not understood
/// is `None`.
pub fn retry_after(header: &str, now: Timestamp) -> Option<Duration> {
    let header = header.trim();
    if let Ok(seconds) = header.parse::<f64>() {
        return (0.0..=1e9)
            .contains(&seconds)
            .then(|| Duration::from_secs_f64(seconds));
    }
    let when = DateTimeParser::new().parse_timestamp(header).ok()?;
    let wait = when.duration_since(now);
    Some(Duration::try_from(wait).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn waits() -> Waits {
        Waits {
            base: Duration::from_millis(500),
            max: Duration::from_secs(30),
            max_retry_after: Duration::from_secs(60),
        }
    }

    #[test]
    fn headers_in_seconds_and_as_dates() {
        let now: Timestamp = "2026-10-21T07:28:00Z".parse().unwrap();
        let read = |header| retry_after(header, now);
        assert_eq!(read(" 7 "), Some(Duration::from_secs(7)));
        assert_eq!(read("0.25"), Some(Duration::from_millis(250)));
        assert_eq!(
            read("Wed, 21 Oct 2026 07:28:30 GMT"),
            Some(Duration::from_secs(30))
        );
        assert_eq!(read("Wed, 21 Oct 2026 07:27:30 GMT"), Some(Duration::ZERO));
        for nonsense in ["", "soon", "-3", "NaN", "inf", "1e300"] {
            assert_eq!(read(nonsense), None, "{nonsense}");
        }
    }

    proptest! {
        #[test]
        fn waits_are_bounded_and_never_shorter_than_asked(
            seed in any::<u64>(), failures in 1_u32..100, asked in 0_u64..1000,
        ) {
            let waits = waits();
            let request = Digest::of(&seed.to_le_bytes());
            let asked = Duration::from_secs(asked);
            let wait = wait(&waits, &request, failures, Some(asked));
            prop_assert!(wait >= asked.min(waits.max_retry_after));
            prop_assert!(wait <= waits.max.max(waits.max_retry_after).mul_f64(1.1));
            prop_assert!(wait >= waits.base / 2);
        }
    }
}
