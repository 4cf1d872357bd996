//! `lm-*`: the language model.

use std::path::Path;

use parabench::onnx::arch::Precision;
use parabench::onnx::arch::llada::{self, LladaConfig, Reading};
use parabench::onnx::checkpoint::{Checkpoint, Config};
use parabench::onnx::language::{LanguageModel, Logits, Read, Want};
use parabench::onnx::runtime::SessionOptions;

use super::common::{Tensors, compare, folders, meta, place, report, runtime};

#[test]
fn golden_language_models_are_reproduced() {
    for folder in folders("lm") {
        check(&folder);
    }
}

fn open(folder: &Path, work: &Path, reading: Reading) -> LanguageModel {
    let checkpoint = Checkpoint::open(folder).unwrap();
    let config = LladaConfig::read(&Config::read(&folder.join("config.json")).unwrap()).unwrap();
    let graph = llada::write(&checkpoint, &config, "", Precision::F32, reading).unwrap();
    let files: Vec<&str> = checkpoint.files().collect();
    let path = place(&graph, folder, &files, work, &format!("{reading:?}.onnx"));
    LanguageModel::open(&runtime(), &path, &SessionOptions::default()).unwrap()
}

fn check(folder: &Path) {
    let limit = meta(folder)["tolerance"]["suggested_atol"]
        .as_f64()
        .unwrap() as f32;
    let golden = Tensors::read(folder.join("forward.safetensors"));
    let work = tempfile::tempdir().unwrap();
    let mut inside = open(folder, work.path(), Reading::HiddenStates);
    let mut outside = open(folder, work.path(), Reading::Positions);
    let mut deviations = vec![("hidden states", hidden(&mut inside, &golden, limit))];
    for (name, model) in [
        ("logits, all blocks whole", &mut inside),
        ("logits, last block cut", &mut outside),
    ] {
        let largest = [
            single(model, &golden, limit),
            batch(model, &golden, limit),
            alone(model, &golden, limit),
        ];
        deviations.push((name, largest.into_iter().fold(0.0, f32::max)));
    }
    deviations.push((
        "logits, few positions",
        scattered(&mut outside, &golden, limit),
    ));
    report(folder, &deviations);
}

fn everywhere(batch: usize, length: usize) -> Vec<Read> {
    let want = Want::Everything;
    (0..batch * length)
        .map(|i| Read {
            row: i / length,
            position: i % length,
            want,
        })
        .collect()
}

/// All logits of all reads, one after the other.
fn joined(logits: &Logits) -> Vec<f32> {
    (0..logits.len())
        .flat_map(|index| logits.parts(index).unwrap().concat())
        .collect()
}

fn single(model: &mut LanguageModel, golden: &Tensors, limit: f32) -> f32 {
    let (shape, ids) = golden.integers("single.input_ids");
    let logits = model
        .forward(&ids, [shape[0], shape[1]], &everywhere(shape[0], shape[1]))
        .unwrap();
    compare(
        "single.logits",
        &joined(&logits),
        &golden.floats("single.logits").1,
        limit,
    )
}

fn hidden(model: &mut LanguageModel, golden: &Tensors, limit: f32) -> f32 {
    let (shape, ids) = golden.integers("single.input_ids");
    let logits = model.forward(&ids, [shape[0], shape[1]], &[]).unwrap();
    let names = golden
        .names()
        .into_iter()
        .filter(|name| name.starts_with("single.hidden."));
    let check = |name: String| {
        let found = logits
            .outputs()
            .floats(name.trim_start_matches("single."))
            .unwrap()
            .1;
        compare(&name, found, &golden.floats(&name).1, limit)
    };
    names.map(check).fold(0.0, f32::max)
}

/// Rows of unequal length, padded with id 0: the reference attends to the padding, so nothing is masked here either.
fn batch(model: &mut LanguageModel, golden: &Tensors, limit: f32) -> f32 {
    let (shape, ids) = golden.integers("batch.input_ids");
    let logits = model
        .forward(&ids, [shape[0], shape[1]], &everywhere(shape[0], shape[1]))
        .unwrap();
    compare(
        "batch.logits",
        &joined(&logits),
        &golden.floats("batch.logits").1,
        limit,
    )
}

/// A row of the batch without its padding.
fn alone(model: &mut LanguageModel, golden: &Tensors, limit: f32) -> f32 {
    let (shape, ids) = golden.integers("batch.input_ids");
    let lengths = golden.integers("batch.lengths").1;
    let names = golden
        .names()
        .into_iter()
        .filter(|name| name.starts_with("alone."));
    let check = |name: String| {
        let row: usize = name.split('.').nth(1).unwrap().parse().unwrap();
        let length = usize::try_from(lengths[row]).unwrap();
        let ids = &ids[row * shape[1]..][..length];
        let logits = model
            .forward(ids, [1, length], &everywhere(1, length))
            .unwrap();
        compare(&name, &joined(&logits), &golden.floats(&name).1, limit)
    };
    names.map(check).fold(0.0, f32::max)
}

/// Different numbers of positions per row, read for different things.
fn scattered(model: &mut LanguageModel, golden: &Tensors, limit: f32) -> f32 {
    let (shape, ids) = golden.integers("batch.input_ids");
    let (logit_shape, expected) = golden.floats("batch.logits");
    let [rows, length, width] = logit_shape[..] else {
        panic!("batch.logits has shape {logit_shape:?}")
    };
    let wants = [Want::Text, Want::Codes, Want::Everything];
    let last = length - 1;
    let places = (0..rows).flat_map(|row| {
        [last, 0, last / 2]
            .into_iter()
            .take(3 - row % 3)
            .map(move |at| (row, at))
    });
    let reads: Vec<Read> = places
        .enumerate()
        .map(|(i, (row, position))| Read {
            row,
            position,
            want: wants[i % 3],
        })
        .collect();
    let logits = model.forward(&ids, [shape[0], shape[1]], &reads).unwrap();
    let check = |(index, read): (usize, &Read)| {
        let parts = logits.parts(index).unwrap();
        let row = &expected[(read.row * length + read.position) * width..][..width];
        match read.want {
            Want::Text => compare("text", parts[0], &row[..parts[0].len()], limit),
            Want::Codes => {
                let full = (0..logits.len())
                    .map(|i| logits.parts(i).unwrap()[0].len())
                    .max()
                    .unwrap();
                compare("codes", parts[1], &row[full..][..parts[1].len()], limit)
            }
            Want::Everything => compare("everything", &parts.concat(), row, limit),
        }
    };
    reads.iter().enumerate().map(check).fold(0.0, f32::max)
}
