//! Calls that mark several axes.

use std::fs;

use serde_json::Value;

use super::{SUITE, run, world};
use crate::cli_world::stderr;
use crate::mock_judge::{Fault, MockJudge, Script, Seen};
use crate::suite_fixture;

/// One request for two axes: two marks, one price, and what one of them may not see is shown for neither.
#[test]
fn a_call_marks_several_axes_with_one_request() {
    let world = world();
    let suite = world.path("suite");
    let call = "[[calls]]\nmarks = [\"sc\", \"truth\"]\ncategories = [\"facts\"]\nrubric = \"joint\"\n\n[[categories]]\nname = \"plain\"";
    let scales = SUITE
        .replace("[[categories]]\nname = \"plain\"", call)
        .replace("scale = { lo = 0, hi = 1 }", "scale = { lo = 0, hi = 10 }");
    fs::write(suite.join("suite.toml"), scales).unwrap();
    let joint = "version = \"1\"\n[keys]\nsc = \"joint_semantic\"\ntruth = \"joint_truth\"\n[edit]\ntask = \"JOINT-RUBRIC\"\n";
    fs::write(suite.join("rubrics/joint.toml"), joint).unwrap();
    fs::remove_file(suite.join("rubrics/truth.toml")).unwrap();
    world.write_profile("[price]\ninput = 1.0\noutput = 1.0\n");
    let script = Script::decide(|seen: &Seen| {
        let has = |text: &str| seen.body.contains(text);
        let words = if has("JOINT-RUBRIC") {
            // One task of the four gets half a reply.
            let truth = if has("INSTRUCTION-facts-3") {
                "\"soon\""
            } else {
                "9"
            };
            format!("{{\"reasoning\": \"r\", \"joint_semantic\": 3, \"joint_truth\": {truth}}}")
        } else if has("QUALITY-RUBRIC") {
            "{\"reasoning\": \"r\", \"quality_score\": 5}".to_owned()
        } else {
            "{\"reasoning\": \"r\", \"semantic_score\": 8}".to_owned()
        };
        Some(Fault::Words(words))
    });
    let judge = MockJudge::start(script.keeping());
    let output = run(&world, &judge, "a");
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    let joint: Vec<_> = judge
        .kept()
        .into_iter()
        .filter(|kept| kept.body.contains("JOINT-RUBRIC"))
        .collect();
    // Three once, and the one with half a reply as often as replies are asked for again.
    let again = joint
        .iter()
        .filter(|kept| kept.body.contains("INSTRUCTION-facts-3"))
        .count();
    assert_eq!(joint.len() - again, 3);
    for kept in &joint {
        // `sc` sees the input and no reasoning or reference, `truth` no input: the call shows what both see.
        assert!(kept.body.contains("INSTRUCTION-facts") && !kept.body.contains("REASONING-"));
        assert!(!kept.body.contains("REFERENCE-"));
        assert_eq!(kept.body.matches("data:image/").count(), 1);
    }
    let scores = world.scores("a");
    let row = |task: &str, axis: &str| {
        let mut rows = scores
            .lines()
            .filter(|row| row.contains(task) && row.contains(&format!(",{axis},")));
        rows.next().unwrap().to_owned()
    };
    assert!(row("facts-0", "sc").ends_with(",3,ok") && row("facts-0", "truth").ends_with(",9,ok"));
    assert!(
        row("facts-3", "sc").ends_with(",3,ok"),
        "{}",
        row("facts-3", "sc")
    );
    assert!(row("facts-3", "truth").ends_with(",,unparsable"));
    // Every request is paid for once.
    let log = fs::read_to_string(world.run_folder("a").join("judgments.jsonl")).unwrap();
    let attempts: u64 = log
        .lines()
        .map(|line| {
            let line: Value = serde_json::from_str(line).unwrap();
            let record = &line["record"];
            record["verdict"]["attempts"].as_u64().unwrap_or(0)
        })
        .sum();
    assert_eq!(attempts as usize, judge.requests());
}

#[test]
fn a_check_of_the_suite_reads_its_rubrics_and_calls() {
    let world = world();
    let check = || {
        world
            .command("http://127.0.0.1:1/v1")
            .args(["suite", "check", "suite/"])
            .output()
            .unwrap()
    };
    assert_eq!(check().status.code(), Some(0), "{}", stderr(&check()));
    let suite = world.path("suite");
    fs::remove_file(suite.join("rubrics/pq.toml")).unwrap();
    assert_ne!(check().status.code(), Some(0));
    assert!(
        stderr(&check()).contains("pq.toml: is not there"),
        "{}",
        stderr(&check())
    );

    // Calls would mean nothing on ParaBench's axes.
    let call =
        "\n[[calls]]\nmarks = [\"image_quality\", \"image_alignment\"]\nrubric = \"joint\"\n";
    suite_fixture::write_tiny(&suite, &[("spatial", "edit", 1)], 16);
    let tiny = fs::read_to_string(suite.join("suite.toml")).unwrap();
    fs::write(suite.join("suite.toml"), tiny + call).unwrap();
    assert!(
        stderr(&check()).contains("[[calls]] in a suite of format 1"),
        "{}",
        stderr(&check())
    );
}
