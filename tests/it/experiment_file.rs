//! The experiment file: what it adds to `run` and `report`, and what it is refused for.

use std::fs;

use crate::stranger::{World, text};

const FILE: &str = r#"suite = "shapes"
judges = ["oracle"]
limit = 6
allow_missing = 0.5

[[model]]
name = "good"
spec = "control:truth"

[[model]]
name = "plain"
spec = "control:blank"

[report]
output = "page"
baselines = ["plain"]
"#;

fn world(file: &str) -> World {
    let world = World::new();
    world.write("work/parabench.toml", file);
    world
}

/// What a command without options says about this file.
fn refused(file: &str, arguments: &[&str]) -> String {
    let output = world(file).run(arguments);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output));
    text(&output)
}

fn tasks(world: &World, run: &str) -> usize {
    let scores = world.path(&format!("work/results/{run}/scores.csv"));
    let mut reader = csv::Reader::from_path(scores).unwrap();
    let tasks = reader.records().map(|row| row.unwrap()[1].to_owned());
    tasks.collect::<std::collections::BTreeSet<_>>().len()
}

#[test]
fn every_model_is_run_and_the_report_compares_them() {
    let world = world(FILE);
    let output = world.run(&["run", "--no-progress"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert_eq!((tasks(&world, "good"), tasks(&world, "plain")), (6, 6));
    // The same command does nothing again.
    let marks = fs::read(world.path("work/results/good/judgments.jsonl")).unwrap();
    let output = world.run(&["run", "--no-progress"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert_eq!(
        fs::read(world.path("work/results/good/judgments.jsonl")).unwrap(),
        marks
    );
    let output = world.run(&["report"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    let plan = fs::read_to_string(world.path("work/page/report.toml")).unwrap();
    assert!(plan.contains("good") && plan.contains("plain"), "{plan}");
}

#[test]
fn options_override_the_file() {
    let world = world(FILE);
    let output = world.run(&["run", "--limit", "4", "--name", "good", "--no-progress"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert_eq!(tasks(&world, "good"), 4);
    assert!(!world.path("work/results/plain").exists());
    let output = world.run(&[
        "run",
        "--model",
        "control:copy-input",
        "--name",
        "mine",
        "--no-progress",
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert_eq!(tasks(&world, "mine"), 6);
}

/// A whole command line means the same in every folder.
#[test]
fn a_whole_command_does_not_read_it() {
    let world = world("this is no TOML");
    let output = world.run(&[
        "run",
        "--suite",
        "shapes",
        "--limit",
        "4",
        "--model",
        "control:truth",
        "--judge",
        "oracle",
        "--no-progress",
    ]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    assert!(!text(&output).contains("parabench.toml"));
}

#[test]
fn without_the_file_the_command_line_lacks_something() {
    let output = World::new().run(&["run"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output).contains("--suite"), "{}", text(&output));
}

#[test]
fn faults_are_told_with_line_and_column() {
    for (from, to, arguments, said) in [
        (
            "limit = 6",
            "limit = \"sk-canary\"",
            &["run"][..],
            "line 3, column 9",
        ),
        ("limit = 6", "limits = 6", &["run"], "line 3, column 1"),
        ("limit = 6", "limit = ", &["run"], "line 3, column"),
        ("limit = 6", "limit = -6", &["run"], "line 3, column 9"),
        (
            "allow_missing = 0.5",
            "allow_missing = 2.5",
            &["run"],
            "line 4, column 17",
        ),
        (
            "\"plain\"\nspec",
            "\"good\"\nspec",
            &["run"],
            "line 11, column 8: two models",
        ),
        (
            "name = \"good\"",
            "name = \"../good\"",
            &["run"],
            "line 7, column 8: a model's name",
        ),
        (
            "baselines = [\"plain\"]",
            "baselines = [\"palin\"]",
            &["report"],
            "line 16, column 14: no model",
        ),
        (
            "[report]\noutput = \"page\"\nbaselines = [\"plain\"]",
            "",
            &["report"],
            "has no [report]",
        ),
    ] {
        let file = FILE.replacen(from, to, 1);
        assert_ne!(file, FILE, "{from}");
        let found = refused(&file, arguments);
        assert!(
            found.contains(said) && !found.contains("canary"),
            "{to}: {found}"
        );
    }
}

#[test]
fn a_model_that_is_not_there_and_json_of_several_are_refused() {
    let found = refused(FILE, &["run", "--name", "other"]);
    assert!(found.contains("expected one of good, plain"), "{found}");
    let found = refused(FILE, &["run", "--json"]);
    assert!(found.contains("choose one with --name"), "{found}");
}

/// Values are words of their own: none becomes an option.
#[test]
fn a_value_is_never_an_option() {
    let file = FILE.replacen("\"control:truth\"", "\"--help\"", 1);
    let output = world(&file).run(&["run", "--name", "good"]);
    assert_ne!(output.status.code(), Some(0));
    assert!(!text(&output).contains("Usage:"), "{}", text(&output));
}
