//! Marks that a judge is asked for in other numbers: RISEBench asks for 0 or 1 where 1 and 5 are meant.

use std::collections::BTreeMap;

use crate::common::decimal::Decimal;
use crate::suite::axes::scale::MarkScale;

/// From what a judge is asked for to marks; empty where it is asked for the marks themselves.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Recode {
    /// What is asked for, in ascending order, with its mark.
    pairs: Vec<(Decimal, Decimal)>,
}

impl Recode {
    /// The table of a call whose axes have marks on `scale`.
    ///
    /// # Errors
    /// What was found and what was expected: numbers, evenly spaced, each with a mark of the scale.
    pub(super) fn of(
        wire: &BTreeMap<String, Decimal>,
        scale: MarkScale,
    ) -> Result<Self, (String, &'static str)> {
        let mut pairs = Vec::with_capacity(wire.len());
        for (asked, mark) in wire {
            let number = asked.parse::<Decimal>().map_err(|_| {
                let found = format!("recode of {asked:?}");
                (found, "a number that the judge is asked for")
            })?;
            if !scale.holds(*mark) {
                let found = format!("recode: {asked} becomes {mark}");
                return Err((found, "marks of the scale of its axes"));
            }
            pairs.push((number, *mark));
        }
        pairs.sort_unstable();
        let recode = Self { pairs };
        if !recode.is_plain() && recode.asked().is_none() {
            let found = format!("recode with {} numbers", wire.len());
            return Err((found, "at least two numbers, at equal distances"));
        }
        Ok(recode)
    }

    /// Whether the judge is asked for the marks themselves.
    pub fn is_plain(&self) -> bool {
        self.pairs.is_empty()
    }

    /// What the judge is asked for in place of marks of `scale`.
    pub fn asked_on(&self, scale: MarkScale) -> MarkScale {
        self.asked().unwrap_or(scale)
    }

    /// The mark of what the judge said; `None` for a number that was not asked for.
    pub fn mark(&self, said: Decimal) -> Option<Decimal> {
        if self.is_plain() {
            return Some(said);
        }
        let mut pairs = self.pairs.iter();
        pairs
            .find(|(asked, _)| *asked == said)
            .map(|(_, mark)| *mark)
    }

    /// The numbers as a scale; `None` unless there are two at least, at equal distances.
    fn asked(&self) -> Option<MarkScale> {
        let [(lo, _), (next, _), ..] = self.pairs.as_slice() else {
            return None;
        };
        let (hi, _) = self.pairs.last()?;
        let step = Decimal::from_scaled(next.scaled() - lo.scaled())?;
        let scale = MarkScale::new(*lo, *hi, step)?;
        let even = self
            .pairs
            .windows(2)
            .all(|two| matches!(two, [(a, _), (b, _)] if b.scaled() - a.scaled() == step.scaled()));
        even.then_some(scale)
    }
}
