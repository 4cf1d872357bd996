//! `parabench demo` through the real binary: the bundled checkpoint decoded in four ways, on a few tasks.

use crate::envelope;
use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::Output;

use assert_cmd::Command;
use parabench::onnx::runtime::{Runtime, RuntimeOptions};
use serde_json::Value;

const DECODINGS: [&str; 4] = ["parallel", "no-thinking", "6-steps", "text-first"];
const AXES: [&str; 6] = [
    "text_quality",
    "text_alignment",
    "image_quality",
    "image_alignment",
    "image_consistency",
    "output_alignment",
];
/// Four tasks of each category of edits, and ten prompts: the demo's own way to take a part.
const TASKS: &str = "30";

fn parabench(folder: &Path, arguments: &[&str]) -> Output {
    // The binary has a cache of its own here; the library is the one that this process found.
    let runtime = Runtime::open(&RuntimeOptions::default()).unwrap();
    Command::cargo_bin("parabench")
        .unwrap()
        .current_dir(folder)
        .env("PARABENCH_CACHE", folder.join("cache"))
        .env("ORT_DYLIB_PATH", &runtime.found().path)
        .args(arguments)
        .output()
        .unwrap()
}

fn demo(folder: &Path, more: &[&str]) -> String {
    let arguments = ["demo", "--limit", TASKS, "--no-progress", "--offline"];
    let output = parabench(folder, &[&arguments, more].concat());
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    String::from_utf8(output.stdout).unwrap()
}

/// Points by model and axis; `None` where the axis means nothing for the model.
fn points(outcome: &Value) -> BTreeMap<(String, String), Option<f64>> {
    let mut found = BTreeMap::new();
    for table in outcome["tables"].as_array().unwrap() {
        assert_eq!(table["missing_share"], 0.0, "{}", table["model"]);
        for score in table["axes"].as_array().unwrap() {
            let key =
                [&table["model"], &score["axis"]].map(|name| name.as_str().unwrap().to_owned());
            found.insert(key.into(), score["level"]["Ok"]["points"].as_f64());
        }
    }
    found
}

/// What every file of the logs and tables of all runs holds.
fn logs(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let runs = fs::read_dir(folder.join("results")).unwrap();
    let runs = runs.map(|entry| entry.unwrap().path());
    let runs: Vec<_> = runs.filter(|path| path.is_dir()).collect();
    let files = runs.iter().flat_map(|run| {
        ["samples.jsonl", "judgments.jsonl", "scores.csv"].map(|name| run.join(name))
    });
    files
        .map(|file| (file.display().to_string(), fs::read(&file).unwrap()))
        .collect()
}

#[test]
fn the_whole_way_offline() {
    let folder = tempfile::tempdir().unwrap();
    let outcome: Value = envelope::result(&demo(folder.path(), &["--json"]));
    let points = points(&outcome);
    let of = |model: &str, axis: &str| points[&(model.to_owned(), axis.to_owned())];

    for axis in AXES {
        assert_eq!(of("right-answers", axis), Some(100.0), "{axis}");
        for decoding in DECODINGS {
            let without_text = decoding == "no-thinking"
                && !matches!(
                    axis,
                    "image_quality" | "image_alignment" | "image_consistency"
                );
            assert_eq!(
                of(decoding, axis).is_none(),
                without_text,
                "{decoding}, {axis}"
            );
        }
    }
    // The checkpoint thinks and draws: it does far more of what is asked than pictures that do nothing,
    // and leaves far more as it was than a blank one.
    for decoding in DECODINGS {
        let alignment = of(decoding, "image_alignment").unwrap();
        assert!(
            alignment > of("unchanged-input", "image_alignment").unwrap() + 25.0,
            "{decoding}"
        );
        let kept = of(decoding, "image_consistency").unwrap();
        assert!(
            kept > of("blank", "image_consistency").unwrap() + 25.0,
            "{decoding}"
        );
    }

    // A lie detector: the same pictures with the reasoning of other tasks.
    let axis = "output_alignment";
    assert!(of("borrowed", axis).unwrap() < of("parallel", axis).unwrap() - 50.0);
    for axis in ["image_alignment", "image_quality", "image_consistency"] {
        assert_eq!(of("borrowed", axis), of("parallel", axis), "{axis}");
    }
    assert_eq!(outcome["comparison"]["declared"], "before");

    // The same command makes nothing anew, and begins with what was found, on one screen.
    let before = logs(folder.path());
    assert_eq!(before.len(), 3 * outcome["runs"].as_array().unwrap().len());
    let text = demo(folder.path(), &[]);
    assert!(text.starts_with("Does thinking help drawing?\n"), "{text}");
    // With so few tasks every decoding needs a sentence on the tasks that would be needed.
    assert!(text.lines().count() <= 40, "{text}");
    let wide = text.lines().find(|line| line.chars().count() > 80);
    assert_eq!(wide, None, "{text}");
    assert_eq!(before, logs(folder.path()));

    let page = fs::read_to_string(folder.path().join("reports/demo/index.html")).unwrap();
    for decoding in DECODINGS {
        assert!(page.contains(decoding), "{decoding}");
    }
    let verified = parabench(folder.path(), &["verify", "reports/demo"]);
    let stderr = String::from_utf8_lossy(&verified.stderr);
    assert_eq!(verified.status.code(), Some(0), "{stderr}");
}

#[test]
fn without_onnx_runtime_the_demo_says_what_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let nowhere = folder.path().join("no-such-library.so");
    let nowhere = nowhere.to_str().unwrap();
    let arguments = [
        "demo",
        "--limit",
        "6",
        "--no-progress",
        "--onnxruntime",
        nowhere,
    ];
    let output = parabench(folder.path(), &arguments);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{stderr}");
    assert!(
        stderr.contains("--controls-only") && stderr.contains(nowhere),
        "{stderr}"
    );

    let output = parabench(
        folder.path(),
        &[&arguments[..], &["--controls-only"]].concat(),
    );
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(0), "{stderr}");
    assert!(String::from_utf8_lossy(&output.stdout).contains("right-answers"));
}
