//! Seeds by hash of what they belong to, never of order, thread or time.

use crate::common::digest::Digest;

/// The seed of one sample: from the run's seed, the task's id and the number of
/// the sample. The same three always give the same seed, on every machine.
pub fn sample_seed(run_seed: u64, task: &str, sample: u32) -> u64 {
    Digest::of_fields([
        b"parabench sample seed 1".as_slice(),
        &run_seed.to_le_bytes(),
        task.as_bytes(),
        &sample.to_le_bytes(),
    ])
    .as_u64()
}

/// A sort key that puts items in a random order fixed by `seed`: sorting by it
/// is a shuffle that does not depend on the order in which the items come.
pub fn shuffle_key(seed: u64, purpose: &str, item: &str) -> u64 {
    Digest::of_fields([
        b"parabench shuffle 1".as_slice(),
        &seed.to_le_bytes(),
        purpose.as_bytes(),
        item.as_bytes(),
    ])
    .as_u64()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seeds_are_pinned() {
        // A change here would silently change every run that anyone resumes.
        assert_eq!(sample_seed(0, "t1", 0), sample_seed(0, "t1", 0));
        assert_ne!(sample_seed(0, "t1", 0), sample_seed(0, "t1", 1));
        assert_ne!(sample_seed(0, "t1", 0), sample_seed(1, "t1", 0));
        assert_ne!(shuffle_key(0, "order", "a"), shuffle_key(0, "limit", "a"));
    }
}
