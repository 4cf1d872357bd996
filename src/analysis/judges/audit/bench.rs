//! What every axis of an audit is judged by.

use super::marks::Call;
use super::noise::Repeatability;
use super::thresholds::Thresholds;

/// What every axis is judged by.
pub struct Bench<'a> {
    /// The calls of all axes.
    pub(super) calls: &'a [Call<'a>],
    /// The limits.
    pub(super) thresholds: &'a Thresholds,
    /// The repeated calls of all axes.
    pub(super) all: Repeatability,
}

impl<'a> Bench<'a> {
    /// A bench for the calls of all axes.
    pub fn new(calls: &'a [Call<'a>], thresholds: &'a Thresholds) -> Self {
        Self {
            calls,
            thresholds,
            all: Repeatability::of(calls, None),
        }
    }

    /// The repeated calls of all axes.
    pub fn repeatability(&self) -> &Repeatability {
        &self.all
    }
}
