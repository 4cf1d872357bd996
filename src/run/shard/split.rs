//! Makes a shard of a whole run, so that several machines can judge its answers: the opposite of a merge.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;

use super::links::{is_file, link};
use super::{Membership, Shard};
use crate::common::files::{self, FileError};
use crate::run::RunError;
use crate::run::answer::picture_name;
use crate::run::folder::{names, sync_folder};
use crate::run::journal::{self, Line};
use crate::run::manifest::Manifest;
use crate::run::record::{JudgmentRecord, SampleRecord};

/// Makes the folder of a shard with the answers and marks that the whole run has of its tasks; pictures are linked.
/// Nothing happens where the shard is there already.
///
/// # Errors
/// Logs that cannot be read, files that cannot be written.
pub fn split(
    whole: &Path,
    shards: &Path,
    shard: Shard,
    manifest: &Manifest,
    members: &Membership,
) -> Result<(), RunError> {
    let folder = shards.join(shard.folder_name());
    if folder.join(names::MANIFEST).is_file() {
        return Ok(());
    }
    files::create_folder(shards)?;
    let aside = tempfile::Builder::new()
        .prefix(".splitting-")
        .tempdir_in(shards)
        .map_err(FileError::at(shards))?;
    let images = aside.path().join(names::IMAGES);
    files::create_folder(&images)?;
    let is_own = |task: &str| members.shard_of(task) == Some(shard);
    copy(
        whole,
        aside.path(),
        names::SAMPLES,
        |record: &SampleRecord| {
            if !is_own(&record.task) {
                return Ok(false);
            }
            if let Some(picture) = record.image.given() {
                let name = picture_name(picture);
                let from = whole.join(names::IMAGES).join(&name);
                // One that is gone is a lost picture in the shard as it is in the whole run.
                if is_file(&from) {
                    link(&from, &images.join(name))?;
                }
            }
            Ok(true)
        },
    )?;
    copy(
        whole,
        aside.path(),
        names::JUDGMENTS,
        |record: &JudgmentRecord| Ok(is_own(&record.task)),
    )?;
    let manifest = Manifest {
        shard: Some(shard),
        ..manifest.whole()
    };
    manifest.write(&aside.path().join(names::MANIFEST))?;
    sync_folder(aside.path())?;
    match std::fs::rename(aside.path(), &folder) {
        // Another process of this shard was faster; its lock decides the rest.
        Err(_) if folder.join(names::MANIFEST).is_file() => Ok(()),
        moved => Ok(moved.map_err(FileError::at(&folder))?),
    }
}

/// Copies the lines of a log that are wanted, as they are.
fn copy<R: serde::de::DeserializeOwned>(
    from: &Path,
    to: &Path,
    name: &str,
    wanted: impl Fn(&R) -> Result<bool, FileError>,
) -> Result<(), RunError> {
    let path = to.join(name);
    let file = File::create(&path).map_err(FileError::at(&path))?;
    let mut out = BufWriter::new(file);
    let mut outcome: Result<(), FileError> = Ok(());
    journal::read_lines(&from.join(name), |record: R, line: Line<'_>| {
        if outcome.is_ok() {
            outcome = wanted(&record).and_then(|wanted| match wanted {
                true => out.write_all(line.bytes).map_err(FileError::at(&path)),
                false => Ok(()),
            });
        }
    })?;
    outcome?;
    out.flush()
        .and_then(|()| out.get_ref().sync_all())
        .map_err(FileError::at(&path))?;
    Ok(())
}
