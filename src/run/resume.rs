//! What a run that is resumed keeps of its manifest, and what it may add to it.

use std::io;
use std::path::Path;

use crate::common::files::FileError;
use crate::run::RunError;
use crate::run::folder::{RunData, names};
use crate::run::manifest::{JudgeSection, Manifest, add_provenance};

/// Refuses a declaration that comes after the first mark, or that differs from the one that is recorded.
pub(super) fn declare(
    folder: &Path,
    recorded: &Manifest,
    wanted: &Manifest,
) -> Result<(), RunError> {
    let Some(now) = wanted.declaration else {
        return Ok(());
    };
    match recorded.declaration {
        Some(before) if before == now => Ok(()),
        Some(before) => Err(RunError::Different {
            folder: folder.to_owned(),
            differences: format!(
                "  declaration: recorded {}, now {}",
                before.digest.short(12),
                now.digest.short(12)
            ),
        }),
        None if has_marks(folder)? => Err(RunError::DeclaredLate {
            folder: folder.to_owned(),
        }),
        None => Ok(()),
    }
}

/// Whether anything stands in the log of marks, readable or not.
fn has_marks(folder: &Path) -> Result<bool, RunError> {
    let path = folder.join(names::JUDGMENTS);
    match std::fs::metadata(&path) {
        Ok(found) => Ok(found.len() > 0),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(false),
        Err(error) => Err(FileError::at(&path)(error).into()),
    }
}

/// The recorded manifest with the wanted judges and declaration added. A judge that gave no mark yet pins nothing:
/// another one may take its name.
pub(super) fn merge(
    folder: &Path,
    recorded: &Manifest,
    wanted: Manifest,
    data: &mut RunData,
) -> Result<Manifest, RunError> {
    let mut differences = recorded.differences(&wanted);
    let mut merged = recorded.clone();
    merged.declaration = recorded.declaration.or(wanted.declaration);
    add_provenance(&mut merged.model.provenance, &wanted.model.provenance);
    for judge in wanted.judges {
        let name = judge.identity.name.as_str();
        let same_name = |known: &&mut JudgeSection| known.identity.name == name;
        match merged.judges.iter_mut().find(same_name) {
            None => merged.judges.push(judge),
            Some(known)
                if known.digest == judge.digest
                    || known.is_unnumbered(&judge) && data.has_marks_of(name) =>
            {
                known.repeats = known.repeats.max(judge.repeats);
                add_provenance(&mut known.provenance, &judge.provenance);
            }
            Some(known) if !data.has_marks_of(name) => {
                data.marks.remove(name);
                *known = judge;
            }
            Some(known) => differences.extend(judge_differences(known, &judge)),
        }
    }
    if differences.is_empty() {
        return Ok(merged);
    }
    Err(RunError::Different {
        folder: folder.to_owned(),
        differences: differences.join("\n"),
    })
}

fn judge_differences(known: &JudgeSection, now: &JudgeSection) -> Vec<String> {
    let (before, after) = (&known.identity.details, &now.identity.details);
    let keys: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let name = &known.identity.name;
    let shown = |value: Option<&String>| value.map_or("absent".to_owned(), |v| format!("{v:?}"));
    keys.into_iter()
        .filter(|key| before.get(*key) != after.get(*key))
        .map(|key| {
            let (old, new) = (shown(before.get(key)), shown(after.get(key)));
            format!("  judge {name}.{key}: recorded {old}, now {new}")
        })
        .collect()
}
