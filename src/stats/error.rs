//! What can go wrong with numbers.

/// Why a statistic has no value. Undefined *parts* of a result (an effect size at zero variance, say) are
/// `None` inside the result; this error means that nothing could be computed.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum StatsError {
    /// There is nothing to compute from.
    #[error("there are no observations")]
    Empty,
    /// A sample is too small for the statistic.
    #[error("{have} observations are too few, at least {need} are needed")]
    TooFew {
        /// How many there are.
        have: usize,
        /// How many there must be.
        need: usize,
    },
    /// A NaN or an infinity among the data.
    #[error("the value at position {index} is not finite")]
    NotFinite {
        /// Position in the slice that was passed, from 0.
        index: usize,
    },
    /// Two slices that belong together differ in length.
    #[error("{what}: expected {expected} entries, got {actual}")]
    Length {
        /// Which slice.
        what: &'static str,
        /// Length that the other arguments ask for.
        expected: usize,
        /// Its length.
        actual: usize,
    },
    /// A parameter outside its range.
    #[error("{what} must be {range}, got {value}")]
    OutOfRange {
        /// Which parameter.
        what: &'static str,
        /// Its range in words.
        range: &'static str,
        /// The value that was passed.
        value: f64,
    },
    /// A stratum that the design weights, but nobody observed: the design-weighted mean does not exist.
    #[error("stratum {stratum} of axis {axis} has weight but no observation")]
    EmptyStratum {
        /// Position of the axis, from 0.
        axis: usize,
        /// Position of the stratum, from 0.
        stratum: usize,
    },
    /// An observation where the design says that the axis does not exist.
    #[error("item {item} has a value, but its stratum has no weight")]
    OutsideDesign {
        /// Position of the item, from 0.
        item: usize,
    },
    /// Exact integer arithmetic left the range of 128 bits.
    #[error(
        "exact arithmetic overflows 128 bits: the denominators of the values have no small common multiple"
    )]
    Overflow,
    /// An exact computation would need more work or memory than allowed.
    #[error("the exact computation needs about {work:.1e} steps, more than {limit:.1e}")]
    TooLarge {
        /// Estimated elementary steps.
        work: f64,
        /// The limit.
        limit: f64,
    },
    /// An iteration did not find its solution.
    #[error("no solution for {what} was found in the allowed range")]
    NoSolution {
        /// What was searched.
        what: &'static str,
    },
}

/// Result of a statistic.
pub type Result<T> = std::result::Result<T, StatsError>;

/// Checks that every value is finite.
///
/// # Errors
/// [`StatsError::NotFinite`] with the first offending position.
pub fn all_finite(values: &[f64]) -> Result<()> {
    match values.iter().position(|value| !value.is_finite()) {
        Some(index) => Err(StatsError::NotFinite { index }),
        None => Ok(()),
    }
}

/// Checks that two slices have the same length.
pub(crate) fn same_length(what: &'static str, expected: usize, actual: usize) -> Result<()> {
    if expected == actual {
        Ok(())
    } else {
        Err(StatsError::Length {
            what,
            expected,
            actual,
        })
    }
}
