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
    /// What several runs have in common, said once.
    shared: Vec<Shared>,
    runs: Vec<RunProvenance>,
}

/// Settings that are the same in several runs.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct Shared {
    of: String,
    settings: Vec<Setting>,
}

/// One run: what is its own.
#[derive(Clone, Debug, PartialEq, Serialize)]
struct RunProvenance {
    name: String,
    tags: Vec<&'static str>,
    #[serde(skip)]
    kind: String,
    settings: Vec<Setting>,
}

/// The provenance of a report.
pub(super) fn provenance(findings: &Findings, names: &Names) -> Provenance {
    let suite = &findings.suite;
    let mut report = vec![
        setting("made by", &findings.program),
        setting("suite", &format!("{} {}", suite.name, suite.version)),
        setting("suite digest", &suite.digest.to_string()),
        setting("mapping", &suite.mapping.described()),
        setting("tasks", &suite.items.to_string()),
    ];
    if let Some(digest) = &findings.declaration.digest {
        report.push(setting("declared beforehand, digest", &digest.to_string()));
    }
    if let Some(comparison) = &findings.comparison {
        let family = &comparison.family;
        let drawn = format!(
            "m = {} comparisons, two-sided level {}, {} joint sign flips ({})",
            family.size, family.alpha, family.draws, family.joint_law
        );
        report.push(setting("family", &drawn));
    }
    let run = |run: &RunFindings| RunProvenance {
        name: names.get(&run.info.label).to_owned(),
        tags: tags(run),
        kind: printable(&run.model.identity.kind),
        settings: settings(run),
    };
    let all = findings.runs.iter().chain(&findings.beside);
    let mut runs: Vec<RunProvenance> = all.map(run).collect();
    Provenance {
        command: bounded(&findings.command, 10 * MAX_SETTING).text,
        report,
        shared: shared(&mut runs),
        runs,
    }
}

/// Takes out of the runs what all of them have in common, then what all of one kind have.
fn shared(runs: &mut [RunProvenance]) -> Vec<Shared> {
    let kinds: std::collections::BTreeSet<String> =
        runs.iter().map(|run| run.kind.clone()).collect();
    let mut found = vec![Shared {
        of: "all runs".to_owned(),
        settings: taken(runs.iter_mut().collect()),
    }];
    for kind in kinds {
        let of_kind = runs.iter_mut().filter(|run| run.kind == kind);
        found.push(Shared {
            settings: taken(of_kind.collect()),
            of: format!("all runs of the kind {kind}"),
        });
    }
    found.retain(|shared| !shared.settings.is_empty());
    found
}

/// Takes out what several runs have in common; nothing of a single one.
fn taken(mut runs: Vec<&mut RunProvenance>) -> Vec<Setting> {
    let [first, others @ ..] = runs.as_slice() else {
        return Vec::new();
    };
    if others.is_empty() {
        return Vec::new();
    }
    let everywhere = |setting: &&Setting| others.iter().all(|run| run.settings.contains(setting));
    let common: Vec<Setting> = first.settings.iter().filter(everywhere).cloned().collect();
    for run in &mut runs {
        run.settings.retain(|setting| !common.contains(setting));
    }
    common
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
            "imported: made by another program; this run has no answers and no log of them",
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
