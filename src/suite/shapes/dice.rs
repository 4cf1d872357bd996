//! Seeded choices, by hash of what they are for.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::common::digest::Digest;

/// A stream of choices that depends on nothing but its seed.
pub struct Dice(ChaCha8Rng);

impl Dice {
    /// The stream of one purpose under a seed.
    pub fn new(seed: u64, purpose: &str, number: u64) -> Self {
        let fields = [
            b"parabench shapes dice 1".as_slice(),
            &seed.to_le_bytes(),
            purpose.as_bytes(),
            &number.to_le_bytes(),
        ];
        Self(ChaCha8Rng::from_seed(*Digest::of_fields(fields).as_bytes()))
    }

    /// A number below `limit`; 0 when `limit` is 0. The bias of the remainder is
    /// below 2⁻⁵⁰ for every limit in use.
    pub fn below(&mut self, limit: usize) -> usize {
        match limit {
            0 => 0,
            limit => (self.0.next_u64() % limit as u64) as usize,
        }
    }

    /// True in `share` of a hundred cases.
    pub fn chance(&mut self, share: usize) -> bool {
        self.below(100) < share
    }

    /// One of the items; `None` when there are none.
    pub fn pick<T: Clone>(&mut self, items: &[T]) -> Option<T> {
        items.get(self.below(items.len())).cloned()
    }

    /// `count` different items in random order (all, when there are fewer).
    pub fn some<T: Clone>(&mut self, items: &[T], count: usize) -> Vec<T> {
        let mut left = items.to_vec();
        let mut taken = Vec::new();
        while taken.len() < count && !left.is_empty() {
            taken.push(left.swap_remove(self.below(left.len())));
        }
        taken
    }
}
