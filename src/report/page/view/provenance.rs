//! Everything that decided the result, so that someone else can repeat it.

use serde::Serialize;

use super::roles::tags;
use crate::analysis::findings::Findings;
use crate::analysis::findings::run::RunFindings;
use crate::report::columns::printable;
use crate::report::names::Names;
use crate::report::page::text::bounded;

/// Most characters of a setting that are shown.
const MAX_SETTING: usize = 400;

/// One setting: its name and its value.
pub(super) type Setting = (String, String);

/// The section.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(super) struct Provenance {
    command: String,
    report: Vec<Setting>,
    runs: Vec<RunProvenance>,
}

/// One run.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct RunProvenance {
    name: String,
    tags: Vec<&'static str>,
    settings: Vec<Setting>,
}

/// The provenance of a report.
pub(super) fn provenance(findings: &Findings, names: &Names) -> Provenance {
    let suite = &findings.suite;
    let mut report = vec![
        setting("made by", &findings.program),
        setting("suite", &format!("{} {}", suite.name, suite.version)),
        setting("suite digest", &suite.digest.to_string()),
        setting("mapping", suite.mapping.formula()),
        setting("tasks", &suite.items.to_string()),
    ];
    if let Some(digest) = &findings.declaration.digest {
        report.push(setting("declared beforehand, digest", &digest.to_string()));
    }
    if let Some(comparison) = &findings.comparison {
        let family = &comparison.family;
        let drawn = format!(
            "m = {} contrasts, two-sided level {}, {} joint sign flips ({})",
            family.size, family.alpha, family.draws, family.joint_law
        );
        report.push(setting("family", &drawn));
    }
    let run = |run: &RunFindings| RunProvenance {
        name: names.get(&run.info.label).to_owned(),
        tags: tags(run),
        settings: settings(run),
    };
    Provenance {
        command: bounded(&findings.command, 10 * MAX_SETTING).text,
        report,
        runs: findings
            .runs
            .iter()
            .chain(&findings.beside)
            .map(run)
            .collect(),
    }
}

fn settings(run: &RunFindings) -> Vec<Setting> {
    let identity = &run.model.identity;
    let mut all = vec![
        setting("run", &run.info.label),
        setting("made by", &run.info.program),
        setting("model", &identity.name),
        setting("specification", &run.model.spec),
        setting("kind", &identity.kind),
        setting("thinks", if identity.thinks { "yes" } else { "no" }),
    ];
    all.extend(
        identity
            .details
            .iter()
            .map(|(key, value)| setting(key, value)),
    );
    let sampling = &run.sampling;
    all.push(setting("run seed", &sampling.run_seed.to_string()));
    all.push(setting("samples", &sampling.seeds));
    all.push(setting(
        "selected tasks, digest",
        &sampling.tasks_digest.to_string(),
    ));
    all.push(setting(
        "answers, digest of what decided them",
        &run.info.samples_digest.to_string(),
    ));
    let judging = &run.judging;
    all.push(setting(
        "judge",
        &format!("{} ({})", judging.name, judging.kind),
    ));
    all.push(setting("judge digest", &judging.digest.to_string()));
    for (key, value) in &judging.details {
        all.push(setting(&format!("judge: {key}"), value));
    }
    if run.info.has_imported_marks() {
        all.push(setting(
            "marks",
            "imported: made by another program; no answers and no log lie behind them here",
        ));
    }
    for (name, digest) in &run.files {
        all.push(setting(&format!("{name}, SHA-256"), &digest.to_string()));
    }
    all
}

/// A setting, bounded and harmless.
pub(super) fn setting(key: &str, value: &str) -> Setting {
    (printable(key), printable(&bounded(value, MAX_SETTING).text))
}
