//! What is checked before runs are compared: the request itself, the judges, the declaration.

use crate::analysis::compare::prepared::Prepared;
use crate::analysis::compare::{CompareError, CompareRequest};
use crate::analysis::runs::declaration::{Declaration, InForce};

/// Refuses what is no comparison.
pub(super) fn check_request(request: &CompareRequest<'_>) -> Result<(), CompareError> {
    if request.candidates.is_empty() || request.baselines.is_empty() {
        return Err(CompareError::Request(
            "a run and a different baseline are needed".to_owned(),
        ));
    }
    Ok(())
}

/// Refuses a declaration that does not fit the runs; all that is wrong is listed at once.
pub(super) fn check_declaration(
    prepared: &Prepared<'_>,
    declaration: &Declaration,
    in_force: &InForce<'_>,
) -> Result<(), CompareError> {
    if in_force.primary_axis.is_some() && prepared.candidates > 1 {
        return Err(CompareError::Request(
            "a primary comparison is declared: it is about one run, so compare one run at a time"
                .to_owned(),
        ));
    }
    let mut faults = declared_contrast(prepared, declaration);
    faults.extend(declared_design(prepared, declaration));
    if faults.is_empty() {
        Ok(())
    } else {
        Err(CompareError::Declaration(faults))
    }
}

/// What is wrong with the declared axes and the primary contrast.
fn declared_contrast(prepared: &Prepared<'_>, declared: &Declaration) -> Vec<String> {
    let suite = prepared.suite;
    let axes = declared
        .family
        .iter()
        .flatten()
        .chain(&declared.primary_axis)
        .chain(&declared.headline_axis);
    let metrics = suite.metrics();
    let mut faults: Vec<String> = axes
        .filter(|axis| !metrics.contains(axis))
        .map(|axis| format!("  axis {axis} is not judged in suite {}", suite.name))
        .collect();
    let baselines = prepared.runs.get(prepared.candidates..).unwrap_or_default();
    let baselines: Vec<&str> = baselines.iter().map(|run| &*run.label).collect();
    match (&declared.primary_axis, &declared.primary_baseline) {
        (_, Some(name)) if !baselines.contains(&name.as_str()) => faults.push(format!(
            "  primary_baseline {name} is not a baseline here; the baselines are: {}",
            baselines.join(", ")
        )),
        (Some(_), None) if baselines.len() > 1 => faults.push(format!(
            "  primary_axis without primary_baseline; name one of: {}",
            baselines.join(", ")
        )),
        _ => {}
    }
    faults
}

/// Where the runs were not made as declared.
fn declared_design(prepared: &Prepared<'_>, declared: &Declaration) -> Vec<String> {
    let used = prepared.suite.mapping;
    let mapping = declared.mapping.filter(|&mapping| mapping != used);
    let mut faults: Vec<String> = mapping
        .map(|mapping| format!("  mapping {mapping}, the runs used {used}"))
        .into_iter()
        .collect();
    for sheet in &prepared.sheets {
        let counts = [
            ("samples", declared.samples, sheet.samples),
            ("repeats", declared.repeats, sheet.judge.repeats),
        ];
        for (name, declared, found) in counts {
            if let Some(declared) = declared.filter(|&declared| declared != found) {
                faults.push(format!(
                    "  {name} = {declared}, run {} has {found}",
                    sheet.label
                ));
            }
        }
    }
    faults
}
