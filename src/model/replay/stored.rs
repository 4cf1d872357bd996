//! Where each half of each answer lies, and reading it again.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

use bytes::Bytes;
use rayon::prelude::*;

use crate::common::digest::Digest;
use crate::common::files::{FileError, read_bounded};
use crate::common::picture::MAX_ENCODED_BYTES;
use crate::model::ModelError;

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
        /// Digest of its content, once [`hash_files`] has run.
        digest: Option<Digest>,
    },
    /// A string of a record.
    Record(Line),
    /// There is something, but nothing a judge could be shown: why.
    Unusable(String),
}

impl Source {
    /// Bytes that are equal only for equal content.
    fn fingerprint(&self) -> Vec<u8> {
        match self {
            Self::Absent => b"absent".to_vec(),
            Self::Null => b"null".to_vec(),
            Self::Unusable(why) => why.as_bytes().to_vec(),
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

/// The source for a file of this size.
pub(super) fn file_source(relative: &str, bytes: u64) -> Source {
    if bytes > MAX_ENCODED_BYTES {
        Source::Unusable(format!(
            "{relative} has {bytes} bytes, more than the {MAX_ENCODED_BYTES} that are read"
        ))
    } else {
        Source::File {
            relative: relative.to_owned(),
            digest: None,
        }
    }
}

/// Digests every file of the answers, on all cores.
///
/// # Errors
/// The first file, by name, that cannot be read.
pub(super) fn hash_files(root: &Path, answers: &mut Answers) -> Result<(), ModelError> {
    let mut halves: Vec<&mut Source> = answers
        .values_mut()
        .flat_map(|stored| [&mut stored.reasoning, &mut stored.image])
        .collect();
    let faults: Vec<FileError> = halves
        .par_iter_mut()
        .filter_map(|source| match source {
            Source::File { relative, digest } => {
                let read = read_bounded(&root.join(&*relative), MAX_ENCODED_BYTES);
                read.map(|bytes| *digest = Some(Digest::of(&bytes))).err()
            }
            _ => None,
        })
        .collect();
    match faults.into_iter().next() {
        None => Ok(()),
        Some(fault) => Err(ModelError::caused_by(
            "replay: a stored answer cannot be read; make it readable or remove it",
            fault,
        )),
    }
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

/// Reads a file again and refuses it when it is not what was digested.
///
/// # Errors
/// The file is gone or changed.
pub(super) fn read_file(
    root: &Path,
    relative: &str,
    digest: Option<Digest>,
) -> Result<Bytes, ModelError> {
    let path = root.join(relative);
    let bytes = read_bounded(&path, MAX_ENCODED_BYTES).map_err(|error| changed(&path, error))?;
    if digest.is_some_and(|digest| digest != Digest::of(&bytes)) {
        return Err(ModelError::new(changed_message(&path)));
    }
    Ok(bytes.into())
}

/// Reads a line of a records file again.
///
/// # Errors
/// The file is gone or changed.
pub(super) fn read_line(path: &Path, line: Line) -> Result<Vec<u8>, ModelError> {
    let read = || -> std::io::Result<Vec<u8>> {
        let mut file = File::open(path)?;
        file.seek(SeekFrom::Start(line.offset))?;
        let mut bytes = vec![0; line.bytes];
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    };
    let bytes = read().map_err(|error| changed(path, FileError::at(path)(error)))?;
    if Digest::of(&bytes) != line.digest {
        return Err(ModelError::new(changed_message(path)));
    }
    Ok(bytes)
}

fn changed(path: &Path, error: FileError) -> ModelError {
    ModelError::caused_by(changed_message(path), error)
}

fn changed_message(path: &Path) -> String {
    format!(
        "replay: {} changed after it was opened; leave the folder alone during a run and start \
         a new run with the changed answers",
        path.display()
    )
}
