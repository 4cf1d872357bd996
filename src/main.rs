//! The `parabench` binary: calls [`command::main`].

#![warn(missing_docs)]
#![warn(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::dbg_macro,
    clippy::todo
)]

use std::process::ExitCode;

use parabench::command;

fn main() -> ExitCode {
    #[cfg(unix)]
    if let Some(code) = parabench::model::command::enter() {
        return code;
    }
    command::main()
}
