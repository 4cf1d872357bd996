//! `parabench leaderboard` through the real binary.

use std::fs;
use std::path::Path;
use std::process::Output;

use crate::envelope;
use crate::runs::RunFixture;
use assert_cmd::Command;
use serde_json::Value;

fn leaderboard(results: &Path, arguments: &[&str]) -> Output {
    Command::cargo_bin("parabench")
        .unwrap()
        .arg("leaderboard")
        .args(arguments)
        .current_dir(results)
        .env("PARABENCH_RESULTS", results)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// Two runs that cannot be told apart, one that is clearly worse, one that does not think.
fn four() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    RunFixture::new("a<b>&c", 10, 20, 4.0).write(folder.path());
    RunFixture::new("twin", 10, 20, 4.0).write(folder.path());
    RunFixture::new("worse", 10, 20, 2.2).write(folder.path());
    let mut silent = RunFixture::new("silent", 10, 20, 3.0);
    silent.thinks = false;
    silent.write(folder.path());
    folder
}

const FOUR: [&str; 4] = ["a<b>&c", "twin", "worse", "silent"];

fn json(folder: &Path, runs: &[&str]) -> Value {
    let output = leaderboard(folder, &[runs, &["--json"]].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    envelope::result(&output.stdout)
}

fn place<'a>(board: &'a Value, run: &str) -> &'a Value {
    let places = board["places"].as_array().unwrap();
    places.iter().find(|place| place["run"] == run).unwrap()
}

#[test]
fn overalls_of_different_axes_never_share_a_board() {
    let folder = four();
    let result = json(folder.path(), &FOUR);
    let boards = result["boards"].as_array().unwrap();
    assert_eq!(boards.len(), 2);
    assert_eq!(boards[0]["axes"].as_array().unwrap().len(), 3);
    assert_eq!(boards[0]["places"].as_array().unwrap().len(), 4);
    assert_eq!(boards[1]["axes"].as_array().unwrap().len(), 6);
    assert_eq!(boards[1]["places"].as_array().unwrap().len(), 3);
    let printed = text(&leaderboard(folder.path(), &FOUR).stdout);
    assert!(
        printed.contains("Overall of the axes common to all runs"),
        "{printed}"
    );
}

#[test]
fn letters_and_rank_sets_tell_apart_what_the_tests_tell_apart() {
    let folder = four();
    let result = json(folder.path(), &["a<b>&c", "twin", "worse"]);
    let board = &result["boards"][0];
    assert_eq!(place(board, "worse")["rank_set"], serde_json::json!([3, 3]));
    assert_eq!(place(board, "twin")["rank_set"], serde_json::json!([1, 2]));
    let letters = |run: &str| place(board, run)["letters"].as_str().unwrap().to_owned();
    assert_eq!(letters("twin"), letters("a<b>&c"));
    assert_ne!(letters("twin"), letters("worse"));
}

#[test]
fn published_rows_are_set_apart_and_have_no_rank() {
    let folder = four();
    let result = json(folder.path(), &FOUR);
    for row in result["published"].as_array().unwrap() {
        assert_eq!(row["reading"], "means only, other judge runs");
        assert!(row.get("rank_set").is_none());
    }
    let printed = text(&leaderboard(folder.path(), &FOUR).stdout);
    assert!(
        printed.contains("Published: means only, other judge runs"),
        "{printed}"
    );
    let without =
        text(&leaderboard(folder.path(), &[&FOUR[..], &["--no-published"]].concat()).stdout);
    assert!(!without.contains("Published"));
}

#[test]
fn the_files_hold_the_boards_and_nothing_harmful() {
    let folder = four();
    let files = ["--csv", "b.csv", "--markdown", "b.md", "--html", "b.html"];
    let output = leaderboard(folder.path(), &[&FOUR[..], &files].concat());
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let read = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    let html = read("b.html");
    assert!(
        html.contains("a&lt;b&gt;&amp;c") && !html.contains("a<b>"),
        "names are escaped"
    );
    for outside in ["http:", "https:", "<script", "src=", "url(", "@import"] {
        assert!(!html.contains(outside), "{outside}");
    }
    assert!(html.contains("prefers-color-scheme: dark"));
    let published = html
        .split("<h2")
        .skip(1)
        .filter(|part| part.contains(">Published: means only"));
    assert_eq!(published.count(), 2);
    let md = read("b.md");
    assert!(md.contains("a\\<b>&c"), "{md}");
    let table = read("b.csv");
    let mut reader = csv::Reader::from_reader(table.as_bytes());
    let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
    assert_eq!(rows.iter().filter(|row| &row[1] == "measured").count(), 7);
    assert!(
        rows.iter()
            .filter(|row| &row[1] == "published")
            .all(|row| row[2].is_empty())
    );
}

#[test]
fn one_run_is_no_ranking() {
    let folder = four();
    let output = leaderboard(folder.path(), &["twin"]);
    assert_eq!(output.status.code(), Some(2));
    let output = leaderboard(folder.path(), &["twin", "twin"]);
    assert_eq!(output.status.code(), Some(2), "{}", text(&output.stderr));
    assert!(text(&output.stderr).contains("two runs are called twin"));
}
