//! `parabench judge-bridge` as a program: against judges on loopback, and offline on the bundled suite.

use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use crate::cli_world::{CANARY, World, files_below, stderr, stdout};
use crate::envelope;
use crate::mock_judge::{MockJudge, Script};
use parabench::analysis::bridge::file::Bridge;
use serde_json::Value;

const PRICE: &str = "[price]\ninput = 1.0\noutput = 10.0\n";

/// Two runs of eight tasks under the old judge, and a profile of the new one.
fn world(mock: &MockJudge) -> World {
    let world = World::new(4);
    world.write_profile(PRICE);
    let other = world.path("other-answers");
    fs::create_dir(&other).unwrap();
    for file in files_below(&world.path("answers")) {
        let copy = other.join(file.file_name().unwrap());
        fs::copy(&file, &copy).unwrap();
        if copy.extension().is_some_and(|ending| ending == "txt") {
            let words = format!("I shall see what can be done with {}.", copy.display());
            fs::write(&copy, words).unwrap();
        }
    }
    for (name, answers) in [("one", "replay:answers"), ("two", "replay:other-answers")] {
        let mut command = world.command(&mock.base_url());
        command.args([
            "run",
            "--suite",
            "suite/",
            "--model",
            answers,
            "--no-progress",
        ]);
        command.args(["--judge", "judge.toml", "--name", name]);
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    }
    let profile = fs::read_to_string(world.path("judge.toml")).unwrap();
    let profile = profile.replace("name = \"mock\"", "name = \"mock-new\"");
    let profile = profile.replace("\"mock-1\"", "\"mock-2\"");
    fs::write(world.path("new.toml"), profile).unwrap();
    world
}

fn bridge(world: &World, mock: &MockJudge, arguments: &[&str]) -> Output {
    let mut command = world.command(&mock.base_url());
    command.args([
        "judge-bridge",
        "one",
        "two",
        "--suite",
        "suite/",
        "--new",
        "new.toml",
        "--no-progress",
    ]);
    command.args(["-o", "bridge"]).args(arguments);
    command.output().unwrap()
}

const FOUR: [&str; 4] = ["--old", "judge.toml", "--items", "4"];

#[test]
fn only_what_the_runs_lack_is_bought_and_no_key_is_kept() {
    let mock = MockJudge::start(Script::honest());
    let world = world(&mock);
    let before = mock.requests();
    let output = bridge(&world, &mock, &FOUR);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    // Two edits with six axes and two pictures with five of one judge. The other run has the same pictures, which the
    // cache answers: three axes look at its words.
    let bought = mock.requests() - before;
    assert_eq!(bought, 2 * 6 + 2 * 5 + 4 * 3, "{}", stdout(&output));
    let read = Bridge::read(&world.path("bridge/bridge.json")).unwrap();
    assert_eq!((read.runs.len(), read.tasks.len()), (2, 4));
    assert_eq!(read.old.identity.name, "mock");
    assert_eq!(read.new.identity.name, "mock-new");
    for file in files_below(world.folder.path()) {
        let bytes = fs::read(&file).unwrap();
        let key = bytes.windows(CANARY.len()).any(|w| w == CANARY.as_bytes());
        assert!(!key, "{}", file.display());
    }
    let text = fs::read_to_string(world.path("bridge/bridge.json")).unwrap();
    assert!(!text.contains("127.0.0.1"), "no address is kept");

    // The same again asks for nothing, and says the same.
    let first = fs::read(world.path("bridge/bridge.json")).unwrap();
    let asked = mock.requests();
    let again = bridge(&world, &mock, &FOUR);
    assert_eq!((mock.requests(), again.stdout), (asked, output.stdout));
    assert_eq!(fs::read(world.path("bridge/bridge.json")).unwrap(), first);

    // More tasks hold those that are there: only the others are asked for.
    let all = ["--old", "judge.toml", "--items", "8"];
    let output = bridge(&world, &mock, &all);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(mock.requests() - asked, bought);
}

#[test]
fn the_old_judge_need_not_be_there_any_more() {
    let mock = MockJudge::start(Script::honest());
    let world = world(&mock);
    fs::remove_file(world.path("judge.toml")).unwrap();
    let output = bridge(&world, &mock, &["--old", "mock", "--items", "4"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let output = bridge(&world, &mock, &["--old", "another", "--items", "4"]);
    assert_ne!(output.status.code(), Some(0));
}

#[test]
fn a_cap_stops_before_it_is_passed_and_the_same_command_resumes() {
    let mock = MockJudge::start(Script::honest());
    let world = world(&mock);
    let before = mock.requests();
    let capped = [&FOUR[..], &["--max-cost", "0.02"]].concat();
    let output = bridge(&world, &mock, &capped);
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("--max-cost"),
        "{}",
        stderr(&output)
    );
    assert!(!world.path("bridge/bridge.json").exists());
    let some = mock.requests() - before;
    assert!(some > 0 && some < 34, "{some}");
    let output = bridge(&world, &mock, &FOUR);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    assert_eq!(mock.requests() - before, 34, "nothing is bought twice");
}

#[test]
fn a_dry_run_asks_nobody_and_tells_the_money() {
    let mock = MockJudge::start(Script::honest());
    let world = world(&mock);
    let before = mock.requests();
    let mut command = world.command(&mock.base_url());
    command.args([
        "judge-bridge",
        "one",
        "two",
        "--suite",
        "suite/",
        "--dry-run",
    ]);
    command.args(FOUR).args(["--new", "new.toml"]);
    let output = command.output().unwrap();
    assert_eq!((output.status.code(), mock.requests()), (Some(0), before));
    let said = stdout(&output);
    assert!(said.contains("4 of 8 tasks, 2 runs"), "{said}");
    assert!(said.contains("all runs together: "), "{said}");
    assert!(!world.path("bridge").exists());
}

#[test]
fn what_is_no_bridge_is_refused_before_anything_is_asked() {
    let mock = MockJudge::start(Script::honest());
    let world = world(&mock);
    let before = mock.requests();
    let refused = |arguments: &[&str], code: i32, words: &str| {
        let mut command = world.command(&mock.base_url());
        command
            .args(["judge-bridge", "--suite", "suite/"])
            .args(arguments);
        let output = command.output().unwrap();
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(code), "{said}");
        assert!(said.contains(words), "{said}");
    };
    let same = [
        "one",
        "--old",
        "judge.toml",
        "--new",
        "judge.toml",
        "-o",
        "b",
    ];
    refused(&same, 2, "both called `mock`");
    let panel = ["one", "--old", "succession", "--new", "new.toml", "-o", "b"];
    refused(&panel, 2, "a bridge joins two single judges");
    let mut less = world.command(&mock.base_url());
    less.args(["generate", "--suite", "suite/", "--model", "replay:answers"]);
    less.args(["--limit", "2", "--name", "less", "--no-progress"]);
    assert_eq!(less.output().unwrap().status.code(), Some(0));
    let mixed = [
        "one",
        "less",
        "--old",
        "judge.toml",
        "--new",
        "new.toml",
        "-o",
        "b",
    ];
    refused(&mixed, 2, "did not answer the same tasks");
    assert_eq!(mock.requests(), before);
}

/// `parabench` in a folder, without any network.
fn offline(folder: &Path, arguments: &[&str]) -> Output {
    let mut command = Command::new(assert_cmd::cargo::cargo_bin!("parabench"));
    command
        .current_dir(folder)
        .env("PARABENCH_CACHE", folder.join("cache"))
        .env_remove("RUST_BACKTRACE")
        .args(arguments)
        .args(["--offline", "--no-progress"]);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    output
}

/// A part of the reasoning of a run's answers, with its pictures, as answers of another model.
fn cut(run: &Path, answers: &Path) {
    fs::create_dir(answers).unwrap();
    let log = fs::read_to_string(run.join("samples.jsonl")).unwrap();
    for (number, line) in log.lines().enumerate() {
        let record: Value = serde_json::from_str::<Value>(line).unwrap()["record"].clone();
        let stem = answers.join(record["task"].as_str().unwrap());
        let words = record["reasoning"]["given"].as_str().unwrap();
        let sentences: Vec<&str> = words.split_inclusive(". ").collect();
        let all = sentences.len();
        let kept = [all, all.div_ceil(2), all - 1][number % 3];
        fs::write(stem.with_extension("txt"), sentences[..kept].concat()).unwrap();
        let picture = record["image"]["given"]["digest"].as_str().unwrap();
        let picture = run.join("images").join(format!("{picture}.png"));
        fs::copy(picture, stem.with_extension("png")).unwrap();
    }
}

#[test]
fn the_bundled_suite_carries_it_out_offline() {
    let folder = tempfile::tempdir().unwrap();
    let run = |name: &str, model: &str| {
        let arguments = [
            "run", "--suite", "shapes", "--model", model, "--judge", "oracle",
        ];
        let rest = ["--limit", "48", "--name", name];
        offline(folder.path(), &[&arguments[..], &rest].concat());
    };
    run("truth", "control:truth");
    cut(
        &folder.path().join("results/truth"),
        &folder.path().join("cut"),
    );
    run("cut", "replay:cut");
    let arguments = [
        "judge-bridge",
        "truth",
        "cut",
        "--old",
        "oracle",
        "--new",
        "oracle-strict",
    ];
    let rest = ["--items", "36", "-o", "bridge", "--json"];
    let output = offline(folder.path(), &[&arguments[..], &rest].concat());
    let found: Value = envelope::result(&output.stdout);
    let favour = |metric: &str| {
        let mut favours = found["study"]["favours"].as_array().unwrap().iter();
        favours
            .find(|f| f["metric"]["key"] == metric)
            .unwrap()
            .clone()
    };
    // Only what is partly right loses under the stricter judge: the cut texts.
    let text = favour("text_alignment");
    assert!(
        text["result"]["Ok"]["points"].as_f64().unwrap() > 5.0,
        "{text}"
    );
    assert_eq!(text["standing"], "shown-higher");
    assert_eq!(favour("image_quality")["result"]["Ok"]["points"], 0.0);
    assert_eq!(found["study"]["replacement"], "favours");
    // A bound from a few tasks that differ, or from none, does not say how many tasks are needed.
    for shift in found["study"]["shifts"].as_array().unwrap() {
        let shift = &shift["result"]["Ok"];
        let foretold = shift["tasks_for_half_width"].is_number();
        assert_eq!(foretold, shift["ci95_method"] == "t", "{shift}");
    }
}

#[test]
fn anchors_outlive_the_judge_the_runs_and_the_suite() {
    let mock = MockJudge::start(Script::honest());
    let world = world(&mock);
    let mut save = world.command(&mock.base_url());
    save.args(["judge-bridge", "one", "two", "--suite", "suite/"]);
    save.args(FOUR)
        .args(["--save-anchors", "anchors", "--no-progress"]);
    let output = save.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let output = bridge(&world, &mock, &FOUR);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let direct = Bridge::read(&world.path("bridge/bridge.json")).unwrap();
    for gone in ["suite", "results", "answers", "other-answers", "cache"] {
        fs::remove_dir_all(world.path(gone)).unwrap();
    }
    fs::remove_file(world.path("judge.toml")).unwrap();
    let marked = |arguments: &[&str]| {
        let mut command = world.command(&mock.base_url());
        command.args(["judge-bridge", "--anchors", "anchors", "--new", "new.toml"]);
        command.args(["--no-progress"]).args(arguments);
        command.output().unwrap()
    };
    let before = mock.requests();
    let told = marked(&["--dry-run"]);
    assert_eq!((told.status.code(), mock.requests()), (Some(0), before));
    let output = marked(&["-o", "later"]);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    // The same answers get the same marks: the bridge is the one that the runs gave.
    let later = Bridge::read(&world.path("later/bridge.json")).unwrap();
    assert_eq!(later, direct);
    let asked = mock.requests();
    assert!(asked > before);
    marked(&["-o", "later"]);
    assert_eq!(mock.requests(), asked, "the cache answers a second time");
    let file = world.path("anchors/anchors.json");
    let text = fs::read_to_string(&file).unwrap();
    fs::write(&file, text.replacen("\"sample\": 0", "\"sample\": 1", 1)).unwrap();
    let output = marked(&["-o", "later"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(stderr(&output).contains("it was changed after it was written"));
}
