//! Lines of JSON that carry a checksum: the form of a run's logs.
//!
//! A line is `{"sum":"<16 hex digits>","record":{…}}`, so that it is plain JSON
//! for other programs; the sum is the start of the SHA-256 of the record's bytes.

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::common::digest::Digest;

/// Hex digits of the checksum.
const SUM_DIGITS: usize = 16;

#[derive(Serialize)]
struct LineOut<'a> {
    sum: &'a str,
    record: &'a RawValue,
}

#[derive(Deserialize)]
struct LineIn<'a> {
    #[serde(borrow)]
    sum: &'a str,
    #[serde(borrow)]
    record: &'a RawValue,
}

/// The line of a record, with its line feed.
///
/// # Errors
/// A record that cannot be written as JSON.
pub fn write<R: Serialize>(record: &R) -> serde_json::Result<Vec<u8>> {
    let record = serde_json::value::to_raw_value(record)?;
    let sum = Digest::of(record.get().as_bytes()).short(SUM_DIGITS);
    let mut line = serde_json::to_vec(&LineOut {
        sum: &sum,
        record: &record,
    })?;
    line.push(b'\n');
    Ok(line)
}

/// The record of a line that is complete, its line feed included, and whose checksum fits.
pub fn read(line: &[u8]) -> Option<&str> {
    let line = line.strip_suffix(b"\n")?;
    let line: LineIn<'_> = serde_json::from_slice(line).ok()?;
    let record = line.record.get();
    (Digest::of(record.as_bytes()).short(SUM_DIGITS) == line.sum).then_some(record)
}
