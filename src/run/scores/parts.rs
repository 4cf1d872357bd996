//! The parts of a mark in the score table.

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::common::decimal::Decimal;
use crate::judge::Score;
use crate::suite::Axis;

/// The column `parts`, `7;9`: in tables of suites that have an axis with parts, and in no others.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum PartsCell {
    /// The table has no such column.
    #[default]
    Absent,
    /// The parts of the mark; empty for a row without.
    Of(Vec<Score>),
}

impl PartsCell {
    /// The cell of a row without parts, in a table on some axes.
    pub fn empty(axes: &[Axis]) -> Self {
        match axes.iter().any(|axis| axis.parts().is_some()) {
            true => Self::Of(Vec::new()),
            false => Self::Absent,
        }
    }

    pub(super) fn is_absent(&self) -> bool {
        *self == Self::Absent
    }
}

impl Serialize for PartsCell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let parts: &[Score] = match self {
            Self::Absent => &[],
            Self::Of(parts) => parts,
        };
        let parts: Vec<String> = parts.iter().map(|part| part.get().to_string()).collect();
        serializer.serialize_str(&parts.join(";"))
    }
}

impl<'de> Deserialize<'de> for PartsCell {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        let parts = text.split(';').filter(|_| !text.is_empty());
        let number = |part: &str| {
            let number = part.parse::<Decimal>();
            number.map(Score::stored).map_err(de::Error::custom)
        };
        parts.map(number).collect::<Result<_, _>>().map(Self::Of)
    }
}
