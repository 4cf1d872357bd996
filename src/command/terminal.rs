//! The one way to standard output and standard error. What is printed may hold text of strangers, so nothing of it
//! steers the terminal; and printing never ends a program half-way: a reader that went away ends it quietly, a full
//! disk is told at the end.
//!
//! `print!`, `println!` and `eprintln!` mean these functions in the whole of `command`.

use std::fmt;
use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};

use anyhow::Context;

use terminal_size::{Width, terminal_size_of};

use crate::common::plain;
use crate::report::columns::{LINE, narrowed};
use crate::report::table::text::Detail;

/// Why standard output takes no more.
static FAILED: Mutex<Option<io::Error>> = Mutex::new(None);

macro_rules! print {
    ($($arg:tt)*) => { $crate::command::terminal::print(&format!($($arg)*)) };
}

macro_rules! println {
    () => { $crate::command::terminal::print("\n") };
    ($($arg:tt)*) => { $crate::command::terminal::print(&(format!($($arg)*) + "\n")) };
}

macro_rules! eprintln {
    ($($arg:tt)*) => { $crate::command::terminal::say(&(format!($($arg)*) + "\n")) };
}

/// Prints on standard output. Once that takes no more, nothing is written any more.
pub fn print(text: &str) {
    write(&plain::lines(text));
}

/// Prints a text of prose and tables on standard output, the prose in lines that every terminal has.
pub fn print_prose(text: &str) {
    print(&narrowed(text));
}

/// Prints JSON on standard output. Hidden characters in it are escaped, not replaced: the data stay what they are.
pub fn print_json_text(json: &str) {
    write(&(plain::json(json) + "\n"));
}

fn write(text: &str) {
    let mut failed = FAILED.lock().unwrap_or_else(PoisonError::into_inner);
    if failed.is_some() {
        return;
    }
    let mut out = io::stdout().lock();
    *failed = out
        .write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .err();
}

/// Prints on standard error. Where that takes nothing, there is no place left to say so.
pub fn say(text: &str) {
    let _ = io::stderr().lock().write_all(plain::lines(text).as_bytes());
}

/// Asks on the terminal and takes nothing but a yes; where nobody can answer, the answer is no.
pub fn confirm(question: &str) -> bool {
    if !io::stdin().is_terminal() || !io::stderr().is_terminal() {
        return false;
    }
    say(&format!("{question} [y/N]\n"));
    let mut answer = String::new();
    let read = io::stdin().read_line(&mut answer);
    read.is_ok() && matches!(answer.trim().to_ascii_lowercase().as_str(), "y" | "yes")
}

/// Whether everything that was printed arrived, or its reader had seen enough.
///
/// # Errors
/// Standard output took no more, for example because the disk is full.
pub fn finish() -> anyhow::Result<()> {
    let failed = FAILED.lock().unwrap_or_else(PoisonError::into_inner).take();
    match failed {
        Some(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("cannot write to standard output")
        }
        _ => Ok(()),
    }
}

/// Standard error for log lines, through [`say`].
#[derive(Clone, Copy, Debug)]
pub struct Said;

impl Write for Said {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        say(&String::from_utf8_lossy(bytes));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// What is shown of a table: everything with `--full`, else what fits into a line of the terminal, or into [`LINE`]
/// characters where standard output is something else.
pub fn detail(full: bool) -> Detail {
    match full {
        true => Detail::Full,
        false => Detail::Within(width().unwrap_or(LINE)),
    }
}

/// What is shown of a list that has no `--full`: what fits into a line of the terminal, everything where standard
/// output is something else.
pub fn listing_detail() -> Detail {
    width().map_or(Detail::Full, Detail::Within)
}

/// Characters in a line of the terminal, at least [`LINE`]; none where standard output is no terminal.
fn width() -> Option<usize> {
    let (Width(columns), _) = terminal_size_of(io::stdout())?;
    Some(usize::from(columns).max(LINE))
}

/// A text for one line of what is printed, from outside: no line break of it begins a line of its own.
pub fn line(text: &dyn fmt::Display) -> String {
    plain::line(&text.to_string())
}
