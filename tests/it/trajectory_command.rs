//! `parabench trajectory` through the real binary: recorded trajectories of the picture world, made here from right
//! answers whose first frames are covered.

use crate::cli_world::parabench;
use crate::envelope;
use std::fs;
use std::path::{Path, PathBuf};

use image::{Rgb, RgbImage};
use parabench::model::trajectory::{
    FILE, FrameRecord, SCHEMA, StepRecord, Trajectory, folder_name,
};
use parabench::run::folder::RunData;
use parabench::run::record::SampleRecord;
use serde_json::Value;
use tempfile::TempDir;

fn json(folder: &Path, arguments: &[&str]) -> Value {
    let output = parabench(folder, &[&["trajectory"], arguments, &["--json"]].concat());
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{stderr}");
    envelope::result(&output.stdout)
}

/// Steps of the made-up decoding; frames after each of them.
const STEPS: usize = 4;

/// A run of the truth on `tasks` tasks, with a trajectory for each: the text grows word by word, the picture row by
/// row from grey.
fn run_with_trajectories(tasks: usize) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let limit = tasks.to_string();
    let made = parabench(
        folder.path(),
        &[
            "generate",
            "--suite",
            "shapes",
            "--model",
            "control:truth",
            "--name",
            "truth",
            "--limit",
            &limit,
            "--no-progress",
        ],
    );
    assert!(
        made.status.success(),
        "{}",
        String::from_utf8_lossy(&made.stderr)
    );
    let run = folder.path().join("results/truth");
    for sample in RunData::read(&run).unwrap().samples.values() {
        record(&run, sample);
    }
    (folder, run)
}

fn record(run: &Path, sample: &SampleRecord) {
    let folder = run
        .join("trajectories")
        .join(folder_name(&sample.task, sample.sample));
    fs::create_dir_all(&folder).unwrap();
    let picture = sample.image.given().unwrap();
    let path = run.join("images").join(format!("{}.png", picture.digest));
    let whole = image::open(path).unwrap().to_rgb8();
    let words: Vec<&str> = sample.reasoning.given().unwrap().split(' ').collect();
    let frames = (0..=STEPS).map(|step| {
        let image = format!("step-{step:05}.png");
        let rows = whole.height() * step as u32 / STEPS as u32;
        let partial = RgbImage::from_fn(whole.width(), whole.height(), |x, y| {
            if y < rows {
                *whole.get_pixel(x, y)
            } else {
                Rgb([128; 3])
            }
        });
        partial.save(folder.join(&image)).unwrap();
        let kept = words.len() * step / STEPS;
        FrameRecord {
            after_steps: step,
            text: format!(
                "{} {}",
                words[..kept].join(" "),
                "□".repeat(words.len() - kept)
            ),
            image,
            text_decided: kept,
            cells_decided: step,
        }
    });
    let trajectory = Trajectory {
        schema: SCHEMA,
        task: sample.task.to_string(),
        sample: sample.sample,
        every: 1,
        grid: [1, STEPS],
        frames: frames.collect(),
        steps: vec![StepRecord::default(); STEPS],
        words: Vec::new(),
    };
    fs::write(folder.join(FILE), serde_json::to_vec(&trajectory).unwrap()).unwrap();
}

/// All end in full agreement, so there is no spread to standardise with: said, and nothing written.
#[test]
fn a_standard_needs_a_spread() {
    let (folder, _) = run_with_trajectories(3);
    let arguments = [
        "trajectory",
        "truth",
        "--scorer",
        "oracle",
        "--write-standard",
        "s.toml",
    ];
    let output = parabench(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(
        message.contains("differ in their last similarity"),
        "{message}"
    );
    assert!(!folder.path().join("s.toml").exists());
}

#[test]
fn the_oracle_measures_what_was_decided() {
    let (folder, run) = run_with_trajectories(24);
    let arguments = [
        "truth", "--scorer", "oracle", "--csv", "c.csv", "--figure", "f.svg", "--figure", "f.png",
    ];
    let result = json(folder.path(), &arguments);
    let curve = &result["curves"][0];
    assert_eq!(
        (&curve["tasks"], &curve["steps"], &curve["left_out"]),
        (&24.into(), &STEPS.into(), &0.into())
    );
    let points = curve["points"].as_array().unwrap();
    let last = points.last().unwrap();
    assert_eq!(
        (&last["share"], &last["similarity"]["value"]),
        (&1.0.into(), &100.0.into())
    );
    assert_eq!(last["similarity"]["tasks"], 24);
    assert!(
        points.iter().all(|point| point["after_steps"] != 0),
        "nothing had begun at step 0"
    );
    let first = points[0]["similarity"]["value"].as_f64().unwrap();
    assert!(
        first < 90.0,
        "half a picture shows half of the text: {first}"
    );
    let settled = curve["agreement"]["settled"]["value"].as_f64().unwrap();
    assert!((0.5..=1.0).contains(&settled), "{settled}");
    let csv = fs::read_to_string(folder.path().join("c.csv")).unwrap();
    assert_eq!(csv.lines().count(), 1 + points.len());
    assert!(
        fs::read_to_string(folder.path().join("f.svg"))
            .unwrap()
            .contains("denoising steps")
    );
    assert!(image::open(folder.path().join("f.png")).is_ok());
    // The same from the folder of trajectories alone, wherever it lies.
    let moved = folder.path().join("elsewhere");
    fs::rename(run.join("trajectories"), &moved).unwrap();
    let alone = json(folder.path(), &["elsewhere", "--scorer", "oracle"]);
    assert_eq!(alone["curves"][0]["points"], curve["points"]);
}

#[test]
fn rewards_need_a_standard_of_the_same_scorer() {
    let (folder, _) = run_with_trajectories(6);
    fs::write(
        folder.path().join("s.toml"),
        "scorer = \"oracle rules 1\"\nmean = 60.0\ndeviation = 20.0\n",
    )
    .unwrap();
    let result = json(
        folder.path(),
        &["truth", "--scorer", "oracle", "--standard", "s.toml"],
    );
    let points = result["curves"][0]["points"].as_array().unwrap().clone();
    assert_eq!(points.last().unwrap()["reward"]["value"], 1.0);
    let text = parabench(
        folder.path(),
        &[
            "trajectory",
            "truth",
            "--scorer",
            "oracle",
            "--standard",
            "s.toml",
        ],
    );
    let text = String::from_utf8(text.stdout).unwrap();
    assert!(text.contains("settle") && text.contains("Reward"), "{text}");
    fs::write(
        folder.path().join("s.toml"),
        "scorer = \"clip x\"\nmean = 60.0\ndeviation = 20.0\n",
    )
    .unwrap();
    let refused = parabench(
        folder.path(),
        &[
            "trajectory",
            "truth",
            "--scorer",
            "oracle",
            "--standard",
            "s.toml",
        ],
    );
    assert_eq!(refused.status.code(), Some(1));
    assert!(
        String::from_utf8(refused.stderr)
            .unwrap()
            .contains("--write-standard")
    );
}

#[test]
fn folders_without_trajectories_and_damaged_ones_are_named() {
    let (folder, run) = run_with_trajectories(2);
    fs::create_dir(folder.path().join("empty")).unwrap();
    let none = parabench(
        folder.path(),
        &["trajectory", "empty", "--scorer", "oracle"],
    );
    assert!(
        String::from_utf8(none.stderr)
            .unwrap()
            .contains("--trajectory every=N")
    );
    for entry in fs::read_dir(run.join("trajectories")).unwrap() {
        fs::write(entry.unwrap().path().join(FILE), "{}").unwrap();
    }
    let damaged = parabench(
        folder.path(),
        &["trajectory", "truth", "--scorer", "oracle"],
    );
    let message = String::from_utf8(damaged.stderr).unwrap();
    assert!(
        message.contains("2 of the trajectories")
            && message.matches("not a trajectory").count() == 2,
        "{message}"
    );
    let scorer = parabench(folder.path(), &["trajectory", "truth", "--scorer", "eyes"]);
    let message = String::from_utf8(scorer.stderr).unwrap();
    assert!(
        message.contains("unknown scorer `eyes`; expected one of: oracle, clip:BUNDLE"),
        "{message}"
    );
    assert_eq!(scorer.status.code(), Some(2));
}
