//! The steps from an official folder to a figure, as commands.

use std::fs;
use std::path::Path;
use std::process::Output;

use crate::cli_world::{World, stderr, stdout};
use crate::suite_fixture;

/// Types of edits of GEdit-Bench.
pub(super) const GEDIT_TYPES: [&str; 11] = [
    "background_change",
    "color_alter",
    "material_alter",
    "motion_change",
    "ps_human",
    "style_change",
    "subject-add",
    "subject-remove",
    "subject-replace",
    "text_change",
    "tone_transfer",
];

pub(super) fn png(side: u32, number: u32) -> Vec<u8> {
    suite_fixture::picture(side, number, image::ImageFormat::Png)
}

pub(super) fn put(path: &Path, bytes: impl AsRef<[u8]>) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, bytes).unwrap();
}

pub(super) fn done(output: &Output) {
    assert_eq!(output.status.code(), Some(0), "{}", stderr(output));
}

/// Imports the tasks that are there into `suite-NAME`.
pub(super) fn import(world: &World, source: &str, suite: &str) -> Output {
    let mut import = world.command("http://127.0.0.1:1/v1");
    import.args([
        "suite",
        "import",
        source,
        "--suite",
        suite,
        "--counts-as-found",
    ]);
    import
        .args(["-o", &format!("suite-{suite}")])
        .output()
        .unwrap()
}

pub(super) fn run(
    world: &World,
    url: &str,
    suite: &str,
    model: &str,
    judge: &str,
    name: &str,
) -> Output {
    let mut run = world.command(url);
    run.args([
        "run",
        "--suite",
        suite,
        "--model",
        &format!("replay:{model}"),
    ]);
    run.args(["--judge", judge, "--name", name, "--no-progress"]);
    run.output().unwrap()
}

/// The official figure of a metric as it is printed.
pub(super) fn official(output: &Output, metric: &str) -> String {
    let shown = stdout(output);
    let mut lines = shown
        .lines()
        .skip_while(|line| !line.starts_with("Figures"));
    let line = lines.find(|line| line.starts_with(&format!("{metric} ")));
    let line = line.unwrap_or_else(|| panic!("no {metric} in {shown}"));
    line.split_whitespace().nth(1).unwrap().to_owned()
}
