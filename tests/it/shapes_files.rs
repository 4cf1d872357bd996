//! The files of the suite `shapes`: what the commands write is what is bundled.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use parabench::command::shapes::frozen_rules;
use parabench::suite::shapes::board::{Board, Cell, Object};
use parabench::suite::shapes::draw::draw;
use parabench::suite::shapes::reasoning::words;
use serde_json::Value;

fn bundled() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("benchmarks/shapes")
}

fn parabench(arguments: &[&str], folder: &Path) -> assert_cmd::assert::Assert {
    let mut command = Command::cargo_bin("parabench").unwrap();
    command
        .arg("shapes")
        .args(arguments)
        .arg("-o")
        .arg(folder)
        .assert()
}

/// All files of a folder with their bytes.
fn files(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for name in ["suite.toml", "tasks.jsonl"] {
        files.push((name.into(), std::fs::read(folder.join(name)).unwrap()));
    }
    for entry in std::fs::read_dir(folder.join("images")).unwrap() {
        let path = entry.unwrap().path();
        files.push((
            path.file_name().unwrap().into(),
            std::fs::read(&path).unwrap(),
        ));
    }
    files.sort();
    files
}

fn lines(path: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(path).unwrap();
    text.lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Whoever changes a rule of the world or of the oracle sees this fail. If the
/// change is meant, write the suite anew, raise its version, train the bundled
/// checkpoint again, and say so in the change log.
#[test]
fn the_rules_are_those_that_were_frozen() {
    let text = std::fs::read_to_string(bundled().join("suite.toml")).unwrap();
    let definition: toml::Table = text.parse().unwrap();
    for (name, digest) in frozen_rules().unwrap() {
        let frozen = definition["frozen"][name].as_str().unwrap();
        assert_eq!(
            frozen,
            digest.to_string(),
            "the rules of the {name} have changed"
        );
    }
}

#[test]
fn the_command_writes_the_bundled_suite_byte_for_byte() {
    let folder = tempfile::tempdir().unwrap();
    parabench(&["suite", "--seed", "1"], folder.path()).success();
    let (written, stored) = (files(folder.path()), files(&bundled()));
    assert_eq!(written.len(), 202);
    for (mine, theirs) in written.iter().zip(&stored) {
        assert_eq!(mine.0, theirs.0);
        assert!(mine.1 == theirs.1, "{} differs", mine.0.display());
    }
    parabench(&["suite"], folder.path()).failure().code(2);
}

#[test]
fn training_data_is_complete_and_shares_no_pair_with_the_suite() {
    let folder = tempfile::tempdir().unwrap();
    parabench(
        &["training-data", "--seed", "9", "--count", "2000"],
        folder.path(),
    )
    .success();
    let records = lines(&folder.path().join("data.jsonl"));
    assert_eq!(records.len(), 2000);
    let pair =
        |scene: Vec<u8>, instruction: &Value| (scene, instruction.as_str().unwrap().to_owned());
    let tested: HashSet<_> = lines(&bundled().join("tasks.jsonl"))
        .iter()
        .map(|task| {
            pair(
                codes_of(&task["target"]["edit"]["before"]),
                &task["instruction"],
            )
        })
        .collect();
    for record in &records {
        let before: Vec<u8> = serde_json::from_value::<Option<_>>(record["before"].clone())
            .unwrap()
            .unwrap_or_default();
        assert!(!tested.contains(&pair(before, &record["instruction"])));
        assert!(words(record["reasoning"].as_str().unwrap()).count() <= 100);
        assert!(words(record["instruction"].as_str().unwrap()).count() <= 40);
    }
    let atlas = image::open(folder.path().join("tiles.png"))
        .unwrap()
        .to_rgb8();
    let object: Object = "pink heart".parse().unwrap();
    let board: Board = [("a1".parse().unwrap(), object)].into();
    let drawn = draw(&board);
    for (x, y) in [(0, 0), (7, 7), (12, 3)] {
        assert_eq!(
            atlas.get_pixel(16 * u32::from(object.code()) + x, y),
            drawn.get_pixel(x, y)
        );
    }
}

/// The codes of a board as it is stored; none for a prompt.
fn codes_of(board: &Value) -> Vec<u8> {
    let Some(board) = board.as_object() else {
        return Vec::new();
    };
    Cell::all()
        .map(|cell| match board.get(&cell.to_string()) {
            Some(object) => object.as_str().unwrap().parse::<Object>().unwrap().code(),
            None => 0,
        })
        .collect()
}
