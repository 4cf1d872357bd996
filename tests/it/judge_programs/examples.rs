//! The judges in `examples/judges` through the real binary, the models behind them replaced by stand-ins.

use std::fs;
use std::path::Path;

use crate::cli_world::{World, stderr};

/// Copies the examples into a world; `fake` has those with a model run without it.
fn copy(world: &World, fake: bool) {
    let from = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/judges");
    for entry in fs::read_dir(from).unwrap().flatten() {
        let path = entry.path();
        let Ok(mut text) = fs::read_to_string(&path) else {
            continue;
        };
        let name = path.file_name().unwrap().to_str().unwrap();
        if fake && name.ends_with(".toml") && name != "minimal.toml" {
            let script = name.replace(".toml", ".py");
            let faked = text.replace(
                &format!("[\"{script}\""),
                &format!("[\"{script}\", \"--fake\""),
            );
            assert_ne!(text, faked, "{name}");
            text = faked;
        }
        fs::write(world.path(name), text).unwrap();
    }
}

/// Marks by axis of a run over one edit and one generation task, judged by an example.
fn judged(world: &World, example: &str) -> Vec<(String, String)> {
    let mut command = world.command("http://127.0.0.1:9");
    command.args([
        "run",
        "--suite",
        "suite/",
        "--model",
        "replay:answers",
        "--no-progress",
    ]);
    command.args(["--allow-missing", "1", "--name", example]);
    command.args(["--judge", &format!("command:{example}.toml")]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{example}: {}", stderr(&output));
    let log = fs::read_to_string(world.run_folder(example).join("judgments.jsonl")).unwrap();
    log.lines()
        .map(|line| {
            let record: serde_json::Value = serde_json::from_str(line).unwrap();
            let record = &record["record"];
            let mark = &record["verdict"]["mark"];
            let mark = mark.get("scored").or(mark.get("missing")).unwrap();
            (
                record["axis"].as_str().unwrap().to_owned(),
                mark.to_string(),
            )
        })
        .collect()
}

#[test]
fn the_minimal_example_marks_a_run() {
    let world = World::new(1);
    copy(&world, false);
    let marks = judged(&world, "minimal");
    assert_eq!(marks.len(), 2);
    for (axis, mark) in marks {
        assert_eq!(axis, "text_alignment");
        // "Task 0: make it spatial." against "I will do task 0 of spatial with care.": 3 of 5 words.
        assert_eq!(mark, "3");
    }
    let lines = fs::read_to_string(world.path("minimal.py")).unwrap();
    assert!(lines.lines().count() <= 45);
}

#[test]
fn the_adapters_mark_a_run_over_their_stand_ins() {
    let world = World::new(1);
    copy(&world, true);
    for (example, marks, missing) in [
        // Alignment by thresholds, and the number itself.
        ("hpsv3", 4, 0),
        // A generation task has no picture that was edited.
        ("editscore", 2, 1),
        ("transformers_vlm", 11, 0),
    ] {
        let found = judged(&world, example);
        assert_eq!(found.len(), marks, "{example}: {found:?}");
        let gone = found
            .iter()
            .filter(|(_, mark)| mark == "\"no-mark\"")
            .count();
        assert_eq!(gone, missing, "{example}: {found:?}");
        let scored = found
            .iter()
            .filter_map(|(_, mark)| mark.trim_matches('"').parse::<f64>().ok());
        assert_eq!(scored.count(), marks - missing, "{example}: {found:?}");
        let run = fs::read_to_string(world.run_folder(example).join("run.toml")).unwrap();
        assert!(run.contains("program_version = \"fake\""), "{run}");
    }
}

const GENEVAL: &str = r#"format = 2
name = "tiny-geneval"
version = "1"
licence = "CC0-1.0"

[[axes]]
key = "correct"
title = "Correct"
scale = { lo = 0, hi = 1 }
sees = ["instruction", "output"]

[[categories]]
name = "spatial"
kind = "edit"
planned = 1

[[categories]]
name = "scenes"
kind = "generation"
planned = 1
"#;

#[test]
fn the_evaluator_of_geneval_marks_prompts_whose_conditions_it_knows() {
    let world = World::new(1);
    copy(&world, true);
    fs::write(world.path("suite/suite.toml"), GENEVAL).unwrap();
    fs::create_dir_all(world.path("geneval/prompts")).unwrap();
    let known = r#"{"tag": "counting", "prompt": "Task 0: make it scenes.", "include": []}"#;
    let metadata = world.path("geneval/prompts/evaluation_metadata.jsonl");
    fs::write(&metadata, format!("{known}\n{known}\n")).unwrap();
    let mut marks: Vec<String> = judged(&world, "geneval")
        .into_iter()
        .map(|(_, mark)| mark)
        .collect();
    marks.sort();
    let size = fs::metadata(world.path("answers/scenes-000.png"))
        .unwrap()
        .len();
    assert_eq!(marks, ["\"no-mark\"".to_owned(), (size % 2).to_string()]);

    // Two conditions for one prompt are none.
    fs::write(
        &metadata,
        format!("{known}\n{}\n", known.replace("counting", "colors")),
    )
    .unwrap();
    fs::remove_dir_all(world.run_folder("geneval")).unwrap();
    let marks = judged(&world, "geneval");
    assert!(
        marks.iter().all(|(_, mark)| mark == "\"no-mark\""),
        "{marks:?}"
    );
}
