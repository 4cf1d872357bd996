//! A folder that another project left behind, scored with one command: through the real
//! binary.

use std::fs;

use crate::cli_world::{World, stderr, stdout};
use crate::envelope;
use crate::mock_judge::{MockJudge, Script};
use serde_json::Value;

/// Moves the flat answers of a world to where Bagel's script for KRIS-Bench puts them.
fn as_kris(world: &World) {
    for entry in fs::read_dir(world.path("answers")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let (category, file) = name.split_once('-').unwrap();
        let folder = world.path("answers").join(category);
        fs::create_dir_all(&folder).unwrap();
        fs::rename(&path, folder.join(file)).unwrap();
    }
}

#[test]
fn a_bagel_folder_is_scored_with_one_command() {
    let world = World::new(2);
    as_kris(&world);
    fs::remove_file(world.path("answers/scenes/001.png")).unwrap();
    fs::write(world.path("answers/notes.md"), "x").unwrap();
    let judge = MockJudge::start(Script::honest());
    let mut command = world.run(&judge.base_url(), "kris");
    let output = command
        .args(["--json", "--allow-missing", "0.5"])
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    for said in [
        "note: replay of answers: layout `category`, 3 of 4 answers complete",
        "1 with no picture",
        "scenes-001",
        "1 left over: notes.md",
    ] {
        assert!(
            stderr(&output).contains(said),
            "{said} in {}",
            stderr(&output)
        );
    }
    let json: Value = envelope::result(&stdout(&output));
    let survey = &json["model"]["survey"];
    assert_eq!(survey["layout"], "category");
    assert_eq!(survey["complete"], 3);
    assert_eq!(survey["without_image"][0], "scenes-001");
    assert_eq!(survey["left_over"][0]["name"], "notes.md");
    let scores = world.scores("kris");
    assert!(scores.contains("spatial-000"), "{scores}");
}

#[test]
fn a_dry_run_says_what_was_matched_and_asks_nobody() {
    let world = World::new(2);
    as_kris(&world);
    let judge = MockJudge::start(Script::honest());
    let mut command = world.run(&judge.base_url(), "dry");
    let output = command.args(["--dry-run", "--json"]).output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    let json: Value = envelope::result(&stdout(&output));
    assert_eq!(json["model"]["survey"]["complete"], 4);
    assert_eq!(json["model"]["calls"], 0);
    assert_eq!(judge.requests(), 0);
    assert!(!world.run_folder("dry").exists());

    // The same without any judge at all.
    let mut command = world.command(&judge.base_url());
    command.args([
        "generate",
        "--suite",
        "suite/",
        "--model",
        "replay:answers",
        "--dry-run",
    ]);
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", stderr(&output));
    assert!(stderr(&output).contains("4 of 4 answers complete"));
}

#[test]
fn a_folder_that_fits_nothing_says_what_was_expected_and_found() {
    let world = World::new(1);
    let answers = world.path("answers");
    for (from, to) in [
        ("spatial-000.png", "edit_17.png"),
        ("scenes-000.png", "edit_18.png"),
    ] {
        fs::rename(answers.join(from), answers.join(to)).unwrap();
    }
    for text in ["spatial-000.txt", "scenes-000.txt"] {
        fs::remove_file(answers.join(text)).unwrap();
    }
    let judge = MockJudge::start(Script::honest());
    let output = world.run(&judge.base_url(), "none").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    for said in [
        "expected (layout `category`): spatial/spatial-000.png",
        "expected (layout `prompt-words`): Task_0_make_it_spatial_<H>x<W>",
        "expected (layout `map`): map=FILE.csv with the columns task,image,text",
        "found: 2 x edit_#.png",
    ] {
        assert!(
            stderr(&output).contains(said),
            "{said} in {}",
            stderr(&output)
        );
    }
    assert_eq!(judge.requests(), 0);
}
