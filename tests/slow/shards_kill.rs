//! Shards that are killed and sent again, and arrive in any order: after the merge the score table and the report of the
//! run that nobody split.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::cli_world::{World, files_below, log_lines, stderr};
use crate::mock_judge::{MockJudge, Script};
use parabench::common::digest::Digest;

/// Edits, and as many generation tasks.
const TASKS: usize = 5;
/// Marks of a run.
const MARKS: usize = TASKS * 6 + TASKS * 5;

fn slow_judge() -> MockJudge {
    MockJudge::start(Script::honest().latency(Duration::from_millis(25)))
}

/// A number below `below` that the text decides.
fn drawn(text: &str, below: u64) -> u64 {
    Digest::of(text.as_bytes()).as_u64() % below
}

/// Folders of runs, so that runs of one name can be reported.
fn command(world: &World, judge: &MockJudge, results: &str) -> Command {
    let mut command = world.run(&judge.base_url(), "run");
    command.args(["--results", results, "--no-cache"]);
    command
}

fn report(world: &World, results: &str) -> BTreeMap<PathBuf, String> {
    let mut report = world.command("http://127.0.0.1:1/v1");
    let page = format!("page-{results}");
    report.args([
        "report",
        "run",
        "--baseline",
        "base",
        "-o",
        &format!("../{page}"),
    ]);
    report
        .args(["--results", "."])
        .current_dir(world.path(results));
    let output = report.output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let folder = world.path(&page);
    files_below(&folder)
        .into_iter()
        .map(|path| (path.strip_prefix(&folder).unwrap().to_owned(), said(&path)))
        .collect()
}

/// What a file of a report says, without what differs between any two runs: when it was made, how long it took, and the
/// digests of the files that hold this.
fn said(path: &Path) -> String {
    let text = String::from_utf8_lossy(&fs::read(path).unwrap()).into_owned();
    let other = [
        "judgments.jsonl",
        "samples.jsonl",
        "run.toml",
        "parabench report",
        " ms (",
    ];
    let lines = text
        .lines()
        .filter(|line| !other.iter().any(|word| line.contains(word)));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn killed_shards_that_are_sent_again_merge_to_the_whole_run() {
    let world = World::new(TASKS);
    let judge = slow_judge();
    let started = Instant::now();
    let whole = command(&world, &judge, "whole").output().unwrap();
    assert!(whole.status.success(), "{}", stderr(&whole));
    let takes = started.elapsed();
    let base = command(&world, &judge, "base")
        .args(["--seed", "5"])
        .output()
        .unwrap();
    assert!(base.status.success(), "{}", stderr(&base));
    let place = |results: &str, name: &str| world.path(results).join(name);
    fs::rename(place("base", "run"), place("whole", "base")).unwrap();
    let expected = fs::read_to_string(place("whole", "run/scores.csv")).unwrap();
    let reported = report(&world, "whole");

    let mut killed_in_the_work = 0;
    for of in [1_u64, 2, 3, 8] {
        let results = format!("of-{of}");
        let judge = slow_judge();
        let of_shard = |shard: u64| {
            let mut command = command(&world, &judge, &results);
            command.args(["--shard", &format!("{shard}/{of}")]);
            command
        };
        let mut shards: Vec<u64> = (0..of).collect();
        shards.sort_by_key(|shard| drawn(&format!("order {of} {shard}"), 1000));
        let mut left = Vec::new();
        for shard in shards {
            // Every second one is killed at some moment of its work.
            if drawn(&format!("killed {of} {shard}"), 2) == 0 {
                let output = of_shard(shard).output().unwrap();
                assert!(output.status.success(), "{}", stderr(&output));
                continue;
            }
            left.push(shard);
            let mut quiet = of_shard(shard);
            let mut child = quiet
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            thread::sleep(
                takes.mul_f64(drawn(&format!("moment {of} {shard}"), 1000) as f64 / 1500.0),
            );
            child.kill().unwrap();
            child.wait().unwrap();
            let log =
                place(&results, "run.shards").join(format!("{shard}-of-{of}/judgments.jsonl"));
            killed_in_the_work += usize::from((1..MARKS).contains(&log_lines(&log)));
        }
        let merge = || {
            let mut merge = world.command(&judge.base_url());
            merge
                .args(["merge", "run", "--results", &results])
                .output()
                .unwrap()
        };
        if let Some(last) = left.pop() {
            for shard in &left {
                let output = of_shard(*shard).output().unwrap();
                assert!(output.status.success(), "{}", stderr(&output));
            }
            let early = merge();
            if early.status.code() != Some(0) {
                assert_eq!(early.status.code(), Some(3), "{}", stderr(&early));
                assert!(
                    stderr(&early).contains(&format!("--array={last}")),
                    "{}",
                    stderr(&early)
                );
                assert!(!place(&results, "run").exists());
            }
            let output = of_shard(last).output().unwrap();
            assert!(output.status.success(), "{}", stderr(&output));
        }
        let merged = merge();
        assert!(merged.status.success(), "{}", stderr(&merged));
        let scores = fs::read_to_string(place(&results, "run/scores.csv")).unwrap();
        assert_eq!(scores, expected, "{of} shards");
        fs::create_dir(place(&results, "base")).unwrap();
        for from in files_below(&place("whole", "base")) {
            let to =
                place(&results, "base").join(from.strip_prefix(place("whole", "base")).unwrap());
            fs::create_dir_all(to.parent().unwrap()).unwrap();
            fs::copy(&from, to).unwrap();
        }
        for (file, text) in report(&world, &results) {
            // These also hold the times of the logs.
            let timed = ["index.html", "results.json", "report.toml"];
            if !timed.contains(&file.to_string_lossy().as_ref()) {
                assert_eq!(Some(&text), reported.get(&file), "{file:?}, {of} shards");
            }
        }
    }
    assert!(killed_in_the_work > 0, "no kill fell into the work");
}

#[test]
fn a_stop_has_the_time_that_grace_gives_it() {
    let world = World::new(TASKS);
    let judge = MockJudge::start(Script::honest().latency(Duration::from_millis(400)));
    let stopped = |grace: &str| {
        let name = format!("grace-{grace}");
        let mut command = world.run(&judge.base_url(), &name);
        command
            .args(["--grace", grace, "--shard", "0/2"])
            .args(["--no-cache"]);
        let child = command
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let before = judge.requests();
        let deadline = Instant::now() + Duration::from_secs(20);
        while judge.requests() == before && Instant::now() < deadline {
            thread::sleep(Duration::from_millis(5));
        }
        let kill = Command::new("kill")
            .args(["-TERM", &child.id().to_string()])
            .status()
            .unwrap();
        assert!(kill.success());
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(130), "{}", stderr(&output));
        let folder = world.run_folder(&format!("{name}.shards/0-of-2"));
        log_lines(&folder.join("judgments.jsonl"))
    };
    // What is in flight is kept where there is time for it, and given up where there is none.
    assert!(stopped("30s") > 0);
    assert_eq!(stopped("0"), 0);
}
