//! What a program says on standard error: its end kept for messages, all of it
//! (bounded) in a log file.

use std::collections::VecDeque;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncReadExt, BufReader};
use tokio::process::ChildStderr;
use tokio::task::JoinHandle;

use crate::common::plain::excerpt;

/// Bytes kept in memory of one program.
const TAIL_BYTES: usize = 16 << 10;
/// Longest log file; more is not written.
const MAX_LOG_BYTES: u64 = 16 << 20;
/// Bytes and lines quoted in a message.
const QUOTED: (usize, usize) = (2000, 12);

/// Where the log of one program goes. A program may run before its folder is known.
#[derive(Clone, Debug)]
pub(super) struct LogPlace {
    /// The folder of the logs.
    pub(super) folder: Arc<OnceLock<PathBuf>>,
    /// The name of the file.
    pub(super) name: String,
}

/// Reads standard error in the background.
pub(super) struct Stderr {
    tail: Arc<Mutex<VecDeque<u8>>>,
    reader: JoinHandle<()>,
}

impl Stderr {
    /// Begins to read; the log is appended to.
    pub(super) fn follow(pipe: ChildStderr, log: LogPlace) -> Self {
        let tail = Arc::new(Mutex::new(VecDeque::new()));
        let reader = tokio::spawn(read_all(pipe, Arc::clone(&tail), log));
        Self { tail, reader }
    }

    /// The last lines, after a moment in which the pipe may run empty.
    pub(super) async fn last_lines(&mut self) -> String {
        if !self.reader.is_finished() {
            let _ = tokio::time::timeout(Duration::from_millis(500), &mut self.reader).await;
        }
        let tail = self.tail.lock().unwrap_or_else(PoisonError::into_inner);
        let bytes: Vec<u8> = tail.iter().copied().collect();
        quoted(&String::from_utf8_lossy(&bytes))
    }
}

impl Drop for Stderr {
    fn drop(&mut self) {
        // Something the program started may hold the pipe open for ever.
        self.reader.abort();
    }
}

/// The end of a text, for a message.
fn quoted(text: &str) -> String {
    let (bytes, count) = QUOTED;
    let text = text.trim();
    let from = text.ceil_char_boundary(text.len().saturating_sub(bytes));
    let mut lines: Vec<&str> = text.get(from..).unwrap_or("").lines().rev().collect();
    lines.truncate(count);
    lines.reverse();
    excerpt(&lines.join("\n"), bytes)
}

async fn read_all(pipe: ChildStderr, tail: Arc<Mutex<VecDeque<u8>>>, place: LogPlace) {
    let mut log = None;
    let mut pipe = BufReader::new(pipe);
    let mut chunk = vec![0; 8 << 10];
    while let Ok(length @ 1..) = pipe.read(&mut chunk).await {
        let bytes = chunk.get(..length).unwrap_or_default();
        let mut tail = tail.lock().unwrap_or_else(PoisonError::into_inner);
        if log.is_none()
            && let Some(folder) = place.folder.get()
        {
            // What was said before the folder was known comes first.
            let earlier = tail.make_contiguous();
            log = Some(Log::open(&folder.join(&place.name)).with(earlier));
        }
        if let Some(log) = &mut log {
            log.append(bytes);
        }
        tail.extend(bytes);
        let surplus = tail.len().saturating_sub(TAIL_BYTES);
        tail.drain(..surplus);
    }
}

/// A log file that does not grow for ever.
struct Log {
    /// `None` where it cannot be written.
    file: Option<File>,
    left: u64,
}

impl Log {
    fn open(path: &Path) -> Self {
        let open = || {
            if let Some(folder) = path.parent() {
                std::fs::create_dir_all(folder)?;
            }
            let file = OpenOptions::new().create(true).append(true).open(path)?;
            let left = MAX_LOG_BYTES.saturating_sub(file.metadata()?.len());
            Ok::<_, std::io::Error>((file, left))
        };
        match open() {
            Ok((file, left)) => Self {
                file: Some(file),
                left,
            },
            Err(error) => {
                tracing::warn!("no log of the program: {error}");
                Self {
                    file: None,
                    left: 0,
                }
            }
        }
    }

    fn with(mut self, bytes: &[u8]) -> Self {
        self.append(bytes);
        self
    }

    /// Appends what still fits. A log that cannot be written is no reason to stop.
    fn append(&mut self, bytes: &[u8]) {
        let Some(file) = &mut self.file else { return };
        let fits = bytes
            .len()
            .min(usize::try_from(self.left).unwrap_or(usize::MAX));
        if let Some(bytes) = bytes.get(..fits)
            && file.write_all(bytes).is_ok()
        {
            self.left -= fits as u64;
        } else {
            self.left = 0;
        }
    }
}
