//! From score tables to what a report says. The only caller of [`crate::stats`].

pub mod comparable;
pub mod load;
pub mod score_table;
pub mod sheet;
