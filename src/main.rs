//! The `parabench` binary: calls [`command::main`].

use std::process::ExitCode;

use parabench::command;

fn main() -> ExitCode {
    #[cfg(unix)]
    if let Some(code) = parabench::model::command::enter() {
        return code;
    }
    command::main()
}
