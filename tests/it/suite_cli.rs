//! `parabench suite` through the real binary.

use crate::envelope;
use crate::suite_fixture;

use std::fs;
use std::path::Path;

use crate::suite_fixture::write_tiny;
use assert_cmd::Command;
use serde_json::Value;

const CATEGORIES: [(&str, &str, usize); 2] = [("spatial", "edit", 2), ("scenes", "generation", 1)];

/// `parabench suite …` in a folder that is its current folder and holds its cache.
fn suite(folder: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(assert_cmd::cargo_bin!("parabench"));
    command
        .current_dir(folder)
        .env("PARABENCH_CACHE", folder.join("cache"))
        .env_remove("PARABENCH_BENCHMARKS")
        .arg("suite")
        .args(args);
    command
}

fn stdout(command: &mut Command, code: i32) -> String {
    let output = command.assert().code(code).get_output().clone();
    String::from_utf8(output.stdout).unwrap()
}

fn stderr(command: &mut Command, code: i32) -> String {
    let output = command.assert().code(code).get_output().clone();
    String::from_utf8(output.stderr).unwrap()
}

fn as_json(command: &mut Command, code: i32) -> Value {
    envelope::result(&stdout(command.arg("--json"), code))
}

#[test]
fn the_bundled_definition_works_anywhere_and_names_the_import() {
    let folder = tempfile::tempdir().unwrap();
    let listed = as_json(&mut suite(folder.path(), &["list"]), 0);
    let rows = listed.as_array().unwrap();
    let parabench = rows.iter().find(|row| row["name"] == "parabench").unwrap();
    assert_eq!(
        (&parabench["has_tasks"], &parabench["tasks"]),
        (&false.into(), &300.into())
    );

    let said = stderr(&mut suite(folder.path(), &["check", "parabench"]), 1);
    let command = "parabench suite import FOLDER_OF_THE_DATA_SET --suite parabench";
    assert_eq!(said.matches("parabench suite import").count(), 1, "{said}");
    assert!(
        said.contains(command) && said.contains("tyfeld/ParaBench"),
        "{said}"
    );

    let shown = stdout(&mut suite(folder.path(), &["show", "parabench"]), 0);
    for part in [
        "affine25",
        "Output alignment",
        "40  causal (edit)",
        "100  generation",
        command,
    ] {
        assert!(shown.contains(part), "{part:?} is not in\n{shown}");
    }
}

#[test]
fn names_are_looked_up_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    let found = |command: &mut Command| {
        let json = as_json(command, 0);
        json["suite"]["folder"].as_str().unwrap().to_owned()
    };
    // only a definition with tasks is taken for a suite
    write_tiny(&at("cache/imported/tiny"), &CATEGORIES, 8);
    fs::create_dir_all(at("benchmarks/tiny")).unwrap();
    fs::copy(
        at("cache/imported/tiny/suite.toml"),
        at("benchmarks/tiny/suite.toml"),
    )
    .unwrap();
    assert!(found(&mut suite(folder.path(), &["check", "tiny"])).contains("imported"));
    write_tiny(&at("benchmarks/tiny"), &CATEGORIES, 8);
    assert_eq!(
        found(&mut suite(folder.path(), &["check", "tiny"])),
        "benchmarks/tiny"
    );
    write_tiny(&at("elsewhere/tiny"), &CATEGORIES, 8);
    let mut command = suite(folder.path(), &["check", "tiny"]);
    command.env("PARABENCH_BENCHMARKS", at("elsewhere"));
    assert!(found(&mut command).contains("elsewhere"));
    // and a path is a path
    assert_eq!(
        found(&mut suite(folder.path(), &["check", "./elsewhere/tiny"])),
        "./elsewhere/tiny"
    );
}

#[test]
fn wrong_names_are_usage_and_list_what_exists() {
    let folder = tempfile::tempdir().unwrap();
    write_tiny(&folder.path().join("benchmarks/tiny"), &CATEGORIES, 8);
    let said = stderr(&mut suite(folder.path(), &["check", "tini"]), 2);
    assert!(
        said.contains("unknown suite `tini`; did you mean `tiny`?"),
        "{said}"
    );
    let said = stderr(&mut suite(folder.path(), &["check", "nothing-like-it"]), 2);
    assert!(
        said.contains("expected one of: gedit-full, ")
            && said.contains("(all: `parabench list suites`)"),
        "{said}"
    );
    let said = stderr(&mut suite(folder.path(), &["show", "./nowhere"]), 2);
    assert!(said.contains("./nowhere is not a suite"), "{said}");
    let said = stderr(
        &mut suite(folder.path(), &["show", "tiny", "--task", "spatial-01"]),
        2,
    );
    assert!(said.contains("did you mean `spatial-001`"), "{said}");
}

#[test]
fn faults_end_with_code_1_and_are_all_told() {
    let folder = tempfile::tempdir().unwrap();
    write_tiny(&folder.path().join("s"), &CATEGORIES, 8);
    fs::remove_file(folder.path().join("s/images/spatial-001.png")).unwrap();
    let path = folder.path().join("s/tasks.jsonl");
    let text = fs::read_to_string(&path)
        .unwrap()
        .replace("scenes-000", "spatial-000");
    fs::write(&path, text).unwrap();
    let said = stderr(&mut suite(folder.path(), &["check", "./s"]), 1);
    assert!(said.contains("has 2 faults:"), "{said}");
    assert!(
        said.contains("tasks.jsonl:2: image `images/spatial-001.png`"),
        "{said}"
    );
    assert!(said.contains("tasks.jsonl:3: id `spatial-000`"), "{said}");
    let json = as_json(&mut suite(folder.path(), &["check", "./s"]), 1);
    assert_eq!(json["faults"]["faults"][0]["line"], 2);
}

#[test]
fn one_task_is_shown() {
    let folder = tempfile::tempdir().unwrap();
    write_tiny(&folder.path().join("s"), &CATEGORIES, 8);
    let args = ["show", "./s", "--task", "spatial-001"];
    let shown = stdout(&mut suite(folder.path(), &args), 0);
    assert!(
        shown.contains("Task 1: make it spatial.") && shown.contains("8 x 8"),
        "{shown}"
    );
    let json = as_json(&mut suite(folder.path(), &args), 0);
    assert_eq!(json["input"]["width"], 8);
}

#[test]
fn an_import_fills_the_bundled_definition() {
    let folder = tempfile::tempdir().unwrap();
    let mut rows = String::new();
    for category in [
        "Spatial",
        "temporal_reasoning",
        "causal",
        "knowledge",
        "general",
    ] {
        for number in 0..40 {
            rows += &format!(
                "{{\"instruction\":\"{category} {number}\",\"type\":\"{category}\",\"image\":\"a.png\"}}\n"
            );
        }
    }
    for number in 0..100 {
        rows += &format!("{{\"instruction\":\"scene {number}\",\"type\":\"generation\"}}\n");
    }
    let source = folder.path().join("snapshot");
    fs::create_dir_all(&source).unwrap();
    fs::write(
        source.join("a.png"),
        suite_fixture::picture(8, 0, image::ImageFormat::Png),
    )
    .unwrap();
    fs::write(source.join("test.jsonl"), rows).unwrap();
    let said = stdout(&mut suite(folder.path(), &["import", "snapshot"]), 0);
    assert!(said.contains("wrote 300 tasks"), "{said}");
    assert!(said.contains("use it with --suite parabench"), "{said}");
    let said = stdout(&mut suite(folder.path(), &["check", "parabench"]), 0);
    assert!(
        said.contains("parabench is sound: 300 tasks, 200 with pictures"),
        "{said}"
    );
    let again = stderr(&mut suite(folder.path(), &["import", "snapshot"]), 1);
    assert!(
        again.contains("exists; an import goes into a new folder"),
        "{again}"
    );
}

#[test]
fn a_suite_with_axes_of_its_own_and_no_rubrics_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let without = stdout(&mut suite(folder.path(), &["check", "geneval"]), 0);
    assert!(without.contains("names no rubrics"), "{without}");
    let paper = stdout(&mut suite(folder.path(), &["check", "shapes"]), 0);
    assert!(!paper.contains("rubrics"), "{paper}");
}

#[test]
fn an_import_that_contradicts_itself_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let records = r#"{"category": "a", "instruction": "Draw a door."}"#;
    fs::write(folder.path().join("x.jsonl"), records).unwrap();
    let cases: [(&[&str], &str); 4] = [
        (&["--no-image", "--map", "image=file"], "give one of them"),
        (&["--map", "id=a", "--map", "id=b"], "two columns for id"),
        (&["--category", "a=x", "--category", "a=y"], "`a` twice"),
        (
            &["--category", "b=x"],
            "no record has the word `b`; there are: a",
        ),
    ];
    for (options, words) in cases {
        let mut command = suite(
            folder.path(),
            &["import", "x.jsonl", "--new", "n", "-o", "out"],
        );
        let said = stderr(command.args(options), 2);
        assert!(said.contains(words), "{words} is not in {said}");
        assert!(!folder.path().join("out").exists());
    }
}
