//! What may be made of missing marks where one wants to see how much depends on that.

use std::collections::BTreeMap;

use crate::analysis::scores::items::{AxisSheet, Items};
use crate::analysis::scores::sheet::Sheet;
use crate::stats::error::Result;
use crate::stats::lattice::item_value;
use crate::stats::rational::Rational;

/// The lowest mark of the five-point scale.
const LOWEST: i64 = 1;

/// A rule for missing marks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailedAs {
    /// They are missing: pairs of marks that are there.
    Missing,
    /// They are 1.
    One,
    /// They are like the worst of the others: the lowest mark of the same run, axis and category; 1 where there is none.
    Worst,
}

impl FailedAs {
    /// All rules; that of the comparison first.
    pub const ALL: [Self; 3] = [Self::Missing, Self::One, Self::Worst];

    /// The rule in words.
    pub fn words(self) -> &'static str {
        match self {
            Self::Missing => "missing marks left out",
            Self::One => "missing marks as 1",
            Self::Worst => "missing marks as the lowest of the run, axis and category",
        }
    }
}

impl Sheet {
    /// The sheet under a rule for missing marks: nothing is missing then, but under [`FailedAs::Missing`].
    ///
    /// # Errors
    /// [`crate::stats::error::StatsError::Overflow`].
    pub fn with_failed(&self, rule: FailedAs, items: &Items) -> Result<Self> {
        let mut sheet = self.clone();
        if rule == FailedAs::Missing {
            return Ok(sheet);
        }
        for axis in sheet.axes.values_mut().filter(|axis| axis.missing > 0) {
            fill(axis, rule, items)?;
        }
        Ok(sheet)
    }
}

fn fill(axis: &mut AxisSheet, rule: FailedAs, items: &Items) -> Result<()> {
    let of_item = items.strata().of_item();
    let mut lowest: BTreeMap<usize, Rational> = BTreeMap::new();
    for (stratum, marks) in of_item.iter().zip(&axis.marks) {
        let there = marks.iter().flatten().flatten().flatten();
        if let Some(&mark) = there.min() {
            let known = lowest.entry(*stratum).or_insert(mark);
            *known = mark.min(*known);
        }
    }
    for (stratum, marks) in of_item.iter().zip(&mut axis.marks) {
        let mark = match rule {
            FailedAs::Worst => lowest.get(stratum).copied().unwrap_or(LOWEST.into()),
            FailedAs::One | FailedAs::Missing => LOWEST.into(),
        };
        for missing in marks.iter_mut().flatten().flatten() {
            missing.get_or_insert(mark);
        }
    }
    axis.missing = 0;
    axis.values = axis
        .marks
        .iter()
        .map(|marks| marks.as_ref().map_or(Ok(None), |marks| item_value(marks)))
        .collect::<Result<_>>()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::manifest::CategorySection;
    use crate::stats::design::Design;
    use crate::stats::rational::Rational;
    use crate::stats::strata::Strata;
    use crate::suite::Kind;

    #[test]
    fn missing_marks_become_one_or_the_lowest_of_their_category() {
        let category = |name: &str| CategorySection {
            name: name.to_owned(),
            kind: Kind::Edit,
            planned: 2,
            selected: 2,
        };
        let items = Items {
            tasks: vec!["a".into(), "b".into(), "c".into()],
            categories: vec![category("x"), category("y")],
            design: Design::new(Strata::new(vec![0, 0, 1], 2).unwrap(), None).unwrap(),
        };
        let axis = AxisSheet {
            marks: [Some(3), None, None]
                .map(|mark| Some(vec![vec![mark.map(Rational::from)]]))
                .to_vec(),
            values: vec![Some(3.into()), None, None],
            counts: BTreeMap::new(),
            expected: 3,
            missing: 2,
        };
        let values = |rule| {
            let mut axis = axis.clone();
            fill(&mut axis, rule, &items).unwrap();
            assert_eq!(axis.missing, 0);
            axis.values
        };
        let of = |marks: [i64; 3]| marks.map(|mark| Some(Rational::from(mark))).to_vec();
        assert_eq!(values(FailedAs::One), of([3, 1, 1]));
        assert_eq!(values(FailedAs::Worst), of([3, 3, 1]));
    }
}
