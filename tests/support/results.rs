//! The real binary on a folder of runs.

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;

pub fn parabench(results: &Path, arguments: &[&str]) -> Output {
    Command::cargo_bin("parabench")
        .unwrap()
        .args(arguments)
        .env("PARABENCH_RESULTS", results)
        .output()
        .unwrap()
}

pub fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What a command that succeeds prints.
#[allow(dead_code, reason = "each test file uses its part")]
pub fn shown(results: &Path, arguments: &[&str]) -> String {
    let output = parabench(results, arguments);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    text(&output.stdout)
}
