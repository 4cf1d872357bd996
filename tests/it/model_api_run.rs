//! Models behind an API through the real binary: money, keys, the cache, a kill.

use crate::envelope;
use crate::suite_fixture;

use std::fs;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::cli_world::{CANARY, World, files_below, log_lines, stderr, stdout};
use crate::mock_judge::{MockJudge, Script};
use crate::mock_models::{Canned, MockModels, Seen, base64, reply};
use serde_json::{Value, json};

/// Answers of a run: 4 edits and 4 generation tasks.
const ANSWERS: usize = 8;
/// Requests that the profile allows in flight.
const SLOTS: usize = 3;
/// What the endpoint's reply costs at the profile's prices.
const COST: f64 = (258.0 * 2.0 + 17.0 * 10.0 + 1290.0 * 30.0) / 1e6;

fn drawn(seen: &Seen) -> Canned {
    let picture = suite_fixture::picture(16, seen.body.len() as u32, image::ImageFormat::Png);
    Canned::ok(reply(
        &seen.path,
        Some("I reason."),
        Some(&base64(&picture)),
    ))
}

/// A world with a profile of a Gemini model at the endpoint.
fn world(endpoint: &MockModels, price: &str) -> World {
    let world = World::new(4);
    let profile = format!(
        "name = \"drawer\"\nmodel = \"g-1\"\nbase_url = \"{}\"\nmax_connections = {SLOTS}\n\
         [retry]\ntransport_retries = 2\nbase_ms = 1\nmax_ms = 4\n{price}",
        endpoint.url()
    );
    fs::write(world.path("drawer.toml"), profile).unwrap();
    world
}

const PRICE: &str = "[price]\ninput = 0.0\ninput_image = 2.0\noutput = 10.0\noutput_image = 30.0\n\
                     input_image_tokens = 258\noutput_tokens = 100\noutput_image_tokens = 1290\n";

fn generate(world: &World, name: &str) -> Command {
    let mut command = world.command("http://127.0.0.1:9");
    command.env("GEMINI_API_KEY", CANARY);
    command.args([
        "generate",
        "--suite",
        "suite/",
        "--model",
        "gemini:drawer.toml",
    ]);
    command.args(["--name", name, "--no-progress"]);
    command
}

fn json_of(output: &std::process::Output) -> Value {
    envelope::result(&output.stdout)
}

#[test]
fn answers_are_judged_paid_cached_and_the_key_is_kept_nowhere() {
    let endpoint = MockModels::start(|seen| {
        let mut canned = drawn(seen);
        if seen.number == 0 {
            canned = Canned::error(500, json!({"error": {"message": format!("key {CANARY}?")}}));
        }
        canned
    });
    let world = world(&endpoint, PRICE);
    let judge = MockJudge::start(Script::honest());
    let run = |name: &str| {
        let mut command = world.command(&judge.base_url());
        command.env("GEMINI_API_KEY", CANARY);
        command.args([
            "run",
            "--suite",
            "suite/",
            "--model",
            "gemini:drawer.toml",
            "--json",
        ]);
        command.args(["--judge", "judge.toml", "--name", name]);
        command.output().unwrap()
    };
    let first = run("first");
    assert!(first.status.success(), "{}", stderr(&first));
    let json = json_of(&first);
    let spent = json["spent_usd"].as_f64().unwrap();
    assert!((spent - ANSWERS as f64 * COST).abs() < 1e-9, "{spent}");
    assert_eq!(json["model"]["model"], "drawer");
    assert_eq!(endpoint.requests(), ANSWERS + 1);
    assert!(
        world.scores("first").contains(",drawer,"),
        "{}",
        world.scores("first")
    );
    for seen in endpoint.seen() {
        assert_eq!(seen.headers["x-goog-api-key"], CANARY);
    }
    let samples = fs::read_to_string(world.run_folder("first").join("samples.jsonl")).unwrap();
    assert!(
        samples.contains("key [key]?"),
        "the fault is kept without the key"
    );
    for file in files_below(world.folder.path()) {
        let bytes = fs::read(&file).unwrap();
        let found = bytes
            .windows(CANARY.len())
            .any(|window| window == CANARY.as_bytes());
        assert!(!found, "{}", file.display());
    }

    // Another run asks the same questions: the cache answers, and nothing is paid.
    let second = run("second");
    assert!(second.status.success(), "{}", stderr(&second));
    assert_eq!(json_of(&second)["spent_usd"], 0.0);
    assert_eq!(endpoint.requests(), ANSWERS + 1);
    assert_eq!(world.scores("second"), world.scores("first"));
}

#[test]
fn a_dry_run_tells_requests_and_money_and_asks_nobody() {
    let endpoint = MockModels::start(drawn);
    let world = world(&endpoint, PRICE);
    let output = generate(&world, "dry")
        .args(["--dry-run", "--json"])
        .output()
        .unwrap();
    let json = json_of(&output);
    assert_eq!(json["model"]["calls"], ANSWERS);
    let most = json["model"]["cost_usd"].as_f64().unwrap();
    assert!(
        most >= ANSWERS as f64 * (1290.0 * 30.0 + 1000.0) / 1e6,
        "{most}"
    );
    assert_eq!(endpoint.requests(), 0);
    let text = generate(&world, "dry").arg("--dry-run").output().unwrap();
    assert!(
        stdout(&text).contains("drawer: 8 requests"),
        "{}",
        stdout(&text)
    );
}

#[test]
fn a_cap_on_money_is_never_exceeded_and_needs_a_price() {
    let endpoint = MockModels::start(drawn);
    let capped = world(&endpoint, PRICE);
    // Two lost requests that may be billed are reserved for beside each answer.
    let cap = 5.5 * COST;
    let mut command = generate(&capped, "capped");
    command.args([
        "--json",
        "--no-cache",
        "--allow-missing",
        "1",
        "--max-cost",
        &cap.to_string(),
    ]);
    let output = command.output().unwrap();
    let json = json_of(&output);
    assert_eq!(json["ending"], "out-of-budget", "{}", stderr(&output));
    let spent = json["spent_usd"].as_f64().unwrap();
    assert!(spent > 0.0 && spent <= cap, "{spent} of {cap}");
    assert_eq!(endpoint.requests(), 3);

    // A higher cap asks for the rest and for nothing again.
    let mut command = generate(&capped, "capped");
    command.args(["--json", "--no-cache", "--max-cost", "10"]);
    let json = json_of(&command.output().unwrap());
    assert_eq!(json["ending"], "complete");
    assert_eq!(endpoint.requests(), ANSWERS);
    assert!((json["spent_usd"].as_f64().unwrap() - ANSWERS as f64 * COST).abs() < 1e-9);

    let unpriced = world(&endpoint, "");
    let output = generate(&unpriced, "x")
        .args(["--max-cost", "1"])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        stderr(&output).contains("no price is known for model drawer"),
        "{}",
        stderr(&output)
    );
    assert_eq!(endpoint.requests(), ANSWERS);
}

#[test]
fn blocked_broken_and_refused_answers_have_their_names_in_the_table() {
    let endpoint = MockModels::start(|seen| {
        let words = seen.text();
        if words.contains("Task 0:") {
            Canned::ok(json!({"promptFeedback": {"blockReason": "SAFETY"}}))
        } else if words.contains("Task 1:") {
            Canned::ok(reply(&seen.path, Some("w"), Some(&base64(b"no picture"))))
        } else if words.contains("Task 2:") {
            Canned::ok(reply(&seen.path, Some("I will not."), None))
        } else {
            drawn(seen)
        }
    });
    let world = world(&endpoint, "");
    let judge = MockJudge::start(Script::honest());
    let mut command = world.command(&judge.base_url());
    command.env("GEMINI_API_KEY", CANARY);
    command.args([
        "run",
        "--suite",
        "suite/",
        "--model",
        "gemini:drawer.toml",
        "--name",
        "named",
    ]);
    command.args(["--judge", "judge.toml", "--no-progress"]);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    let scores = world.scores("named");
    let row = |task: &str, axis: &str| {
        let row = scores
            .lines()
            .find(|line| line.contains(task) && line.contains(axis));
        row.unwrap_or_else(|| panic!("{task} {axis} in {scores}"))
            .to_owned()
    };
    assert!(row("spatial-000", "image_quality").ends_with(",,model-withheld"));
    assert!(row("spatial-000", "text_quality").ends_with(",,model-withheld"));
    assert!(row("spatial-001", "image_quality").ends_with(",,model-broken-file"));
    assert!(row("spatial-001", "text_quality").ends_with(",ok"));
    assert!(row("spatial-002", "image_quality").ends_with(",1,model-empty"));
    assert!(row("spatial-002", "text_quality").ends_with(",ok"));
    assert!(row("spatial-003", "image_quality").ends_with(",ok"));
}

#[test]
fn a_missing_key_is_named_and_nothing_is_asked() {
    let endpoint = MockModels::start(drawn);
    let world = world(&endpoint, PRICE);
    let mut command = generate(&world, "keyless");
    let output = command
        .env_remove("GEMINI_API_KEY")
        .env_remove("GOOGLE_API_KEY")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = stderr(&output);
    assert!(
        said.contains("GEMINI_API_KEY or GOOGLE_API_KEY is not set"),
        "{said}"
    );
    assert_eq!(said.matches("is not set").count(), 1, "{said}");
    assert_eq!(endpoint.requests(), 0);
}

#[test]
fn killed_and_resumed_only_what_was_in_flight_is_asked_again() {
    let latency = Duration::from_millis(60);
    let started = Instant::now();
    let endpoint = MockModels::slow(latency, drawn);
    let whole = world(&endpoint, PRICE);
    let output = generate(&whole, "whole")
        .arg("--no-cache")
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let whole_run = started.elapsed();

    let mut killed_in_flight = 0;
    for round in 1..=12_u32 {
        let endpoint = MockModels::slow(latency, drawn);
        let world = world(&endpoint, PRICE);
        let mut child = generate(&world, "run")
            .arg("--no-cache")
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        thread::sleep(whole_run * round / 12);
        child.kill().unwrap();
        child.wait().unwrap();
        let acknowledged = log_lines(&world.run_folder("run").join("samples.jsonl"));
        // Requests on their way when the process died may still arrive.
        thread::sleep(Duration::from_millis(50));
        let sent = endpoint.requests();

        let resumed = generate(&world, "run").arg("--no-cache").output().unwrap();
        assert!(resumed.status.success(), "{}", stderr(&resumed));
        let log = world.run_folder("run").join("samples.jsonl");
        assert_eq!(log_lines(&log), ANSWERS, "nothing lost, nothing doubled");
        let again = endpoint.requests() - ANSWERS;
        assert!(again <= SLOTS, "{again} requests again, {SLOTS} slots");
        assert!(
            again <= sent.saturating_sub(acknowledged),
            "asked again for a durable answer"
        );
        killed_in_flight += usize::from(sent > acknowledged && acknowledged < ANSWERS);
    }
    assert!(
        killed_in_flight > 2,
        "the kills came too early or too late to prove anything"
    );
}
