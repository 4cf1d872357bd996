//! The commands `run`, `generate` and `judge` through the real binary, against a judge on
//! loopback that fails in every way.

use std::collections::BTreeMap;

use crate::cli_world::{CANARY, World, files_below, stderr, stdout};
use crate::envelope;
use crate::mock_judge::{End, Fault, MockJudge, Script};

const FAST_RETRIES: &str = "[retry]\nreply_retries = 1\ntransport_retries = 1\nbase_ms = 1\n\
    max_ms = 2\nmax_retry_after_s = 1\n[timeouts]\nconnect_s = 1\nfirst_byte_s = 0.3\n\
    idle_s = 0.3\ntotal_s = 2\n";

/// Rows of a score table by status.
fn statuses(scores: &str) -> BTreeMap<String, usize> {
    let mut counts = BTreeMap::new();
    for line in scores.lines().skip(1) {
        let status = line.rsplit(',').next().unwrap().to_owned();
        *counts.entry(status).or_default() += 1;
    }
    counts
}

#[test]
fn every_fault_of_a_judge_ends_in_its_record_and_exit_code_3() {
    let cases = [
        (Fault::Words("lovely picture".into()), "unparsable"),
        (Fault::Finish(End::Filter), "content-filtered"),
        (Fault::ContentFilter, "content-filtered"),
        (Fault::Finish(End::Length), "truncated"),
        (Fault::Refusal, "refused"),
    ];
    for (fault, status) in cases {
        let world = World::new(1);
        world.write_profile(FAST_RETRIES);
        let judge = MockJudge::start(Script::always(fault.clone()));
        let output = world.run(&judge.base_url(), "r").output().unwrap();
        assert_eq!(
            output.status.code(),
            Some(3),
            "{fault:?}: {}",
            stderr(&output)
        );
        let counts = statuses(&world.scores("r"));
        assert_eq!(counts.get(status), Some(&11), "{fault:?}: {counts:?}");
        assert_eq!(
            counts.get("not-applicable"),
            Some(&1),
            "{fault:?}: {counts:?}"
        );
        assert!(
            stdout(&output).contains(&format!("2 {status}")),
            "{}",
            stdout(&output)
        );
    }
}

#[test]
fn a_wrong_key_ends_the_run_without_marks_and_without_naming_the_key() {
    let world = World::new(1);
    let judge = MockJudge::start(Script::always(Fault::EchoKey(401)));
    let output = world.run(&judge.base_url(), "r").output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("OPENAI_API_KEY"),
        "{}",
        stderr(&output)
    );
    assert_eq!(statuses(&world.scores("r")).get("pending"), Some(&11));
    assert!(!stderr(&output).contains(CANARY) && !stdout(&output).contains(CANARY));
}

#[test]
fn the_key_is_in_no_file_and_no_output() {
    let world = World::new(2);
    let script = Script::decide(|seen| (seen.number % 3 == 0).then_some(Fault::EchoKey(500)));
    world.write_profile(FAST_RETRIES);
    let judge = MockJudge::start(script);
    let output = world.run(&judge.base_url(), "r").output().unwrap();
    let mut read = 0;
    for file in files_below(world.folder.path()) {
        let bytes = std::fs::read(&file).unwrap();
        let leaks = bytes
            .windows(CANARY.len())
            .any(|part| part == CANARY.as_bytes());
        assert!(!leaks, "{}", file.display());
        read += 1;
    }
    assert!(read > 20);
    assert!(!stderr(&output).contains(CANARY) && !stdout(&output).contains(CANARY));
}

#[test]
fn generate_then_judge_equals_run_and_a_second_run_is_answered_from_the_cache() {
    let world = World::new(2);
    let judge = MockJudge::start(Script::honest());
    let run = world.run(&judge.base_url(), "whole").output().unwrap();
    assert!(run.status.success(), "{}", stderr(&run));
    let asked = judge.requests();

    let mut generate = world.command(&judge.base_url());
    generate.args(["generate", "--suite", "suite/", "--model", "replay:answers"]);
    let generate = generate
        .args(["--name", "halves", "--no-progress"])
        .output()
        .unwrap();
    assert!(generate.status.success(), "{}", stderr(&generate));
    let mut marks = world.command(&judge.base_url());
    marks.args([
        "judge",
        "halves",
        "--judge",
        "judge.toml",
        "--suite",
        "suite/",
    ]);
    let marks = marks.args(["--json", "--no-progress"]).output().unwrap();
    assert!(marks.status.success(), "{}", stderr(&marks));

    assert_eq!(world.scores("halves"), world.scores("whole"));
    assert_eq!(judge.requests(), asked, "all from the cache");
    let json: serde_json::Value = envelope::result(&marks.stdout);
    assert_eq!(json["ending"], "complete");
    assert_eq!(json["tables"][0]["mapping"], "affine25");
}

#[test]
fn repeats_are_calls_of_their_own() {
    let world = World::new(1);
    let judge = MockJudge::start(Script::honest());
    let mut command = world.run(&judge.base_url(), "r");
    let output = command.args(["--repeats", "3"]).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert_eq!(judge.requests(), 3 * 11);
    assert_eq!(statuses(&world.scores("r")).get("ok"), Some(&33));
}

#[test]
fn a_dry_run_asks_nobody_and_writes_nothing() {
    let world = World::new(2);
    world.write_profile("[price]\ninput = 2.0\noutput = 8.0\n");
    let judge = MockJudge::start(Script::honest());
    let mut command = world.run(&judge.base_url(), "r");
    let output = command.args(["--dry-run", "--json"]).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let json: serde_json::Value = envelope::result(&output.stdout);
    assert_eq!(json["judges"][0]["calls"], 22);
    assert!(json["judges"][0]["cost_usd"].as_f64().unwrap() > 0.0);
    assert_eq!(judge.requests(), 0);
    assert!(!world.run_folder("r").exists());
}

#[test]
fn an_endpoint_that_is_out_of_order_ends_the_run_which_resumes() {
    let cases = [
        (Fault::status(500), "scripted 500"),
        (Fault::Stall, "no response within"),
        (Fault::Endless, "longer than"),
        (Fault::HalfJson, "not JSON"),
        (Fault::Html, "web page"),
        (Fault::ErrorObject("server_error"), "scripted"),
        (Fault::Disconnect, "connection"),
    ];
    for (fault, words) in cases {
        let world = World::new(1);
        world.write_profile(FAST_RETRIES);
        let sick = MockJudge::start(Script::always(fault.clone()));
        let output = world.run(&sick.base_url(), "r").output().unwrap();
        let said = stderr(&output);
        assert_eq!(output.status.code(), Some(1), "{fault:?}: {said}");
        assert!(
            said.contains(words) && said.contains("in a row failed"),
            "{said}"
        );
        let well = MockJudge::start(Script::honest());
        let mut command = world.run(&well.base_url(), "r");
        let output = command.arg("--retry-missing").output().unwrap();
        assert!(output.status.success(), "{fault:?}: {}", stderr(&output));
        assert_eq!(statuses(&world.scores("r")).get("ok"), Some(&11));
    }
}

#[test]
fn a_cap_on_money_is_kept_and_a_missing_price_is_refused() {
    let world = World::new(3);
    let judge = MockJudge::start(Script::honest());
    let mut command = world.run(&judge.base_url(), "r");
    let output = command.args(["--max-cost", "1"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(stderr(&output).contains("[price]"), "{}", stderr(&output));

    // Without retries the reserve of a mark is one request.
    world.write_profile(
        "[retry]\nreply_retries = 0\ntransport_retries = 0\n\
         [price]\ninput = 1000.0\noutput = 1000.0\n",
    );
    let mut command = world.run(&judge.base_url(), "capped");
    let output = command
        .args(["--max-cost", "2", "--json"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    let json: serde_json::Value = envelope::result(&output.stdout);
    assert_eq!(json["ending"], "out-of-budget");
    let spent = json["spent_usd"].as_f64().unwrap();
    assert!(spent > 0.0 && spent <= 2.0, "{spent}");
}

#[test]
fn missing_marks_can_be_asked_for_again() {
    let world = World::new(1);
    world.write_profile(FAST_RETRIES);
    let sick = MockJudge::start(Script::always(Fault::Refusal));
    let output = world.run(&sick.base_url(), "r").output().unwrap();
    assert_eq!(output.status.code(), Some(3));
    let url = sick.base_url();
    drop(sick);

    let port = url
        .split(':')
        .nth(2)
        .unwrap()
        .split('/')
        .next()
        .unwrap()
        .parse()
        .unwrap();
    let well = MockJudge::start_on(port, Script::honest()).unwrap();
    let again = world.run(&url, "r").output().unwrap();
    assert_eq!(
        again.status.code(),
        Some(3),
        "a missing mark is final by default"
    );
    assert_eq!(well.requests(), 0);
    let mut command = world.run(&url, "r");
    let again = command.arg("--retry-missing").output().unwrap();
    assert!(again.status.success(), "{}", stderr(&again));
    assert_eq!(statuses(&world.scores("r")).get("ok"), Some(&11));
}

#[test]
fn a_run_can_be_answered_again_and_its_reasoning_dealt_out_anew() {
    let world = World::new(2);
    let judge = MockJudge::start(Script::honest());
    let output = world.run(&judge.base_url(), "first").output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let asked = judge.requests();
    for (model, name) in [
        ("replay:results/first", "again"),
        (
            "control:shuffled-reasoning?over=replay:results/first",
            "shuffled",
        ),
    ] {
        let mut command = world.command(&judge.base_url());
        command.args(["run", "--suite", "suite/", "--model", model, "--name", name]);
        let output = command.args(["--judge", "judge.toml"]).output().unwrap();
        assert!(output.status.success(), "{model}: {}", stderr(&output));
    }
    assert_eq!(world.scores("again"), world.scores("first"));
    // Image axes, and the quality of a text wherever it stands, look at what was judged
    // before: only text and output alignment of the four tasks are new.
    assert_eq!(judge.requests(), asked + 2 * 4);

    world.write_suite(3);
    let mut command = world.command(&judge.base_url());
    command.args([
        "run",
        "--suite",
        "suite/",
        "--model",
        "replay:results/first",
    ]);
    let output = command.args(["--judge", "judge.toml"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("is a run of `tiny` with digest"),
        "{}",
        stderr(&output)
    );
}

#[test]
fn wrong_options_say_what_is_right() {
    let world = World::new(1);
    let cases: [(&[&str], i32, &str); 6] = [
        (&["run"], 2, "--suite"),
        (
            &[
                "run",
                "--suite",
                "nowhere",
                "--model",
                "x:y",
                "--judge",
                "judge.toml",
            ],
            2,
            "parabench",
        ),
        (
            &[
                "run",
                "--suite",
                "suite/",
                "--model",
                "painter:x",
                "--judge",
                "judge.toml",
            ],
            2,
            "replay",
        ),
        (
            &[
                "run",
                "--suite",
                "suite/",
                "--model",
                "replay:answers",
                "--judge",
                "nobody",
            ],
            2,
            "gpt-4.1",
        ),
        (
            &[
                "run",
                "--suite",
                "suite/",
                "--model",
                "replay:answers",
                "--judge",
                "judge.toml",
                "--name",
                "../x",
            ],
            2,
            "--name",
        ),
        (
            &["judge", "nothing", "--judge", "judge.toml"],
            2,
            "unknown run `nothing`",
        ),
    ];
    for (arguments, code, part) in cases {
        let output = world
            .command("http://127.0.0.1:9/v1")
            .args(arguments)
            .output()
            .unwrap();
        let text = stderr(&output);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {text}");
        assert!(text.contains(part), "{arguments:?}: {text}");
    }
}
