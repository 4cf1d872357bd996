//! `export-results`: the forms as far as they can be read without the official packages, which `.ci/full` asks.

use std::fs;
use std::path::{Path, PathBuf};

use parquet::file::reader::{FileReader, SerializedFileReader};
use parquet::record::Field;
use serde_json::Value;

use crate::stranger::{World, text};

/// A world with one judged run `work/results/truth`.
fn world() -> World {
    let world = World::new();
    let output = world.run(&[
        "run",
        "--suite",
        "shapes",
        "--limit",
        "6",
        "--model",
        "control:truth?error=0.3",
        "--judge",
        "oracle",
        "--name",
        "truth",
        "--no-progress",
    ]);
    assert!(output.status.success(), "{}", text(&output));
    world
}

fn export(world: &World, form: &str) -> PathBuf {
    let folder = world.path(form);
    let output = world.run(&[
        "export-results",
        "truth",
        "--to",
        form,
        "-o",
        &folder.to_string_lossy(),
    ]);
    assert!(output.status.success(), "{}", text(&output));
    folder
}

fn rows(world: &World) -> Vec<csv::StringRecord> {
    let mut reader = csv::Reader::from_path(world.path("work/results/truth/scores.csv")).unwrap();
    reader.records().map(Result::unwrap).collect()
}

/// Loses the first mark of 5 of the score table.
fn lose_a_mark(world: &World) {
    let path = world.path("work/results/truth/scores.csv");
    let table = fs::read_to_string(&path).unwrap();
    fs::write(&path, table.replacen(",5,ok", ",,truncated", 1)).unwrap();
}

fn table(path: &Path) -> Vec<Vec<(String, Field)>> {
    let reader = SerializedFileReader::new(fs::File::open(path).unwrap()).unwrap();
    let rows = reader.get_row_iter(None).unwrap();
    let columns = |row: parquet::record::Row| {
        let columns = row.get_column_iter();
        columns
            .map(|(name, field)| (name.clone(), field.clone()))
            .collect()
    };
    rows.map(|row| columns(row.unwrap())).collect()
}

fn of<'a>(row: &'a [(String, Field)], name: &str) -> &'a Field {
    &row.iter().find(|(column, _)| column == name).unwrap().1
}

#[test]
fn a_data_set_holds_every_mark_and_picture() {
    let world = world();
    lose_a_mark(&world);
    let folder = export(&world, "hugging-face");
    let expected = rows(&world);
    let scores = table(&folder.join("data/scores.parquet"));
    assert_eq!(scores.len(), expected.len());
    for (found, row) in scores.iter().zip(&expected) {
        let score = match &row[9] {
            "" => Field::Null,
            score => Field::Long(score.parse().unwrap()),
        };
        assert_eq!(of(found, "score"), &score);
        assert_eq!(of(found, "status"), &Field::Str(row[10].to_owned()));
    }
    let answers = table(&folder.join("data/answers.parquet"));
    assert_eq!(answers.len(), 6);
    for answer in &answers {
        let Field::Group(picture) = of(answer, "image") else {
            panic!("{answer:?}");
        };
        let mut parts = picture.get_column_iter();
        assert!(parts.next().is_some_and(
            |(_, part)| matches!(part, Field::Bytes(png) if png.data().starts_with(b"\x89PNG"))
        ));
    }
    let card = fs::read_to_string(folder.join("README.md")).unwrap();
    assert!(
        card.starts_with("---\n") && card.contains("data_files: data/scores.parquet"),
        "{card}"
    );
}

#[test]
fn a_picture_that_changed_is_an_error_and_one_that_was_removed_is_missing() {
    let world = world();
    let images = world.path("work/results/truth/images");
    let picture = fs::read_dir(&images)
        .unwrap()
        .next()
        .unwrap()
        .unwrap()
        .path();
    fs::write(&picture, "another picture").unwrap();
    let folder = world.path("changed");
    let output = world.run(&[
        "export-results",
        "truth",
        "--to",
        "hugging-face",
        "-o",
        &folder.to_string_lossy(),
    ]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output).contains("do not fit the name"),
        "{}",
        text(&output)
    );
    fs::remove_file(&picture).unwrap();
    let answers = table(&export(&world, "hugging-face").join("data/answers.parquet"));
    let removed: Vec<_> = answers
        .iter()
        .filter(|answer| of(answer, "image_status") == &Field::Str("removed".to_owned()))
        .collect();
    assert!(!removed.is_empty());
    assert!(
        removed
            .iter()
            .all(|answer| of(answer, "image") == &Field::Null)
    );
}

#[test]
fn a_tracking_folder_holds_the_means_and_no_mean_that_is_missing() {
    let world = world();
    let runs = export(&world, "mlflow").join("mlruns");
    let experiment = fs::read_dir(runs).unwrap().next().unwrap().unwrap().path();
    let folders = fs::read_dir(experiment).unwrap().flatten();
    let run = folders
        .map(|entry| entry.path())
        .find(|path| path.is_dir())
        .unwrap();
    let points = fs::read_to_string(run.join("metrics/text_quality_points")).unwrap();
    let value: f64 = points.split(' ').nth(1).unwrap().parse().unwrap();
    assert!((0.0..=100.0).contains(&value), "{points}");
    assert_eq!(
        fs::read_to_string(run.join("params/suite")).unwrap(),
        "shapes"
    );
    // Every mean has a figure or a reason, never both.
    for metric in ["overall", "text_quality", "image_consistency"] {
        let figure = run.join(format!("metrics/{metric}_points")).is_file();
        let reason = run.join(format!("tags/{metric}_missing_because")).is_file();
        assert_ne!(figure, reason, "{metric}");
    }
}

#[test]
fn a_log_holds_every_mark_and_the_reason_of_every_missing_one() {
    let world = world();
    lose_a_mark(&world);
    let file = export(&world, "inspect").join("truth.json");
    let log: Value = serde_json::from_slice(&fs::read(file).unwrap()).unwrap();
    let samples = log["samples"].as_array().unwrap();
    assert_eq!(samples.len(), 6);
    let count = |of: &dyn Fn(&Value) -> usize| samples.iter().map(of).sum::<usize>();
    let scores = count(&|sample| sample["scores"].as_object().unwrap().len());
    let missing = count(&|sample| sample["metadata"]["missing"].as_object().unwrap().len());
    assert_eq!(
        scores,
        rows(&world).iter().filter(|row| !row[9].is_empty()).count()
    );
    assert_eq!(missing, 1);
    assert!(samples.iter().all(|sample| {
        sample["input"]
            .as_str()
            .is_some_and(|text| !text.is_empty())
    }));
}

#[test]
fn nothing_is_mixed_into_a_folder() {
    let world = world();
    let folder = export(&world, "mlflow");
    let output = world.run(&[
        "export-results",
        "truth",
        "--to",
        "inspect",
        "-o",
        &folder.to_string_lossy(),
    ]);
    assert_eq!(output.status.code(), Some(2));
    assert!(text(&output).contains("is not empty"), "{}", text(&output));
    let folder = world.path("twice");
    let output = world.run(&[
        "export-results",
        "truth",
        "truth",
        "--to",
        "mlflow",
        "-o",
        &folder.to_string_lossy(),
    ]);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output).contains("two runs are called `truth`"),
        "{}",
        text(&output)
    );
}

#[test]
fn without_the_package_of_weights_and_biases_the_error_says_so() {
    let world = world();
    let folder = world.path("wandb");
    let mut command = world.command(&[
        "export-results",
        "truth",
        "--to",
        "wandb",
        "-o",
        &folder.to_string_lossy(),
    ]);
    let output = command.env("PATH", world.path("home")).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(
        text(&output).contains("pip install wandb"),
        "{}",
        text(&output)
    );
}
