//! The page of `label` in a real browser: marks by keyboard, state that stays, a CSV that `compare --human` reads. Left out by plain
//! `cargo test`: `cargo test --test slow label_browser -- --ignored`.

use std::path::Path;
use std::process::{Command, Output};

use crate::chromium::Browser;
use crate::envelope;
use serde_json::json;

fn parabench(folder: &Path, arguments: &[&str]) -> Output {
    let output = Command::new(assert_cmd::cargo::cargo_bin!("parabench"))
        .current_dir(folder)
        .env("PARABENCH_CACHE", folder.join("cache"))
        .args(arguments)
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    output
}

fn type_keys(browser: &mut Browser, keys: &[&str]) {
    for key in keys {
        browser.press(key);
    }
}

fn reached(browser: &mut Browser, said: &str) {
    browser.wait_for(&format!(
        "document.getElementById('progress').textContent.includes('{said}')"
    ));
}

/// Two runs of different models.
fn two_runs() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let models = [
        ("near", "control:truth?error=0.3"),
        ("copy", "control:copy-input"),
    ];
    for (name, model) in models {
        let run = [
            "run", "--suite", "shapes", "--limit", "30", "--model", model,
        ];
        let rest = ["--judge", "oracle", "--name", name, "--no-progress"];
        parabench(folder.path(), &[&run[..], &rest].concat());
    }
    folder
}

/// Fourteen pages of two answers.
const LABEL: [&str; 9] = [
    "label",
    "near",
    "copy",
    "-n",
    "14",
    "--axis",
    "output_alignment",
    "-o",
    "labels.html",
];

#[test]
#[ignore = "needs Chromium; run with `cargo test --test slow label_browser -- --ignored`"]
fn marks_of_other_scales_are_typed() {
    let folder = two_runs();
    let scale = ["--scale", "0..10", "--step", "0.5"];
    parabench(folder.path(), &[&LABEL[..], &scale].concat());
    let mut browser = Browser::start(1200, 900);
    browser.open(&folder.path().join("labels.html"));
    browser.wait_for("document.querySelectorAll('.answer').length === 2");
    type_keys(&mut browser, &["4", ".", "2", "5", "Enter"]);
    reached(
        &mut browser,
        "“4.25” is not a mark. From 0 (lowest) to 10 (highest)",
    );
    browser.value("document.activeElement.select()");
    type_keys(&mut browser, &["4", ".", "5", "Enter"]);
    reached(&mut browser, "1 of 28 marks");
    // The second answer of the page, then the page is turned.
    type_keys(&mut browser, &["1", "0", "Enter"]);
    reached(&mut browser, "Page 2 of 14; 2 of 28 marks");
    type_keys(&mut browser, &["7", "Enter"]);
    reached(&mut browser, "3 of 28 marks");
    type_keys(&mut browser, &["ArrowLeft"]);
    reached(&mut browser, "Page 1 of 14; 3 of 28 marks");
    type_keys(&mut browser, &["Backspace"]);
    reached(&mut browser, "2 of 28 marks");
    let csv = browser.value("labels.csv()");
    let csv = csv.as_str().unwrap();
    let scores: Vec<&str> = csv
        .lines()
        .skip(1)
        .map(|row| row.rsplit(',').next().unwrap())
        .collect();
    assert_eq!(scores, ["10", "7"], "{csv}");
    let marks = r#"["4.50", " 10 ", "0,5", "-1", "1e1", "", "10.5", "0.25"].map((text) => labels.markOf(text, { lo: "0", hi: "10", step: "0.5" }))"#;
    let found = browser.value(marks);
    assert_eq!(
        found,
        json!(["4.5", "10", "0.5", null, null, null, null, null])
    );
    assert_eq!(browser.complaints(), Vec::<String>::new());
}

#[test]
#[ignore = "needs Chromium; run with `cargo test --test slow label_browser -- --ignored`"]
fn people_mark_by_keyboard_and_the_csv_is_read() {
    let folder = two_runs();
    parabench(folder.path(), &LABEL);
    let page = folder.path().join("labels.html");
    let html = std::fs::read_to_string(&page).unwrap();
    assert!(!html.contains("control-"), "the models' names are veiled");
    let mut browser = Browser::start(1200, 900);
    browser.open(&page);
    browser.wait_for("document.querySelectorAll('.answer').length === 2");
    // Fourteen pages of two answers, marked by keys alone.
    for number in 0..28 {
        browser.press(if number % 2 == 0 { "4" } else { "2" });
    }
    browser.wait_for("document.getElementById('progress').textContent.includes('28 of 28')");
    // The state stays.
    browser.open(&page);
    browser.wait_for("document.getElementById('progress').textContent.includes('28 of 28')");
    browser.value("(() => { const r = document.getElementById('rater'); r.value = 'ann, \"a\"'; r.dispatchEvent(new Event('input')); })()");
    let csv = browser.value("labels.csv()");
    let csv = csv.as_str().unwrap();
    assert_eq!(csv.lines().count(), 29, "{csv}");
    std::fs::write(folder.path().join("labels.csv"), csv).unwrap();
    assert_eq!(browser.complaints(), Vec::<String>::new());
    let asked: Vec<String> = browser.requests();
    assert!(
        asked
            .iter()
            .all(|url| url.starts_with("file:") || url.starts_with("data:")),
        "{asked:?}"
    );
    if let Some(place) = std::env::var_os("PARABENCH_SCREENSHOT") {
        browser.press("ArrowLeft");
        std::fs::write(place, browser.screenshot()).unwrap();
    }
    let compare = [
        "compare",
        "near",
        "--baseline",
        "copy",
        "--human",
        "labels.csv",
        "--json",
    ];
    let output = parabench(folder.path(), &compare);
    let found: serde_json::Value = envelope::result(&output.stdout);
    assert_eq!(found["human"]["ratings"], json!(28));
    let power = [
        "power",
        "--human",
        "labels.csv",
        "--pilot",
        "near",
        "copy",
        "--json",
    ];
    let output = parabench(folder.path(), &power);
    let found: serde_json::Value = envelope::result(&output.stdout);
    assert_eq!(found["labels"][0]["labelled"], json!(14));
}
