//! What a report says of a judge by its controls: from run folders to the page, for a judge that looks and one that does not.

use std::fs;
use std::path::Path;

use parabench::run::folder::names;
use parabench::run::manifest::Manifest;
use parabench::suite::Axis;

use crate::cli_world::{parabench, stderr};
use crate::runs::{Place, RunFixture, hashed_mark};

/// Writes a run whose marks are `mark`; with details it is a control.
fn written(
    results: &Path,
    name: &str,
    details: &[(&str, &str)],
    mark: impl Fn(Place) -> i64 + 'static,
) {
    let run = RunFixture::new(name, 20, 20, 0.0).with_marks(move |place| Ok(mark(place)));
    run.write(results);
    if details.is_empty() {
        return;
    }
    let path = results.join(name).join(names::MANIFEST);
    let mut manifest = Manifest::read(&path).unwrap();
    "control".clone_into(&mut manifest.model.identity.kind);
    let details = details
        .iter()
        .map(|(key, value)| ((*key).to_owned(), (*value).to_owned()));
    manifest.model.identity.details.extend(details);
    manifest.write(&path).unwrap();
}

/// The checks of a page, a line per row, of a judge whose marks for lies are `lies`.
fn checks(lies: impl Fn(Place) -> i64 + Copy + 'static) -> (Vec<String>, String) {
    let folder = tempfile::tempdir().unwrap();
    let results = folder.path().join("results");
    let model = |place| hashed_mark("model", place, 4.2);
    written(&results, "model", &[], model);
    let over = [
        ("control", "shuffled-reasoning"),
        ("over.name", "model-model"),
    ];
    written(&results, "borrowed", &over, move |place| {
        let compares_text = [Axis::TEXT_ALIGNMENT, Axis::OUTPUT_ALIGNMENT].contains(&place.axis);
        if compares_text {
            lies(place)
        } else {
            model(place)
        }
    });
    written(&results, "white", &[("control", "blank")], lies);
    written(
        &results,
        "right",
        &[("control", "truth"), ("error", "0")],
        |_| 5,
    );
    let arguments = [
        "report",
        "borrowed",
        "--baseline",
        "model",
        "--beside",
        "white",
        "--beside",
        "right",
        "-o",
        "out",
    ];
    let output = parabench(folder.path(), &arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    let verified = parabench(folder.path(), &["verify", "out"]);
    assert!(verified.status.success(), "{}", stderr(&verified));
    let page = fs::read_to_string(folder.path().join("out/index.html")).unwrap();
    let (_, table) = page.split_once("Checks with control answers</h3>").unwrap();
    let (table, _) = table.split_once("</table>").unwrap();
    let rows = table.split("<tr>").skip(2).map(|row| {
        let mut words = String::new();
        let mut inside = false;
        for c in row.chars() {
            match c {
                '<' => inside = true,
                '>' => {
                    inside = false;
                    words.push(' ');
                }
                c if !inside => words.push(c),
                _ => {}
            }
        }
        words.split_whitespace().collect::<Vec<_>>().join(" ")
    });
    (rows.collect(), page)
}

#[test]
fn a_judge_that_looks_passes_every_check() {
    let (rows, page) = checks(|_| 1);
    let starts: Vec<&str> = rows
        .iter()
        .map(|row| row.split_whitespace().next().unwrap())
        .collect();
    assert_eq!(starts, ["right-model", "borrowed-model", "white-model"]);
    assert!(
        rows.iter().all(|row| row.ends_with("✓ as expected")),
        "{rows:#?}"
    );
    assert!(
        rows[0].contains("at least 75 points on every axis 100.0 (intervals "),
        "{rows:#?}"
    );
    assert!(
        rows[1].contains("less than model-model on text alignment, output alignment"),
        "{rows:#?}"
    );
    assert!(
        rows[2]
            .contains("at most 37.5 points on every axis but image quality 0.0 (intervals 0.0 to "),
        "{rows:#?}"
    );
    assert!(!page.contains("marks that failed a check"));
}

#[test]
fn a_judge_that_does_not_look_is_named_beside_the_verdict() {
    // It marks lies as it marks the model.
    let (rows, page) = checks(|place| hashed_mark("model", place, 4.2));
    assert!(rows[0].ends_with("✓ as expected"), "{rows:#?}");
    // Every task ties: nothing is shown, so nothing is said to hold.
    assert!(!rows[1].contains("✓"), "{rows:#?}");
    assert!(rows[2].ends_with("✗ not as expected"), "{rows:#?}");
    let (before, _) = page.split_once("id=\"scores\"").unwrap();
    assert!(
        before
            .contains("Judge judge gave the control white-model marks that it does not deserve on"),
        "the limits of the verdict"
    );
}

#[test]
fn borrowed_reasoning_without_its_lender_is_not_checked() {
    let folder = tempfile::tempdir().unwrap();
    let results = folder.path().join("results");
    written(&results, "other", &[], |place| {
        hashed_mark("other", place, 3.0)
    });
    let over = [("control", "shuffled-reasoning"), ("over.name", "absent")];
    written(&results, "borrowed", &over, |_| 1);
    let arguments = ["report", "borrowed", "--baseline", "other", "-o", "out"];
    let output = parabench(folder.path(), &arguments);
    assert!(output.status.success(), "{}", stderr(&output));
    let json = fs::read_to_string(folder.path().join("out/results.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    let outcomes: Vec<&str> = json["checks"]
        .as_array()
        .unwrap()
        .iter()
        .map(|check| check["outcome"].as_str().unwrap())
        .collect();
    assert_eq!(outcomes, ["not-checked", "not-checked"]);
}
