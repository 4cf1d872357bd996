//! What audits found of the judges of a report.

use serde::Serialize;

use crate::analysis::compare::CompareError;
use crate::analysis::findings::run::RunFindings;
use crate::analysis::judges::audit::drift::changed;
use crate::analysis::judges::audit::record::AskedSuite;
use crate::analysis::judges::audit::{AuditRecord, CallCounts, Detection, Fitness, Outcome};
use crate::common::digest::Digest;
use crate::judge::Identity;
use crate::suite::Axis;

/// Most differences between two judges that an error names.
const MAX_NAMED: usize = 3;

/// What an audit found of one judge.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AuditFindings {
    /// Digest of the judge's identity.
    pub judge: Digest,
    /// Digest of the audit's record.
    pub record: Digest,
    /// Where its questions come from; none where an anchor set was asked again.
    pub suite: Option<AskedSuite>,
    /// Digest of the limits that decided.
    pub thresholds: Digest,
    /// Calls that were planned, made, and gave no mark.
    pub calls: CallCounts,
    /// The worst verdict of all axes.
    pub fitness: Fitness,
    /// Which side of the pass mark answers got, over all axes.
    pub detection: Detection,
    /// The verdict on each axis that was audited.
    pub axes: Vec<AuditedAxis>,
    /// Axes of the report's suite that it did not audit.
    pub not_audited: Vec<Axis>,
}

/// The verdict on one axis.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct AuditedAxis {
    /// The axis.
    pub axis: Axis,
    /// The verdict.
    pub fitness: Fitness,
    /// The checks that failed, in words.
    pub failed: Vec<String>,
    /// Which side of the pass mark its answers got.
    pub detection: Detection,
}

impl AuditFindings {
    /// The axes with a verdict.
    pub fn with(&self, fitness: Fitness) -> impl Iterator<Item = &AuditedAxis> {
        self.axes.iter().filter(move |axis| axis.fitness == fitness)
    }
}

/// The findings of each audit. It must be of a judge that marked the runs, and of axes that their suite has; no judge has two.
///
/// # Errors
/// [`CompareError::Request`].
pub(super) fn audits(
    records: &[AuditRecord],
    runs: &[RunFindings],
    axes: &[Axis],
) -> Result<Vec<AuditFindings>, CompareError> {
    let mut found: Vec<AuditFindings> = Vec::new();
    for record in records {
        let judge = record.judge.digest();
        let refused = |why: String| {
            let name = &record.judge.name;
            Err(CompareError::Request(format!(
                "the audit of judge {name} (identity {}) does not belong to this report: {why}",
                judge.short(12)
            )))
        };
        if !runs.iter().any(|run| run.judging.digest == judge) {
            return refused(other_judge(&record.judge, runs));
        }
        if found.iter().any(|other| other.judge == judge) {
            return refused("another audit of the same judge is named too".to_owned());
        }
        let audit = record.audit();
        let audited = |axis: &Axis| audit.axes.iter().any(|of| of.axis == *axis);
        if !axes.iter().any(audited) {
            return refused("it audited no axis of the suite that the runs answered".to_owned());
        }
        found.push(AuditFindings {
            judge,
            record: record.digest(),
            suite: record.suite.clone(),
            thresholds: audit.thresholds_digest,
            calls: audit.calls,
            fitness: audit.fitness,
            detection: audit.detection,
            not_audited: axes.iter().filter(|axis| !audited(axis)).copied().collect(),
            axes: audit
                .axes
                .iter()
                .map(|axis| AuditedAxis {
                    axis: axis.axis,
                    fitness: axis.fitness,
                    failed: axis
                        .findings
                        .iter()
                        .filter(|finding| finding.outcome == Outcome::Fails)
                        .map(|finding| finding.check.title())
                        .collect(),
                    detection: axis.detection,
                })
                .collect(),
        });
    }
    Ok(found)
}

/// Which judges marked the runs, and in what the first of them, or the one of the same name, differs from the audited one.
fn other_judge(audited: &Identity, runs: &[RunFindings]) -> String {
    let mut judges: Vec<Identity> = Vec::new();
    for run in runs {
        let judging = &run.judging;
        let judge = Identity {
            name: judging.name.clone(),
            kind: judging.kind.clone(),
            details: judging.details.clone(),
        };
        if !judges.contains(&judge) {
            judges.push(judge);
        }
    }
    let named: Vec<String> = judges
        .iter()
        .map(|judge| format!("{} (identity {})", judge.name, judge.digest().short(12)))
        .collect();
    let same_name = judges.iter().find(|judge| judge.name == audited.name);
    let differs: Vec<String> = same_name.or(judges.first()).map_or_else(Vec::new, |judge| {
        let all = changed(audited, judge).into_iter();
        all.take(MAX_NAMED)
            .map(|(what, in_audit, in_runs)| {
                format!("{what} is {in_audit} in the audit and {in_runs} in the runs")
            })
            .collect()
    });
    format!(
        "the runs were marked by {}; {}. Audit the judge of the runs, with the same profile and rubrics",
        named.join(", "),
        differs.join("; ")
    )
}
