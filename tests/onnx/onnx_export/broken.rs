//! Broken checkpoints: each gives one error that says what was found and what to do, and leaves no half bundle.

use std::fs;
use std::path::Path;

use parabench::onnx::export::{ExportOptions, export};
use serde_json::{Value, json};

use super::{bundle, chain, family_a, family_m, listing};
use crate::random::Llada;

/// Breaks a checkpoint, exports it and checks the error and what is left.
fn breaks(expected: &str, network: &Llada, damage: impl FnOnce(&Path)) {
    let folder = tempfile::tempdir().unwrap();
    let options = family_a(folder.path(), network);
    damage(&options.checkpoint);
    fails(expected, folder.path(), &options);
}

fn fails(expected: &str, folder: &Path, options: &ExportOptions) {
    let before = listing(folder);
    let error = export(options).expect_err(expected);
    let text = chain(&error);
    assert!(text.contains(expected), "expected `{expected}` in: {text}");
    assert!(!bundle(options).exists());
    assert_eq!(
        listing(folder),
        before,
        "something was left behind after: {text}"
    );
}

fn edit_config(path: &Path, edit: impl FnOnce(&mut serde_json::Map<String, Value>)) {
    let mut config: Value = serde_json::from_slice(&fs::read(path).unwrap()).unwrap();
    edit(config.as_object_mut().unwrap());
    fs::write(path, config.to_string()).unwrap();
}

#[test]
fn files_that_are_missing_are_named() {
    let network = Llada {
        shards: 3,
        ..Llada::tiny()
    };
    let shard = "model-00002-of-00003.safetensors";
    breaks(shard, &network, |folder| {
        fs::remove_file(folder.join(shard)).unwrap()
    });
    for name in ["config.json", "tokenizer.json"] {
        breaks(name, &network, |folder| {
            fs::remove_file(folder.join(name)).unwrap()
        });
    }
    breaks("--vq", &network, |folder| {
        fs::remove_dir_all(folder.join("vqvae")).unwrap()
    });
    breaks("no safetensors weights", &Llada::tiny(), |folder| {
        fs::remove_file(folder.join("model.safetensors")).unwrap();
    });
}

#[test]
fn damaged_weights_are_named() {
    let name = "model.safetensors";
    breaks("truncated", &Llada::tiny(), |folder| {
        let file = fs::OpenOptions::new()
            .write(true)
            .open(folder.join(name))
            .unwrap();
        file.set_len(file.metadata().unwrap().len() - 1).unwrap();
    });
    breaks("header", &Llada::tiny(), |folder| {
        fs::write(folder.join(name), [9, 9, 9]).unwrap()
    });
    breaks("stored as I32", &Llada::tiny(), |folder| {
        let bytes = fs::read(folder.join(name)).unwrap();
        let at = bytes
            .windows(3)
            .position(|window| window == b"F32")
            .unwrap();
        let bytes = [&bytes[..at], b"I32", &bytes[at + 3..]].concat();
        fs::write(folder.join(name), bytes).unwrap();
    });
    breaks(
        "../",
        &Llada {
            shards: 2,
            ..Llada::tiny()
        },
        |folder| {
            let index = folder.join("model.safetensors.index.json");
            let text = fs::read_to_string(&index)
                .unwrap()
                .replace("model-00002", "../model-00002");
            fs::write(index, text).unwrap();
        },
    );
    breaks("is missing from", &Llada::tiny(), |folder| {
        edit_config(&folder.join("config.json"), |config| {
            drop(config.insert("n_layers".into(), json!(3)))
        });
    });
}

#[test]
fn configurations_that_cannot_be_built_name_the_key() {
    let cases = [
        ("d_model", None, "`d_model` is missing"),
        ("d_model", Some(json!("wide")), "`d_model` is \"wide\""),
        (
            "d_model",
            Some(json!(64)),
            "has shape [400, 32], config.json asks for [400, 64]",
        ),
        ("n_heads", Some(json!(5)), "`n_heads`"),
        ("n_kv_heads", Some(json!(3)), "`n_kv_heads`"),
        ("codebook_size", Some(json!(8192)), "`embedding_size`"),
        ("codebook_size", Some(json!(32)), "64 codes"),
        ("alibi", Some(json!(true)), "`alibi`"),
        ("include_bias", Some(json!(true)), "`include_bias`"),
        ("block_type", Some(json!("sequential")), "`block_type`"),
        ("layer_norm_type", None, "`layer_norm_type`"),
        (
            "activation_type",
            Some(json!("swiglu")),
            "`activation_type`",
        ),
        ("rope", Some(json!(false)), "`rope`"),
        ("model_type", Some(json!("llama")), "`model_type`"),
        ("mask_token_id", Some(json!(350)), "`mask` is outside"),
        ("mask_token_id", None, "--token mask=ID"),
    ];
    for (key, value, expected) in cases {
        breaks(expected, &Llada::tiny(), |folder| {
            edit_config(&folder.join("config.json"), |config| {
                config.remove(key);
                config.extend(value.map(|value| (key.to_owned(), value)));
            });
        });
    }
}

#[test]
fn image_tokenizers_that_do_not_fit_are_refused() {
    let vq = |key: &'static str, value: Value, expected: &str| {
        breaks(expected, &Llada::tiny(), |folder| {
            edit_config(&folder.join("vqvae/config.json"), |config| {
                drop(config.insert(key.into(), value))
            });
        });
    };
    vq(
        "mid_block_add_attention",
        json!(true),
        "`mid_block_add_attention`",
    );
    vq("norm_num_groups", json!(3), "`norm_num_groups`");
    vq("block_out_channels", json!("many"), "`block_out_channels`");
    let folder = tempfile::tempdir().unwrap();
    let options = family_m(folder.path());
    fails(
        "--vq",
        folder.path(),
        &ExportOptions {
            vq: None,
            ..options.clone()
        },
    );
    fails(
        "30 pixels",
        folder.path(),
        &ExportOptions {
            resolution: Some(30),
            ..options.clone()
        },
    );
    let tokens = [("colour".to_owned(), 1)].into();
    fails(
        "colour",
        folder.path(),
        &ExportOptions { tokens, ..options },
    );
}
