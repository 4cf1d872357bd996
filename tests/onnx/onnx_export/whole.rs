//! Complete checkpoints.

use std::fs;

use parabench::onnx::arch::Precision;
use parabench::onnx::bundle::{Bundle, BundleError, Family};
use parabench::onnx::checkpoint::Linked;
use parabench::onnx::export::{ExportError, ExportOptions, VerifyError, export, verify};
use parabench::onnx::language::{Read, Want};
use parabench::onnx::runtime::SessionOptions;

use super::{bundle, chain, clip, family_a, family_m, listing, runtime, stored};
use crate::random::{Llada, Storage};

#[test]
fn a_checkpoint_of_family_a_becomes_a_bundle_that_runs() {
    let folder = tempfile::tempdir().unwrap();
    let options = family_a(
        folder.path(),
        &Llada {
            shards: 3,
            ..Llada::tiny()
        },
    );
    let report = export(&options).unwrap();
    assert_eq!(report.manifest.family, Family::ParallelA);
    assert_eq!(
        report.weights.len(),
        4,
        "three shards and the image tokenizer"
    );
    assert!(
        report
            .weights
            .iter()
            .all(|(_, linked)| *linked == Linked::HardLink),
        "{:?}",
        report.weights
    );
    let tokens = report.manifest.diffusion.as_ref().unwrap().tokens;
    assert_eq!(
        (tokens.mask, tokens.newline, tokens.end_answer),
        (300, Some(314), Some(319))
    );
    let verified = verify(&report.bundle, &runtime(), &SessionOptions::default()).unwrap();
    assert_eq!(verified.files, 8);
    let opened = Bundle::open(&report.bundle).unwrap();
    assert_eq!(opened.manifest(), &report.manifest);
    let picture = image::RgbImage::from_fn(70, 33, |x, y| image::Rgb([x as u8, y as u8, 9]));
    let mut tokenizer = opened
        .image_tokenizer(&runtime(), &SessionOptions::default())
        .unwrap();
    let codes = tokenizer.encode(&picture).unwrap();
    assert_eq!(codes.grid(), [8, 17]);
    assert_eq!(tokenizer.decode(&codes).unwrap().dimensions(), (68, 32));
    let framing = opened.diffusion().unwrap().framing().unwrap();
    assert_eq!(codes.framed(&framing).len(), 8 * 18 + 2);
    assert_eq!(
        opened
            .tokenizer()
            .unwrap()
            .encode("word5 <eoi>", false)
            .unwrap(),
        [5, 316]
    );
}

#[test]
fn a_checkpoint_of_family_m_becomes_a_bundle_that_runs() {
    let folder = tempfile::tempdir().unwrap();
    let report = export(&family_m(folder.path())).unwrap();
    let diffusion = report.manifest.diffusion.as_ref().unwrap();
    assert_eq!(
        (
            diffusion.preset.as_str(),
            diffusion.image.scale,
            diffusion.image.resolution
        ),
        ("released-m", 4, 32)
    );
    assert_eq!(
        (diffusion.tokens.interleave, diffusion.tokens.newline),
        (Some(319), None)
    );
    verify(&report.bundle, &runtime(), &SessionOptions::default()).unwrap();
}

#[test]
fn clip_becomes_a_bundle_that_runs() {
    let folder = tempfile::tempdir().unwrap();
    let report = export(&clip(folder.path())).unwrap();
    let verified = verify(&report.bundle, &runtime(), &SessionOptions::default()).unwrap();
    assert_eq!(verified.graphs, ["text tower", "image tower"]);
    let opened = Bundle::open(&report.bundle).unwrap();
    assert!(matches!(opened.diffusion(), Err(BundleError::Lacks { .. })));
}

#[test]
fn only_the_graphs_and_links_are_in_a_bundle() {
    let folder = tempfile::tempdir().unwrap();
    let options = family_a(folder.path(), &Llada::tiny());
    export(&options).unwrap();
    let expected = [
        "bundle.toml",
        "language.model.safetensors",
        "language.onnx",
        "tokenizer.json",
        "vq-decoder.onnx",
        "vq-encoder.onnx",
        "vq.diffusion_pytorch_model.safetensors",
    ];
    assert_eq!(listing(&bundle(&options)), expected);
    assert_eq!(listing(folder.path()), ["bundle", "model-a"]);
}

/// Logits at a few places for a network and precision.
fn logits(network: &Llada, precision: Precision) -> Vec<f32> {
    let folder = tempfile::tempdir().unwrap();
    let options = ExportOptions {
        precision,
        ..family_a(folder.path(), network)
    };
    let opened = Bundle::open(&export(&options).unwrap().bundle).unwrap();
    let mut model = opened
        .language(&runtime(), &SessionOptions::default())
        .unwrap();
    let ids: Vec<i64> = (0..12).map(|i| i * 29 % 320).collect();
    let reads = [
        Read {
            row: 1,
            position: 2,
            want: Want::Everything,
        },
        Read {
            row: 0,
            position: 5,
            want: Want::Codes,
        },
    ];
    let logits = model.forward(&ids, [2, 6], &reads).unwrap();
    (0..reads.len())
        .flat_map(|index| logits.parts(index).unwrap().concat())
        .collect()
}

fn largest_difference(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter()
        .zip(b)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max)
}

#[test]
fn stored_and_computed_types_may_differ() {
    let exact = logits(&stored(Storage::F32), Precision::F32);
    let from_bf16 = logits(&stored(Storage::Bf16), Precision::F32);
    let in_f16 = logits(&stored(Storage::F32), Precision::F16);
    let scale = exact
        .iter()
        .fold(0.0_f32, |max, value| max.max(value.abs()));
    assert!((0.0001..0.05 * scale).contains(&largest_difference(&exact, &from_bf16)));
    assert!((0.00001..0.02 * scale).contains(&largest_difference(&exact, &in_f16)));
}

#[test]
fn the_cost_of_conversion_is_stated() {
    let folder = tempfile::tempdir().unwrap();
    let report = export(&family_a(folder.path(), &stored(Storage::Bf16))).unwrap();
    let footprint = report.footprint();
    let stored = std::fs::metadata(folder.path().join("model-a/model.safetensors"))
        .unwrap()
        .len();
    assert!(
        footprint.converted_bytes > 19 * stored / 10,
        "{footprint:?}, {stored} bytes stored"
    );
}

#[test]
fn bf16_is_refused_on_the_cpu_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let options = ExportOptions {
        precision: Precision::Bf16,
        ..family_a(folder.path(), &stored(Storage::Bf16))
    };
    let report = export(&options).unwrap();
    let error = verify(&report.bundle, &runtime(), &SessionOptions::default()).unwrap_err();
    assert!(
        matches!(error, VerifyError::Bundle(BundleError::Precision { .. })),
        "{error}"
    );
    assert!(error.to_string().contains("--dtype f32"), "{error}");
}

#[test]
fn variants_of_the_network_run() {
    let base = logits(&Llada::tiny(), Precision::F32);
    for variant in [
        Llada {
            kv_heads: 2,
            ..Llada::tiny()
        },
        Llada {
            kv_heads: 1,
            layers: 1,
            ..Llada::tiny()
        },
        Llada {
            tied: true,
            ..Llada::tiny()
        },
        Llada {
            qkv_bias: true,
            heads: 2,
            kv_heads: 2,
            ..Llada::tiny()
        },
    ] {
        let found = logits(&variant, Precision::F32);
        assert!(found.iter().all(|value| value.is_finite()), "{variant:?}");
        assert!(
            largest_difference(&base, &found) > 0.01,
            "{variant:?} makes no difference"
        );
    }
    // No ids after the image codes: the third part of the head is left out.
    let exact = Llada {
        vocabulary: 384,
        ..Llada::tiny()
    };
    assert_eq!(logits(&exact, Precision::F32).len(), 384 + 64);
}

#[cfg(unix)]
#[test]
fn the_symbolic_links_of_the_hubs_cache_are_followed() {
    let folder = tempfile::tempdir().unwrap();
    let options = family_a(folder.path(), &Llada::tiny());
    let blobs = folder.path().join("blobs");
    fs::create_dir(&blobs).unwrap();
    for name in ["model.safetensors", "config.json", "tokenizer.json"] {
        fs::rename(options.checkpoint.join(name), blobs.join(name)).unwrap();
        std::os::unix::fs::symlink(format!("../blobs/{name}"), options.checkpoint.join(name))
            .unwrap();
    }
    let report = export(&options).unwrap();
    verify(&report.bundle, &runtime(), &SessionOptions::default()).unwrap();
}

#[test]
fn a_bundle_is_replaced_only_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    let options = family_a(folder.path(), &Llada::tiny());
    let first = export(&options).unwrap();
    assert!(matches!(export(&options), Err(ExportError::Exists(_))));
    let second = export(&ExportOptions {
        replace: true,
        ..options.clone()
    })
    .unwrap();
    assert_eq!(
        first.manifest, second.manifest,
        "the same checkpoint gives the same bundle"
    );
    assert_eq!(listing(folder.path()), ["bundle", "model-a"]);
    let other = ExportOptions {
        output: Some(folder.path().join("model-a")),
        replace: true,
        ..options
    };
    assert!(
        matches!(export(&other), Err(ExportError::Exists(_))),
        "a folder that is no bundle is never replaced"
    );
}

#[test]
fn a_changed_bundle_is_noticed() {
    let folder = tempfile::tempdir().unwrap();
    let report = export(&family_a(folder.path(), &Llada::tiny())).unwrap();
    let graph = report.bundle.join("vq-decoder.onnx");
    let mut bytes = fs::read(&graph).unwrap();
    let last = bytes.len() - 1;
    bytes[last] ^= 1;
    fs::write(&graph, &bytes).unwrap();
    let error = verify(&report.bundle, &runtime(), &SessionOptions::default()).unwrap_err();
    assert!(chain(&error).contains("SHA-256"), "{error}");
    bytes.pop();
    fs::write(&graph, &bytes).unwrap();
    let error = Bundle::open(&report.bundle).unwrap_err();
    assert!(chain(&error).contains("size"), "{error}");
}
