//! The judges `dino:MODEL.onnx` and `clip:BUNDLE?head=FILE` through the real binary, on models that the test writes.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use image::RgbImage;
use parabench::onnx::graph::{DataType, Dim, ExternalData, GraphBuilder, Op, Value};
use parabench::onnx::image::ClipPixels;
use parabench::onnx::runtime::RuntimeOptions;
use parabench::onnx::similarity::Similarity;
use serde_json::json;

use crate::cli_world::{World, stderr};
use crate::golden_model::common::runtime;
use crate::judge_clip::bundle;

const SUITE: &str = r#"format = 2
name = "kept"
version = "1"
licence = "CC0-1.0"

[[axes]]
key = "dino"
title = "DINO"
scale = { lo = -1, hi = 1, step = 0.0001 }
sees = ["inputs", "output"]
for = { kinds = ["edit"] }

[[axes]]
key = "aesthetic"
title = "Aesthetic"
scale = { lo = -100, hi = 100, step = 0.001 }
sees = ["output"]

[[categories]]
name = "spatial"
kind = "edit"
planned = 3

[[categories]]
name = "scenes"
kind = "generation"
planned = 3
"#;

fn world() -> World {
    let world = World::new(3);
    fs::write(world.path("suite/suite.toml"), SUITE).unwrap();
    // The first answer is its input.
    let input = world.path("suite/images/spatial-000.png");
    fs::copy(input, world.path("answers/spatial-000.png")).unwrap();
    world
}

fn run(world: &World, judge: &str) -> Output {
    let mut command = world.command("http://127.0.0.1:9");
    command.env("PARABENCH_ONNXRUNTIME", &runtime().found().path);
    command.args(["run", "--suite", "suite/", "--model", "replay:answers"]);
    command.args(["--judge", judge, "--name", "r", "--no-progress"]);
    command.output().unwrap()
}

/// Score and status of a task on an axis.
fn row(world: &World, task: &str, axis: &str) -> (String, String) {
    let scores = world.scores("r");
    let of_axis = format!(",{axis},");
    let mut lines = scores.lines();
    let line = lines.find(|line| line.contains(task) && line.contains(&of_axis));
    let mut cells = line.unwrap().rsplit(',');
    let (status, score) = (cells.next().unwrap(), cells.next().unwrap());
    (score.to_owned(), status.to_owned())
}

/// How a test model ends.
#[derive(Clone, Copy, PartialEq)]
enum End {
    /// `last_hidden_state`: the class token, then another token.
    Hidden,
    /// One output, the class token.
    Token,
    /// Two outputs without the known name.
    Two,
}

/// A model whose class token is the mean of each channel of the picture.
fn model(path: &Path, side: u64, end: End) {
    let mut graph = GraphBuilder::new("dino");
    let shape = [
        Dim::Named("batch"),
        Dim::Fixed(3),
        Dim::Fixed(side),
        Dim::Fixed(side),
    ];
    let pixels = graph.input("pixel_values", DataType::F32, &shape);
    let pooled = graph.add(Op::new("GlobalAveragePool"), &[&pixels]);
    let reshaped = |graph: &mut GraphBuilder, value: &Value, sides: &[i64]| {
        let target = graph.integers(sides, &[sides.len() as u64]);
        graph.add(Op::new("Reshape"), &[value, &target])
    };
    let token = [Dim::Named("batch"), Dim::Fixed(3)];
    match end {
        End::Hidden => {
            let class = reshaped(&mut graph, &pooled, &[-1, 1, 3]);
            let other = graph.floats(DataType::F32, &[7.0, 7.0, 7.0], &[1, 1, 3]);
            let tokens = graph.add(Op::new("Concat").int("axis", 1), &[&class, &other]);
            let hidden = [Dim::Named("batch"), Dim::Fixed(2), Dim::Fixed(3)];
            graph.output("last_hidden_state", &tokens, DataType::F32, &hidden);
        }
        End::Token | End::Two => {
            let class = reshaped(&mut graph, &pooled, &[-1, 3]);
            graph.output("token", &class, DataType::F32, &token);
            if end == End::Two {
                graph.output("again", &class, DataType::F32, &token);
            }
        }
    }
    fs::write(path, graph.finish().unwrap()).unwrap();
}

/// The mean of each channel, prepared as the official model prepares pictures.
fn means(picture: &Path) -> [f64; 3] {
    let picture: RgbImage = image::open(picture).unwrap().into_rgb8();
    let pixels = ClipPixels::dinov2().prepare(&picture).unwrap();
    let plane = pixels.height * pixels.width;
    [0, 1, 2].map(|channel| {
        let own = &pixels.values[channel * plane..(channel + 1) * plane];
        own.iter().map(|x| f64::from(*x)).sum::<f64>() / plane as f64
    })
}

#[test]
fn class_tokens_of_input_and_output_are_compared() {
    for end in [End::Hidden, End::Token] {
        let world = world();
        model(&world.path("tiny.onnx"), 224, end);
        let output = run(&world, "dino:tiny.onnx");
        assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
        assert_eq!(
            row(&world, "spatial-000", "dino"),
            ("1".to_owned(), "ok".to_owned())
        );
        let input = means(&world.path("suite/images/spatial-001.png"));
        let answer = means(&world.path("answers/spatial-001.png"));
        let dot = |a: [f64; 3], b: [f64; 3]| a.iter().zip(&b).map(|(x, y)| x * y).sum::<f64>();
        let cosine = dot(input, answer) / (dot(input, input) * dot(answer, answer)).sqrt();
        let (score, status) = row(&world, "spatial-001", "dino");
        assert_eq!(status, "ok");
        assert!(
            (score.parse::<f64>().unwrap() - cosine).abs() < 2e-4,
            "{score} {cosine}"
        );
        assert_eq!(row(&world, "scenes-000", "dino").1, "not-applicable");
        assert_eq!(row(&world, "spatial-001", "aesthetic").1, "not-applicable");
        let manifest = fs::read_to_string(world.run_folder("r").join("run.toml")).unwrap();
        let digest =
            parabench::common::digest::Digest::of(&fs::read(world.path("tiny.onnx")).unwrap());
        assert!(manifest.contains("kind = \"dino\"") && manifest.contains("name = \"dino-tiny\""));
        assert!(
            manifest.contains(&format!("model = \"{digest}\"")),
            "{manifest}"
        );
    }
}

#[test]
fn models_that_are_not_understood_are_refused_before_anything_is_marked() {
    let world = world();
    model(&world.path("large.onnx"), 518, End::Hidden);
    model(&world.path("two.onnx"), 224, End::Two);
    fs::write(world.path("words.onnx"), "no model at all").unwrap();
    let mut outside = GraphBuilder::new("outside");
    let x = outside.input("x", DataType::F32, &[Dim::Fixed(1)]);
    let data = ExternalData {
        file: "w.bin".to_owned(),
        offset: 0,
        length: 4,
    };
    let weight = outside.external("w", DataType::F32, &[1], &data);
    let sum = outside.add(Op::new("Add"), &[&x, &weight]);
    outside.output("y", &sum, DataType::F32, &[Dim::Fixed(1)]);
    fs::write(world.path("outside.onnx"), outside.finish().unwrap()).unwrap();
    for (judge, words) in [
        ("dino:large.onnx", "[any, 3, 518, 518]"),
        ("dino:two.onnx", "`token` [any, 3], `again` [any, 3]"),
        ("dino:words.onnx", "is not an ONNX model"),
        ("dino:outside.onnx", "w.bin"),
        ("dino:missing.onnx", "missing.onnx"),
        ("dino:", "one ONNX file"),
        ("mine=dino:two.onnx", "can be given a name"),
    ] {
        let output = run(&world, judge);
        assert_ne!(output.status.code(), Some(0), "{judge}");
        assert!(
            stderr(&output).contains(words),
            "{words} is not in {}",
            stderr(&output)
        );
        assert!(!world.run_folder("r").exists(), "{judge}");
    }
    let plain = World::new(1);
    model(&plain.path("tiny.onnx"), 224, End::Hidden);
    let output = run(&plain, "dino:tiny.onnx");
    assert!(
        stderr(&output).contains("the axis `dino` of suites that declare it"),
        "{}",
        stderr(&output)
    );
}

/// A safetensors file of a linear layer.
fn head(path: &Path, weights: &[f32], bias: f32) {
    let data: Vec<u8> = weights
        .iter()
        .chain([&bias])
        .flat_map(|x| x.to_le_bytes())
        .collect();
    let at = 4 * weights.len();
    let header = json!({
        "weight": {"dtype": "F32", "shape": [1, weights.len()], "data_offsets": [0, at]},
        "bias": {"dtype": "F32", "shape": [1], "data_offsets": [at, at + 4]},
    });
    let header = header.to_string();
    let length = (header.len() as u64).to_le_bytes();
    fs::write(path, [&length[..], header.as_bytes(), &data].concat()).unwrap();
}

fn similarity(bundle: &Path) -> Similarity {
    let options = RuntimeOptions {
        library: Some(runtime().found().path.clone()),
        ..RuntimeOptions::default()
    };
    Similarity::open(bundle, &options).unwrap()
}

#[test]
fn a_head_is_a_dot_product_with_features_of_length_one() {
    let world = world();
    let bundle: PathBuf = bundle(world.folder.path());
    let mut clip = similarity(&bundle);
    let width = clip.width() as usize;
    let weights: Vec<f32> = (0..width)
        .map(|at| (at as f32 * 0.7).sin() * 10.0)
        .collect();
    head(&world.path("head.safetensors"), &weights, 1.5);
    let judge = format!("clip:{}?head=head.safetensors", bundle.display());
    let output = run(&world, &judge);
    assert_eq!(output.status.code(), Some(0), "{}", stderr(&output));
    for task in ["spatial-001", "scenes-002"] {
        let picture = image::open(world.path(&format!("answers/{task}.png")))
            .unwrap()
            .into_rgb8();
        let features = clip.picture(&picture).unwrap();
        let length = features
            .iter()
            .map(|x| f64::from(*x).powi(2))
            .sum::<f64>()
            .sqrt();
        let both = weights.iter().zip(&features);
        let expected = both
            .map(|(w, x)| f64::from(*w) * f64::from(*x) / length)
            .sum::<f64>()
            + 1.5;
        let (score, status) = row(&world, task, "aesthetic");
        assert_eq!(status, "ok");
        assert!(
            (score.parse::<f64>().unwrap() - expected).abs() < 2e-3,
            "{score} {expected}"
        );
    }
    assert_eq!(row(&world, "spatial-001", "dino").1, "not-applicable");
    let manifest = fs::read_to_string(world.run_folder("r").join("run.toml")).unwrap();
    assert!(manifest.contains("name = \"aesthetic-tiny-clip\"") && manifest.contains("head = \""));

    // Another head is another judge, and one of another width none.
    head(&world.path("wide.safetensors"), &[1.0; 3], 0.0);
    let output = run(
        &world,
        &format!("clip:{}?head=wide.safetensors", bundle.display()),
    );
    assert!(
        stderr(&output).contains("takes 3 features"),
        "{}",
        stderr(&output)
    );
    let output = run(&world, &format!("clip:{}", bundle.display()));
    assert!(
        stderr(&output).contains("marks ParaBench's axes only"),
        "{}",
        stderr(&output)
    );
}
