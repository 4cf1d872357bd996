//! The judge `clip:BUNDLE`: its features are the golden ones, and it marks a run through the real binary.

use crate::random;
use std::fs;
use std::path::{Path, PathBuf};

use crate::cli_world::{World, stderr};
use crate::golden_model::common::{Tensors, compare, meta, runtime, tolerance};
use parabench::onnx::clip::cosine;
use parabench::onnx::export::{ExportOptions, export};
use parabench::onnx::runtime::RuntimeOptions;
use parabench::onnx::similarity::{Similarity, cosine100};
use serde_json::Value;

const GOLDEN: &str = "tests/golden/model/clip";

/// The golden CLIP as a bundle. Its tokenizer knows `wordN` as the id N and nothing else.
pub(crate) fn bundle(folder: &Path) -> PathBuf {
    let checkpoint = folder.join("checkpoint");
    fs::create_dir_all(&checkpoint).unwrap();
    for (from, to) in [
        ("eos-id/config.json", "config.json"),
        ("model.safetensors", "model.safetensors"),
    ] {
        fs::copy(Path::new(GOLDEN).join(from), checkpoint.join(to)).unwrap();
    }
    random::write_tokenizer(&checkpoint, 99, &[]).unwrap();
    let options = ExportOptions {
        checkpoint,
        output: Some(folder.join("tiny-clip")),
        ..ExportOptions::default()
    };
    export(&options).unwrap().bundle
}

fn open(bundle: &Path) -> Similarity {
    let options = RuntimeOptions {
        library: Some(runtime().found().path.clone()),
        ..RuntimeOptions::default()
    };
    Similarity::open(bundle, &options).unwrap()
}

#[test]
fn texts_have_the_golden_features_and_similarities() {
    let folder = tempfile::tempdir().unwrap();
    let mut similarity = open(&bundle(folder.path()));
    let golden = Tensors::read(Path::new(GOLDEN).join("eos-id/pairs.safetensors"));
    let limit = tolerance(&meta(Path::new(GOLDEN)), "features");
    let (shape, ids) = golden.integers("input_ids");
    let mask = golden.integers("attention_mask").1;
    let (features, pictures) = (
        golden.floats("text_features").1,
        golden.floats("image_features").1,
    );
    let width = features.len() / shape[0];
    for row in 0..shape[0] {
        let at = row * shape[1]..(row + 1) * shape[1];
        let there = ids[at.clone()]
            .iter()
            .zip(&mask[at])
            .filter(|(_, mask)| **mask == 1);
        let word = |id: i64| {
            if id == 0 {
                "other".to_owned()
            } else {
                format!("word{id}")
            }
        };
        let words: Vec<String> = there.map(|(id, _)| word(*id)).collect();
        let found = similarity.text(&words.join(" ")).unwrap();
        assert_eq!((found.tokens, found.seen), (words.len(), words.len()));
        let expected = &features[row * width..(row + 1) * width];
        compare("text features", &found.vector, expected, limit);
        let picture = &pictures[row * width..(row + 1) * width];
        let golden_pair = golden.floats("cosine100").1[row];
        assert!((cosine100(&found.vector, picture) - f64::from(golden_pair)).abs() < 1e-2);
        assert!((100.0 * cosine(expected, picture) - f64::from(golden_pair)).abs() < 1e-2);
    }
}

#[test]
fn a_long_text_is_cut_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let mut similarity = open(&bundle(folder.path()));
    let long = "word5 ".repeat(500);
    let found = similarity.text(&long).unwrap();
    assert_eq!(found.tokens, 500);
    assert!((1..500).contains(&found.seen), "{}", found.seen);
    let kept = similarity.text(&"word5 ".repeat(found.seen)).unwrap();
    assert_eq!(found.vector, kept.vector);
}

#[test]
fn it_marks_a_run_on_its_own_axes() {
    let world = World::new(2);
    let bundle = bundle(world.folder.path());
    // Thresholds about what this random network gives, so that marks can differ.
    let calibration = world.path("mine.toml");
    let text = "version = \"test\"\n[output_alignment]\nthresholds = [-20.0, -5.0, 5.0, 20.0]\n\
                [image_alignment]\nthresholds = [-100.0, -99.0, -98.0, -97.0]\n";
    fs::write(&calibration, text).unwrap();
    let spec = format!(
        "clip:{}?calibration={}",
        bundle.display(),
        calibration.display()
    );
    let mut command = world.command("http://127.0.0.1:9");
    command.env("PARABENCH_ONNXRUNTIME", &runtime().found().path);
    command.args([
        "run",
        "--suite",
        "suite/",
        "--model",
        "replay:answers",
        "--name",
        "r",
        "--no-progress",
    ]);
    let output = command.args(["--judge", &spec]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    let scores = world.scores("r");
    let rows = |axis: &str, end: &str| {
        let of_axis = scores
            .lines()
            .filter(|line| line.contains(&format!(",{axis},clip-tiny-clip,")));
        of_axis.filter(|line| line.ends_with(end)).count()
    };
    assert_eq!(
        (
            rows("output_alignment", ",ok"),
            rows("image_alignment", ",5,ok")
        ),
        (4, 4),
        "{scores}"
    );
    for axis in [
        "text_quality",
        "text_alignment",
        "image_quality",
        "image_consistency",
    ] {
        assert_eq!(rows(axis, ",,not-applicable"), 4, "{axis}: {scores}");
    }
    check_marks(&world, &bundle);
    let manifest = fs::read_to_string(world.run_folder("r").join("run.toml")).unwrap();
    for part in [
        "kind = \"clip\"",
        "calibration = ",
        "axes = \"image_alignment, output_alignment\"",
    ] {
        assert!(manifest.contains(part), "{part} is not in {manifest}");
    }
}

/// The marks of output alignment follow from similarities that are computed here again.
fn check_marks(world: &World, bundle: &Path) {
    let mut similarity = open(bundle);
    let log = fs::read_to_string(world.run_folder("r").join("judgments.jsonl")).unwrap();
    let mut seen = 0;
    for line in log.lines() {
        let line: Value = serde_json::from_str(line).unwrap();
        let record = &line["record"];
        if record["axis"] != "output_alignment" {
            continue;
        }
        let task = record["task"].as_str().unwrap();
        let answer = world.path("answers").join(task);
        let text = fs::read_to_string(answer.with_extension("txt")).unwrap();
        let words = similarity.text(&text).unwrap().vector;
        let pixels = similarity
            .picture(
                &image::open(answer.with_extension("png"))
                    .unwrap()
                    .into_rgb8(),
            )
            .unwrap();
        let found = cosine100(&words, &pixels);
        let rationale = record["verdict"]["rationale"].as_str().unwrap();
        assert!(
            rationale.contains(&format!("{found:.2}")),
            "{found} {rationale}"
        );
        let expected = 1 + [-20.0, -5.0, 5.0, 20.0]
            .iter()
            .filter(|&&step| found >= step)
            .count();
        assert_eq!(record["verdict"]["mark"]["scored"], expected, "{record}");
        seen += 1;
    }
    assert_eq!(seen, 4);
}

#[test]
fn what_is_wrong_with_the_spec_is_said() {
    let opened = |spec: &str| {
        let options = parabench::judge::OpenOptions::default();
        let error = parabench::judge::open(spec, &options).err().unwrap();
        let causes = std::iter::successors(Some(&error as &dyn std::error::Error), |e| e.source());
        causes
            .map(ToString::to_string)
            .collect::<Vec<_>>()
            .join(": ")
    };
    assert!(opened("clip:").contains("folder of a CLIP bundle"));
    assert!(opened("clip:x?colour=red").contains("calibration="));
    assert!(opened("clip:nowhere").contains("is not a bundle"));
    assert!(opened("clip:x?calibration=nowhere.toml").contains("nowhere.toml"));
}
