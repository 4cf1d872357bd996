//! The gallery: every task with what each run answered and what the judge said. Built here as data; the page's
//! script shows it.

mod build;
mod film;
mod records;
mod telling;
mod wire;

pub use build::{Gallery, gallery};
pub use records::GalleryError;
pub use telling::Telling;
