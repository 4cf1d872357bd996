//! Reports of control models, made by the program, with trajectories beside their answers.

use std::path::PathBuf;
use std::process::Command;

use serde_json::json;

/// Runs the program, which must succeed.
pub fn run(folder: &std::path::Path, args: &[&str]) {
    let output = Command::new(assert_cmd::cargo::cargo_bin!("parabench"))
        .current_dir(folder)
        .env("PARABENCH_CACHE", folder.join("cache"))
        .args(args)
        .output()
        .unwrap();
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
}

/// A report of three control models on 30 tasks of `shapes`.
pub fn report(folder: &std::path::Path) -> PathBuf {
    let models = [
        ("truth", "control:truth?error=0.3"),
        ("copy", "control:copy-input"),
        ("blank", "control:blank"),
    ];
    for (name, model) in models {
        let asked = [
            "run", "--suite", "shapes", "--limit", "30", "--model", model,
        ];
        let rest = ["--judge", "oracle", "--name", name, "--no-progress"];
        run(folder, &[&asked[..], &rest].concat());
    }
    film(&folder.join("results/truth"));
    passes(&folder.join("results/copy"));
    let made = [
        "report",
        "truth",
        "blank",
        "--baseline",
        "copy",
        "-o",
        "report",
    ];
    run(folder, &made);
    folder.join("report/index.html")
}

/// Every answer of a run: its task, its text, and the folder of its trajectory, which is made.
fn answers(run: &std::path::Path) -> Vec<(String, String, std::path::PathBuf)> {
    let samples = std::fs::read_to_string(run.join("samples.jsonl")).unwrap();
    let records = samples
        .lines()
        .map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
    let answer = |record: serde_json::Value| {
        let task = record["record"]["task"].as_str()?.to_owned();
        let text = record["record"]["reasoning"]["given"].as_str();
        let folder = run.join("trajectories").join(format!("{task}-0"));
        std::fs::create_dir_all(&folder).unwrap();
        Some((task, text.unwrap_or("").to_owned(), folder))
    };
    records.filter_map(answer).collect()
}

/// A film of two frames for every answer of a run.
fn film(run: &std::path::Path) {
    for (task, _, folder) in answers(run) {
        let frame = |after: usize, text: &str| {
            let image = format!("step-{after:05}.png");
            let shade = image::Rgb([40 * after as u8; 3]);
            let picture = image::RgbImage::from_pixel(24, 24, shade);
            picture.save(folder.join(&image)).unwrap();
            json!({"after_steps": after, "text": text, "image": image, "text_decided": after, "cells_decided": 2 * after})
        };
        let frames = [frame(2, "half □□"), frame(4, "half done")];
        let film = json!({"schema": 1, "task": task, "sample": 0, "every": 2, "grid": [2, 4], "steps": [], "frames": frames});
        std::fs::write(folder.join("trajectory.json"), film.to_string()).unwrap();
    }
}

/// What every step decided, for every answer of a run: in three steps the cells of a row each, and the words in turn.
fn passes(run: &std::path::Path) {
    for (task, text, folder) in answers(run) {
        let words = text.split_inclusive(' ');
        let word = |(at, word): (usize, &str)| json!({"text": word, "after_steps": 1 + at % 3});
        let words: Vec<_> = words.enumerate().map(word).collect();
        let step =
            |row: usize| json!({"text": [], "cells": [2 * row, 2 * row + 1], "masked_again": []});
        let steps = [0, 1, 2].map(step);
        let film = json!({"schema": 1, "task": task, "sample": 0, "every": 0, "grid": [3, 2], "steps": steps, "words": words, "frames": []});
        std::fs::write(folder.join("trajectory.json"), film.to_string()).unwrap();
    }
}
