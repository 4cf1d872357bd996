//! Writing a planned bundle: into a folder without a name first, so that no half bundle can ever be taken for one.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use rayon::iter::{IntoParallelRefIterator, ParallelIterator};

use super::{BundlePlan, ExportError, ExportReport};
use crate::common::remembered;
use crate::onnx::bundle::{FileRecord, MANIFEST, TOKENIZER};
use crate::onnx::checkpoint::{Linked, link_or_copy};

/// Refuses an output folder that is there, unless it is a bundle that may be replaced.
pub(super) fn refuse_existing(output: &Path, replace: bool) -> Result<(), ExportError> {
    let free = fs::symlink_metadata(output).is_err();
    if free || (replace && output.join(MANIFEST).is_file()) {
        return Ok(());
    }
    Err(ExportError::Exists(output.into()))
}

/// Writes the bundle.
pub(super) fn write(
    mut plan: BundlePlan,
    output: &Path,
    replace: bool,
) -> Result<ExportReport, ExportError> {
    let failed = |source| ExportError::Io {
        path: output.into(),
        source,
    };
    let parent = match output.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(parent).map_err(failed)?;
    // Removed with everything in it unless it is renamed at the end.
    let work = tempfile::Builder::new()
        .prefix(".parabench-export-")
        .tempdir_in(parent)
        .map_err(failed)?;
    let mut files: Vec<(String, Option<Linked>)> = Vec::new();
    for (source, name) in &plan.weights {
        let at_source = |error| ExportError::Io {
            path: source.clone(),
            source: error,
        };
        let linked = link_or_copy(source, &work.path().join(name)).map_err(at_source)?;
        files.push((name.clone(), Some(linked)));
    }
    for (name, bytes) in &plan.graphs {
        fs::write(work.path().join(name), bytes).map_err(failed)?;
        files.push(((*name).into(), None));
    }
    fs::copy(&plan.tokenizer, work.path().join(TOKENIZER)).map_err(failed)?;
    files.push((TOKENIZER.into(), None));
    let records = files
        .par_iter()
        .map(|(name, linked)| record(work.path(), name, *linked))
        .collect();
    plan.manifest.files = io::Result::<Vec<FileRecord>>::map_err(records, failed)?;
    fs::write(work.path().join(MANIFEST), toml::to_string(&plan.manifest)?).map_err(failed)?;
    open_for_others(work.path()).map_err(failed)?;
    put_in_place(work.keep(), output, replace).map_err(failed)?;
    let weights = files
        .into_iter()
        .filter_map(|(name, linked)| Some((name, linked?)))
        .collect();
    Ok(ExportReport {
        bundle: output.into(),
        manifest: plan.manifest,
        notes: plan.notes,
        weights,
    })
}

fn record(folder: &Path, name: &str, linked: Option<Linked>) -> io::Result<FileRecord> {
    let path = folder.join(name);
    Ok(FileRecord {
        name: name.into(),
        bytes: fs::metadata(&path)?.len(),
        sha256: remembered::digest_of(&path)?.to_string(),
        linked,
    })
}

/// Temporary folders are private; a bundle is as readable as any other folder.
#[cfg(unix)]
fn open_for_others(folder: &Path) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn open_for_others(_folder: &Path) -> io::Result<()> {
    Ok(())
}

/// Gives the finished folder its name. What it replaces is set aside first and put back if the rename fails.
fn put_in_place(finished: PathBuf, output: &Path, replace: bool) -> io::Result<()> {
    let aside = finished.with_extension("old");
    let replaced = replace && output.exists();
    let result = if replaced {
        fs::rename(output, &aside)
    } else {
        Ok(())
    };
    let result = result.and_then(|()| fs::rename(&finished, output));
    match result {
        Ok(()) if replaced => fs::remove_dir_all(&aside),
        Ok(()) => Ok(()),
        Err(error) => {
            if replaced && !output.exists() {
                fs::rename(&aside, output)?;
            }
            fs::remove_dir_all(&finished)?;
            Err(error)
        }
    }
}
