//! The `parabench` binary.
fn main() {}
