//! Embedded pictures on disk until they are written: a data set may hold many gigabytes of them.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;

use crate::common::files;

/// Longest value that stays in memory, in bytes.
const KEPT: usize = 4 << 10;
/// Bytes of a spooled value that stay in memory: enough to recognise what it is.
const HEAD: usize = 512;

/// A file without a name that holds long values one behind the other.
#[derive(Debug)]
pub struct Spool(Mutex<File>);

impl Spool {
    /// An empty spool in the cache folder, or where that cannot be written, in the temporary folder.
    ///
    /// # Errors
    /// Neither folder takes a file.
    pub(super) fn new() -> io::Result<Arc<Self>> {
        let cache = files::cache_folder();
        let file = std::fs::create_dir_all(&cache).and_then(|()| tempfile::tempfile_in(&cache));
        let file = file.or_else(|_| tempfile::tempfile())?;
        Ok(Arc::new(Self(Mutex::new(file))))
    }

    /// Stores a value.
    ///
    /// # Errors
    /// The disk is full.
    pub(super) fn put(self: &Arc<Self>, bytes: &[u8]) -> io::Result<Blob> {
        if bytes.len() <= KEPT {
            return Ok(Blob::Memory(Bytes::copy_from_slice(bytes)));
        }
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let offset = file.seek(SeekFrom::End(0))?;
        file.write_all(bytes)?;
        Ok(Blob::Disk {
            spool: Arc::clone(self),
            offset,
            length: bytes.len(),
            head: Bytes::copy_from_slice(bytes.get(..HEAD).unwrap_or(bytes)),
        })
    }

    fn read(&self, offset: u64, length: usize) -> io::Result<Vec<u8>> {
        let mut file = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        file.seek(SeekFrom::Start(offset))?;
        let mut bytes = vec![0; length];
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}

/// Raw bytes of a record.
#[derive(Clone, Debug)]
pub enum Blob {
    /// Few.
    Memory(Bytes),
    /// Many.
    #[doc(hidden)]
    Disk {
        /// Where they lie.
        spool: Arc<Spool>,
        /// From which byte on.
        offset: u64,
        /// How many.
        length: usize,
        /// The first of them.
        head: Bytes,
    },
}

impl Blob {
    /// How the bytes begin.
    pub(super) fn head(&self) -> &[u8] {
        match self {
            Self::Memory(bytes) => bytes,
            Self::Disk { head, .. } => head,
        }
    }

    /// All bytes.
    ///
    /// # Errors
    /// The disk fails.
    pub(super) fn load(&self) -> io::Result<Bytes> {
        match self {
            Self::Memory(bytes) => Ok(bytes.clone()),
            Self::Disk {
                spool,
                offset,
                length,
                ..
            } => Ok(spool.read(*offset, *length)?.into()),
        }
    }
}

impl PartialEq for Blob {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Memory(a), Self::Memory(b)) => a == b,
            (Self::Disk { offset: a, .. }, Self::Disk { offset: b, .. }) => a == b,
            _ => false,
        }
    }
}
