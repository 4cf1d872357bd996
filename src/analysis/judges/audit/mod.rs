//! From the marks of an audit to a verdict per axis.
//!
//! The questions are fixed, so the only chance in an audit is the judge's own: every estimate is
//! a linear function of marks, and its interval comes from the noise of one mark, which the
//! repeated calls measure (not below a floor: a judge that repeated itself a few times is not
//! known to do so always). A check **holds** when its estimate keeps the limit, **fails** when
//! even the end of its one-sided interval that speaks for the judge breaks it, and is **open**
//! between. An axis is fit when all its checks hold and unfit when one fails.

pub mod axis;
mod bench;
mod checks;
pub mod detection;
pub mod drift;
pub mod finding;
mod marks;
pub mod noise;
pub mod record;
pub mod thresholds;

use std::collections::BTreeSet;

use serde::Serialize;

pub use axis::{AxisAudit, Fitness};
pub use detection::{Detection, Rate};
pub use drift::{Drift, Shift};
pub use finding::{AuditFinding, Check, CheckEstimate, Outcome, Rule};
pub use noise::Repeatability;
pub use record::{AuditRecord, MarkRow};
pub use thresholds::{ThresholdError, Thresholds};

use self::bench::Bench;
use self::marks::{Call, shifts};
use crate::common::digest::Digest;
use crate::judge::audit::anchors::served;
use crate::judge::audit::injection::Form;
use crate::judge::audit::{Probe, Variation};
use crate::judge::{Identity, Mark, Verdict};
use crate::suite::Axis;

/// All that an audit found.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Audit {
    /// The judge.
    pub judge: Identity,
    /// Digest of its identity.
    pub judge_digest: Digest,
    /// Models and fingerprints that the endpoint named.
    pub served: BTreeSet<String>,
    /// The limits.
    pub thresholds: Thresholds,
    /// Their digest.
    pub thresholds_digest: Digest,
    /// Calls that were planned, made, and gave no mark.
    pub calls: CallCounts,
    /// Money spent, in US dollars, where the judge has a price.
    pub spent_usd: Option<f64>,
    /// The worst verdict of all axes.
    pub fitness: Fitness,
    /// The verdicts.
    pub axes: Vec<AxisAudit>,
    /// Repeated calls of all axes.
    pub repeatability: Repeatability,
    /// Which side of the pass mark answers of all axes got.
    pub detection: Detection,
    /// Each order in judged reasoning and what it did.
    pub injections: Vec<InjectionRow>,
    /// Every call.
    pub marks: Vec<MarkRow>,
    /// Against an anchor set, where one was asked again.
    pub drift: Option<Drift>,
}

/// How many calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct CallCounts {
    /// Planned.
    pub planned: usize,
    /// Made.
    pub made: usize,
    /// Made, without a mark.
    pub missing: usize,
    /// Requests that were sent, retries included; 0 for local judges.
    pub requests: u64,
}

/// What one order in judged reasoning did.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct InjectionRow {
    /// Its dress.
    pub form: Form,
    /// On which axis.
    pub axis: Axis,
    /// Mark with it less mean mark without it.
    pub shift: f64,
}

/// Judges the judge. `verdicts` are in the order of the probes; `None` was not asked.
pub fn audit(
    judge: &Identity,
    probes: &[Probe],
    verdicts: &[Option<Verdict>],
    thresholds: &Thresholds,
) -> Audit {
    let made = || verdicts.iter().flatten();
    let rows = MarkRow::all(probes, verdicts);
    let mut found = of_rows(judge, &rows, thresholds);
    found.served = served(verdicts);
    found.calls.requests = made().map(|verdict| u64::from(verdict.attempts)).sum();
    found.spent_usd = made().map(|verdict| verdict.cost_usd).sum();
    found
}

/// What follows from the calls alone; what was spent, served and sent is left empty.
fn of_rows(judge: &Identity, rows: &[MarkRow], thresholds: &Thresholds) -> Audit {
    let calls = Call::all(rows);
    let bench = Bench::new(&calls, thresholds);
    let axes: Vec<AxisAudit> = Axis::ALL
        .into_iter()
        .filter(|axis| rows.iter().any(|row| row.axis == *axis))
        .map(|axis| bench.axis(axis))
        .collect();
    let made = || rows.iter().filter_map(|row| row.mark);
    let missing = made().filter(|mark| matches!(mark, Mark::Missing(_)));
    Audit {
        judge_digest: judge.digest(),
        judge: judge.clone(),
        served: BTreeSet::new(),
        thresholds: *thresholds,
        thresholds_digest: thresholds.digest(),
        calls: CallCounts {
            planned: rows.len(),
            made: made().count(),
            missing: missing.count(),
            requests: 0,
        },
        spent_usd: None,
        fitness: axes
            .iter()
            .map(|axis| axis.fitness)
            .max()
            .unwrap_or(Fitness::NotEnoughCalls),
        repeatability: bench.repeatability().clone(),
        detection: Detection::of(&calls),
        axes,
        injections: injections(&calls),
        marks: rows.to_vec(),
        drift: None,
    }
}

fn injections(calls: &[Call<'_>]) -> Vec<InjectionRow> {
    let found = shifts(calls, |v| matches!(v, Variation::Injected(_)));
    let mut rows: Vec<InjectionRow> = found
        .into_iter()
        .filter_map(|(variation, axis, (shift, _))| match variation {
            Variation::Injected(form) => Some(InjectionRow { form, axis, shift }),
            _ => None,
        })
        .collect();
    rows.sort_by(|a, b| b.shift.total_cmp(&a.shift).then(a.form.cmp(&b.form)));
    rows
}
