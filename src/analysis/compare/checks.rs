//! What is checked before runs are compared: the request itself, the judges, the declaration.

use std::collections::BTreeSet;

use crate::analysis::compare::{CompareError, Request};
use crate::analysis::runs::load::LoadedRun;

/// Refuses what is no comparison.
pub(super) fn check_request(
    request: &Request<'_>,
    runs: &[&LoadedRun],
) -> Result<(), CompareError> {
    let refuse = |text: String| Err(CompareError::Request(text));
    if request.candidates.is_empty() || request.baselines.is_empty() {
        return refuse("a run and a baseline are needed, two different ones".to_owned());
    }
    distinct_labels(runs)?;
    if request.declaration.primary_axis.is_some() && request.candidates.len() > 1 {
        return refuse(
            "a primary contrast is declared: it is about one run, so compare one run at a time"
                .to_owned(),
        );
    }
    Ok(())
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

/// Refuses a declaration that does not fit the runs; all that is wrong is listed at once.
pub(super) fn check_declaration(
    request: &Request<'_>,
    reference: &LoadedRun,
    runs: &[&LoadedRun],
    judges: &[usize],
) -> Result<(), CompareError> {
    let mut faults = declared_contrast(request, reference);
    faults.extend(declared_design(request, reference, runs, judges));
    if faults.is_empty() {
        Ok(())
    } else {
        Err(CompareError::Declaration(faults))
    }
}

/// What is wrong with the declared family and primary contrast.
fn declared_contrast(request: &Request<'_>, reference: &LoadedRun) -> Vec<String> {
    let declared = &request.declaration;
    let suite = &reference.manifest.suite;
    let axes = declared
        .family
        .iter()
        .flatten()
        .chain(&declared.primary_axis);
    let mut faults: Vec<String> = axes
        .filter(|axis| !suite.axes.contains(axis))
        .map(|axis| format!("  axis {axis} is not judged in suite {}", suite.name))
        .collect();
    let baselines: Vec<&str> = request.baselines.iter().map(|run| &*run.label).collect();
    match (&declared.primary_axis, &declared.primary_baseline) {
        (_, Some(name)) if !baselines.contains(&name.as_str()) => faults.push(format!(
            "  primary_baseline {name} is no baseline here; there are: {}",
            baselines.join(", ")
        )),
        (Some(_), None) if baselines.len() > 1 => faults.push(format!(
            "  primary_axis without primary_baseline; there are: {}",
            baselines.join(", ")
        )),
        _ => {}
    }
    faults
}

/// Where the runs were not made as declared.
fn declared_design(
    request: &Request<'_>,
    reference: &LoadedRun,
    runs: &[&LoadedRun],
    judges: &[usize],
) -> Vec<String> {
    let declared = &request.declaration;
    let used = reference.manifest.suite.mapping;
    let mapping = declared.mapping.filter(|&mapping| mapping != used);
    let mut faults: Vec<String> = mapping
        .map(|mapping| format!("  mapping {mapping}, the runs used {used}"))
        .into_iter()
        .collect();
    for (run, &judge) in runs.iter().zip(judges) {
        let judge = run.manifest.judges.get(judge);
        let counts = [
            ("samples", declared.samples, run.samples.count()),
            (
                "repeats",
                declared.repeats,
                judge.map_or(0, |judge| judge.repeats),
            ),
        ];
        for (name, declared, found) in counts {
            if let Some(declared) = declared.filter(|&declared| declared != found) {
                faults.push(format!(
                    "  {name} = {declared}, run {} has {found}",
                    run.label
                ));
            }
        }
    }
    faults
}
