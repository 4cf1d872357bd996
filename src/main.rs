//! The `parabench` binary.

fn main() -> std::process::ExitCode {
    parabench::main()
}
