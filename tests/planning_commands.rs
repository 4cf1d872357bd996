//! `parabench power`, `published` and `thinking` through the real binary.

#[path = "support/runs.rs"]
mod runs;

use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use parabench::suite::Axis;
use runs::{Place, RunFixture, hashed, hashed_mark};
use serde_json::Value;
use tempfile::TempDir;

fn parabench(results: &Path, arguments: &[&str]) -> Output {
    Command::cargo_bin("parabench")
        .unwrap()
        .args(arguments)
        .env("PARABENCH_RESULTS", results)
        .output()
        .unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

fn shown(results: &Path, arguments: &[&str]) -> String {
    let output = parabench(results, arguments);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    text(&output.stdout)
}

fn json(results: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&shown(results, &[arguments, &["--json"]].concat())).unwrap()
}

/// A model with and without thinking whose gain in image alignment follows its output alignment.
fn thinking_pair(samples: u32) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let grip = |place: Place| {
        hashed(
            "grip",
            Place {
                axis: Axis::OutputAlignment,
                sample: 0,
                repeat: 0,
                ..place
            },
        )
    };
    let marks = move |place: Place| match place.axis {
        Axis::OutputAlignment | Axis::ImageAlignment => {
            Ok(hashed_mark("with", place, 2.2 + 2.4 * grip(place)))
        }
        _ => Ok(hashed_mark("with", place, 3.5)),
    };
    let mut with = RunFixture::new("with", 20, 10, 0.0).with_marks(marks);
    let mut without = RunFixture::new("without", 20, 10, 3.3);
    without.thinks = false;
    (with.samples, without.samples) = (samples, samples);
    with.write(folder.path());
    without.write(folder.path());
    folder
}

#[test]
fn the_headline_of_the_paper_by_its_means_alone() {
    let arguments = [
        "power",
        "--published",
        "MMaDA-Parallel w/ ParaRL",
        "Bagel w/ think",
        "--axis",
        "output_alignment",
    ];
    insta::assert_snapshot!(shown(Path::new("none"), &arguments), @"SNAP1");
}

#[test]
fn means_that_do_not_tell_two_models_apart() {
    let arguments = [
        "power",
        "--published",
        "MMaDA-Parallel w/ ParaRL",
        "Bagel w/ think",
    ];
    let printed = shown(Path::new("none"), &arguments);
    assert!(
        printed.contains("these means do not tell the two models apart"),
        "{printed}"
    );
    assert!(
        printed.contains("note: table6 prints") || !printed.contains("note:"),
        "{printed}"
    );
    let far = [
        "power",
        "--published",
        "GPT-4o",
        "Show-o* (tuned)",
        "--axis",
        "text_alignment",
    ];
    assert!(shown(Path::new("none"), &far).contains("Even extreme score distributions"));
    let nobody = parabench(
        Path::new("none"),
        &["power", "--published", "GPT-4o", "nobody"],
    );
    assert_eq!(nobody.status.code(), Some(2));
    assert!(text(&nobody.stderr).contains("models with overall: GPT-4o"));
}

#[test]
fn a_plan_from_an_assumed_spread() {
    let arguments = [
        "power",
        "--sd",
        "27",
        "--items",
        "300,200,40",
        "--difference",
        "4.4",
    ];
    insta::assert_snapshot!(shown(Path::new("none"), &arguments), @"SNAP2");
}

#[test]
fn a_plan_needs_one_source_and_possible_numbers() {
    for arguments in [
        &["power"][..],
        &["power", "--sd", "0"],
        &["power", "--sd", "27", "--alpha", "0.9", "--power", "0.5"],
        &["power", "--sd", "27", "--pilot", "a", "b"],
        &["power", "--sd", "27", "--axis", "beauty"],
    ] {
        let output = parabench(Path::new("none"), arguments);
        assert_eq!(
            output.status.code(),
            Some(2),
            "{arguments:?} {}",
            text(&output.stderr)
        );
    }
}

#[test]
fn a_pilot_gives_the_spread_of_its_interval() {
    let folder = thinking_pair(1);
    let plan = json(
        folder.path(),
        &[
            "power",
            "--pilot",
            "with",
            "without",
            "--axis",
            "image_alignment",
        ],
    );
    let compared = json(folder.path(), &["compare", "with", "--baseline", "without"]);
    let contrasts = compared["comparison"]["contrasts"].as_array().unwrap();
    let found = contrasts
        .iter()
        .find(|c| c["metric"]["key"] == "image_alignment")
        .unwrap();
    let difference = &found["result"]["Ok"]["difference"];
    let se = difference["se"].as_f64().unwrap();
    let items = difference["items"].as_f64().unwrap();
    let sd = plan["plan"]["sd"].as_f64().unwrap();
    assert!((sd - se * items.sqrt()).abs() < 1e-9);
    assert_eq!(plan["pilot"]["items"], 110);
    assert_eq!(plan["pilot"]["small"], false);
    let not_there = parabench(
        folder.path(),
        &[
            "power",
            "--pilot",
            "with",
            "without",
            "--axis",
            "text_quality",
        ],
    );
    assert_eq!(not_there.status.code(), Some(1));
    assert!(text(&not_there.stderr).contains("the pilot says nothing about text_quality"));
}

#[test]
fn the_published_figures_with_what_does_not_fit() {
    let printed = shown(Path::new("none"), &["published", "--source", "table3"]);
    insta::assert_snapshot!(printed, @"SNAP3");
    let all = json(Path::new("none"), &["published"]);
    assert_eq!(all["figures"].as_array().unwrap().len(), 251);
    assert_eq!(
        all["reading"],
        "means only, from other runs of another judge"
    );
    let wrong = parabench(Path::new("none"), &["published", "--source", "table99"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong.stderr).contains("sources: table2, table6"));
}

#[test]
fn the_papers_five_points_with_their_exact_p() {
    insta::assert_snapshot!(shown(Path::new("none"), &["thinking"]), @"SNAP4");
}

#[test]
fn gains_that_follow_output_alignment_are_found() {
    let folder = thinking_pair(2);
    let result = json(folder.path(), &["thinking", "with", "without"]);
    let runs = &result["runs"];
    assert_eq!(runs["categories"].as_array().unwrap().len(), 5);
    let association = &runs["associations"][0];
    assert_eq!(association["explanation"], "output_alignment");
    assert_eq!(association["noise"], "samples");
    assert_eq!(association["items"], 100);
    assert!(association["within"]["value"].as_f64().unwrap() > 0.2);
    assert!(association["p_within"].as_f64().unwrap() < 0.05);
    assert!(runs["homogeneity"]["df"] == 4);
    let printed = shown(folder.path(), &["thinking", "with", "without"]);
    assert!(
        printed.contains("Associated, which is not caused."),
        "{printed}"
    );
    assert!(
        printed.contains("they share no answer and no mark"),
        "{printed}"
    );
}

#[test]
fn the_run_with_thinking_comes_first() {
    let folder = thinking_pair(1);
    let wrong = parabench(folder.path(), &["thinking", "without", "with"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong.stderr).contains("declared not to think"));
    let axis = parabench(
        folder.path(),
        &["thinking", "with", "without", "--axis", "text_quality"],
    );
    assert_eq!(axis.status.code(), Some(2));
    assert!(text(&axis.stderr).contains("choose an image axis"));
    let shared = shown(folder.path(), &["thinking", "with", "without"]);
    assert!(shared.contains("marks of the same answer"), "{shared}");
}
