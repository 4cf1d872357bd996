//! `parabench compare` through the real binary, on run folders written here.

mod gates;
mod refusals;
use std::path::Path;
use std::process::Output;

use crate::envelope;
use crate::results::{parabench, text};
use crate::runs::{Place, RunFixture, hashed, hashed_mark};
use parabench::judge::MissingReason;
use parabench::run::folder::names;
use parabench::run::scores::Status;
use parabench::suite::{Axis, ScoreMap};
use serde_json::Value;
use tempfile::TempDir;

fn compare(results: &Path, arguments: &[&str]) -> Output {
    parabench(results, &[&["compare", "--full"], arguments].concat())
}

fn json(results: &Path, arguments: &[&str]) -> Value {
    let output = compare(results, &[arguments, &["--json"]].concat());
    assert_eq!(text(&output.stderr), "");
    envelope::result(&output.stdout)
}

/// Two thinking runs of which the first is better on output alignment alone, with a few lost marks.
fn pair() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let marks = |place: Place| {
        if hashed("lost", place) < 0.02 {
            return Err(Status::Missing(MissingReason::Unparsable));
        }
        let level = if place.axis == Axis::OUTPUT_ALIGNMENT {
            4.1
        } else {
            3.6
        };
        Ok(hashed_mark("cand", place, level))
    };
    RunFixture::new("cand", 12, 30, 0.0)
        .with_marks(marks)
        .write(folder.path());
    RunFixture::new("base", 12, 30, 3.5).write(folder.path());
    folder
}

fn contrast<'a>(result: &'a Value, metric: &str) -> &'a Value {
    let contrasts = result["comparison"]["contrasts"].as_array().unwrap();
    let found = contrasts
        .iter()
        .find(|c| c["metric"]["key"] == metric)
        .unwrap();
    &found["result"]["Ok"]
}
#[test]
fn the_text_has_the_fixed_order() {
    let folder = pair();
    let output = compare(folder.path(), &["cand", "--baseline", "base"]);
    assert_eq!(output.status.code(), Some(0), "{}", text(&output.stderr));
    let shown = text(&output.stdout);
    let (own, published) = shown.split_once("\nPublished: ").unwrap();
    assert!(published.starts_with("means only, other judge runs."));
    assert!(published.contains("MMaDA-Parallel w/ ParaRL (Table 2)"));
    insta::assert_snapshot!(own);
}

#[test]
fn three_runs_have_rank_sets_and_their_own_overall() {
    let folder = pair();
    let mut plain = RunFixture::new("plain", 12, 30, 2.9);
    plain.thinks = false;
    plain.write(folder.path());
    let output = compare(
        folder.path(),
        &["cand", "--baseline", "base", "--baseline", "plain"],
    );
    let shown = text(&output.stdout);
    let board = shown.split_once("Ranks by").unwrap().1;
    let board = board.split_once("\nPublished").unwrap().0;
    insta::assert_snapshot!(board);
    assert!(shown.contains("Overall of 3 common axes"));
    let result = json(folder.path(), &["cand", "--baseline", "plain"]);
    // Text axes do not apply: they are undefined, and not in the family of three axes and Overall.
    assert_eq!(result["comparison"]["family"]["size"], 4);
    let contrasts = result["comparison"]["contrasts"].as_array().unwrap();
    let text_quality = contrasts
        .iter()
        .find(|c| c["metric"]["key"] == "text_quality")
        .unwrap();
    assert_eq!(text_quality["result"]["Err"], "not-applicable");

    // Wherever an Overall is written down, it says that it is one of common axes.
    let csv = folder.path().join("table.csv");
    let arguments = [
        "cand",
        "--baseline",
        "plain",
        "--csv",
        csv.to_str().unwrap(),
    ];
    let arguments = [&arguments[..], &["--require", "overall > 0"]].concat();
    let shown = text(&compare(folder.path(), &arguments).stdout);
    assert!(shown.contains("Overall of 3 common axes"), "{shown}");
    assert!(
        shown.contains("It cannot be compared with an Overall of six axes"),
        "{shown}"
    );
    assert!(shown.contains("over 3 common axes"), "{shown}");
    let csv = std::fs::read_to_string(csv).unwrap();
    assert!(
        csv.contains("cand,plain,overall-of-common-axes,overall"),
        "{csv}"
    );
    let text_row = csv.lines().find(|line| line.contains("axis,text_quality"));
    assert!(text_row.unwrap().contains("text_quality,,,,,"), "{csv}");
}

#[test]
fn exchanging_the_runs_flips_signs_and_keeps_p() {
    let folder = pair();
    let forth = json(folder.path(), &["cand", "--baseline", "base"]);
    let back = json(folder.path(), &["base", "--baseline", "cand"]);
    for metric in ["output_alignment", "text_quality", "overall"] {
        let (a, b) = (contrast(&forth, metric), contrast(&back, metric));
        let points = |c: &Value| c["difference"]["points"].as_f64().unwrap();
        assert!((points(a) + points(b)).abs() < 1e-9, "{metric}");
        assert_eq!(a["wins"]["wins"], b["wins"]["losses"]);
        assert_eq!(a["test"], b["test"], "{metric}");
        assert_eq!(
            a["adjusted"]["p_westfall_young"],
            b["adjusted"]["p_westfall_young"]
        );
    }
}

#[test]
fn the_mapping_changes_points_and_nothing_else() {
    let results = |mapping| {
        let folder = tempfile::tempdir().unwrap();
        for (name, level) in [("cand", 3.7), ("base", 3.5)] {
            let mut run = RunFixture::new(name, 12, 30, level);
            run.mapping = mapping;
            run.write(folder.path());
        }
        json(folder.path(), &["cand", "--baseline", "base"])
    };
    let (affine, times) = (results(ScoreMap::Affine25), results(ScoreMap::Times20));
    for metric in ["image_quality", "overall"] {
        let (a, b) = (contrast(&affine, metric), contrast(&times, metric));
        for same in ["test", "effects", "wins"] {
            assert_eq!(a[same], b[same], "{metric} {same}");
        }
        assert_eq!(a["adjusted"]["p_holm"], b["adjusted"]["p_holm"]);
        let points = |c: &Value| c["difference"]["points"].as_f64().unwrap();
        assert!((0.8 * points(a) - points(b)).abs() < 1e-9);
    }
}

#[test]
fn the_csv_has_every_contrast() {
    let folder = pair();
    let path = folder.path().join("out.csv");
    let arguments = [
        "cand",
        "--baseline",
        "base",
        "--csv",
        path.to_str().unwrap(),
    ];
    assert_eq!(compare(folder.path(), &arguments).status.code(), Some(0));
    let mut reader = csv::Reader::from_path(&path).unwrap();
    let scopes: Vec<String> = reader.records().map(|r| r.unwrap()[2].to_owned()).collect();
    let count = |scope: &str| scopes.iter().filter(|s| *s == scope).count();
    // Six axes; five of them in six categories, image consistency in the five of edits.
    assert_eq!(
        (count("axis"), count("overall"), count("category")),
        (6, 1, 35)
    );
}

#[test]
fn unequal_repeats_are_asymptotic_and_judge_noise_is_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    for (name, repeats) in [("cand", 3), ("base", 2)] {
        let mut run = RunFixture::new(name, 6, 6, 3.5);
        run.repeats = repeats;
        run.write(folder.path());
    }
    let result = json(folder.path(), &["cand", "--baseline", "base"]);
    let overall = contrast(&result, "overall");
    assert!(
        overall["flags"]
            .as_array()
            .unwrap()
            .contains(&"unequal-repeats".into())
    );
    let difference = &overall["difference"];
    let judge = difference["se_judge_only"].as_f64().unwrap();
    assert!(judge > 0.0 && judge < 2.0 * difference["se"].as_f64().unwrap());
}

#[test]
fn no_output_says_what_must_not_be_said() {
    let folder = pair();
    let mut plain = RunFixture::new("plain", 12, 30, 3.4);
    plain.thinks = false;
    plain.write(folder.path());
    let commands: [&[&str]; 6] = [
        &[
            "compare",
            "cand",
            "--baseline",
            "base",
            "--baseline",
            "plain",
            "--categories",
            "--full",
        ],
        &["thinking", "cand", "plain"],
        &["power", "--sd", "27"],
        &[
            "power",
            "--published",
            "MMaDA-Parallel w/ ParaRL",
            "Bagel w/ think",
        ],
        &[
            "power",
            "--pilot",
            "cand",
            "base",
            "--axis",
            "output_alignment",
        ],
        &["published"],
    ];
    for command in commands {
        let output = parabench(folder.path(), command);
        assert_eq!(
            output.status.code(),
            Some(0),
            "{command:?} {}",
            text(&output.stderr)
        );
        let shown = text(&output.stdout).to_lowercase();
        let forbidden = [
            "shown to be neither",
            "on par",
            "p = 0 ",
            "p=0 ",
            "error bar",
            "robust to the judge",
            "unbiased",
            "intervals overlap",
            "nan",
            "inf ",
        ];
        for words in forbidden {
            assert!(
                !shown.contains(words),
                "{command:?} says {words:?}:\n{shown}"
            );
        }
    }
}
