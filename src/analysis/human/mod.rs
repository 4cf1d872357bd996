//! Human ratings beside a judge's marks: does the judge agree with people, does it favour a model, and what do people
//! and judge together say about a difference?

mod judge;
mod pair;
pub mod ratings;
mod units;

pub use judge::{AgreementWithHumans, RaterAgreement};
pub use pair::{HumanContrast, PairEstimate, Ppi};

use serde::Serialize;

use crate::analysis::runs::load::{LoadedRun, NoJudge};
use crate::analysis::scores::items::Items;
use crate::analysis::scores::sheet::Sheet;
use crate::common::digest::Digest;
use crate::stats::error::StatsError;
use crate::suite::ScoreMap;

use ratings::{Ratings, RatingsError};

/// Everything that human ratings say.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct HumanReport {
    /// Digest of the file.
    pub digest: Digest,
    /// Ratings that were read.
    pub ratings: usize,
    /// People who gave them.
    pub raters: usize,
    /// From marks to points.
    pub mapping: ScoreMap,
    /// Whether some tasks form units together, so that intervals are over clusters of tasks.
    pub clustered: bool,
    /// Judge against people, run by run and axis by axis.
    pub agreement: Vec<AgreementWithHumans>,
    /// Candidate against baseline, axis by axis.
    pub contrasts: Vec<HumanContrast>,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum HumanError {
    /// The file.
    #[error(transparent)]
    Ratings(#[from] RatingsError),
    /// No judge, or several.
    #[error(transparent)]
    Judge(#[from] NoJudge),
    /// The statistics refuse.
    #[error("human ratings cannot be compared with marks: {0}")]
    Stats(#[from] StatsError),
}

/// Holds the ratings against the marks of `judge` (the only one where none is named) in all runs, and compares every
/// candidate with every baseline. The runs must be comparable (the comparison of marks checks that) and have one
/// sample per task, since a rating names none.
///
/// # Errors
/// [`HumanError`]; faults of the file are listed all at once.
pub fn human_report(
    ratings: &Ratings,
    candidates: &[&LoadedRun],
    baselines: &[&LoadedRun],
    judge: Option<&str>,
) -> Result<HumanReport, HumanError> {
    let runs: Vec<&LoadedRun> = candidates.iter().chain(baselines).copied().collect();
    ratings.check(&runs)?;
    let Some(reference) = baselines.first().or(candidates.first()) else {
        return Err(StatsError::Empty.into());
    };
    let items = Items::of(reference)?;
    let sheet = |run: &LoadedRun| -> Result<Sheet, HumanError> {
        Ok(Sheet::new(run, run.judge(judge)?, &items)?)
    };
    let sheets: Vec<Sheet> = runs
        .iter()
        .map(|run| sheet(run))
        .collect::<Result<_, _>>()?;
    let suite = &reference.manifest.suite;
    let mut agreement = Vec::new();
    let metrics = || suite.axes.iter().chain(&suite.scores).copied();
    for sheet in &sheets {
        for axis in metrics() {
            agreement.extend(judge::on_axis(
                ratings,
                &items,
                sheet,
                axis,
                suite.digest.as_u64(),
            )?);
        }
    }
    let (ours, theirs) = sheets.split_at(candidates.len());
    let mut contrasts = Vec::new();
    for a in ours {
        for b in theirs {
            for axis in metrics() {
                contrasts.extend(pair::on_axis(ratings, &items, [a, b], axis, suite.mapping)?);
            }
        }
    }
    Ok(HumanReport {
        digest: ratings.digest(),
        ratings: ratings.len(),
        raters: ratings.raters(),
        mapping: suite.mapping,
        clustered: items.clustered(),
        agreement,
        contrasts,
    })
}
