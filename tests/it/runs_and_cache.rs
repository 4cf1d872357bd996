//! `parabench runs` and `parabench cache`: what is there, and its removal.

use std::fs;

use serde_json::Value;

use crate::envelope;
use crate::stranger::{World, text};

fn run(world: &World, name: &str, more: &[&str]) {
    let fixed = [
        "run",
        "--suite",
        "shapes",
        "--model",
        "control:copy-input",
        "--judge",
        "oracle",
    ];
    let place = ["--results", "runs", "--name", name, "--no-progress"];
    let output = world.run(&[&fixed[..], &place, more].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
}

fn json(world: &World, arguments: &[&str]) -> Value {
    let output = world.run(&[arguments, &["--json"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output));
    envelope::result(&output.stdout)
}

#[test]
fn runs_are_listed_shown_and_removed() {
    let world = World::new();
    run(&world, "one", &["--limit", "6"]);
    run(&world, "two", &["--limit", "6"]);
    // Resumed with more samples planned than answered: a log that was cut stands for a run that was stopped.
    let log = fs::read_to_string(world.path("work/runs/two/samples.jsonl")).unwrap();
    let half: String = log
        .lines()
        .take(3)
        .map(|line| format!("{line}\n"))
        .collect();
    fs::write(world.path("work/runs/two/samples.jsonl"), half).unwrap();
    world.write("work/runs/broken/run.toml", "schema = \"\u{202e}");
    world.write("work/runs/no-run/notes.txt", "x");

    let list = json(&world, &["runs", "list", "--results", "runs"]);
    let of = |name: &str| {
        list.as_array()
            .unwrap()
            .iter()
            .find(|run| run["name"] == name)
            .unwrap()
            .clone()
    };
    assert_eq!(list.as_array().unwrap().len(), 3);
    assert_eq!(
        (of("one")["state"].as_str(), of("one")["answered"].as_u64()),
        (Some("complete"), Some(6))
    );
    assert_eq!(
        (of("two")["state"].as_str(), of("two")["answered"].as_u64()),
        (Some("unfinished"), Some(3))
    );
    assert_eq!(of("two")["planned"], 6);
    assert_eq!(of("broken")["state"], "unreadable");
    let shown = text(&world.run(&["runs", "list", "--results", "runs"]));
    assert!(
        shown.contains("complete") && !shown.contains('\u{202e}'),
        "{shown}"
    );

    let shown = json(&world, &["runs", "show", "one", "--results", "runs"]);
    assert_eq!(shown["run"]["model"], "control-copy-input");
    let parts = shown["parts"].as_array().unwrap();
    let expendable =
        |name: &str| parts.iter().find(|part| part["name"] == name).unwrap()["expendable"].clone();
    assert_eq!(
        (expendable("scores.csv"), expendable("samples.jsonl")),
        (true.into(), false.into())
    );

    // Nobody can be asked here, so nothing is removed.
    let refused = world.run(&["runs", "rm", "one", "--results", "runs"]);
    assert_eq!(refused.status.code(), Some(2), "{}", text(&refused));
    assert!(world.path("work/runs/one/run.toml").exists());

    world.write("work/runs/one/logs/m-0.stderr.log", "said");
    json(
        &world,
        &[
            "runs",
            "rm",
            "one",
            "--only",
            "logs",
            "--yes",
            "--results",
            "runs",
        ],
    );
    assert!(
        !world.path("work/runs/one/logs").exists() && world.path("work/runs/one/run.toml").exists()
    );

    // Somebody's own file lies there.
    world.write("work/runs/one/thesis.md", "years of work");
    let refused = world.run(&["runs", "rm", "one", "--yes", "--results", "runs"]);
    assert_eq!(refused.status.code(), Some(1), "{}", text(&refused));
    assert!(
        text(&refused).contains("thesis.md") && world.path("work/runs/one/samples.jsonl").exists()
    );
    fs::remove_file(world.path("work/runs/one/thesis.md")).unwrap();

    // Written by another process now.
    let lock = fs::File::open(world.path("work/runs/one/.lock")).unwrap();
    lock.lock().unwrap();
    let list = json(&world, &["runs", "list", "--results", "runs"]);
    assert_eq!(
        list.as_array()
            .unwrap()
            .iter()
            .find(|run| run["name"] == "one")
            .unwrap()["state"],
        "in-use"
    );
    let refused = world.run(&["runs", "rm", "one", "--yes", "--results", "runs"]);
    assert_eq!(refused.status.code(), Some(1), "{}", text(&refused));
    drop(lock);

    let du = json(&world, &["runs", "du", "--results", "runs"]);
    assert_eq!(du.as_array().unwrap().len(), 3);
    json(
        &world,
        &["runs", "rm", "one", "two", "--yes", "--results", "runs"],
    );
    let mut left: Vec<_> = fs::read_dir(world.path("work/runs"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    left.sort();
    assert_eq!(left, ["broken", "no-run"]);
    assert_eq!(
        json(&world, &["runs", "list", "--results", "nowhere"]),
        Value::Array(Vec::new())
    );
}

#[test]
fn the_cache_is_shown_and_cleared_of_what_costs_nothing() {
    let world = World::new();
    assert_eq!(
        world.run(&["suite", "check", "shapes"]).status.code(),
        Some(0)
    );
    world.write("cache/judge/ab/abc.json", "paid for");
    world.write("cache/imported/mine/suite.toml", "by hand");
    let du = json(&world, &["cache", "du"]);
    let part = |name: &str| {
        du["parts"]
            .as_array()
            .unwrap()
            .iter()
            .find(|part| part["name"] == name)
            .unwrap()
            .clone()
    };
    assert_eq!(part("judge")["usage"]["bytes"], 8);
    assert_eq!(part("judge")["comes_back_for_nothing"], false);
    assert_eq!(part("suites")["comes_back_for_nothing"], true);

    assert_eq!(world.run(&["cache", "clear"]).status.code(), Some(2));
    assert!(world.path("cache/suites").exists());
    json(&world, &["cache", "clear", "--yes"]);
    assert!(!world.path("cache/suites").exists());
    assert!(
        world.path("cache/judge/ab/abc.json").exists()
            && world.path("cache/imported/mine/suite.toml").exists()
    );
    json(&world, &["cache", "clear", "judge", "--yes"]);
    assert!(!world.path("cache/judge").exists());
    let wrong = world.run(&["cache", "clear", "../work", "--yes"]);
    assert_eq!(wrong.status.code(), Some(2), "{}", text(&wrong));
    assert!(world.path("work").exists());
}
