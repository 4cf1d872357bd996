//! From score tables to what a report says. The only caller of [`crate::stats`].
//!
//! Rooms, each above those before it: `runs` (what is read), `scores` (item values and levels), `compare`
//! (differences and what may be said of them), `ranks`, then the studies that use them, and `findings`
//! (everything that a report shows).

pub mod bridge;
pub mod compare;
pub mod findings;
pub mod human;
pub mod judges;
pub mod planning;
pub mod published;
pub mod ranks;
pub mod runs;
pub mod scores;
pub mod thinking;
pub mod trajectory;
