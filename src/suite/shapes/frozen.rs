//! The digest of the world's rules: of everything that they make of fixed seeds.
//! A change of a rule, a wording, a split or a tile changes it; a comment does not.

use super::draw::tiles;
use super::training::line;
use super::write::{WorldError, suite_tasks, task_lines};
use crate::common::digest::Digest;

/// The seed of the probe.
pub const PROBE_SEED: u64 = 0x5eed;
/// Training records in the probe.
const RECORDS: u64 = 600;

/// The digest of the world's rules.
///
/// # Errors
/// All of [`WorldError`], when the rules make no tasks at all.
pub fn world_digest() -> Result<Digest, WorldError> {
    let tasks = task_lines(&suite_tasks(PROBE_SEED)?)?;
    let records: String = (0..RECORDS)
        .map(|number| line(PROBE_SEED, number))
        .collect::<Result<_, _>>()?;
    let pixels: Vec<u8> = tiles().iter().flatten().flatten().copied().collect();
    let fields = [
        b"parabench shapes world 1".as_slice(),
        tasks.as_bytes(),
        records.as_bytes(),
        &pixels,
    ];
    Ok(Digest::of_fields(fields))
}
