//! Shards with a judge behind an API: money and connections are those of the whole run, and so is the model that is served.

use std::fs;
use std::process::Output;
use std::time::Duration;

use serde_json::Value;

use crate::cli_world::{World, stderr, stdout};
use crate::envelope;
use crate::mock_judge::{MockJudge, Script};
use parabench::common::checked_line;

/// One request costs 0.1 dollars at the most: 100 tokens at 1,000 dollars a million.
const PRICED: &str =
    "[retry]\nreply_retries = 0\ntransport_retries = 0\n[price]\ninput = 0.0\noutput = 1000.0\n";

fn shard(world: &World, judge: &MockJudge, shard: &str, more: &[&str]) -> Output {
    let mut command = world.run(&judge.base_url(), "r");
    command
        .args(["--shard", shard])
        .args(more)
        .output()
        .unwrap()
}

fn merge(world: &World, more: &[&str]) -> Output {
    let mut command = world.command("http://127.0.0.1:1/v1");
    command.args(["merge", "r"]).args(more).output().unwrap()
}

#[test]
fn a_shard_takes_its_part_of_money_and_connections() {
    // Five edits and as many generation tasks: shards of 4, 3 and 3 tasks.
    let world = World::new(5);
    world.write_profile(PRICED);
    let judge = MockJudge::start(Script::honest().latency(Duration::from_millis(10)));
    let mut spent = Vec::new();
    for (number, part) in [(0, 0.8), (1, 0.6), (2, 0.6)] {
        let capped = ["--max-cost", "2", "--json"];
        let output = shard(&world, &judge, &format!("{number}/3"), &capped);
        assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
        let said = stderr(&output);
        assert!(
            said.contains(&format!("part of --max-cost 2 is ${part:.4}")),
            "{said}"
        );
        let found: Value = envelope::result(&output.stdout);
        assert_eq!(
            (&found["ending"], &found["tables"]),
            (&"out-of-budget".into(), &Value::Array(vec![]))
        );
        spent.push(found["spent_usd"].as_f64().unwrap());
        assert!(spent[number] > 0.0 && spent[number] <= part, "{spent:?}");
    }
    // The profile's six connections over three shards.
    assert_eq!(judge.stats().max_in_flight, 2);
    let wide = MockJudge::start(Script::honest().latency(Duration::from_millis(10)));
    for number in 0..3 {
        let output = shard(
            &world,
            &wide,
            &format!("{number}/3"),
            &["--max-connections", "10"],
        );
        assert!(output.status.success(), "{}", stderr(&output));
    }
    assert_eq!(wide.stats().max_in_flight, 3);

    // Counted together, what was given up included.
    let folder = world.path("results/r.shards/1-of-3");
    let given_up = r#"{"schema":1,"asked":"model","cost_usd":0.25,"assumed_usd":0.25,"at":"2026-01-01T00:00:00Z"}"#;
    let record: Value = serde_json::from_str(given_up).unwrap();
    fs::write(
        folder.join("costs.jsonl"),
        checked_line::write(&record).unwrap(),
    )
    .unwrap();
    for _ in 0..2 {
        let output = merge(&world, &["--json"]);
        assert!(output.status.success(), "{}", stderr(&output));
        let merged: Value = envelope::result(&output.stdout);
        let of_shards: f64 = merged["shards"]
            .as_array()
            .unwrap()
            .iter()
            .map(|s| s["spent_usd"].as_f64().unwrap())
            .sum();
        let all = merged["spent_usd"].as_f64().unwrap();
        assert!(
            (all - of_shards).abs() < 1e-9 && all > spent.iter().sum::<f64>() + 0.25,
            "{all}"
        );
        assert_eq!(merged["assumed_usd"], 0.25);
        let costs = fs::read_to_string(world.path("results/r/costs.jsonl")).unwrap();
        assert_eq!(costs.lines().count(), 1);
    }
}

#[test]
fn shards_must_share_their_judge_and_the_model_that_was_served() {
    let world = World::new(2);
    let judge = MockJudge::start(Script::honest());
    let output = shard(&world, &judge, "0/2", &[]);
    assert!(output.status.success(), "{}", stderr(&output));
    // Another temperature is found out before anything is asked.
    let asked = judge.requests();
    let before = fs::read_to_string(world.path("judge.toml")).unwrap();
    fs::write(
        world.path("judge.toml"),
        before.replace("temperature = 0.0", "temperature = 1.0"),
    )
    .unwrap();
    let output = shard(&world, &judge, "1/2", &[]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    assert!(
        stderr(&output).contains("judge mock has other settings"),
        "{}",
        stderr(&output)
    );
    assert_eq!(judge.requests(), asked);
    fs::write(world.path("judge.toml"), before).unwrap();
    let output = shard(&world, &judge, "1/2", &[]);
    assert!(output.status.success(), "{}", stderr(&output));

    // Served by two models, one a shard.
    for (number, model) in [(0, "mock-1"), (1, "mock-2")] {
        let log = world.path(&format!("results/r.shards/{number}-of-2/judgments.jsonl"));
        let lines = fs::read(&log).unwrap();
        let served = lines
            .split_inclusive(|byte| *byte == b'\n')
            .flat_map(|line| {
                let mut record: Value =
                    serde_json::from_str(checked_line::read(line).unwrap()).unwrap();
                record["verdict"]["served_model"] = model.into();
                checked_line::write(&record).unwrap()
            });
        let served: Vec<u8> = served.collect();
        fs::write(&log, served).unwrap();
    }
    let output = merge(&world, &[]);
    assert_eq!(output.status.code(), Some(1), "{}", stderr(&output));
    for part in [
        "judge mock: mock-1 (shards 0); mock-2 (shards 1)",
        "--mixed-served",
    ] {
        assert!(stderr(&output).contains(part), "{}", stderr(&output));
    }
    assert!(!world.path("results/r").exists());
    let output = merge(&world, &["--mixed-served"]);
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(
        stdout(&output).contains("2 of 2 shards"),
        "{}",
        stdout(&output)
    );
}
