//! From a checkpoint folder to a score table, through the real binary and a judge on loopback.

use std::fs;
use std::path::Path;

use parabench::common::digest::Digest;
use parabench::model::trajectory::{Trajectory, folder_name};
use parabench::onnx::runtime::{Runtime, RuntimeOptions};
use parabench::run::manifest::Manifest;

use super::world::{SMALL, bundle_a, bundle_m};
use crate::cli_world::{World, log_lines, stderr};
use crate::mock_judge::{MockJudge, Script};

/// `parabench run` with a bundle as the model, into `results/<name>`.
fn run(world: &World, judge: &MockJudge, model: &str, name: &str) -> std::process::Output {
    run_with(world, judge, model, name, &[])
}

fn run_with(
    world: &World,
    judge: &MockJudge,
    model: &str,
    name: &str,
    more: &[&str],
) -> std::process::Output {
    // The binary has a cache of its own here; the library is the one that this process found.
    let runtime = Runtime::open(&RuntimeOptions::default()).unwrap();
    let mut command = world.command(&judge.base_url());
    command
        .env("ORT_DYLIB_PATH", &runtime.found().path)
        .args(["run", "--suite", "suite/", "--model", model])
        .args(["--judge", "judge.toml", "--name", name, "--no-progress"])
        .args(more);
    command.output().unwrap()
}

#[test]
fn trajectories_lie_in_the_run_folder() {
    let world = World::new(2);
    let bundle = bundle_a(world.folder.path());
    let judge = MockJudge::start(Script::honest());
    let model = format!(
        "onnx:{}?{SMALL}&strategy=parallel&block_length=6",
        bundle.display()
    );
    let output = run_with(&world, &judge, &model, "film", &["--trajectory", "every=3"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let films = world.run_folder("film").join("trajectories");
    let folders: Vec<_> = fs::read_dir(&films).unwrap().collect();
    assert_eq!(folders.len(), 4);
    for folder in folders {
        let folder = folder.unwrap().path();
        let film = Trajectory::read(&folder).unwrap();
        let name = folder_name(&film.task, film.sample);
        assert_eq!(folder.file_name().unwrap().to_str(), Some(&*name));
        let after: Vec<_> = film.frames.iter().map(|frame| frame.after_steps).collect();
        assert_eq!(after, [3, 6, 8]);
        for frame in &film.frames {
            assert!(folder.join(&frame.image).is_file(), "{}", frame.image);
        }
    }
    // Recording decides nothing: the same run goes on without it.
    let again = run(&world, &judge, &model, "film");
    assert_eq!(again.status.code(), Some(0), "{}", stderr(&again));
    let wrong = run_with(&world, &judge, &model, "x", &["--trajectory", "3"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(stderr(&wrong).contains("every=N"), "{}", stderr(&wrong));
}

#[test]
fn a_device_that_is_not_there_is_told_before_a_folder_is_made() {
    let world = World::new(1);
    let bundle = bundle_a(world.folder.path());
    let judge = MockJudge::start(Script::honest());
    let model = format!("onnx:{}?{SMALL}&device=cuda:7", bundle.display());
    let output = run(&world, &judge, &model, "gpu");
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("cuda:7 was asked for"),
        "{}",
        stderr(&output)
    );
    assert!(!world.path("results").exists());
    // The library is part of the record, with its hash.
    let model = format!("onnx:{}?{SMALL}", bundle.display());
    let output = run(&world, &judge, &model, "cpu");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let manifest = Manifest::read(&world.run_folder("cpu").join("run.toml")).unwrap();
    let runtime = Runtime::open(&RuntimeOptions::default()).unwrap();
    let hash = Digest::of_file(&runtime.found().path).unwrap().to_string();
    assert_eq!(manifest.model.provenance["onnxruntime.sha256"], hash);
    assert_eq!(
        manifest.model.provenance["onnxruntime.from"],
        "ORT_DYLIB_PATH"
    );
}

fn check(bundle: &Path, world: &World, options: &str, name: &str) {
    let judge = MockJudge::start(Script::honest());
    let model = format!("onnx:{}?{SMALL}&{options}", bundle.display());
    let output = run(world, &judge, &model, name);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let scores = world.scores(name);
    let rows: Vec<&str> = scores.lines().skip(1).collect();
    // Two edits with six axes; two generations with five, and one that does not apply.
    assert_eq!(rows.len(), 24, "{scores}");
    let with = |status: &str| rows.iter().filter(|row| row.ends_with(status)).count();
    assert_eq!((with(",ok"), with(",not-applicable")), (22, 2), "{scores}");
    assert_eq!(log_lines(&world.run_folder(name).join("samples.jsonl")), 4);
    let manifest = fs::read_to_string(world.run_folder(name).join("run.toml")).unwrap();
    for fact in [
        "preset = ",
        "strategy = ",
        "bundle = ",
        "onnxruntime = ",
        "batch = ",
    ] {
        assert!(manifest.contains(fact), "{fact} in {manifest}");
    }
}

#[test]
fn checkpoints_of_both_families_come_to_a_score_table() {
    let world = World::new(2);
    for (bundle, family) in [
        (bundle_a(world.folder.path()), "a"),
        (bundle_m(world.folder.path()), "m"),
    ] {
        check(&bundle, &world, "batch=2", &format!("released-{family}"));
        check(
            &bundle,
            &world,
            "strategy=sequential&block_length=6",
            &format!("sequential-{family}"),
        );
    }
}

#[test]
fn the_same_run_gives_the_same_table() {
    let world = World::new(2);
    let bundle = bundle_a(world.folder.path());
    check(&bundle, &world, "strategy=parallel&block_length=6", "one");
    check(&bundle, &world, "strategy=parallel&block_length=6", "two");
    assert_eq!(world.scores("one"), world.scores("two"));
    let images = |name: &str| {
        let mut names: Vec<_> = fs::read_dir(world.run_folder(name).join("images"))
            .unwrap()
            .map(|entry| entry.unwrap().file_name())
            .collect();
        names.sort();
        names
    };
    assert_eq!(images("one"), images("two"));
}
