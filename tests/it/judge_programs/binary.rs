//! Judges that are programs through the real binary.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::fixture::{ALL_AXES, program};
use crate::cli_world::{CANARY, World, files_below, log_lines, stderr, stdout};

/// Writes a program and its description into a world.
fn write(world: &World, before: &str, body: &str, more: &str) {
    fs::write(world.path("program.py"), program(before, body)).unwrap();
    let toml = format!("program = \"python3\"\nargs = [\"program.py\"]\n{more}\n{ALL_AXES}");
    fs::write(world.path("mock.toml"), toml).unwrap();
}

/// `parabench run` with the program as judge.
fn run(world: &World, name: &str, more: &[&str]) -> std::process::Command {
    let mut command = world.command("http://127.0.0.1:9");
    command.args(["run", "--suite", "suite/", "--model", "replay:answers"]);
    command.args([
        "--judge",
        "command:mock.toml",
        "--name",
        name,
        "--no-progress",
    ]);
    command.args(more);
    command
}

#[test]
fn a_run_is_marked_without_a_key_and_resumes_without_asking_again() {
    let world = World::new(2);
    let body = "keys = sorted(name for name in os.environ if 'KEY' in name or 'PARABENCH' in name)\n\
                reply(2 + len(axis) % 3, rationale=json.dumps(keys))";
    write(&world, "", body, "workers = 2");
    let output = run(&world, "r", &[]).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let scores = world.scores("r");
    assert!(
        scores.contains(",mock,") && !scores.contains("unparsable"),
        "{scores}"
    );
    let log = world.run_folder("r").join("judgments.jsonl");
    let marks = log_lines(&log);
    assert_eq!(marks, 2 * 6 + 2 * 5);
    let said = fs::read_to_string(&log).unwrap();
    assert!(said.contains(r#""rationale":"[]""#), "{said}");
    for file in files_below(&world.run_folder("r")) {
        let bytes = fs::read(&file).unwrap();
        assert!(
            !String::from_utf8_lossy(&bytes).contains(CANARY),
            "{}",
            file.display()
        );
    }
    // Nothing is asked again, and a changed program is another judge.
    let again = run(&world, "r", &[]).output().unwrap();
    assert!(again.status.success(), "{}", stderr(&again));
    assert_eq!(log_lines(&log), marks);
    write(&world, "", "reply(1)", "workers = 2");
    let other = run(&world, "r", &[]).output().unwrap();
    assert!(!other.status.success(), "{}", stdout(&other));
    assert!(stderr(&other).contains("mock"), "{}", stderr(&other));
    assert_eq!(world.scores("r"), scores);
}

#[test]
fn a_kill_leaves_no_double_marks_and_no_program() {
    let world = World::new(3);
    write(
        &world,
        "open('pids', 'a').write('%d\\n' % os.getpid())",
        "time.sleep(0.03)\nreply(1 + len(axis) % 5)",
        "workers = 2",
    );
    let mut child = run(&world, "r", &[])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let log = world.run_folder("r").join("judgments.jsonl");
    let begin = Instant::now();
    while log_lines(&log) < 5 {
        assert!(begin.elapsed() < Duration::from_secs(60));
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    let runs = |pid: &str| crate::model_kinds::command_fixture::runs(pid);
    let pids = fs::read_to_string(world.path("pids")).unwrap();
    while pids.lines().any(runs) {
        assert!(
            begin.elapsed() < Duration::from_secs(60),
            "a program outlives its run"
        );
        std::thread::sleep(Duration::from_millis(20));
    }
    let resumed = run(&world, "r", &[]).output().unwrap();
    assert!(resumed.status.success(), "{}", stderr(&resumed));
    let marks = fs::read_to_string(&log).unwrap();
    let mut keys: Vec<String> = marks
        .lines()
        .map(|line| {
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            let record = &record["record"];
            format!("{} {} {}", record["task"], record["axis"], record["repeat"])
        })
        .collect();
    let all = keys.len();
    keys.sort();
    keys.dedup();
    assert_eq!((keys.len(), all), (3 * 6 + 3 * 5, 3 * 6 + 3 * 5));
    let fresh = run(&world, "fresh", &[]).output().unwrap();
    assert!(fresh.status.success(), "{}", stderr(&fresh));
    assert_eq!(world.scores("fresh"), world.scores("r"));
}

#[test]
fn lost_marks_are_named_and_asked_for_again() {
    let world = World::new(1);
    write(
        &world,
        "",
        "if axis == 'text_quality': os._exit(1)\nreply()",
        "",
    );
    let output = run(&world, "r", &[]).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    let crashed = |scores: &str| {
        scores
            .lines()
            .filter(|line| line.ends_with(",crashed"))
            .count()
    };
    assert_eq!(crashed(&world.scores("r")), 2);
    assert!(stdout(&output).contains("crashed"), "{}", stdout(&output));
    let again = run(&world, "r", &["--retry-missing", "--allow-missing", "1"])
        .output()
        .unwrap();
    assert!(again.status.success(), "{}", stderr(&again));
    assert_eq!(crashed(&world.scores("r")), 2);
}

#[test]
fn a_program_that_is_no_judge_is_refused_before_anything_is_asked() {
    let world = World::new(1);
    write(&world, "print('usage: judge MODEL'); sys.exit(2)", "", "");
    let output = run(&world, "r", &[]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    let said = stderr(&output);
    assert!(
        said.contains("command:mock.toml") && said.contains("usage: judge MODEL"),
        "{said}"
    );
    assert!(!world.run_folder("r").exists());

    // What a program says does not steer the terminal.
    write(
        &world,
        "raw('\\x1b]0;T\\x07\\n'); print('\\x1b[31m', file=sys.stderr); sys.exit(2)",
        "",
        "",
    );
    let output = run(&world, "r", &[]).output().unwrap();
    assert!(!stderr(&output).contains('\u{1b}'), "{}", stderr(&output));
}

#[test]
fn a_dry_run_marks_nothing_and_a_name_can_be_given() {
    let world = World::new(1);
    write(&world, "", "reply()", "");
    let output = run(&world, "r", &["--dry-run"]).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(!world.path("requests").exists() && !world.run_folder("r").exists());
    let mut named = world.command("http://127.0.0.1:9");
    named.args([
        "run",
        "--suite",
        "suite/",
        "--model",
        "replay:answers",
        "--no-progress",
    ]);
    named.args(["--name", "n", "--judge", "mine=command:mock.toml"]);
    let output = named.output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(world.scores("n").contains(",mine,"));
    // Two programs of one name, side by side.
    let output = run(&world, "two", &["--judge", "other=command:mock.toml"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(world.scores("two").contains(",other,") && world.scores("two").contains(",mock,"));
}

/// A suite that declares an axis of 0 to 10 and one of halves, for edits and generation tasks.
const DECLARED: &str = r#"format = 2
name = "declared"
version = "1"
licence = "CC0-1.0"

[[axes]]
key = "sc"
title = "Semantic consistency"
scale = { lo = 0, hi = 10 }
sees = ["instruction", "inputs", "output"]

[[axes]]
key = "pq"
title = "Perceptual quality"
scale = { lo = 0, hi = 1, step = 0.5 }
sees = ["output"]

[[categories]]
name = "spatial"
kind = "edit"
planned = 2

[[categories]]
name = "scenes"
kind = "generation"
planned = 2
"#;

#[test]
fn axes_that_a_suite_declares_are_marked_on_their_own_scales() {
    let world = World::new(2);
    fs::write(world.path("suite/suite.toml"), DECLARED).unwrap();
    let body = "keys = sorted(set(R) - {'id', 'axes', 'repeat'})\n\
                reply({'sc': 10 if 'inputs' in R else 0, 'pq': 0.5}[axis], rationale=' '.join(keys))";
    write(&world, "", body, "");
    let of_suite = |axes: &str| {
        let toml = format!("program = \"python3\"\nargs = [\"program.py\"]\n{axes}");
        fs::write(world.path("mock.toml"), toml).unwrap();
    };
    of_suite("[[axes]]\nkey = \"sc\"\n[[axes]]\nkey = \"pq\"\n");
    let output = run(&world, "r", &[]).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let scores = world.scores("r");
    let count = |what: &str| scores.lines().filter(|line| line.contains(what)).count();
    assert_eq!(count(",sc,mock,0,10,ok"), 2, "{scores}");
    assert_eq!(count(",sc,mock,0,0,ok"), 2, "{scores}");
    assert_eq!(count(",pq,mock,0,0.5,ok"), 4, "{scores}");
    let log = fs::read_to_string(world.run_folder("r").join("judgments.jsonl")).unwrap();
    for (shown, marks) in [
        (r#""rationale":"inputs instruction kind output""#, 2),
        (r#""rationale":"instruction kind output""#, 2),
        (r#""rationale":"kind output""#, 4),
    ] {
        assert_eq!(log.matches(shown).count(), marks, "{shown} in {log}");
    }

    // Marks of another scale are none, and a description for other axes is refused before the program starts.
    write(&world, "", "reply(7.5)", "");
    of_suite("[[axes]]\nkey = \"sc\"\n");
    let output = run(&world, "off", &[]).output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    let scores = world.scores("off");
    let off = scores.lines().filter(|line| line.ends_with("out-of-range"));
    assert_eq!(off.count(), 4, "{scores}");
    let starts = fs::read(world.path("starts")).unwrap().len();
    write(&world, "", "reply()", "");
    let output = run(&world, "no", &[]).output().unwrap();
    assert!(!output.status.success());
    assert!(
        stderr(&output).contains("it has sc, pq"),
        "{}",
        stderr(&output)
    );
    assert_eq!(fs::read(world.path("starts")).unwrap().len(), starts);
}
