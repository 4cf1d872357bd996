//! What may be said about one comparison of two runs on one metric: a closed list, decided here and nowhere else.
//!
//! Terminal, page, LaTeX, Markdown, boards, CSV, JSON and `--require` read a [`Standing`] and match it exhaustively. The
//! first rule of [`Facts::standing`] that applies decides.

mod facts;

use serde::ser::{Serialize, SerializeStruct, Serializer};

pub use facts::{Facts, Gate, MarginFacts, Role, Tested};

/// Units below which nothing is tested: five sign flips cannot reach the 5 % level.
pub const FEWEST_UNITS: usize = 6;

/// Share of missing marks above which nothing is claimed.
pub const MISSING_LIMIT: f64 = 0.05;

/// Which side of 0 a difference is shown to lie on, candidate minus baseline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// The candidate scores higher.
    Higher,
    /// The candidate scores lower.
    Lower,
}

impl Direction {
    /// The direction of a difference; none of 0.
    pub fn of(difference: f64) -> Option<Self> {
        if difference > 0.0 {
            Some(Self::Higher)
        } else if difference < 0.0 {
            Some(Self::Lower)
        } else {
            None
        }
    }
}

/// What the margin tests show, adjusted over the page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WithinMargin {
    /// Equivalence, else non-inferiority.
    pub equivalent: bool,
    /// Whether it holds only if the lost marks are like the others.
    pub conditional: bool,
}

/// On what a direction rests beside the marks that are there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Condition {
    /// Marks are missing, and the worst that they could be would undo it.
    MissingMarks,
    /// Nothing that is missing here undoes it, but the primary contrast holds only conditionally.
    Gate,
}

/// Why a contrast was not tested.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Untested {
    /// The axis does not apply to one of the runs.
    NotApplicable,
    /// A category with weight has no pair.
    EmptyStratum,
    /// No task was marked for both.
    NoPairs,
    /// Fewer than [`FEWEST_UNITS`].
    TooFewUnits,
    /// The primary contrast was not shown.
    GateClosed,
}

/// Why nothing is claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Withheld {
    /// Different judges, or other models served to one judge, marked the two runs.
    JudgesDiffer,
    /// More than [`MISSING_LIMIT`] of the marks of an axis are missing in a run.
    MissingMarks,
}

/// Why a contrast is only described.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Described {
    /// A category, or an axis outside the declared family.
    Exploratory,
    /// Looks were declared at another contrast, or too late for any.
    Looks,
}

/// What may be said about a contrast.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// A direction is shown.
    Shown {
        /// Which.
        direction: Direction,
        /// What the margin tests show beside it.
        also: Option<WithinMargin>,
    },
    /// A direction is shown under a condition.
    Conditional {
        /// Which.
        direction: Direction,
        /// On what it rests.
        on: Condition,
        /// What the margin tests show beside it.
        also: Option<WithinMargin>,
    },
    /// No direction, but the difference lies within the margin.
    Margin(WithinMargin),
    /// Nothing is shown.
    NotShown {
        /// Whether the test alone would show a direction, and the contrast's own interval reaches 0.
        interval: bool,
    },
    /// It was not tested.
    NotTested(Untested),
    /// Nothing is claimed.
    Withheld(Withheld),
    /// It is only described.
    Descriptive(Described),
}

impl Standing {
    /// The key in every form: `shown-higher`, `not-shown`, and so on.
    pub fn key(self) -> &'static str {
        match self {
            Self::Shown { direction, .. } => match direction {
                Direction::Higher => "shown-higher",
                Direction::Lower => "shown-lower",
            },
            Self::Conditional { direction, .. } => match direction {
                Direction::Higher => "conditional-higher",
                Direction::Lower => "conditional-lower",
            },
            Self::Margin(within) => within.key(),
            Self::NotShown { .. } => "not-shown",
            Self::NotTested(_) => "not-tested",
            Self::Withheld(_) => "withheld",
            Self::Descriptive(_) => "descriptive",
        }
    }

    /// Why there is no claim, where that has a name.
    pub fn reason(self) -> Option<&'static str> {
        match self {
            Self::Shown { .. } | Self::Conditional { .. } | Self::Margin(_) => None,
            Self::NotShown { interval } => interval.then_some("interval"),
            Self::NotTested(why) => Some(match why {
                Untested::NotApplicable => "not-applicable",
                Untested::EmptyStratum => "empty-stratum",
                Untested::NoPairs => "no-pairs",
                Untested::TooFewUnits => "too-few-units",
                Untested::GateClosed => "gate-closed",
            }),
            Self::Withheld(why) => Some(match why {
                Withheld::JudgesDiffer => "judges-differ",
                Withheld::MissingMarks => "missing-marks",
            }),
            Self::Descriptive(why) => Some(match why {
                Described::Exploratory => "exploratory",
                Described::Looks => "looks",
            }),
        }
    }

    /// What the margin tests show beside a direction.
    pub fn also(self) -> Option<WithinMargin> {
        match self {
            Self::Shown { also, .. } | Self::Conditional { also, .. } => also,
            Self::Margin(_)
            | Self::NotShown { .. }
            | Self::NotTested(_)
            | Self::Withheld(_)
            | Self::Descriptive(_) => None,
        }
    }

    /// What the margin tests show, alone or beside a direction.
    pub fn margin(self) -> Option<WithinMargin> {
        match self {
            Self::Margin(within) => Some(within),
            other => other.also(),
        }
    }

    /// The direction that is claimed, with or without a condition.
    pub fn direction(self) -> Option<Direction> {
        match self {
            Self::Shown { direction, .. } | Self::Conditional { direction, .. } => Some(direction),
            Self::Margin(_)
            | Self::NotShown { .. }
            | Self::NotTested(_)
            | Self::Withheld(_)
            | Self::Descriptive(_) => None,
        }
    }

    /// Whether a direction is claimed without a condition: "survives failures".
    pub fn is_shown(self) -> bool {
        matches!(self, Self::Shown { .. })
    }

    /// Whether the contrast was tested together with those of its page.
    pub fn is_tested(self) -> bool {
        match self {
            Self::Shown { .. }
            | Self::Conditional { .. }
            | Self::Margin(_)
            | Self::NotShown { .. } => true,
            Self::NotTested(_) | Self::Withheld(_) | Self::Descriptive(_) => false,
        }
    }
}

impl WithinMargin {
    /// The key: `equivalent`, `non-inferior`, or one of them with `conditional-` before it.
    pub fn key(self) -> &'static str {
        match (self.equivalent, self.conditional) {
            (true, false) => "equivalent",
            (true, true) => "conditional-equivalent",
            (false, false) => "non-inferior",
            (false, true) => "conditional-non-inferior",
        }
    }
}

/// As three keys, to be flattened into the line that it belongs to: `standing`, `reason`, `also`.
impl Serialize for Standing {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut keys = serializer.serialize_struct("Standing", 3)?;
        keys.serialize_field("standing", self.key())?;
        keys.serialize_field("reason", &self.reason())?;
        keys.serialize_field("also", &self.also().map(WithinMargin::key))?;
        keys.end()
    }
}
