//! What is to be compared, and how much is computed.

use std::collections::BTreeSet;

use crate::analysis::compare::CompareError;
use crate::analysis::compare::crossing::Across;
use crate::analysis::runs::declaration::Declaration;
use crate::analysis::runs::load::LoadedRun;
use crate::stats::max_t::DEFAULT_DRAWS;

/// What is to be compared, and how.
#[derive(Clone, Debug)]
pub struct CompareRequest<'a> {
    /// The runs that are compared.
    pub candidates: Vec<&'a LoadedRun>,
    /// The runs they are compared with.
    pub baselines: Vec<&'a LoadedRun>,
    /// Whose marks; the only judge where none is named.
    pub judge: Option<&'a str>,
    /// What to do with runs that were marked by different judges.
    pub across: Across<'a>,
    /// What was fixed beforehand.
    pub declaration: Declaration,
    /// Compute BCa and Wilcoxon beside the primary methods.
    pub cross_checks: bool,
    /// Joint sign flips of the family; [`DEFAULT_DRAWS`] for a result to be reported.
    pub draws: u64,
}

/// How much is computed.
#[derive(Clone, Copy, Debug)]
pub struct How {
    /// Compute BCa and Wilcoxon beside the primary methods.
    pub cross_checks: bool,
    /// Joint sign flips of the family.
    pub draws: u64,
}

impl<'a> CompareRequest<'a> {
    /// A comparison by the only judge of the runs, with nothing declared.
    pub fn new(candidates: Vec<&'a LoadedRun>, baselines: Vec<&'a LoadedRun>) -> Self {
        Self {
            candidates,
            baselines,
            judge: None,
            across: Across::Refused,
            declaration: Declaration::default(),
            cross_checks: false,
            draws: DEFAULT_DRAWS,
        }
    }

    pub(super) fn how(&self) -> How {
        How {
            cross_checks: self.cross_checks,
            draws: self.draws,
        }
    }
}

/// Refuses two runs of one name: tables could not tell them apart.
pub(crate) fn distinct_labels(runs: &[&LoadedRun]) -> Result<(), CompareError> {
    let mut labels = BTreeSet::new();
    for run in runs {
        if !labels.insert(&run.label) {
            return Err(CompareError::Request(format!(
                "two runs are called {}: a run is compared with others, once; give folders of the \
                 same name another one",
                run.label
            )));
        }
    }
    Ok(())
}

/// The position of the judge in each run; all runs without it are listed at once.
pub(crate) fn judges(runs: &[&LoadedRun], name: Option<&str>) -> Result<Vec<usize>, CompareError> {
    let mut wrong = Vec::new();
    let mut judges = Vec::new();
    for run in runs {
        match run.judge(name) {
            Ok(judge) => judges.push(judge),
            Err(error) => wrong.push(error),
        }
    }
    if wrong.is_empty() {
        Ok(judges)
    } else {
        Err(CompareError::Judge(wrong))
    }
}
