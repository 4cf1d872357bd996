//! The scale of people's marks, where it is another than the judge's.

use crate::analysis::human::ratings::Rated;
use crate::analysis::runs::load::LoadedRun;
use crate::command::UsageError;
use crate::common::decimal::Decimal;
use crate::suite::axes::scale::MarkScale;

/// The scale of people's marks.
#[derive(Clone, Debug, clap::Args)]
pub struct HumanScale {
    /// Scale of people's marks
    ///
    /// Where people mark on another scale than the judge, for example 0..1 instead of 0 to 10. Both are then set on points from 0 to
    /// 100; kappa and equal marks are left out.
    #[arg(long, value_name = "LO..HI", requires = "human", value_parser = ends)]
    human_scale: Option<(Decimal, Decimal)>,
    /// Step of --human-scale
    #[arg(
        long,
        value_name = "STEP",
        requires = "human_scale",
        default_value = "1"
    )]
    human_step: Decimal,
}

impl HumanScale {
    /// What people rate of the suite of runs.
    ///
    /// # Errors
    /// [`UsageError`] for ends and steps that make no scale.
    pub fn of(&self, runs: &[LoadedRun]) -> anyhow::Result<Rated> {
        let suite = runs.first().map(|run| &run.manifest.suite);
        let scale = match self.human_scale {
            None => None,
            Some((lo, hi)) => Some(scale(lo, hi, self.human_step)?),
        };
        Ok(Rated {
            axes: suite.map(|suite| suite.axes.clone()).unwrap_or_default(),
            scores: suite.map(|suite| suite.scores.clone()).unwrap_or_default(),
            scale,
        })
    }
}

/// A scale of marks.
///
/// # Errors
/// [`UsageError`] for ends and steps that make none.
pub fn scale(lo: Decimal, hi: Decimal, step: Decimal) -> Result<MarkScale, UsageError> {
    MarkScale::new(lo, hi, step).ok_or_else(|| {
        UsageError(format!(
            "a scale {lo}..{hi} in steps of {step}: expected a lowest mark below the highest, and steps that lead from the \
             one to the other"
        ))
    })
}

/// `LO..HI`.
pub(super) fn ends(text: &str) -> Result<(Decimal, Decimal), String> {
    let (lo, hi) = text
        .split_once("..")
        .ok_or("expected LO..HI, for example 1..5")?;
    let number = |text: &str| text.parse::<Decimal>().map_err(|error| error.to_string());
    Ok((number(lo)?, number(hi)?))
}
