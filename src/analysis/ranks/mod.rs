//! Runs in an order, as far as their marks allow one.

pub mod boards;
pub mod leaderboard;
