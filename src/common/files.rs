//! Files whose content or name is not trusted: bounded reads, contained paths,
//! writes that are whole or not there.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Component, Path, PathBuf};

use thiserror::Error;

/// Longest name that an id may give a file, in bytes; every common file system
/// allows 255, and extensions are added.
pub const MAX_NAME_BYTES: usize = 128;

/// How the names of files begin that are being written: [`write_atomic`] renames them when they are whole.
pub const PARTIAL: &str = ".partial-";

/// Why a file could not be read or written. Always names the file and says the whole reason, so that
/// chains of causes do not repeat it.
#[derive(Debug, Error)]
pub enum FileError {
    /// The operating system refused.
    #[error("{}: {reason}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: io::Error,
    },
    /// The file is longer than its reader allows.
    #[error("{}: longer than the {limit} bytes that are read of such a file", path.display())]
    TooLong {
        /// The file.
        path: PathBuf,
        /// Bytes allowed.
        limit: u64,
    },
    /// A folder that is trusted belongs to somebody else.
    #[error(
        "{} belongs to another user, who could change what is read from it; set PARABENCH_CACHE to a folder of your own",
        path.display()
    )]
    Foreign {
        /// The folder.
        path: PathBuf,
    },
    /// It is no regular file: opening it could wait for ever, or have effects.
    #[error("{}: {what}; a regular file is expected", path.display())]
    NotRegular {
        /// What was named.
        path: PathBuf,
        /// What it is, for example "a named pipe".
        what: &'static str,
    },
    /// A link, or a path with `..`, leads out of the folder that the file must lie in.
    #[error("{}: it leads to {}, outside of {}; put a copy of the file there instead of a link", path.display(), target.display(), folder.display())]
    Outside {
        /// What was named.
        path: PathBuf,
        /// Where it leads.
        target: PathBuf,
        /// The folder that it must lie in.
        folder: PathBuf,
    },
    /// The file is not UTF-8.
    #[error("{}: not UTF-8 (first bad byte at offset {offset})", path.display())]
    NotUtf8 {
        /// The file.
        path: PathBuf,
        /// Offset of the first bad byte.
        offset: usize,
    },
}

impl FileError {
    /// Attaches the path to an I/O error; made for `map_err`.
    pub fn at(path: &Path) -> impl FnOnce(io::Error) -> Self {
        let path = path.to_owned();
        move |reason| Self::Io { path, reason }
    }

    /// As an I/O error that says the same, for callers that name the file themselves.
    pub fn into_io(self) -> io::Error {
        match self {
            Self::Io { reason, .. } => reason,
            Self::NotRegular { what, .. } => {
                io::Error::other(format!("it is {what}; a regular file is expected"))
            }
            other => io::Error::other(other.to_string()),
        }
    }

    /// Whether the file is simply not there.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Io { reason, .. } if reason.kind() == io::ErrorKind::NotFound)
    }
}

/// Opens a regular file for reading. Named pipes, devices, sockets and folders are refused at once,
/// without waiting for a writer. Links are followed: where the *name* is not trusted, open it through
/// [`Folder`](super::outside::Folder).
///
/// # Errors
/// [`FileError::Io`] and [`FileError::NotRegular`].
pub fn open_regular(path: &Path) -> Result<File, FileError> {
    let regular = |kind: fs::FileType| match special(kind) {
        None => Ok(()),
        Some(what) => Err(FileError::NotRegular {
            path: path.to_owned(),
            what,
        }),
    };
    // Looked at before it is opened, because opening a device may already do something; and again
    // afterwards, because it may have been swapped.
    regular(fs::metadata(path).map_err(FileError::at(path))?.file_type())?;
    let mut options = fs::OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::custom_flags(
        &mut options,
        rustix::fs::OFlags::NONBLOCK.bits().cast_signed(),
    );
    let file = options.open(path).map_err(FileError::at(path))?;
    let opened = file.metadata().map_err(FileError::at(path))?;
    regular(opened.file_type())?;
    Ok(file)
}

/// What something is that is no regular file.
pub(super) fn special(kind: fs::FileType) -> Option<&'static str> {
    if kind.is_file() {
        return None;
    }
    if kind.is_dir() {
        return Some("a folder");
    }
    #[cfg(unix)]
    {
        use std::os::unix::fs::FileTypeExt;
        if kind.is_fifo() {
            return Some("a named pipe");
        }
        if kind.is_socket() {
            return Some("a socket");
        }
        if kind.is_char_device() || kind.is_block_device() {
            return Some("a device");
        }
    }
    Some("no file")
}

/// Reads a regular file of at most `limit` bytes.
///
/// # Errors
/// [`FileError::Io`], [`FileError::NotRegular`] and [`FileError::TooLong`].
pub fn read_bounded(path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    read_open(open_regular(path)?, path, limit)
}

/// Reads an open file of at most `limit` bytes; `path` is for messages.
pub(super) fn read_open(file: File, path: &Path, limit: u64) -> Result<Vec<u8>, FileError> {
    let expected = file.metadata().map_or(0, |meta| meta.len()).min(limit);
    let mut bytes = Vec::with_capacity(expected as usize);
    file.take(limit + 1)
        .read_to_end(&mut bytes)
        .map_err(FileError::at(path))?;
    if bytes.len() as u64 > limit {
        return Err(FileError::TooLong {
            path: path.to_owned(),
            limit,
        });
    }
    Ok(bytes)
}

/// Reads a UTF-8 file of at most `limit` bytes.
///
/// # Errors
/// Those of [`read_bounded`], and [`FileError::NotUtf8`].
pub fn read_text_bounded(path: &Path, limit: u64) -> Result<String, FileError> {
    utf8(read_bounded(path, limit)?, path)
}

/// Bytes as text; `path` is for messages.
pub(super) fn utf8(bytes: Vec<u8>, path: &Path) -> Result<String, FileError> {
    String::from_utf8(bytes).map_err(|error| FileError::NotUtf8 {
        path: path.to_owned(),
        offset: error.utf8_error().valid_up_to(),
    })
}

/// Writes a file so that it is either wholly there or not there: into a
/// temporary file beside it, synced, then renamed over it. Its permissions are those of
/// any new file, so that a report can be read by others.
///
/// # Errors
/// [`FileError::Io`].
pub fn write_atomic(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    write_named(path, bytes, |file| file.as_file().sync_data())
}

/// Writes a file of a cache: whole or not at all for other processes, but not waited for until it is on the disk. After
/// the machine lost its power it may be cut off, so its reader must check it.
///
/// # Errors
/// [`FileError::Io`].
pub fn write_cached(path: &Path, bytes: &[u8]) -> Result<(), FileError> {
    write_named(path, bytes, |_| Ok(()))
}

fn write_named(
    path: &Path,
    bytes: &[u8],
    sync: impl Fn(&tempfile::NamedTempFile) -> io::Result<()>,
) -> Result<(), FileError> {
    let folder = path.parent().unwrap_or(Path::new("."));
    let write = || -> io::Result<()> {
        let mut file = partial_in(folder)?;
        file.write_all(bytes)?;
        sync(&file)?;
        file.persist(path).map_err(|error| error.error)?;
        Ok(())
    };
    write().map_err(FileError::at(path))
}

/// A file in `folder` under a name that says that it is not whole yet; it goes when it is dropped, unless it is given
/// its name.
///
/// # Errors
/// What the system says.
pub fn partial_in(folder: &Path) -> io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(PARTIAL);
    // As other new files: what is written here is meant to be read, by whom the umask lets.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}

/// Removes what a killed process left in a folder of the files it was writing. Only for folders that this process
/// alone writes to.
///
/// # Errors
/// [`FileError::Io`].
pub fn remove_partial(folder: &Path) -> Result<(), FileError> {
    for entry in fs::read_dir(folder).map_err(FileError::at(folder))? {
        let entry = entry.map_err(FileError::at(folder))?;
        if entry
            .file_name()
            .as_encoded_bytes()
            .starts_with(PARTIAL.as_bytes())
        {
            fs::remove_file(entry.path()).map_err(FileError::at(&entry.path()))?;
        }
    }
    Ok(())
}

/// Creates a folder and those above it.
///
/// # Errors
/// [`FileError::Io`].
pub fn create_folder(path: &Path) -> Result<(), FileError> {
    fs::create_dir_all(path).map_err(FileError::at(path))
}

/// Whether a folder that may not be there yet can be made and written to: asked before what will be written is
/// computed or paid for. Leaves nothing behind.
///
/// # Errors
/// [`FileError::Io`] with the folder nearest to it that is there.
pub fn check_writable(folder: &Path) -> Result<(), FileError> {
    let mut above = folder.ancestors();
    let there = above.find(|at| at.as_os_str().is_empty() || at.symlink_metadata().is_ok());
    let there = there.filter(|at| !at.as_os_str().is_empty());
    let there = there.unwrap_or(Path::new("."));
    tempfile::Builder::new()
        .prefix(".parabench-")
        .tempfile_in(there)
        .map(drop)
        // The error of `tempfile` names its own file.
        .map_err(|error| FileError::at(there)(error.kind().into()))
}

/// Whether a text may be the name of a file on every common system: letters,
/// digits, `-`, `_` and `.`, no leading `.` or `-` (hidden; an option or a formula), no trailing `.`, none of the
/// names that Windows keeps for devices, at most [`MAX_NAME_BYTES`].
pub fn is_safe_name(name: &str) -> bool {
    !name.is_empty()
        && name.len() <= MAX_NAME_BYTES
        && !name.starts_with(['.', '-'])
        && !name.ends_with('.')
        && !is_device(name)
        && name
            .bytes()
            .all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
}

/// A name for tables and files made of any text: what is not allowed becomes `-`.
pub fn safe_name(text: &str) -> String {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    let name: String = text
        .trim_matches(['.', '/', ' '])
        .chars()
        .map(|c| if allowed(c) { c } else { '-' })
        .take(MAX_NAME_BYTES)
        .collect();
    if is_safe_name(&name) {
        name
    } else {
        "model".to_owned()
    }
}

/// Whether Windows takes a name for a device, whatever its extension.
fn is_device(name: &str) -> bool {
    let stem = name.split('.').next().unwrap_or(name).to_ascii_uppercase();
    let port = stem
        .strip_prefix("COM")
        .or_else(|| stem.strip_prefix("LPT"));
    matches!(stem.as_str(), "CON" | "PRN" | "AUX" | "NUL")
        || port.is_some_and(|number| matches!(number.as_bytes(), [b'0'..=b'9']))
}

/// Joins a relative path from untrusted data to a folder; `None` when the path
/// is absolute, empty, or leaves the folder.
pub fn join_contained(folder: &Path, relative: &str) -> Option<PathBuf> {
    let path = Path::new(relative);
    let inside = path
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    (inside && !relative.is_empty() && !relative.contains('\\')).then(|| folder.join(path))
}

/// The folder for caches: [`own_cache_folder`], else a folder in the temporary folder.
pub fn cache_folder() -> PathBuf {
    own_cache_folder().unwrap_or_else(|| std::env::temp_dir().join("parabench"))
}

/// The user's own folder for caches: `PARABENCH_CACHE`, else the platform's (`$XDG_CACHE_HOME` or
/// `~/.cache` on Linux, `~/Library/Caches` on macOS, `%LOCALAPPDATA%` on Windows). `None` when no
/// home is known: what is loaded as code is never taken from a folder that others can write to.
pub fn own_cache_folder() -> Option<PathBuf> {
    let of_env = |name: &str| {
        std::env::var_os(name)
            .filter(|value| !value.is_empty())
            .map(PathBuf::from)
    };
    if let Some(folder) = of_env("PARABENCH_CACHE") {
        return Some(folder);
    }
    let platform = if cfg!(target_os = "macos") {
        of_env("HOME").map(|home| home.join("Library/Caches"))
    } else if cfg!(windows) {
        of_env("LOCALAPPDATA")
    } else {
        // The XDG base directory specification: relative paths are to be ignored.
        let xdg = of_env("XDG_CACHE_HOME").filter(|path| path.is_absolute());
        xdg.or_else(|| of_env("HOME").map(|home| home.join(".cache")))
    };
    platform.map(|folder| folder.join("parabench"))
}

/// Refuses a cache folder that another user made: what is kept there decides marks and is loaded as code.
///
/// # Errors
/// [`FileError::Foreign`].
pub fn check_cache_folder() -> Result<(), FileError> {
    let path = cache_folder();
    match is_foreign(&path) {
        true => Err(FileError::Foreign { path }),
        false => Ok(()),
    }
}

/// Whether a file or folder is there and belongs to another user.
#[cfg(unix)]
pub fn is_foreign(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt;
    let own = rustix::process::geteuid().as_raw();
    fs::metadata(path).is_ok_and(|meta| meta.uid() != own)
}

/// Whether a file or folder is there and belongs to another user: not known on this system.
#[cfg(not(unix))]
pub fn is_foreign(_path: &Path) -> bool {
    false
}

#[cfg(test)]
mod tests;
