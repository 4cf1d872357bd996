//! Marks that were made elsewhere, as runs: files of other harnesses and spreadsheets become a `run.toml` and a
//! `scores.csv` that every analysis reads.
//!
//! A reader per format ([`formats`]) says which cells a file holds; what a cell says is decided in one place
//! ([`cell`]), and the plan of the suite decides what should be there ([`catalogue`], [`assemble`]).

pub mod assemble;
pub mod catalogue;
pub mod cell;
pub mod entry;
mod error;
pub mod formats;
pub mod sketch;
pub mod survey;
pub mod write;

pub use error::ScoresImportError;
