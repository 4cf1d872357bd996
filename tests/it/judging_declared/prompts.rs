//! Prompts of a benchmark's authors are taken from a clone of theirs and asked as they stand.

use std::fs;

use serde_json::Value;

use super::steps::{GEDIT_TYPES, png, put};
use crate::cli_world::{World, stderr, stdout};
use crate::mock_judge::{Fault, MockJudge, Script, Seen};
use crate::parquet_fixture::{GeditRow, write_gedit};

/// A stand-in of the authors' file: strings in triple quotes amid code, which is never run.
const PROMPTS: &str = r#"
import os
os.abort()
_context_no_delimit = """You are a judge. Answer as
{
"score" : [...],
"reasoning" : "..."
}"""
_prompts_0shot_two_image_edit_rule = """RULES: "two" images."""

_prompts_0shot_tie_rule_SC = '''
Editing instruction: <instruction>
Put it as score = [score1, score2]'''
_prompts_0shot_rule_PQ = """Judge the image alone: \"natural\", free of artifacts."""
"#;

/// Types of edits with a record each, as the hub has them, and pictures of a model.
fn write_records(world: &World) {
    let mut rows = Vec::new();
    for task_type in GEDIT_TYPES {
        let key = format!("{task_type}-key");
        let answers = world.path(&format!("outputs/fullset/{task_type}/en"));
        put(&answers.join(format!("{key}.png")), png(8, 900));
        put(&answers.join(format!("{key}_SRCIMG.png")), png(8, 1));
        rows.push(GeditRow {
            intersection: true,
            task_type,
            // What would be a placeholder, were it looked through again.
            instruction: format!("INSTRUCTION-{key} <instruction>"),
            key,
            language: "en",
            picture: png(8, 1),
        });
    }
    let data = world.path("gedit/data");
    fs::create_dir_all(&data).unwrap();
    write_gedit(&data.join("train-00000-of-00001.parquet"), &rows);
}

fn import(world: &World, clone: &str) -> std::process::Output {
    let mut import = world.command("http://127.0.0.1:1/v1");
    import.args(["suite", "import", "gedit", "--suite", "gedit-full-en"]);
    import.args(["--counts-as-found", "--with-prompts", clone, "-o", "mine"]);
    import.output().unwrap()
}

#[test]
fn prompts_of_the_authors_are_asked_as_they_stand() {
    let world = World::new(1);
    write_records(&world);
    let viescore = world.path("clone/GEdit-Bench/viescore");
    fs::create_dir_all(&viescore).unwrap();
    fs::write(viescore.join("vie_prompts.py"), PROMPTS).unwrap();
    let output = import(&world, "clone");
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let shown = stdout(&output);
    assert!(shown.contains("vie_prompts.py (SHA-256"), "{shown}");
    let rubric = fs::read_to_string(world.path("mine/rubrics/authors_sc.toml")).unwrap();
    assert!(rubric.contains("prompt = \"verbatim\""), "{rubric}");
    let check = world
        .command("http://127.0.0.1:1/v1")
        .args(["suite", "check", "mine/"])
        .output()
        .unwrap();
    assert_eq!(check.status.code(), Some(0), "{}", stderr(&check));

    let judge = MockJudge::start(
        Script::decide(|_: &Seen| {
            Some(Fault::Words(
                "{\"score\": [7, 9], \"reasoning\": \"r\"}".to_owned(),
            ))
        })
        .keeping(),
    );
    for name in ["a", "b"] {
        let mut run = world.command(&judge.base_url());
        run.args(["run", "--suite", "mine/", "--model", "replay:outputs"]);
        run.args(["--judge", "judge.toml", "--name", name, "--no-progress"]);
        let output = run.output().unwrap();
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert!(
            stdout(&output).contains("Injection defences off"),
            "{}",
            stdout(&output)
        );
    }
    let mut semantic = 0;
    for kept in judge.kept() {
        let body: Value = serde_json::from_str(&kept.body).unwrap();
        let messages = body["messages"].as_array().unwrap();
        assert_eq!(
            (messages.len(), &messages[0]["role"]),
            (1, &Value::from("user"))
        );
        let parts = messages[0]["content"].as_array().unwrap();
        let text = parts[0]["text"].as_str().unwrap();
        assert!(!kept.body.contains("MATERIAL"));
        let context =
            "You are a judge. Answer as\n{\n\"score\" : [...],\n\"reasoning\" : \"...\"\n}\n";
        let rest = text.strip_prefix(context).unwrap();
        if parts.len() == 3 {
            semantic += 1;
            let (before, after) = rest.split_once("INSTRUCTION-").unwrap();
            assert_eq!(before, "RULES: \"two\" images.\n\nEditing instruction: ");
            assert!(after.ends_with("-key <instruction>\nPut it as score = [score1, score2]"));
        } else {
            assert_eq!(
                rest,
                "Judge the image alone: \"natural\", free of artifacts."
            );
            assert_eq!(parts.len(), 2);
        }
    }
    assert_eq!(semantic, 11);
    // Every report says so.
    let mut report = world.command(&judge.base_url());
    report.args(["report", "a", "--baseline", "b", "-o", "r"]);
    let output = report.output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let page = fs::read_to_string(world.path("r/index.html")).unwrap();
    assert!(page.contains("Injection defences off"));
    let mut compare = world.command(&judge.base_url());
    let output = compare
        .args(["compare", "a", "--baseline", "b"])
        .output()
        .unwrap();
    let shown = stdout(&output)
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    assert!(shown.contains("Injection defences off: a, b"), "{shown}");
}

#[test]
fn what_cannot_be_taken_is_named_and_nothing_is_written() {
    let world = World::new(1);
    write_records(&world);
    let clone = world.path("clone");
    fs::create_dir_all(&clone).unwrap();
    let refused = |told: &[&str]| {
        let output = import(&world, "clone");
        assert_ne!(output.status.code(), Some(0));
        for part in told {
            assert!(stderr(&output).contains(part), "{}", stderr(&output));
        }
        assert!(!world.path("mine").exists());
    };
    refused(&[
        "authors_sc",
        "authors_pq",
        "0 files are called",
        "a clone of the authors' repository",
    ]);
    let file = clone.join("vie_prompts.py");
    fs::write(&file, PROMPTS.replace("<instruction>", "{instruction}")).unwrap();
    refused(&["authors_sc: `<instruction>` does not stand in the text"]);
    fs::write(&file, PROMPTS.replace("_rule_PQ", "_rule_Q")).unwrap();
    refused(&["authors_pq", "no string is `_prompts_0shot_rule_PQ`"]);
    let twice = format!("{PROMPTS}\n_prompts_0shot_rule_PQ = '''another'''\n");
    fs::write(&file, twice).unwrap();
    refused(&["several strings are `_prompts_0shot_rule_PQ`, and they differ"]);
    fs::write(&file, format!("{PROMPTS}\nx = '''never ends")).unwrap();
    refused(&["the closing ''' is missing"]);
    fs::write(&file, vec![b'#'; 2 << 20]).unwrap();
    refused(&["vie_prompts.py"]);
    fs::remove_file(&file).unwrap();
    let outside = world.path("outside.py");
    fs::write(&outside, PROMPTS).unwrap();
    std::os::unix::fs::symlink(&outside, &file).unwrap();
    refused(&["authors_sc"]);
    fs::remove_dir_all(&clone).unwrap();
    refused(&["expected a folder, a clone of the authors' repository"]);
}
