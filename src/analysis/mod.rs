//! From score tables to what a report says. The only caller of [`crate::stats`].

pub mod association;
pub mod audit;
pub mod categories;
pub mod comparable;
pub mod compare;
pub mod contrast;
mod cross_check;
pub mod declaration;
pub mod effects;
pub mod failures;
pub mod family;
pub mod five_points;
mod judge_noise;
pub mod leaderboard;
pub mod load;
pub mod margin;
pub mod means_power;
pub mod pairs;
pub mod pass_rate;
pub mod planning;
pub mod published;
pub mod published_checks;
pub mod requirement;
pub mod score_table;
pub mod sheet;
pub mod sign_flip;
pub mod thinking;
