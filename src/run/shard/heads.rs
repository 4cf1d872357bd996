//! The `run.toml` of every shard: whether they belong together, and what the whole run's says.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use super::Shard;
use super::error::MergeError;
use super::plan::{ShardPlan, shard_folders};
use crate::run::folder::names;
use crate::run::manifest::{DeclarationSection, JudgeSection, Manifest, unite_provenance};

/// A shard's folder and what its `run.toml` says.
#[derive(Clone, Debug)]
pub struct Head {
    /// Which shard it holds.
    pub shard: Shard,
    /// The folder.
    pub folder: PathBuf,
    /// What it was made with.
    pub manifest: Manifest,
}

/// Reads the `run.toml` of all shards that lie with the plan, and of further folders. Ordered by shard.
///
/// # Errors
/// [`MergeError`]: a folder that is no shard, lies in the place of another, was given twice, or was made with other
/// settings than the plan's.
pub fn gather(folder: &Path, also: &[PathBuf], plan: &ShardPlan) -> Result<Vec<Head>, MergeError> {
    let mut heads = Vec::new();
    for (shard, folder) in shard_folders(folder, plan.shards)? {
        let head = read(&folder)?;
        if head.shard != shard {
            return Err(MergeError::Misplaced {
                expected: shard.to_string(),
                found: head.shard,
                folder,
            });
        }
        heads.push(head);
    }
    for folder in also {
        heads.push(read(folder)?);
    }
    let mut places = BTreeSet::new();
    for head in &heads {
        let place = head.folder.canonicalize();
        if !places.insert(place.unwrap_or_else(|_| head.folder.clone())) {
            return Err(MergeError::Twice(head.folder.clone()));
        }
    }
    let differences: Vec<String> = heads
        .iter()
        .flat_map(|head| differences(head, plan))
        .collect();
    if !differences.is_empty() {
        return Err(MergeError::Different(differences));
    }
    // Stable: the folder that lies with the plan stays before its copies.
    heads.sort_by_key(|head| head.shard);
    Ok(heads)
}

fn read(folder: &Path) -> Result<Head, MergeError> {
    let manifest = Manifest::read(&folder.join(names::MANIFEST))?;
    match manifest.shard {
        Some(shard) => Ok(Head {
            shard,
            folder: folder.to_owned(),
            manifest,
        }),
        None => Err(MergeError::NotAShard(folder.to_owned())),
    }
}

fn differences(head: &Head, plan: &ShardPlan) -> Vec<String> {
    let folder = head.folder.display();
    let mut lines = Vec::new();
    if head.shard.of() != plan.shards {
        let (planned, found) = (plan.shards, head.shard.of());
        lines.push(format!(
            "{folder}: a shard of {found}, the plan has {planned} shards"
        ));
    }
    let settings = plan.run.differences(&head.manifest.whole());
    lines.extend(settings.into_iter().map(|line| format!("{folder}:{line}")));
    lines
}

/// The manifest of the merged run: the plan's settings, the judges and the declaration of the shards and of what is
/// there already.
///
/// # Errors
/// [`MergeError::Different`] where judges of one name, declarations, or the run that is there differ.
pub fn manifest(
    plan: &ShardPlan,
    heads: &[Head],
    recorded: Option<&Manifest>,
    whole: &Path,
) -> Result<Manifest, MergeError> {
    let mut faults = Vec::new();
    let mut merged = plan.run.clone();
    if let Some(recorded) = recorded {
        if let Some(shard) = recorded.shard {
            return Err(MergeError::Misplaced {
                folder: whole.to_owned(),
                found: shard,
                expected: "of a whole run, without [shard]".to_owned(),
            });
        }
        let lines = plan.run.differences(recorded);
        faults.extend(
            lines
                .iter()
                .map(|line| format!("{}:{line}", whole.display())),
        );
    }
    let declared: BTreeSet<_> = heads
        .iter()
        .map(|head| digest(head.manifest.declaration))
        .collect();
    if declared.len() > 1 {
        faults.extend(heads.iter().map(|head| {
            let digest = digest(head.manifest.declaration);
            format!("{}: declaration {digest}", head.folder.display())
        }));
    }
    let all = heads.iter().map(|head| (&head.folder, &head.manifest));
    let whole = whole.to_owned();
    for (folder, manifest) in all.chain(recorded.map(|manifest| (&whole, manifest))) {
        match (merged.declaration, manifest.declaration) {
            (Some(one), Some(other)) if one != other => {
                faults.push(format!("{}: another declaration", folder.display()));
            }
            (known, now) => merged.declaration = known.or(now),
        }
        unite_provenance(&mut merged.model.provenance, &manifest.model.provenance);
        for judge in &manifest.judges {
            if let Err(fault) = add_judge(&mut merged.judges, judge) {
                faults.push(format!("{}: {fault}", folder.display()));
            }
        }
    }
    match faults.is_empty() {
        true => Ok(merged),
        false => Err(MergeError::Different(faults)),
    }
}

fn digest(declaration: Option<DeclarationSection>) -> String {
    declaration.map_or("none".to_owned(), |found| found.digest.short(12))
}

/// Adds a judge, or what is new of it.
///
/// # Errors
/// Another judge has its name.
pub fn add_judge(judges: &mut Vec<JudgeSection>, judge: &JudgeSection) -> Result<(), String> {
    let name = &judge.identity.name;
    match judges.iter_mut().find(|known| known.identity.name == *name) {
        None => judges.push(judge.clone()),
        Some(known) if known.digest == judge.digest => {
            known.repeats = known.repeats.max(judge.repeats);
            unite_provenance(&mut known.provenance, &judge.provenance);
        }
        Some(known) => {
            let (one, other) = (known.digest.short(12), judge.digest.short(12));
            return Err(format!(
                "judge {name} has other settings (digest {other}) than in other shards ({one})"
            ));
        }
    }
    Ok(())
}
