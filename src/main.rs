//! The `parabench` binary: parse arguments, call a command, map errors to exit codes.

#![warn(missing_docs)]
#![warn(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::dbg_macro,
    clippy::todo
)]

use std::process::ExitCode;

use clap::Parser;
use parabench::command::{self, Cli};

fn main() -> ExitCode {
    command::start_logging();
    let exit = command::run(Cli::parse()).unwrap_or_else(|error| {
        eprintln!("error: {error:#}");
        command::exit_of_error(&error)
    });
    ExitCode::from(exit.code())
}
