//! What is known about a contrast, and the rules that make its standing of it.

use super::{
    Condition, Described, Direction, FEWEST_UNITS, MISSING_LIMIT, Standing, Untested, Withheld,
    WithinMargin,
};

/// What a contrast is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// A member of the family, or the primary contrast.
    Confirmatory,
    /// Only described.
    Described(Described),
}

/// The gate of a declared primary contrast, for the other contrasts of its page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gate {
    /// No primary contrast was declared before the marks, or this is it.
    None,
    /// It is shown.
    Open,
    /// It is shown under a condition.
    Conditional,
    /// It is not shown.
    Closed,
}

impl Gate {
    /// The gate that a primary contrast leaves to the others.
    pub fn behind(primary: Standing) -> Self {
        match primary {
            Standing::Shown { .. } => Self::Open,
            Standing::Conditional { .. } => Self::Conditional,
            Standing::Margin(_)
            | Standing::NotShown { .. }
            | Standing::NotTested(_)
            | Standing::Withheld(_)
            | Standing::Descriptive(_) => Self::Closed,
        }
    }
}

/// How a direction was tested.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Tested {
    /// By a p, adjusted where the contrast belongs to a family.
    P {
        /// The p.
        p: f64,
        /// Two-sided level.
        alpha: f64,
    },
    /// By the boundary of a declared look.
    Look {
        /// Z of the look; none without spread.
        z: Option<f64>,
        /// |Z| that stops for a difference.
        boundary: f64,
    },
}

impl Tested {
    fn rejects(self) -> bool {
        match self {
            Self::P { p, alpha } => p <= alpha,
            Self::Look { z, boundary } => z.is_some_and(|z| z.abs() >= boundary),
        }
    }
}

/// The margin tests of a contrast, adjusted by Holm over the page.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct MarginFacts {
    /// The margin in points.
    pub margin: f64,
    /// p of equivalence, held against alpha.
    pub p_equivalence: f64,
    /// p of non-inferiority, held against alpha/2.
    pub p_noninferiority: f64,
    /// Imbens–Manski interval in points at the level of the margin tests; none where it could not be had.
    pub bounds: Option<[f64; 2]>,
    /// Two-sided level of the page.
    pub alpha: f64,
}

impl MarginFacts {
    fn within(&self, anything_missing: bool) -> Option<WithinMargin> {
        let above = |lo: f64| lo > -self.margin;
        let unconditional = |inside: &dyn Fn([f64; 2]) -> bool| {
            !anything_missing || self.bounds.is_some_and(inside)
        };
        if self.p_equivalence <= self.alpha {
            let inside = |[lo, hi]: [f64; 2]| above(lo) && hi < self.margin;
            return Some(WithinMargin {
                equivalent: true,
                conditional: !unconditional(&inside),
            });
        }
        (self.p_noninferiority <= 0.5 * self.alpha).then(|| WithinMargin {
            equivalent: false,
            conditional: !unconditional(&|[lo, _]| above(lo)),
        })
    }
}

/// What is known about a contrast that has an estimate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Facts {
    /// Whether different judges, or other served models, marked the two runs and nothing joins them.
    pub judges_differ: bool,
    /// Largest share of missing marks of any axis that enters, in either run.
    pub missing_share: f64,
    /// What the contrast is for.
    pub role: Role,
    /// Units with a pair.
    pub units: usize,
    /// The gate that it stands behind.
    pub gate: Gate,
    /// The difference in points; its sign decides the direction.
    pub estimate: f64,
    /// The contrast's own interval in points; none stands for one that does not reach 0.
    pub interval: Option<[f64; 2]>,
    /// The test of a direction.
    pub test: Tested,
    /// Imbens–Manski interval in points at the level of the test.
    pub bounds: Option<[f64; 2]>,
    /// The margin tests, where they could be made.
    pub margin: Option<MarginFacts>,
}

impl Facts {
    /// What may be said; the first rule that applies.
    pub fn standing(&self) -> Standing {
        if self.judges_differ {
            return Standing::Withheld(Withheld::JudgesDiffer);
        }
        if self.missing_share > MISSING_LIMIT {
            return Standing::Withheld(Withheld::MissingMarks);
        }
        if let Role::Described(why) = self.role {
            return Standing::Descriptive(why);
        }
        if self.units < FEWEST_UNITS {
            return Standing::NotTested(Untested::TooFewUnits);
        }
        let anything_missing = self.missing_share > 0.0;
        let within = self
            .margin
            .and_then(|margin| margin.within(anything_missing));
        if self.gate == Gate::Closed {
            let closed = Standing::NotTested(Untested::GateClosed);
            return within.map_or(closed, Standing::Margin);
        }
        let rejected = Direction::of(self.estimate).filter(|_| self.test.rejects());
        match (rejected, self.reaches_zero()) {
            (Some(direction), false) => self.directed(direction, within),
            (Some(_), true) => {
                within.map_or(Standing::NotShown { interval: true }, Standing::Margin)
            }
            (None, _) => within.map_or(Standing::NotShown { interval: false }, Standing::Margin),
        }
    }

    fn reaches_zero(&self) -> bool {
        self.interval.is_some_and(|[lo, hi]| lo <= 0.0 && hi >= 0.0)
    }

    fn directed(&self, direction: Direction, also: Option<WithinMargin>) -> Standing {
        let beyond = |[lo, hi]: [f64; 2]| match direction {
            Direction::Higher => lo > 0.0,
            Direction::Lower => hi < 0.0,
        };
        let robust = self.missing_share <= 0.0 || self.bounds.is_some_and(beyond);
        match (robust, self.gate) {
            (false, _) => Standing::Conditional {
                direction,
                on: Condition::MissingMarks,
                also,
            },
            (true, Gate::Conditional) => Standing::Conditional {
                direction,
                on: Condition::Gate,
                also,
            },
            (true, Gate::None | Gate::Open | Gate::Closed) => Standing::Shown { direction, also },
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn facts() -> Facts {
        Facts {
            judges_differ: false,
            missing_share: 0.0,
            role: Role::Confirmatory,
            units: 300,
            gate: Gate::None,
            estimate: 3.0,
            interval: Some([1.0, 5.0]),
            test: Tested::P {
                p: 0.001,
                alpha: 0.05,
            },
            bounds: None,
            margin: None,
        }
    }

    #[test]
    fn an_interval_that_reaches_zero_undoes_the_test_but_not_the_margin() {
        let mut facts = facts();
        facts.interval = Some([-1.0, 5.0]);
        assert_eq!(facts.standing(), Standing::NotShown { interval: true });
        facts.margin = Some(MarginFacts {
            margin: 6.0,
            p_equivalence: 0.01,
            p_noninferiority: 0.01,
            bounds: None,
            alpha: 0.05,
        });
        assert_eq!(facts.standing().key(), "equivalent");
    }

    #[test]
    fn a_look_is_decided_by_its_boundary() {
        let mut facts = facts();
        let look = |z| Tested::Look { z, boundary: 2.3 };
        facts.test = look(Some(2.2));
        assert_eq!(facts.standing().key(), "not-shown");
        facts.test = look(Some(-2.3));
        assert_eq!(
            facts.standing().key(),
            "shown-higher",
            "the estimate has the sign"
        );
        facts.test = look(None);
        assert_eq!(facts.standing().key(), "not-shown");
    }

    #[test]
    fn it_is_written_as_three_keys() {
        let also = Some(WithinMargin {
            equivalent: true,
            conditional: false,
        });
        let shown = Standing::Shown {
            direction: Direction::Lower,
            also,
        };
        let json = serde_json::to_value(shown).unwrap();
        let expected =
            serde_json::json!({"standing": "shown-lower", "reason": null, "also": "equivalent"});
        assert_eq!(json, expected);
    }

    fn any_facts() -> impl Strategy<Value = Facts> {
        let ends = || prop::option::of((-9.0..9.0, 0.0..9.0).prop_map(|(lo, w)| [lo, lo + w]));
        let gate = prop::sample::select(vec![
            Gate::None,
            Gate::Open,
            Gate::Conditional,
            Gate::Closed,
        ]);
        let described = [Described::Exploratory, Described::Looks];
        let mut roles = vec![Role::Confirmatory; 4];
        roles.extend(described.map(Role::Described));
        let margin =
            prop::option::of(
                (0.0..0.1, 0.0..0.1, ends()).prop_map(|(e, n, bounds)| MarginFacts {
                    margin: 2.5,
                    p_equivalence: e,
                    p_noninferiority: n,
                    bounds,
                    alpha: 0.05,
                }),
            );
        let first = (
            any::<bool>(),
            0.0..0.08,
            prop::sample::select(roles),
            1_usize..20,
            gate,
        );
        (first, -9.0..9.0, ends(), 0.0..0.1, ends(), margin).prop_map(
            |((judges, missing, role, units, gate), estimate, interval, p, bounds, margin)| Facts {
                judges_differ: judges && missing > 0.04,
                missing_share: if missing < 0.03 { 0.0 } else { missing },
                role,
                units,
                gate,
                estimate,
                interval,
                test: Tested::P { p, alpha: 0.05 },
                bounds,
                margin,
            },
        )
    }

    proptest! {
        #[test]
        fn a_claimed_direction_has_the_sign_of_the_estimate(facts in any_facts()) {
            let standing = facts.standing();
            if let Some(direction) = standing.direction() {
                prop_assert_eq!(Some(direction), Direction::of(facts.estimate));
                prop_assert!(facts.interval.is_none_or(|[lo, hi]| lo > 0.0 || hi < 0.0));
            }
        }

        #[test]
        fn swapping_the_runs_swaps_the_direction_and_keeps_the_rest(facts in any_facts()) {
            let swap = |ends: Option<[f64; 2]>| ends.map(|[lo, hi]| [-hi, -lo]);
            let swapped = Facts {
                estimate: -facts.estimate,
                interval: swap(facts.interval),
                bounds: swap(facts.bounds),
                margin: None,
                ..facts
            };
            let (before, after) = (Facts { margin: None, ..facts }.standing(), swapped.standing());
            let opposite = |direction: Direction| match direction {
                Direction::Higher => Direction::Lower,
                Direction::Lower => Direction::Higher,
            };
            prop_assert_eq!(before.direction().map(opposite), after.direction());
            prop_assert_eq!(before.reason(), after.reason());
            prop_assert_eq!(before.is_shown(), after.is_shown());
        }
    }
}
