//! The `parabench` binary: calls [`command::main`].

use std::process::ExitCode;

use parabench::command;

fn main() -> ExitCode {
    #[cfg(unix)]
    if let Some(code) = parabench::common::program::enter() {
        return code;
    }
    command::main()
}
