//! Axes that a judge marks beside the suite's, as `run.toml` holds them.

use std::ops::Deref;

use serde::{Deserialize, Serialize};

use crate::suite::Axis;
use crate::suite::axes::wire::{WireAxis, declare_extra};

/// Axes that enter no official figure.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Vec<WireAxis>", into = "Vec<WireAxis>")]
pub struct ExtraAxes(pub Vec<Axis>);

impl ExtraAxes {
    /// Whether there are none.
    pub fn are_none(&self) -> bool {
        self.0.is_empty()
    }
}

impl Deref for ExtraAxes {
    type Target = [Axis];

    fn deref(&self) -> &[Axis] {
        &self.0
    }
}

impl From<ExtraAxes> for Vec<WireAxis> {
    fn from(axes: ExtraAxes) -> Self {
        axes.0.into_iter().map(WireAxis::of).collect()
    }
}

impl TryFrom<Vec<WireAxis>> for ExtraAxes {
    type Error = String;

    fn try_from(wire: Vec<WireAxis>) -> Result<Self, String> {
        let axes = declare_extra(&wire).map_err(|faults| {
            let lines = faults.iter();
            let lines = lines.map(|(found, expected)| format!("{found}; expected {expected}"));
            lines.collect::<Vec<_>>().join("\n")
        });
        axes.map(Self)
    }
}
