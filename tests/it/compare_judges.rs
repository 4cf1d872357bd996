//! `parabench compare` with several judges, served models and human ratings, through the real binary.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;
use std::process::Output;

use crate::envelope;
use crate::runs::{Place, RunFixture, hashed_mark};
use assert_cmd::Command;
use parabench::common::checked_line;
use parabench::run::folder::names;
use parabench::run::scores;
use parabench::suite::Axis;
use serde_json::{Value, json};
use tempfile::TempDir;

fn compare(results: &Path, arguments: &[&str]) -> Output {
    Command::cargo_bin("parabench")
        .unwrap()
        .args(["compare", "--full"])
        .args(arguments)
        .env("PARABENCH_RESULTS", results)
        .output()
        .unwrap()
}

fn json_of(results: &Path, arguments: &[&str]) -> Value {
    let output = compare(results, &[arguments, &["--json"]].concat());
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    envelope::result(&output.stdout)
}

/// A run that judges `a`, `b` and `c` have marked; `b` is lenient by `leniency`.
fn judged_by_three(results: &Path, name: &str, level: f64, leniency: i64) {
    let of = |judge: &str| {
        let judge = judge.to_owned();
        let salt = format!("{name}{judge}");
        let mut fixture = RunFixture::new(name, 6, 0, level);
        fixture.judge.clone_from(&judge);
        fixture.with_marks(move |place| {
            let mark = hashed_mark(&salt, place, level);
            Ok(if judge == "b" {
                (mark + leniency).clamp(1, 5)
            } else {
                mark
            })
        })
    };
    let fixtures = ["a", "b", "c"].map(of);
    let folder = fixtures[0].write(results);
    let mut manifest = fixtures[0].manifest();
    manifest.judges = fixtures.iter().flat_map(|f| f.manifest().judges).collect();
    manifest.write(&folder.join(names::MANIFEST)).unwrap();
    let rows: Vec<_> = fixtures.iter().flat_map(RunFixture::rows).collect();
    scores::write(&folder.join(names::SCORES), &rows).unwrap();
}

fn three() -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    judged_by_three(folder.path(), "cand", 3.8, 1);
    judged_by_three(folder.path(), "base", 3.2, 1);
    folder
}

/// Mean over items and judges of the marks of one axis, by hand from the table.
fn mean_over_judges(results: &Path, run: &str, judges: &[&str], median: bool) -> f64 {
    let rows = scores::read(&results.join(run).join(names::SCORES), &Axis::ALL).unwrap();
    let mut marks: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for row in rows.iter().filter(|row| row.axis == Axis::IMAGE_QUALITY) {
        if judges.contains(&&*row.judge) {
            let list = marks.entry(row.task.to_string()).or_default();
            list.push(row.score.unwrap().to_f64());
        }
    }
    let of_item = |list: &Vec<f64>| {
        let mut list = list.clone();
        list.sort_by(f64::total_cmp);
        let n = list.len();
        match median {
            true => (list[(n - 1) / 2] + list[n / 2]) / 2.0,
            false => list.iter().sum::<f64>() / n as f64,
        }
    };
    marks.values().map(of_item).sum::<f64>() / marks.len() as f64
}

/// A panel of three crosses its judges with the tasks: their variance is known, and an interval covers other judges.
#[test]
fn a_panel_of_three_has_an_interval_over_tasks_and_judges() {
    let folder = three();
    let sources = |judges: &[&str], how: &str| -> Value {
        let named = judges.iter().flat_map(|judge| ["--judge", *judge]);
        let start = ["cand", "--baseline", "base", "--combine", how];
        let arguments: Vec<&str> = start.into_iter().chain(named).collect();
        let found = json_of(folder.path(), &arguments);
        let contrasts = found["comparison"]["contrasts"].as_array().unwrap();
        let overall = contrasts.iter().find(|c| c["metric"]["key"] == "overall");
        overall.unwrap()["result"]["Ok"].clone()
    };
    let of = |found: &Value, source: &str| -> Value {
        let all = found["sources"]["sources"].as_array().unwrap();
        all.iter().find(|s| s["source"] == source).unwrap().clone()
    };
    let three = sources(&["a", "b", "c"], "mean");
    assert!(of(&three, "judge")["variance"].is_number());
    let ends = |ends: &Value| [0, 1].map(|end| ends[end].as_f64().unwrap());
    let (own, wider) = (
        ends(&three["difference"]["ci95"]),
        ends(&three["sources"]["over_judges95"]),
    );
    assert!(wider[0] <= own[0] && wider[1] >= own[1]);
    for (judges, how, why) in [
        (&["a", "b"][..], "mean", "too-few-levels"),
        (&["a", "b", "c"], "median", "panel"),
    ] {
        let found = sources(judges, how);
        assert_eq!(of(&found, "judge")["not_estimable"], why);
        assert!(found["sources"]["over_judges95"].is_null());
        assert_eq!(of(&found, "seed")["not_estimable"], "panel");
    }
}

/// Each judge's analysis of a multiverse says what `compare` says under that judge, and so does the panel's.
#[test]
fn a_multiverse_repeats_the_comparison_under_each_judge() {
    let folder = three();
    let runs = ["cand", "--baseline", "base"];
    let standings = |comparison: &Value| -> Vec<(String, String)> {
        let contrasts = comparison["contrasts"].as_array().unwrap().iter();
        let text = |value: &Value| value.as_str().unwrap().to_owned();
        contrasts
            .map(|c| (text(&c["metric"]["key"]), text(&c["standing"])))
            .collect()
    };
    let result = json_of(
        folder.path(),
        &[&runs[..], &["--judge", "b", "--multiverse"]].concat(),
    );
    let multiverse = &result["multiverse"];
    let analyses = multiverse["analyses"].as_array().unwrap();
    assert_eq!(analyses[0]["judge"], "b");
    assert_eq!(
        analyses.len(),
        2 * 4 * 8,
        "two mappings, three judges and their panel, eight sets of axes"
    );
    let panel = [
        "--judge",
        "a",
        "--judge",
        "b",
        "--judge",
        "c",
        "--combine",
        "mean",
    ];
    for (judge, options) in [
        ("a", &["--judge", "a"][..]),
        ("b", &["--judge", "b"]),
        ("c", &["--judge", "c"]),
        ("mean-of-a+b+c", &panel),
    ] {
        let alone = json_of(folder.path(), &[&runs[..], options].concat());
        let position = analyses
            .iter()
            .position(|a| a["judge"] == judge && a["axes"] == "as declared")
            .unwrap();
        for (metric, standing) in standings(&alone["comparison"]) {
            let claims = multiverse["claims"].as_array().unwrap();
            let claim = claims
                .iter()
                .find(|claim| claim["metric"] == *metric)
                .unwrap();
            let found = claim["found"].as_array().unwrap();
            let found = found.iter().find(|f| f["analysis"] == position).unwrap();
            assert_eq!(found["standing"], *standing, "{judge} on {metric}");
            let same = claim["found"].as_array().unwrap().iter();
            let same = same.filter(|f| f["standing"] == claim["standing"]).count();
            assert_eq!(claim["same"], same);
        }
    }
}

#[test]
fn a_panel_is_the_mean_or_median_of_its_judges() {
    let folder = three();
    for (how, median, judges) in [
        ("mean", false, vec!["a", "b"]),
        ("median", true, vec!["a", "b", "c"]),
        ("median", true, vec!["c", "a"]),
    ] {
        let named: Vec<&str> = judges
            .iter()
            .flat_map(|judge| ["--judge", *judge])
            .collect();
        let arguments = [
            &["cand", "--baseline", "base", "--combine", how][..],
            &named,
        ]
        .concat();
        let result = json_of(folder.path(), &arguments);
        let contrasts = result["comparison"]["contrasts"].as_array().unwrap();
        let quality = contrasts
            .iter()
            .find(|c| c["metric"]["key"] == "image_quality")
            .unwrap();
        let raw = quality["result"]["Ok"]["difference"]["raw"]
            .as_f64()
            .unwrap();
        let expected = mean_over_judges(folder.path(), "cand", &judges, median)
            - mean_over_judges(folder.path(), "base", &judges, median);
        assert!(
            (raw - expected).abs() < 1e-9,
            "{how} {judges:?}: {raw} {expected}"
        );
        let agreement = result["panel"]["agreement"].as_array().unwrap();
        assert_eq!(agreement.len(), 2 * 6, "two runs, six axes");
        assert!(
            agreement
                .iter()
                .all(|line| line["alpha"].as_f64().unwrap() < 1.0)
        );
        let judge = &result["comparison"]["runs"][0];
        assert_eq!(judge["judge"], format!("{how}-of-{}", judges.join("+")));
        assert_eq!(judge["judge_details"]["combined_by"], how);
    }
    let output = compare(
        folder.path(),
        &[
            "cand",
            "--baseline",
            "base",
            "--judge",
            "a",
            "--judge",
            "b",
            "--combine",
            "mean",
        ],
    );
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.contains("Panel: mean of a, b") && text.contains("alpha"),
        "{text}"
    );
}

#[test]
fn a_panel_that_cannot_be_is_refused_with_every_reason() {
    let folder = three();
    let refused = |arguments: &[&str]| {
        let output = compare(
            folder.path(),
            &[&["cand", "--baseline", "base"], arguments].concat(),
        );
        assert_eq!(output.status.code(), Some(2));
        String::from_utf8(output.stderr).unwrap()
    };
    let several = refused(&["--judge", "a", "--judge", "b"]);
    assert!(several.contains("--combine"), "{several}");
    let unknown = refused(&["--judge", "a", "--judge", "x", "--combine", "mean"]);
    assert!(
        unknown.contains("unknown judge `x`; expected one of: a, b, c")
            && unknown.contains("run cand")
            && unknown.contains("run base"),
        "{unknown}"
    );
    let alone = refused(&["--judge", "a", "--combine", "median"]);
    assert!(alone.contains("two judges or more"), "{alone}");
}

/// Writes a log of marks in which the endpoint says what it served.
fn log_served(folder: &Path, model: &str) {
    let record = json!({"schema": 1, "task": "spatial-000", "sample": 0, "axis": "image_quality", "judge": "judge",
        "repeat": 0, "answer": "0".repeat(64), "at": "2026-01-01T00:00:00Z",
        "verdict": {"mark": {"scored": 3}, "served_model": model, "fingerprint": "fp"}});
    std::fs::write(
        folder.join(names::JUDGMENTS),
        checked_line::write(&record).unwrap(),
    )
    .unwrap();
}

#[test]
fn runs_for_which_other_models_were_served_are_flagged() {
    let folder = tempfile::tempdir().unwrap();
    let runs = ["cand", "base"].map(|name| RunFixture::new(name, 6, 0, 3.5).write(folder.path()));
    let flags = || {
        let result = json_of(folder.path(), &["cand", "--baseline", "base"]);
        let contrasts = result["comparison"]["contrasts"]
            .as_array()
            .unwrap()
            .clone();
        let flagged = |c: &Value| {
            c["result"]["Ok"]["flags"]
                .to_string()
                .contains("served-models-differ")
        };
        (
            contrasts.iter().filter(|c| flagged(c)).count(),
            contrasts.len(),
            result,
        )
    };
    assert_eq!(flags().0, 0, "silence is no difference");
    log_served(&runs[0], "gpt-4.1-2025-04-14");
    log_served(&runs[1], "gpt-4.1-2025-04-14");
    assert_eq!(flags().0, 0);
    log_served(&runs[1], "gpt-4.1-2026-01-01");
    let (flagged, all, result) = flags();
    assert_eq!(flagged, all);
    let served = &result["comparison"]["runs"][1]["served"][0];
    assert_eq!(
        (&served["model"], &served["fingerprint"]),
        (&json!("gpt-4.1-2026-01-01"), &json!("fp"))
    );
}

/// Marks that follow the item, for both runs, so that people and judge can agree.
fn item_mark(place: Place) -> i64 {
    1 + i64::from((place.item * 7 + place.category as u32) % 4)
}

#[test]
fn a_judge_with_a_favourite_is_found_by_people() {
    let folder = tempfile::tempdir().unwrap();
    // The judge gives the candidate one mark more than people do; the baseline it marks as they do, but for some noise.
    let noise = |place: Place| i64::from(place.item.is_multiple_of(5));
    RunFixture::new("cand", 20, 0, 0.0)
        .with_marks(|place| Ok(item_mark(place) + 1))
        .write(folder.path());
    RunFixture::new("base", 20, 0, 0.0)
        .with_marks(move |place| Ok(item_mark(place) + noise(place)))
        .write(folder.path());
    let mut csv = "task,model,axis,rater,score\n".to_owned();
    for (category, name) in (0..).zip(["spatial", "temporal", "causal", "knowledge", "general"]) {
        for item in 0..8 {
            let place = Place {
                category,
                item,
                axis: Axis::IMAGE_QUALITY,
                sample: 0,
                repeat: 0,
            };
            for model in ["cand-model", "base-model"] {
                for rater in ["ann", "bob"] {
                    let _ = writeln!(
                        csv,
                        "{name}-{item:03},{model},image_quality,{rater},{}",
                        item_mark(place)
                    );
                }
            }
        }
    }
    let path = folder.path().join("ratings.csv");
    std::fs::write(&path, &csv).unwrap();
    let arguments = [
        "cand",
        "--baseline",
        "base",
        "--human",
        path.to_str().unwrap(),
    ];
    let human = &json_of(folder.path(), &arguments)["human"];
    assert_eq!(
        (&human["ratings"], &human["raters"]),
        (&json!(160), &json!(2))
    );
    let [line] = human["contrasts"].as_array().unwrap().as_slice() else {
        panic!("{human}");
    };
    // People see no difference at all; 1 − 0.25 raw (item 0 and 5 of 8) times 25 points is the judge's favour.
    assert_eq!(line["human"]["points"], 0.0);
    assert_eq!(line["bias"]["points"].as_f64().unwrap(), 18.75);
    assert!(line["bias"]["ci95"][0].as_f64().unwrap() > 0.0);
    let ppi = &line["ppi"];
    assert!(
        ppi["points"].as_f64().unwrap().abs() < 1.0,
        "the labels correct the judge: {ppi}"
    );
    assert_eq!(
        (&ppi["tuned"], &ppi["stratified"], &ppi["unlabelled"]),
        (&json!(true), &json!(true), &json!(60))
    );
    let agreement = human["agreement"].as_array().unwrap();
    assert_eq!(agreement[0]["bias"], 1.0);
    assert!(agreement[0]["spearman"].as_f64().unwrap() > 0.999);
    assert_eq!(agreement[0]["raters"]["alpha"], 1.0);
    let text = compare(folder.path(), &arguments);
    assert!(
        String::from_utf8(text.stdout)
            .unwrap()
            .contains("Human ratings: 160 by 2 people")
    );
}

#[test]
fn ratings_that_fit_no_run_are_refused_all_at_once() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["cand", "base"] {
        RunFixture::new(name, 3, 0, 3.5).write(folder.path());
    }
    let path = folder.path().join("ratings.csv");
    let rows = "task,model,axis,rater,score\nspatial-000,other,image_quality,ann,3\nnowhere-1,cand-model,image_quality,ann,3\n";
    std::fs::write(&path, rows).unwrap();
    let output = compare(
        folder.path(),
        &[
            "cand",
            "--baseline",
            "base",
            "--human",
            path.to_str().unwrap(),
        ],
    );
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(
        message.contains("model other") && message.contains("task nowhere-1"),
        "{message}"
    );
}
