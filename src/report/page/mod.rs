//! The report as one page.

pub mod album;
pub mod gallery;
pub mod text;
pub mod thumbnail;
