//! Checkpoints with what the hub's folders hold beside the weights: left-over keys, pointers, files that change.

use std::fs;
use std::path::{Path, PathBuf};

use parabench::onnx::bundle::{Bundle, BundleError};
use parabench::onnx::export::{ExportError, ExportOptions, ExportReport, export};
use serde_json::{Value, json};

use crate::random::vq::{write_amused_vq, write_magvit2};
use crate::random::{Llada, SPECIAL_A, SPECIAL_M, write_tokenizer};

/// A checkpoint of a family (`llada` or `mmada`) with more keys in its configuration, and its image tokenizer.
fn checkpoint(folder: &Path, model_type: &'static str, keys: Value) -> (PathBuf, PathBuf) {
    let (checkpoint, vq) = (folder.join("checkpoint"), folder.join("vq"));
    let network = Llada {
        model_type,
        shards: 4,
        ..Llada::tiny()
    };
    network.write(&checkpoint).unwrap();
    let mut config = network.config();
    let more = keys.as_object().unwrap().clone();
    config.as_object_mut().unwrap().extend(more);
    fs::write(checkpoint.join("config.json"), config.to_string()).unwrap();
    write_tokenizer(
        &checkpoint,
        network.text as usize,
        &[&SPECIAL_A[..], &SPECIAL_M].concat(),
    )
    .unwrap();
    if model_type == "mmada" {
        write_magvit2(&vq, &[4, 8, 8], 6, 4).unwrap();
    } else {
        write_amused_vq(&vq, &[8, 8, 16], 6, network.codes, 4).unwrap();
    }
    (checkpoint, vq)
}

fn exported(
    model_type: &'static str,
    keys: Value,
    resolution: Option<u32>,
) -> Result<ExportReport, ExportError> {
    let folder = tempfile::tempdir().unwrap();
    let (checkpoint, vq) = checkpoint(folder.path(), model_type, keys);
    export(&ExportOptions {
        checkpoint,
        vq: Some(vq),
        resolution,
        ..ExportOptions::default()
    })
}

#[test]
fn family_m_takes_its_size_from_its_preset_and_says_what_contradicts_it() {
    let left_over = json!({"num_vq_tokens": 256});
    // Four pixels a code: 256 codes are 64 x 64 pixels.
    for (model_type, keys, given, size, notes) in [
        ("mmada", left_over.clone(), None, 512, 1),
        ("mmada", left_over.clone(), Some(64), 64, 0),
        ("mmada", left_over.clone(), Some(32), 32, 1),
        ("mmada", json!({}), None, 512, 0),
        ("llada", left_over.clone(), None, 64, 0),
        ("llada", left_over, Some(32), 32, 1),
        ("llada", json!({}), None, 512, 0),
    ] {
        let report = exported(model_type, keys, given).unwrap();
        let grid = report.manifest.diffusion.unwrap().image;
        assert_eq!(grid.resolution, size, "{model_type} {given:?}");
        assert_eq!(report.notes.len(), notes, "{:?}", report.notes);
        if let Some(note) = report.notes.first() {
            assert!(
                note.contains("num_vq_tokens") && note.contains("64 x 64"),
                "{note}"
            );
        }
    }
    let error = exported("llada", json!({"num_vq_tokens": 250}), None).unwrap_err();
    assert!(error.to_string().contains("fill no square"), "{error}");
}

#[test]
fn pointers_that_were_never_fetched_are_named() {
    let pointer = "version https://git-lfs.github.com/spec/v1\noid sha256:07\nsize 904052\n";
    for name in [
        "model-00002-of-00004.safetensors",
        "model.safetensors.index.json",
        "tokenizer.json",
        "config.json",
    ] {
        let folder = tempfile::tempdir().unwrap();
        let (checkpoint, vq) = checkpoint(folder.path(), "mmada", json!({}));
        fs::write(checkpoint.join(name), pointer).unwrap();
        let error = export(&ExportOptions {
            checkpoint,
            vq: Some(vq),
            ..ExportOptions::default()
        });
        let mut error: &dyn std::error::Error = &error.unwrap_err();
        let mut said = error.to_string();
        while let Some(source) = error.source() {
            said += &source.to_string();
            error = source;
        }
        assert!(said.contains("git-lfs") && said.contains(name), "{said}");
    }
}

#[test]
fn a_bundle_is_compared_with_its_hashes_when_it_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let (checkpoint, vq) = checkpoint(folder.path(), "mmada", json!({}));
    let report = export(&ExportOptions {
        checkpoint,
        vq: Some(vq),
        ..ExportOptions::default()
    });
    let bundle = report.unwrap().bundle;
    Bundle::open(&bundle).unwrap();
    // One byte of the weights, the size as before.
    let weights = bundle.join("vq.model.safetensors");
    let mut bytes = fs::read(&weights).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::write(&weights, bytes).unwrap();
    let error = Bundle::open(&bundle).unwrap_err();
    assert!(
        matches!(&error, BundleError::Changed { path, what: "SHA-256", .. } if *path == weights),
        "{error}"
    );
}
