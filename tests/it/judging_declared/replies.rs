//! Replies in other forms than an object with a key for every axis.

use std::fs;

use super::{SUITE, run, world};
use crate::cli_world::{World, stderr};
use crate::mock_judge::{Fault, MockJudge, Script, Seen};

/// The usual suite with a call; its axes all have marks of 0 to 10.
fn with_call(call: &str, name: &str, rubric: &str) -> World {
    let world = world();
    let suite = world.path("suite");
    let text = SUITE
        .replace(
            "[[categories]]\nname = \"plain\"",
            &format!("[[calls]]\n{call}\n\n[[categories]]\nname = \"plain\""),
        )
        .replace("scale = { lo = 0, hi = 1 }", "scale = { lo = 0, hi = 10 }");
    fs::write(suite.join("suite.toml"), text).unwrap();
    fs::write(suite.join(format!("rubrics/{name}.toml")), rubric).unwrap();
    world
}

/// What the judge says to the question of a rubric; other questions get the marks that the usual rubrics ask for.
fn saying(rubric: &'static str, say: impl Fn(&Seen) -> String + Send + Sync + 'static) -> Script {
    Script::decide(move |seen: &Seen| {
        let has = |text: &str| seen.body.contains(text);
        let words = if has(rubric) {
            say(seen)
        } else if has("QUALITY-RUBRIC") {
            "{\"reasoning\": \"r\", \"quality_score\": 5}".to_owned()
        } else if has("TRUTH-RUBRIC") {
            "{\"reasoning\": \"r\", \"truth_score\": 5}".to_owned()
        } else if has("FACTS-RUBRIC") {
            "{\"reasoning\": \"r\", \"fact_score\": 8}".to_owned()
        } else {
            "{\"reasoning\": \"r\", \"semantic_score\": 8}".to_owned()
        };
        Some(Fault::Words(words))
    })
    .keeping()
}

fn row(scores: &str, task: &str, axis: &str) -> String {
    let mut rows = scores
        .lines()
        .filter(|row| row.contains(&format!(",{task},")) && row.contains(&format!(",{axis},")));
    rows.next().unwrap().to_owned()
}

#[test]
fn a_call_can_be_answered_line_by_line() {
    let call = "marks = [\"sc\", \"truth\"]\ncategories = [\"facts\"]\nreply = \"label\"\nrubric = \"joint\"";
    let rubric = "version = \"1\"\n[keys]\nsc = \"Semantic Score\"\ntruth = \"Truth\"\n[edit]\ntask = \"JOINT-RUBRIC\"\n";
    let world = with_call(call, "joint", rubric);
    let judge = MockJudge::start(saying("JOINT-RUBRIC", |seen| {
        let truth = match seen.body.contains("INSTRUCTION-facts-3") {
            true => "soon",
            false => "9",
        };
        format!("It is well done.\n\n**Semantic Score:** 3\nTruth: {truth}")
    }));
    let output = run(&world, &judge, "a");
    assert_eq!(output.status.code(), Some(3), "{}", stderr(&output));
    let joint: Vec<_> = judge
        .kept()
        .into_iter()
        .filter(|kept| kept.body.contains("JOINT-RUBRIC"))
        .collect();
    assert!(joint.len() >= 4);
    for kept in &joint {
        let form = "<your reasoning>\\nSemantic Score: <0-10>\\nTruth: <0-10>";
        assert!(kept.body.contains(form), "{}", kept.body);
        assert!(!kept.body.contains("JSON object"), "{}", kept.body);
    }
    let scores = world.scores("a");
    assert!(row(&scores, "facts-0", "sc").ends_with(",3,ok"));
    assert!(row(&scores, "facts-0", "truth").ends_with(",9,ok"));
    assert!(row(&scores, "facts-3", "sc").ends_with(",3,ok"));
    assert!(row(&scores, "facts-3", "truth").ends_with(",,unparsable"));
    // Suites whose axes have no parts keep their columns.
    assert!(scores.lines().next().unwrap().ends_with(",score,status"));
}

#[test]
fn what_is_asked_for_is_recoded() {
    let call = "marks = [\"pq\"]\ncategories = [\"plain\"]\nrecode = { 0 = 0.5, 1 = 10 }\nrubric = \"solved\"";
    let rubric = "version = \"1\"\naxis = \"pq\"\nkey = \"solved\"\n[edit]\ntask = \"SOLVED-RUBRIC\"\n\
                  [scale]\n1 = \"Solved.\"\n0 = \"Not solved.\"\n";
    let world = with_call(call, "solved", rubric);
    let judge = MockJudge::start(saying("SOLVED-RUBRIC", |seen| {
        let solved = u32::from(seen.number.is_multiple_of(3));
        format!("{{\"reasoning\": \"r\", \"solved\": {solved}}}")
    }));
    let output = run(&world, &judge, "a");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    for kept in judge.kept() {
        let body = &kept.body;
        assert_eq!(
            body.contains("SOLVED-RUBRIC"),
            body.contains("one of the integers 0, 1:"),
            "{body}"
        );
    }
    let scores = world.scores("a");
    for number in 0..6 {
        let row = row(&scores, &format!("plain-{number}"), "pq");
        assert!(row.ends_with(",10,ok") || row.ends_with(",0.5,ok"), "{row}");
    }
    // The other category is asked for marks of the scale.
    assert!(row(&scores, "facts-0", "pq").ends_with(",5,ok"));
}

/// A program that marks everything in the middle and writes down what it was shown.
const WITNESS: &str = r#"
import json, sys
print(json.dumps({"hello": 1, "role": "judge", "name": "witness", "version": "1"}), flush=True)
for line in sys.stdin:
    request = json.loads(line)
    with open("seen.jsonl", "a") as file:
        file.write(json.dumps({"axis": request["axes"][0], "fields": sorted(request)}) + "\n")
    print(json.dumps({"id": request["id"], "marks": {request["axes"][0]: 5}}), flush=True)
"#;

#[test]
fn a_program_is_shown_what_the_call_shows() {
    let call =
        "marks = [\"sc\"]\ncategories = [\"facts\"]\nsees = [\"output\"]\nrubric = \"narrow\"";
    let rubric =
        "version = \"1\"\naxis = \"sc\"\nkey = \"narrow_score\"\n[edit]\ntask = \"NARROW\"\n";
    let world = with_call(call, "narrow", rubric);
    fs::write(world.path("witness.py"), WITNESS).unwrap();
    let description = "program = \"python3\"\nargs = [\"witness.py\"]\n[[axes]]\nkey = \"sc\"\n";
    fs::write(world.path("witness.toml"), description).unwrap();
    let mut command = world.command("http://127.0.0.1:1/v1");
    command.args(["run", "--suite", "suite/", "--model", "replay:answers"]);
    command.args([
        "--judge",
        "command:witness.toml",
        "--name",
        "w",
        "--no-progress",
    ]);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let seen = fs::read_to_string(world.path("seen.jsonl")).unwrap();
    let plain = r#""fields": ["axes", "id", "inputs", "instruction", "kind", "output", "repeat"]"#;
    let narrow = r#""fields": ["axes", "id", "kind", "output", "repeat"]"#;
    let count = |fields: &str| seen.lines().filter(|line| line.contains(fields)).count();
    assert_eq!((count(plain), count(narrow)), (6, 4), "{seen}");
}
