//! `--bridge`: runs that were marked by different judges, on one scale in every form.

use std::path::Path;
use std::process::Output;

use parabench::analysis::bridge::file::Bridge;
use parabench::common::digest::Digest;
use parabench::suite::Axis;
use serde_json::Value;
use tempfile::TempDir;

use crate::bridges::{NEW, OLD, Shape, Spot, uniform};
use crate::envelope;
use crate::results::{parabench, text};

const AXES: [Axis; 2] = [Axis::IMAGE_QUALITY, Axis::OUTPUT_ALIGNMENT];
const SAID: &str = "were marked by different judges, joined over";

/// The marks of the old judge and of the new one, which is stricter by about half a mark.
fn marks(spot: Spot) -> (i64, i64) {
    let Spot {
        run,
        category,
        item,
        axis,
    } = spot;
    let task = format!("{category}/{item}/{axis}");
    let better = [0.0, 0.8, 0.1, 0.0, 0.2][run % 5];
    let level = 3.1
        + better
        + 1.4 * (uniform(&format!("task/{task}")) - 0.5)
        + 1.6 * (uniform(&format!("{run}/{task}")) - 0.5);
    let change = -0.5 + 0.8 * (uniform(&format!("change/{run}/{task}")) - 0.5);
    let mark = |value: f64| (value.round() as i64).clamp(1, 5);
    (mark(level), mark(level + change))
}

/// Runs `first` (old judge) and `second`, `third` (new judge) of 120 tasks, and a bridge over `drawn` tasks of each of four
/// categories, made of the runs with these numbers.
fn world(drawn: u32, anchors: &[usize]) -> (TempDir, Bridge) {
    let folder = tempfile::tempdir().unwrap();
    let shape = Shape::edits(4, 30, drawn, &AXES);
    let names = ["first", "second", "third", "fourth", "fifth"];
    let mut manifests = Vec::new();
    for (number, name) in names.iter().enumerate().take(3) {
        let judge = if number == 0 { OLD } else { NEW };
        let run = shape.run(name, judge, move |place| {
            let (old, new) = marks(Spot {
                run: number,
                category: place.category,
                item: place.item,
                axis: place.axis,
            });
            Ok(if number == 0 { old } else { new })
        });
        run.write(folder.path());
        manifests.push(run.manifest().samples_digest());
    }
    let labels: Vec<&str> = anchors.iter().map(|number| names[*number]).collect();
    let mut bridge = shape.bridge(&labels, |spot| {
        let (old, new) = marks(Spot {
            run: anchors[spot.run],
            ..spot
        });
        (Some(old), Some(new))
    });
    for (run, number) in bridge.runs.iter_mut().zip(anchors) {
        if let Some(digest) = manifests.get(*number) {
            run.samples_digest = *digest;
        }
    }
    bridge.write(&folder.path().join("bridge.json")).unwrap();
    (folder, bridge)
}

fn run(folder: &Path, arguments: &[&str]) -> Output {
    let bridge = folder.join("bridge.json").display().to_string();
    parabench(folder, &[arguments, &["--bridge", &bridge]].concat())
}

fn json(output: &Output) -> Value {
    assert_eq!(text(&output.stderr), "");
    envelope::result(&output.stdout)
}

#[test]
fn without_a_bridge_they_are_refused_and_the_remedy_is_said() {
    let (folder, _) = world(15, &[0]);
    let output = parabench(folder.path(), &["compare", "second", "--baseline", "first"]);
    assert_eq!(output.status.code(), Some(1));
    let said = text(&output.stderr);
    assert!(said.contains("--bridge FILE"), "{said}");
}

#[test]
fn a_comparison_carries_the_bridge_in_every_line_and_says_so() {
    let (folder, bridge) = world(15, &[0]);
    let arguments = ["compare", "second", "--baseline", "first"];
    let found = json(&run(folder.path(), &[&arguments[..], &["--json"]].concat()));
    let comparison = &found["comparison"];
    assert_eq!(comparison["bridge"]["digest"], bridge.digest().to_string());
    assert_eq!(comparison["family"]["joint_law"], "holm");
    for contrast in comparison["contrasts"].as_array().unwrap() {
        let finding = &contrast["result"]["Ok"];
        assert_eq!(finding["crossed"]["tasks"], 60, "{contrast}");
        assert_eq!(finding["crossed"]["basis"], "own");
        assert_eq!(finding["test"]["method"], "bridge");
        assert_eq!(finding["wins"], Value::Null);
        // 0.8 marks better, and about half a mark of strictness taken off.
        let points = finding["difference"]["points"].as_f64().unwrap();
        assert!((8.0..32.0).contains(&points), "{points}");
        assert_eq!(contrast["standing"], "shown-higher");
    }
    let levels = &comparison["levels"][1]["axes"][0]["level"]["Ok"];
    assert_eq!(levels["method"], "bridge");
    let output = run(folder.path(), &[&arguments[..], &["--full"]].concat());
    let said = text(&output.stdout);
    assert!(
        said.contains("second and first were marked by different judges, joined over 60 tasks"),
        "{said}"
    );
    insta::assert_snapshot!("across_compare", said);
    let csv = folder.path().join("c.csv").display().to_string();
    run(folder.path(), &[&arguments[..], &["--csv", &csv]].concat());
    insta::assert_snapshot!("across_compare_csv", std::fs::read_to_string(&csv).unwrap());
}

#[test]
fn a_bridge_that_no_run_needs_is_not_said_to_carry_anything() {
    let (folder, _) = world(15, &[0]);
    let arguments = ["compare", "second", "--baseline", "third", "--json"];
    let found = json(&run(folder.path(), &arguments));
    assert_eq!(found["comparison"]["bridge"], Value::Null);
    let output = run(folder.path(), &["leaderboard", "second", "third"]);
    let said = text(&output.stdout);
    assert!(
        said.contains("second") && !said.contains("different judges"),
        "{said}"
    );
}

#[test]
fn turning_the_sides_turns_the_signs() {
    let (folder, _) = world(15, &[0]);
    let difference = |a: &str, b: &str| {
        let found = json(&run(
            folder.path(),
            &["compare", a, "--baseline", b, "--json"],
        ));
        found["comparison"]["contrasts"][0]["result"]["Ok"].clone()
    };
    let (one, other) = (difference("second", "first"), difference("first", "second"));
    let number = |value: &Value| value.as_f64().unwrap();
    let points = |finding: &Value| number(&finding["difference"]["points"]);
    assert_eq!(points(&one), -points(&other));
    let ends = |finding: &Value, end: usize| number(&finding["difference"]["ci95"][end]);
    assert_eq!(ends(&one, 0), -ends(&other, 1));
    assert_eq!(one["test"]["p"], other["test"]["p"]);
}

#[test]
fn a_bridge_of_too_few_tasks_or_of_few_other_runs_joins_nothing() {
    for (drawn, anchors) in [(1, &[0][..]), (15, &[3, 4][..])] {
        let (folder, _) = world(drawn, anchors);
        let arguments = ["compare", "second", "--baseline", "first", "--json"];
        let found = json(&run(folder.path(), &arguments));
        for contrast in found["comparison"]["contrasts"].as_array().unwrap() {
            assert_eq!(contrast["standing"], "withheld");
            assert_eq!(contrast["reason"], "judges-differ");
        }
        let said = text(&run(folder.path(), &arguments[..4]).stdout);
        assert!(
            said.contains("the bridge has too few tasks to join them"),
            "{said}"
        );
    }
}

#[test]
fn three_other_runs_join_a_run_that_is_assumed_to_be_like_them() {
    let (folder, _) = world(15, &[2, 3, 4]);
    let arguments = ["compare", "second", "--baseline", "first", "--json"];
    let found = json(&run(folder.path(), &arguments));
    let finding = &found["comparison"]["contrasts"][0]["result"]["Ok"];
    assert_eq!(finding["crossed"]["basis"]["others"]["runs"], 3);
    let full = [&arguments[..4], &["--full"]].concat();
    let said = text(&run(folder.path(), &full).stdout);
    assert!(
        said.contains("of 3 other runs, which they are assumed to be like"),
        "{said}"
    );
}

#[test]
fn boards_rank_across_a_bridge_and_say_so_in_every_form() {
    let (folder, _) = world(15, &[0]);
    let place = |name: &str| folder.path().join(name).display().to_string();
    let arguments = ["leaderboard", "first", "second", "third", "--no-published"];
    let files = [
        "--csv",
        &place("b.csv"),
        "--markdown",
        &place("b.md"),
        "--html",
        &place("b.html"),
    ];
    let output = run(folder.path(), &[&arguments[..], &files].concat());
    let said = text(&output.stdout);
    // Lines may break anywhere.
    let tells = |text: &str| {
        let words: Vec<&str> = text.split_whitespace().collect();
        words.join(" ").contains("across a bridge from old")
    };
    assert!(tells(&said), "{said}");
    assert!(!said.contains("No ranks"), "{said}");
    insta::assert_snapshot!("across_board", said);
    for name in ["b.md", "b.html"] {
        let file = std::fs::read_to_string(folder.path().join(name)).unwrap();
        assert!(tells(&file), "{name}");
    }
    let forced = [&arguments[..], &["--force-judge"]].concat();
    let forced = text(&parabench(folder.path(), &forced).stdout);
    assert!(forced.contains("No ranks"), "{forced}");
}

#[test]
fn a_report_keeps_its_bridge_and_is_verified_with_it() {
    let (folder, bridge) = world(15, &[0]);
    let report = folder.path().join("report");
    let place = report.display().to_string();
    let output = run(
        folder.path(),
        &["report", "second", "--baseline", "first", "-o", &place],
    );
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    assert_eq!(Bridge::read(&report.join("bridge.json")).unwrap(), bridge);
    for name in ["index.html", "report.md"] {
        let file = std::fs::read_to_string(report.join(name)).unwrap();
        assert!(file.contains("across a bridge from old"), "{name}");
        assert!(file.contains(SAID), "{name}");
    }
    let results = std::fs::read_to_string(report.join("results.csv")).unwrap();
    assert!(
        results
            .lines()
            .next()
            .unwrap()
            .ends_with("bridge_tasks,bridge_shift,bridge_se_shift")
    );
    let verified = parabench(folder.path(), &["verify", &place]);
    assert_eq!(
        verified.status.code(),
        Some(0),
        "{}",
        text(&verified.stdout)
    );
    // Another bridge in its place is noticed.
    let (_other, another) = world(10, &[0]);
    another.write(&report.join("bridge.json")).unwrap();
    let verified = parabench(folder.path(), &["verify", &place]);
    assert_ne!(verified.status.code(), Some(0));
    assert!(text(&verified.stderr).contains("the report was made with"));
}

#[test]
fn a_bridge_that_does_not_fit_is_refused_with_every_reason() {
    let refused = |change: &dyn Fn(&mut Bridge), words: &str| {
        let (folder, mut bridge) = world(15, &[0]);
        change(&mut bridge);
        bridge.write(&folder.path().join("bridge.json")).unwrap();
        let output = run(folder.path(), &["compare", "second", "--baseline", "first"]);
        assert_eq!(output.status.code(), Some(1));
        let said = text(&output.stderr);
        assert!(said.contains(words), "{said}");
    };
    refused(
        &|b| b.suite.digest = Digest::of(b"other"),
        "it was made on suite parabench",
    );
    refused(
        &|b| {
            b.old
                .identity
                .details
                .insert("model".to_owned(), "gpt-4.1-mini".to_owned());
            b.old.digest = b.old.identity.digest();
        },
        "run first: it has no marks by old",
    );
    refused(
        &|b| {
            let marks = b.runs[0].answers[3]
                .marks
                .get_mut(&Axis::IMAGE_QUALITY)
                .unwrap();
            std::mem::swap(&mut marks.old, &mut marks.new);
            marks.old[0] = parabench::judge::Score::new(1);
        },
        "the run was marked again since",
    );
}
