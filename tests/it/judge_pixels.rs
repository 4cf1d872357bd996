//! SSIM and PSNR through the real binary, on axes that a suite declares.

use std::fs;

use crate::cli_world::{World, stderr};
use crate::suite_fixture;

const SUITE: &str = r#"format = 2
name = "kept"
version = "1"
licence = "CC0-1.0"

[[axes]]
key = "ssim"
title = "SSIM"
scale = { lo = 0, hi = 1, step = 0.0001 }
sees = ["inputs", "output"]
for = { kinds = ["edit"] }

[[axes]]
key = "psnr"
title = "PSNR, dB"
scale = { lo = 0, hi = 60, step = 0.01 }
sees = ["inputs", "output"]
for = { kinds = ["edit"] }

[[axes]]
key = "liked"
title = "Liked"
scale = { lo = 1, hi = 5 }
sees = ["output"]

[[categories]]
name = "spatial"
kind = "edit"
planned = 3

[[categories]]
name = "scenes"
kind = "generation"
planned = 3
"#;

fn run(world: &World, name: &str) -> std::process::Output {
    let mut command = world.command("http://127.0.0.1:9");
    command.args(["run", "--suite", "suite/", "--model", "replay:answers"]);
    command.args([
        "--judge",
        "pixels",
        "--name",
        name,
        "--no-progress",
        "--allow-missing",
        "1",
    ]);
    command.output().unwrap()
}

#[test]
fn declared_axes_are_computed_from_the_pixels() {
    let world = World::new(3);
    fs::write(world.path("suite/suite.toml"), SUITE).unwrap();
    // The first answer is its input, the second another picture, the third has another size.
    let answer = |number: u32| world.path(&format!("answers/spatial-{number:03}.png"));
    fs::copy(world.path("suite/images/spatial-000.png"), answer(0)).unwrap();
    let larger = suite_fixture::picture(24, 1, image::ImageFormat::Png);
    fs::write(answer(2), larger).unwrap();
    let output = run(&world, "r");
    assert!(output.status.success(), "{}", stderr(&output));
    let scores = world.scores("r");
    let row = |task: &str, axis: &str| {
        let row = scores
            .lines()
            .find(|line| line.contains(task) && line.contains(axis));
        row.unwrap()
            .rsplit(',')
            .take(2)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(row("spatial-000", ",ssim,"), ["ok", "1"]);
    // Equal pictures have no end; the mark is the highest of the scale.
    assert_eq!(row("spatial-000", ",psnr,"), ["ok", "60"]);
    let other = row("spatial-001", ",ssim,");
    assert!(
        other[0] == "ok" && other[1].parse::<f64>().unwrap() < 1.0,
        "{other:?}"
    );
    let other = row("spatial-001", ",psnr,");
    assert!(
        other[0] == "ok" && other[1].parse::<f64>().unwrap() < 60.0,
        "{other:?}"
    );
    for axis in [",ssim,", ",psnr,"] {
        assert_eq!(row("spatial-002", axis)[0], "no-mark");
    }
    // Nothing else is marked: no generation task, no other axis.
    let marked = |what: &str| {
        scores
            .lines()
            .any(|line| line.contains(what) && line.ends_with(",ok"))
    };
    assert!(!marked(",liked,") && !marked("scenes"), "{scores}");
}

/// Without an end a number stands beside the figures, and equal pictures have no mark.
#[test]
fn axes_without_ends_stand_beside_the_figures() {
    let world = World::new(3);
    let endless = SUITE.replace(
        "scale = { lo = 0, hi = 60, step = 0.01 }",
        "scale = { decimals = 2, lo = 0 }",
    );
    fs::write(world.path("suite/suite.toml"), endless).unwrap();
    let equal = world.path("answers/spatial-000.png");
    fs::copy(world.path("suite/images/spatial-000.png"), equal).unwrap();
    let output = run(&world, "r");
    assert!(output.status.success(), "{}", stderr(&output));
    let told = String::from_utf8(output.stdout).unwrap();
    assert!(
        told.contains("Outside the official figures") && told.contains("PSNR, dB"),
        "{told}"
    );
    let scores = world.scores("r");
    let rows = scores
        .lines()
        .filter(|line| line.contains("spatial-") && line.contains(",psnr,"));
    let ends: Vec<bool> = rows.map(|row| row.ends_with(",,no-mark")).collect();
    assert_eq!(ends, [true, false, false], "{scores}");
}

#[test]
fn suites_without_such_axes_are_refused() {
    let world = World::new(1);
    let output = run(&world, "r");
    assert!(!output.status.success());
    let said = stderr(&output);
    assert!(
        said.contains("`ssim` and `psnr`") && said.contains("image_consistency"),
        "{said}"
    );
}
