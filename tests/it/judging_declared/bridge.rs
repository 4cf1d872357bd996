//! Bridges between two judges of a suite that declares its axes.

use std::fs;
use std::process::Output;

use parabench::analysis::bridge::file::Bridge;
use serde_json::Value;

use super::label::copy_answers;
use super::world;
use crate::cli_world::{World, stderr};
use crate::envelope;
use crate::mock_judge::{Fault, MockJudge, Script, Seen};

/// The old judge gives 8 and 4.5 (2 where the rubric is that of facts), the new one 6 and 8, to the second model 7 and 8.
fn script() -> Script {
    Script::decide(|seen: &Seen| {
        let new = seen.body.contains("mock-2");
        let second = seen.body.contains("SECOND");
        let named = |key: &str| seen.body.contains(&format!(r#"{key}\": <"#));
        let (key, mark) = match () {
            () if named("semantic_score") => ("semantic_score", ["8", "6"][usize::from(new)]),
            () if named("fact_score") => ("fact_score", ["2", "6"][usize::from(new)]),
            () if named("quality_score") => ("quality_score", ["4.5", "6"][usize::from(new)]),
            () if new && second => ("truth_score", "0"),
            () => ("truth_score", "1"),
        };
        Some(Fault::Words(format!(
            "{{\"reasoning\": \"r\", \"{key}\": {mark}}}"
        )))
    })
}

/// Two runs under the old judge, and a profile of the new one.
fn runs(judge: &MockJudge) -> World {
    let world = world();
    copy_answers(&world);
    for number in 0..4 {
        let words = format!("SECOND-facts-{number}");
        fs::write(world.path(&format!("others/facts-{number}.txt")), words).unwrap();
    }
    for (name, model) in [("a", "replay:answers"), ("b", "replay:others")] {
        let mut command = world.command(&judge.base_url());
        command.args([
            "run",
            "--suite",
            "suite/",
            "--model",
            model,
            "--judge",
            "judge.toml",
        ]);
        let output = command
            .args(["--name", name, "--no-progress"])
            .output()
            .unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    }
    let profile = fs::read_to_string(world.path("judge.toml")).unwrap();
    let profile = profile
        .replace("\"mock\"", "\"mock-new\"")
        .replace("\"mock-1\"", "\"mock-2\"");
    fs::write(world.path("new.toml"), profile).unwrap();
    world
}

fn bridge(world: &World, judge: &MockJudge, arguments: &[&str]) -> Output {
    let mut command = world.command(&judge.base_url());
    command.args(["judge-bridge"]).args(arguments);
    command.args(["--no-progress"]).output().unwrap()
}

const BOTH: [&str; 9] = [
    "a",
    "b",
    "--suite",
    "suite/",
    "--old",
    "judge.toml",
    "--items",
    "10",
    "--json",
];

#[test]
fn the_change_is_told_on_every_axis_and_on_the_score() {
    let judge = MockJudge::start(script());
    let world = runs(&judge);
    let output = bridge(
        &world,
        &judge,
        &[&BOTH[..], &["--new", "new.toml", "-o", "bridge"]].concat(),
    );
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let found: Value = envelope::result(&output.stdout);
    let study = &found["study"];
    let shift = |key: &str| {
        let mut shifts = study["shifts"].as_array().unwrap().iter();
        let found = shifts.find(|shift| shift["metric"]["key"] == key);
        found.unwrap_or_else(|| panic!("no {key}"))["result"]["Ok"].clone()
    };
    // Points of 0 to 100 for marks of 0 to 10: (−20 · 6 + 40 · 4) / 10.
    approx::assert_abs_diff_eq!(shift("sc")["points"].as_f64().unwrap(), 4.0, epsilon = 1e-9);
    approx::assert_abs_diff_eq!(
        shift("pq")["points"].as_f64().unwrap(),
        15.0,
        epsilon = 1e-9
    );
    // One of the two models loses all four tasks.
    approx::assert_abs_diff_eq!(
        shift("truth")["points"].as_f64().unwrap(),
        -50.0,
        epsilon = 1e-9
    );
    // The score: √(8 · 4.5) = 6 on six tasks and √(2 · 4.5) = 3 on four, 4.8 of 10; then √(6 · 6) = 6.
    let overall = shift("overall");
    approx::assert_abs_diff_eq!(overall["old"].as_f64().unwrap(), 48.0, epsilon = 1e-9);
    approx::assert_abs_diff_eq!(overall["new"].as_f64().unwrap(), 60.0, epsilon = 1e-9);
    // Answers that judges were asked about, no computed scores: 10 + 10 + 4.
    assert_eq!(study["runs"][0]["expected"], 24);
    let favour = |key: &str| {
        let mut favours = study["favours"].as_array().unwrap().iter();
        favours
            .find(|favour| favour["metric"]["key"] == key)
            .unwrap()["result"]["Ok"]["points"]
            .clone()
    };
    assert_eq!(
        (favour("truth"), favour("overall")),
        (100.0.into(), 0.0.into())
    );

    // The file stands alone, and joins runs that either judge marked.
    let file = world.path("bridge/bridge.json");
    let read = Bridge::read(&file).unwrap();
    assert!(read.suite.axes.iter().all(|axis| axis.is_declared()));
    assert_eq!(
        read.runs[0].answers[0].marks.len() + read.runs[0].answers[9].marks.len(),
        5
    );
    let only_old = world.run_folder("a");
    let manifest = fs::read_to_string(only_old.join("run.toml")).unwrap();
    assert!(manifest.contains("mock-new"));
    let mut compare = world.command(&judge.base_url());
    compare.args([
        "compare",
        "b",
        "--baseline",
        "a",
        "--bridge",
        "bridge/bridge.json",
        "--json",
    ]);
    let output = compare.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));

    // A mark that the scale does not know is no bridge.
    let text = fs::read_to_string(&file).unwrap();
    for (from, to) in [
        ("\"4.5\"", "\"4.25\""),
        ("\"truth\":{\"old\"", "\"other\":{\"old\""),
    ] {
        fs::write(&file, text.replacen(from, to, 1)).unwrap();
        let said = Bridge::read(&file).unwrap_err().to_string();
        assert!(said.contains("changed after it was written"), "{said}");
    }
}

#[test]
fn anchors_of_declared_axes_need_neither_runs_nor_suite() {
    let judge = MockJudge::start(script());
    let world = runs(&judge);
    let direct = bridge(
        &world,
        &judge,
        &[&BOTH[..], &["--new", "new.toml", "-o", "bridge"]].concat(),
    );
    assert_eq!(direct.status.code(), Some(0), "{}", stderr(&direct));
    let output = bridge(
        &world,
        &judge,
        &[&BOTH[..8], &["--save-anchors", "anchors"]].concat(),
    );
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    for gone in ["suite", "results", "answers", "others", "cache"] {
        fs::remove_dir_all(world.path(gone)).unwrap();
    }
    let later = ["--anchors", "anchors", "--new", "new.toml", "-o", "later"];
    let output = bridge(&world, &judge, &later);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let read = |folder: &str| Bridge::read(&world.path(folder).join("bridge.json")).unwrap();
    assert_eq!(read("later"), read("bridge"));

    // A rubric that is not the suite's any more.
    let rubric = world.path("anchors/rubrics/pq.toml");
    let text = fs::read_to_string(&rubric).unwrap();
    fs::write(&rubric, text.replace("QUALITY-RUBRIC", "ANOTHER")).unwrap();
    let output = bridge(&world, &judge, &later);
    assert_ne!(output.status.code(), Some(0));
    assert!(
        stderr(&output).contains("pq.toml") && stderr(&output).contains("changed"),
        "{}",
        stderr(&output)
    );
}
