//! From score tables to what a report says. The only caller of [`crate::stats`].

pub mod score_table;
