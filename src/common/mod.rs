//! Small things that every room needs: digests, seeds, bounded files, pictures.
//!
//! Nothing here knows what a suite, a model or a judge is.

pub mod checked_line;
pub mod child;
pub mod decimal;
pub mod digest;
pub mod disk;
pub(crate) mod fields;
pub mod files;
pub mod guarded;
pub mod memory;
pub mod outside;
pub mod picture;
pub mod plain;
pub mod program;
pub mod remembered;
pub mod saved;
pub mod sealed;
pub mod seed;
pub mod suggest;
pub mod toml_fault;

use std::future::Future;
use std::pin::Pin;

/// A boxed future that may move between threads; what the object-safe async
/// traits ([`Model`](crate::model::Model), [`Judge`](crate::judge::Judge)) return.
pub type BoxFuture<'a, T> = Pin<Box<dyn Future<Output = T> + Send + 'a>>;
