//! `clip*`: features, similarities and preparation of pictures.

use std::fs;
use std::path::Path;

use parabench::onnx::arch::Precision;
use parabench::onnx::arch::clip::{ClipConfig, write_image, write_text};
use parabench::onnx::checkpoint::{Checkpoint, Config};
use parabench::onnx::clip::{Clip, Features, cosine};
use parabench::onnx::image::{ClipPixels, Pixels};
use parabench::onnx::runtime::SessionOptions;

use super::common::{Tensors, compare, folders, meta, place, report, runtime, tolerance};

#[test]
fn golden_clip_models_are_reproduced() {
    for folder in folders("clip") {
        let modes = fs::read_dir(&folder)
            .unwrap()
            .map(|entry| entry.unwrap().path());
        let mut modes: Vec<_> = modes
            .filter(|path| path.join("config.json").is_file())
            .collect();
        modes.sort();
        assert!(!modes.is_empty(), "{} has no mode", folder.display());
        for mode in modes {
            check(&folder, &mode);
        }
        preparation(&folder);
    }
}

fn open(folder: &Path, mode: &Path) -> Clip {
    let checkpoint = Checkpoint::open(folder).unwrap();
    let config = ClipConfig::read(&Config::read(&mode.join("config.json")).unwrap()).unwrap();
    let text = write_text(&checkpoint, &config, "", Precision::F32).unwrap();
    let image = write_image(&checkpoint, &config, "", Precision::F32).unwrap();
    let files: Vec<&str> = checkpoint.files().collect();
    let work = tempfile::tempdir().unwrap();
    let text = place(&text, folder, &files, work.path(), "text.onnx");
    let image = place(&image, folder, &files, work.path(), "image.onnx");
    Clip::open(&runtime(), [&text, &image], &SessionOptions::default()).unwrap()
}

fn check(folder: &Path, mode: &Path) {
    let meta = meta(folder);
    let limit = tolerance(&meta, "features");
    let golden = Tensors::read(mode.join("pairs.safetensors"));
    let mut clip = open(folder, mode);
    let (shape, ids) = golden.integers("input_ids");
    let mask = golden.integers("attention_mask").1;
    let shape = [shape[0], shape[1]];
    let texts = clip.text(&ids, &mask, shape).unwrap();
    let unmasked = clip.text(&ids, &vec![1; ids.len()], shape).unwrap();
    let pictures = clip.pictures(&pictures(&golden)).unwrap();
    let mut largest = compare_rows("text_features", &texts, &golden, limit);
    largest = largest.max(compare_rows(
        "text_features_no_attention_mask",
        &unmasked,
        &golden,
        limit,
    ));
    largest = largest.max(compare_rows("image_features", &pictures, &golden, limit));
    let matrix: Vec<f32> = pictures
        .rows()
        .flat_map(|image| {
            texts
                .rows()
                .map(move |text| 100.0 * cosine(image, text) as f32)
        })
        .collect();
    let limit = tolerance(&meta, "cosine100");
    let cosines = compare(
        "cosine",
        &matrix,
        &golden.floats("cosine100_matrix_image_by_text").1,
        limit,
    );
    let pairs: Vec<f32> = matrix.iter().step_by(shape[0] + 1).copied().collect();
    let cosines = cosines.max(compare(
        "pairs",
        &pairs,
        &golden.floats("cosine100").1,
        limit,
    ));
    report(mode, &[("features", largest), ("cosine × 100", cosines)]);
}

fn compare_rows(name: &str, features: &Features, golden: &Tensors, limit: f32) -> f32 {
    let rows: Vec<f32> = features.rows().flatten().copied().collect();
    compare(name, &rows, &golden.floats(name).1, limit)
}

fn pictures(golden: &Tensors) -> Vec<Pixels> {
    let (shape, values) = golden.floats("pixel_values");
    let [_, 3, height, width] = shape[..] else {
        panic!("pixel_values has shape {shape:?}")
    };
    let planes = values.chunks_exact(3 * height * width);
    planes
        .map(|values| Pixels {
            height,
            width,
            values: values.to_vec(),
        })
        .collect()
}

fn preparation(folder: &Path) {
    let meta = meta(folder);
    let limit = tolerance(&meta, "preprocessed pixels");
    let golden = Tensors::read(folder.join("preprocess.safetensors"));
    let constants =
        |key: &str| [0, 1, 2].map(|i| meta["preprocessing"][key][i].as_f64().unwrap() as f32);
    let mut largest = 0.0_f32;
    for name in golden.names() {
        let (image, size) = name.split_once(".size").unwrap();
        let size = size.parse().unwrap();
        let prepare = ClipPixels {
            short: size,
            size,
            mean: constants("mean"),
            deviation: constants("std"),
        };
        let picture = image::open(folder.join(format!("{image}.png")))
            .unwrap()
            .into_rgb8();
        let pixels = prepare.prepare(&picture).unwrap();
        largest = largest.max(compare(
            &name,
            &pixels.values,
            &golden.floats(&name).1,
            limit,
        ));
        assert_eq!(
            ClipPixels::openai(prepare.size)
                .prepare(&picture)
                .unwrap()
                .height,
            pixels.height
        );
    }
    report(folder, &[("prepared pixels", largest)]);
}
