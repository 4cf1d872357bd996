//! Where each half of each answer lies, and reading it again.

use std::collections::BTreeMap;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use rayon::prelude::*;
use serde_json::Map;

use super::names::Half;
use super::texts;

use crate::common::digest::Digest;
use crate::common::files::FileError;
use crate::common::outside::Folder;
use crate::common::picture::{self, MAX_ENCODED_BYTES};
use crate::model::{Failure, FailureKind, ModelError};

/// Index of a task in the suite, and number of the sample.
pub(super) type Slot = (usize, u32);

/// Where one half of an answer lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// Nowhere.
    Absent,
    /// A record says that the model answered without it.
    Null,
    /// A file of its own.
    File {
        /// Relative to the folder.
        relative: String,
        /// Digest of its content, once [`check_files`] has run.
        digest: Option<Digest>,
        /// Why its content is no half of an answer, as [`check_files`] found.
        broken: Option<Failure>,
        /// How a text had to be read, where it is not plain UTF-8.
        remark: Option<&'static str>,
    },
    /// A string of a record.
    Record(Line),
    /// There should be a file, and none that can be read: lost, whatever `absent=` says.
    Lost(Failure),
}

impl Source {
    /// Bytes that are equal only for equal content.
    fn fingerprint(&self) -> Vec<u8> {
        match self {
            Self::Absent => b"absent".to_vec(),
            Self::Null => b"null".to_vec(),
            Self::Lost(failure) => failure.message.as_bytes().to_vec(),
            Self::Record(line) => line.digest.as_bytes().to_vec(),
            Self::File { digest, .. } => {
                digest.map_or_else(Vec::new, |digest| digest.as_bytes().to_vec())
            }
        }
    }
}

/// A line of a records file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Line {
    /// Where it begins, in bytes.
    pub(super) offset: u64,
    /// Its length without the line feed, in bytes.
    pub(super) bytes: usize,
    /// Digest of the line.
    pub(super) digest: Digest,
}

/// Both halves of a stored answer.
#[derive(Clone, Debug)]
pub(super) struct Stored {
    /// The reasoning text.
    pub(super) reasoning: Source,
    /// The picture.
    pub(super) image: Source,
}

impl Stored {
    /// Nothing yet.
    pub(super) const ABSENT: Self = Self {
        reasoning: Source::Absent,
        image: Source::Absent,
    };
}

/// All stored answers.
pub(super) type Answers = BTreeMap<Slot, Stored>;

impl Source {
    /// A file that is there.
    pub(super) fn file(relative: &str) -> Self {
        Self::File {
            relative: relative.to_owned(),
            digest: None,
            broken: None,
            remark: None,
        }
    }

    /// Why there is nothing to show although there should be.
    pub(super) fn lost(&self) -> Option<&Failure> {
        match self {
            Self::File { broken, .. } => broken.as_ref(),
            Self::Lost(failure) => Some(failure),
            Self::Absent | Self::Null | Self::Record(_) => None,
        }
    }
}

/// Digests every file of the answers and looks whether it is sound, on all cores. A file that
/// is broken or too long is noted in its source.
///
/// # Errors
/// The first file, by name, that cannot be read.
pub(super) fn check_files(folder: &Folder, answers: &mut Answers) -> Result<(), ModelError> {
    let mut halves: Vec<(Half, &mut Source)> = answers
        .values_mut()
        .flat_map(|stored| {
            [
                (Half::Text, &mut stored.reasoning),
                (Half::Picture, &mut stored.image),
            ]
        })
        .collect();
    let faults: Vec<FileError> = halves
        .par_iter_mut()
        .filter_map(|(half, source)| check_file(folder, *half, source).err())
        .collect();
    match faults.into_iter().next() {
        None => Ok(()),
        Some(fault) => Err(ModelError::caused_by(
            "replay: a stored answer cannot be read; make it readable or remove it",
            fault,
        )),
    }
}

fn check_file(folder: &Folder, half: Half, source: &mut Source) -> Result<(), FileError> {
    let Source::File {
        relative,
        digest,
        broken,
        remark,
    } = source
    else {
        return Ok(());
    };
    let bytes = match folder.read(relative, MAX_ENCODED_BYTES) {
        Ok(bytes) => bytes,
        Err(error @ FileError::TooLong { .. }) => {
            let message =
                format!("{relative}: longer than the {MAX_ENCODED_BYTES} bytes that are read");
            tracing::debug!("{error}");
            *source = Source::Lost(Failure::new(FailureKind::Oversized, message));
            return Ok(());
        }
        Err(error) => return Err(error),
    };
    *digest = Some(Digest::of(&bytes));
    let failure = match half {
        Half::Picture => picture::decode(&bytes)
            .err()
            .map(|error| Failure::of_picture(&error)),
        Half::Text => {
            let mut details = Map::new();
            let read = texts::reasoning(bytes, &mut details);
            *remark = texts::remark(&details);
            read.err()
                .map(|why| Failure::new(FailureKind::BrokenFile, why))
        }
    };
    *broken = failure.map(|failure| {
        let message = format!("{relative}: {}", failure.message);
        Failure::new(failure.kind, message)
    });
    Ok(())
}

/// Digest over everything that is replayed: a changed folder is another model.
/// `name_of` gives the id of a task; the order of the tasks does not matter.
pub(super) fn digest_of<'a>(answers: &Answers, name_of: impl Fn(usize) -> &'a str) -> Digest {
    let mut digests: Vec<Digest> = answers
        .iter()
        .map(|((task, sample), stored)| {
            let [text, picture] = [&stored.reasoning, &stored.image].map(Source::fingerprint);
            let name = name_of(*task).as_bytes();
            Digest::of_fields([name, &sample.to_le_bytes(), &text, &picture])
        })
        .collect();
    digests.sort();
    Digest::of_fields(digests.iter().map(|digest| digest.as_bytes().as_slice()))
}

/// Reads a file again, which must be what was digested.
///
/// # Errors
/// The file is gone or changed since: lost.
pub(super) fn read_file(
    folder: &Folder,
    relative: &str,
    digest: Option<Digest>,
) -> Result<Vec<u8>, Failure> {
    let read = folder.read(relative, MAX_ENCODED_BYTES);
    let bytes = read.map_err(|error| changed(&error))?;
    same(Path::new(relative), &bytes, digest)?;
    Ok(bytes)
}

/// Reads a line of a records file again.
///
/// # Errors
/// The file is gone or changed since: lost.
pub(super) fn read_line(folder: &Folder, name: &str, line: Line) -> Result<Vec<u8>, Failure> {
    let path = Path::new(name);
    let mut file = folder.open(name).map_err(|error| changed(&error))?;
    let mut read = || -> std::io::Result<Vec<u8>> {
        file.seek(SeekFrom::Start(line.offset))?;
        let mut bytes = vec![0; line.bytes];
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().map_err(|error| changed(&FileError::at(path)(error)))?;
    same(path, &bytes, Some(line.digest))?;
    Ok(bytes)
}

fn same(path: &Path, bytes: &[u8], digest: Option<Digest>) -> Result<(), Failure> {
    if digest.is_none_or(|digest| digest == Digest::of(bytes)) {
        return Ok(());
    }
    Err(changed(&path.display()))
}

/// The loss of what is not any more what the survey saw.
fn changed(what: &dyn std::fmt::Display) -> Failure {
    Failure::new(
        FailureKind::BrokenFile,
        format!(
            "{what}: changed or removed after it was opened; leave the folder alone during a run, \
             and start a new run with the changed answers"
        ),
    )
}
