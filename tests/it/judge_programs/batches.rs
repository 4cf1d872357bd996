//! Programs that take several requests in a line, and several axes in a request.

use std::fs;
use std::process::Output;

use serde_json::Value;

use super::fixture::ALL_AXES;
use crate::cli_world::{World, log_lines, stderr};

/// A program that takes batches. `BODY` has them as `batch`, and `answer(R)` says what a request is worth.
const PROGRAM: &str = r#"
import json, os, sys, time
def say(value): print(json.dumps(value), flush=True)
def mark(R, axis): return 1 + (len(axis) + len(R.get("instruction", "")) + R["repeat"]) % 5
def answer(R, **more): say({"id": R["id"], "marks": {axis: mark(R, axis) for axis in R["axes"]}, **more})
with open("starts", "a") as file: file.write("x")
starts = os.path.getsize("starts")
say({"hello": 1, "role": "judge", "name": "mock", "version": "1", HELLO})
for line in sys.stdin:
    with open("lines", "a") as file: file.write(line)
    message = json.loads(line)
    batch = message["batch"] if "batch" in message else [message]
    BODY
"#;

fn write(world: &World, hello: &str, body: &str, more: &str) {
    let text = PROGRAM.replace("HELLO", hello);
    let text = text.replace("BODY", &body.replace('\n', "\n    "));
    fs::write(world.path("program.py"), text).unwrap();
    let toml = format!("program = \"python3\"\nargs = [\"program.py\"]\n{more}\n{ALL_AXES}");
    fs::write(world.path("mock.toml"), toml).unwrap();
}

fn run(world: &World, name: &str, more: &[&str]) -> Output {
    let mut command = world.command("http://127.0.0.1:9");
    command.args(["run", "--suite", "suite/", "--model", "replay:answers"]);
    command.args(["--judge", "command:mock.toml", "--name", name]);
    command.arg("--no-progress").args(more).output().unwrap()
}

/// The lines that the program got, each with its requests.
fn lines(world: &World) -> Vec<Vec<Value>> {
    let text = fs::read_to_string(world.path("lines")).unwrap();
    let lines = text.lines().map(|line| {
        let line: Value = serde_json::from_str(line).unwrap();
        match line.get("batch") {
            Some(batch) => batch.as_array().unwrap().clone(),
            None => vec![line],
        }
    });
    lines.collect()
}

/// The last field of the rows, counted.
fn statuses(world: &World, run: &str) -> std::collections::BTreeMap<String, usize> {
    let mut found = std::collections::BTreeMap::new();
    for row in world.scores(run).lines().skip(1) {
        let status = row.rsplit(',').next().unwrap();
        *found.entry(status.to_owned()).or_default() += 1;
    }
    found
}

const SLOW_ANSWERS: &str = "time.sleep(0.02)\nfor R in batch: answer(R)";

#[test]
fn batches_are_answered_in_any_order_and_give_the_same_marks() {
    let world = World::new(3);
    write(&world, "", SLOW_ANSWERS, "");
    let output = run(&world, "alone", &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(lines(&world).iter().all(|line| line.len() == 1));
    let marks = 3 * 6 + 3 * 5;
    assert_eq!(lines(&world).len(), marks);
    fs::remove_file(world.path("lines")).unwrap();

    let body = "time.sleep(0.1)\nfor R in reversed(batch): answer(R)";
    write(&world, "\"batch\": 4", body, "");
    let output = run(&world, "batches", &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    let found = lines(&world);
    assert!(found.iter().all(|line| (1..=4).contains(&line.len())));
    assert!(found.iter().any(|line| line.len() == 4), "{}", found.len());
    assert_eq!(found.iter().flatten().count(), marks);
    assert_eq!(world.scores("batches"), world.scores("alone"));
    // Every request of a line has an id and pictures of its own.
    for line in &found {
        let texts = |name: &str| {
            let mut all: Vec<&str> = line.iter().filter_map(|r| r[name].as_str()).collect();
            let count = all.len();
            all.sort_unstable();
            all.dedup();
            (all.len(), count)
        };
        for name in ["id", "output"] {
            let (distinct, all) = texts(name);
            assert_eq!(distinct, all, "{name}");
        }
    }
    let log = world.run_folder("batches").join("judgments.jsonl");
    assert_eq!(log_lines(&log), marks);
    // Another sitting asks for nothing.
    let before = found.len();
    assert!(run(&world, "batches", &[]).status.success());
    assert_eq!(lines(&world).len(), before);
}

/// A program that dies over one request, hangs over one, or breaks the protocol over one, loses this one only.
#[test]
fn half_a_batch_costs_no_more_than_the_request_that_broke_it() {
    for (fault, more, status) in [
        ("os._exit(3)", "", "crashed"),
        (
            "say({'id': R['id'], 'marks': {'speed': 4}})",
            "",
            "bad-response",
        ),
        ("say({'id': 'q-0', 'marks': {}})", "", "bad-response"),
        ("time.sleep(300)", "task_timeout_s = 3", "timed-out"),
    ] {
        let world = World::new(1);
        let body = format!(
            "time.sleep(0.1)\nfor R in batch:\n    if R['axes'] == ['text_quality'] and R['reasoning'].startswith('I will do task 0 of spatial'):\n        {fault}\n    else: answer(R)"
        );
        write(&world, "\"batch\": 8", &body, more);
        let output = run(&world, "r", &["--allow-missing", "1"]);
        assert!(output.status.success(), "{fault}: {}", stderr(&output));
        let found = statuses(&world, "r");
        let expected = [("not-applicable", 1), (status, 1), ("ok", 10)];
        let expected = expected.map(|(status, count)| (status.to_owned(), count));
        assert_eq!(found, expected.into(), "{fault}");
    }
}

#[test]
fn what_is_lost_and_what_is_answered_twice_are_booked_once() {
    let world = World::new(1);
    // The first start answers half of each line and ends.
    let body = "time.sleep(0.1)\nfor R in batch[:(len(batch) + 1) // 2]: answer(R)\nif starts == 1 and len(batch) > 1: os._exit(1)\nfor R in batch[(len(batch) + 1) // 2:]: answer(R)";
    write(&world, "\"batch\": 8", body, "usd_per_mark = 0.25");
    let output = run(&world, "r", &["--max-cost", "100"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(statuses(&world, "r")["ok"], 11);
    let sent = lines(&world).iter().flatten().count();
    assert!(sent > 11, "{sent}");
    let log = fs::read_to_string(world.run_folder("r").join("judgments.jsonl")).unwrap();
    let (mut usd, mut attempts) = (0.0, 0);
    for line in log.lines() {
        let record: Value = serde_json::from_str(line).unwrap();
        let verdict = &record["record"]["verdict"];
        usd += verdict["cost_usd"].as_f64().unwrap();
        attempts += verdict["attempts"].as_u64().unwrap();
    }
    assert_eq!((usd, attempts as usize), (0.25 * sent as f64, sent));
}

#[test]
fn one_request_may_ask_for_all_axes_that_see_the_same() {
    let world = World::new(2);
    write(&world, "", SLOW_ANSWERS, "");
    assert!(run(&world, "alone", &[]).status.success());
    fs::remove_file(world.path("lines")).unwrap();
    write(
        &world,
        "\"joint\": True",
        SLOW_ANSWERS,
        "usd_per_mark = 0.5",
    );
    let output = run(&world, "joint", &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(world.scores("joint"), world.scores("alone"));
    let mut asked: Vec<Vec<String>> = lines(&world)
        .iter()
        .flatten()
        .map(|request| serde_json::from_value(request["axes"].clone()).unwrap())
        .collect();
    // Consistency and alignment of an edit see the same; what a generation task lacks is not asked for.
    let together: Vec<String> = ["image_alignment", "image_consistency"]
        .map(str::to_owned)
        .into();
    asked.iter_mut().for_each(|axes| axes.sort());
    assert_eq!(asked.iter().filter(|axes| **axes == together).count(), 2);
    assert_eq!(asked.len(), 2 * 5 + 2 * 5);
    let log = fs::read_to_string(world.run_folder("joint").join("judgments.jsonl")).unwrap();
    let usd = log.lines().map(|line| {
        let record: Value = serde_json::from_str(line).unwrap();
        record["record"]["verdict"]["cost_usd"]
            .as_f64()
            .unwrap_or(0.0)
    });
    assert_eq!(usd.sum::<f64>(), 0.5 * 20.0);
    let manifest = fs::read_to_string(world.run_folder("joint").join("run.toml")).unwrap();
    assert!(manifest.contains("joint = \"true\""), "{manifest}");
}

/// What a request asks for does not depend on where a run was stopped.
#[test]
fn an_axis_that_a_reply_leaves_out_is_missing_and_asked_for_again_with_its_siblings() {
    let world = World::new(1);
    let body = "for R in batch:\n    if len(R['axes']) > 1 and not os.path.exists('mended'):\n        say({'id': R['id'], 'marks': {R['axes'][0]: 3}, 'missing': {}})\n    else: answer(R)";
    write(&world, "\"joint\": True, \"batch\": 2", body, "");
    let output = run(&world, "r", &["--allow-missing", "1"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(statuses(&world, "r")["unparsable"], 1);
    fs::write(world.path("mended"), "").unwrap();
    let before = lines(&world).iter().flatten().count();
    let output = run(&world, "r", &["--retry-missing"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(!statuses(&world, "r").contains_key("unparsable"));
    let after = lines(&world);
    let last = after.last().unwrap();
    assert_eq!(after.iter().flatten().count(), before + 1);
    assert_eq!(last[0]["axes"].as_array().unwrap().len(), 2);
}

#[test]
fn hellos_with_impossible_batches_are_refused() {
    for (hello, told) in [
        ("\"batch\": 0", "expected 1 to 256"),
        ("\"batch\": 257", "expected 1 to 256"),
        ("\"batch\": \"many\"", "batch"),
        ("\"joint\": \"yes\"", "joint"),
    ] {
        let world = World::new(1);
        write(&world, hello, SLOW_ANSWERS, "");
        let output = run(&world, "r", &[]);
        assert!(!output.status.success());
        assert!(stderr(&output).contains(told), "{}", stderr(&output));
        assert!(!world.run_folder("r").exists());
    }
}
