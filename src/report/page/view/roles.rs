//! What a run is for: a model, or a control that marks the floor or the ceiling of the scale.

use crate::analysis::findings::run::RunFindings;

/// The setting that names which control it is.
const WHICH: &str = "control";
/// The control that answers with the stored truth.
const TRUTH: &str = "truth";

/// What a run is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::report::page) enum Role {
    /// A model.
    Model,
    /// The right answers: nothing scores higher.
    Ceiling,
    /// Answers that a judge must mark down.
    Floor,
}

impl Role {
    /// The role of a run, by what its `run.toml` records.
    pub fn of(run: &RunFindings) -> Self {
        if !run.is_control() {
            return Self::Model;
        }
        match run.model.identity.details.get(WHICH).map(String::as_str) {
            Some(TRUTH) => Self::Ceiling,
            _ => Self::Floor,
        }
    }

    /// Whether it is a control.
    pub fn is_control(self) -> bool {
        self != Self::Model
    }
}

/// What stands beside a run's name.
pub(super) fn tags(run: &RunFindings) -> Vec<&'static str> {
    let tags = [
        (run.baseline, "baseline"),
        (Role::of(run).is_control(), "control"),
        (run.info.has_imported_marks(), "imported marks"),
    ];
    let there = tags.into_iter().filter(|(there, _)| *there);
    there.map(|(_, tag)| tag).collect()
}
