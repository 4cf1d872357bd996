//! What judges are to mark: the axes of a suite, and its calls.

use crate::suite::{Axis, Call, Kind, Suite};

/// What judges are to mark.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ToMark {
    /// The axes, in the suite's order.
    pub axes: Vec<Marked>,
    /// Calls that mark several of them.
    pub calls: Vec<Call>,
    /// Axes without ends, which no judge is asked for in words.
    pub extra: Vec<Axis>,
}

impl ToMark {
    /// The six axes of ParaBench, each in a call of its own.
    pub fn parabench() -> Self {
        let marked = |axis| Marked {
            axis,
            categories: Vec::new(),
        };
        Self {
            axes: Axis::ALL.map(marked).into(),
            calls: Vec::new(),
            extra: Vec::new(),
        }
    }

    /// What the judges of a suite's answers mark.
    pub fn of(suite: &Suite) -> Self {
        if !suite.declares() {
            return Self {
                extra: suite.extra.clone(),
                ..Self::parabench()
            };
        }
        let categories = suite.categories.iter();
        let categories: Vec<(&str, Kind)> = categories.map(|c| (c.name.as_str(), c.kind)).collect();
        Self {
            extra: suite.extra.clone(),
            ..Self::declared(&suite.axes, &categories, suite.calls.clone())
        }
    }

    /// What the judges of declared axes mark, in these categories.
    pub fn declared(axes: &[Axis], categories: &[(&str, Kind)], calls: Vec<Call>) -> Self {
        let of = |axis: Axis| {
            let own = categories.iter();
            let own = own.filter(|(name, kind)| axis.exists_in(name, *kind));
            Marked {
                axis,
                categories: own
                    .map(|(name, kind)| ((*name).to_owned(), *kind))
                    .collect(),
            }
        };
        Self {
            axes: axes.iter().copied().map(of).collect(),
            calls,
            extra: Vec::new(),
        }
    }

    /// An axis that is none of ParaBench's, if there is one.
    pub fn foreign(&self) -> Option<Axis> {
        let mut axes = self.axes.iter().map(|marked| marked.axis);
        axes.find(|axis| !Axis::ALL.contains(axis))
    }
}

/// An axis that judges are to mark, and for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Marked {
    /// The axis.
    pub axis: Axis,
    /// The categories that have it, with the kind of their tasks; without any the axis has all kinds.
    pub categories: Vec<(String, Kind)>,
}

impl Marked {
    /// The kinds of tasks that have the axis.
    pub(super) fn kinds(&self) -> Vec<Kind> {
        let kinds = [Kind::Edit, Kind::Generation];
        let has = |kind: &Kind| match self.categories.as_slice() {
            [] => self.axis.exists_for(*kind),
            some => some.iter().any(|(_, of)| of == kind),
        };
        kinds.into_iter().filter(has).collect()
    }
}
