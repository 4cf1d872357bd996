//! What does not fit is refused before weights are loaded, with the reason.

use std::fs;
use std::path::{Path, PathBuf};

use super::world::{SMALL, bundle_a, bundle_m, exported, model, suite};

fn refusal(bundle: &Path, options: &str, folder: &Path) -> String {
    let suite = suite(folder);
    match model(bundle, options, &suite) {
        Ok(_) => panic!("{options} was accepted"),
        Err(error) => {
            let cause =
                std::error::Error::source(&error).map_or(String::new(), ToString::to_string);
            format!("{error}: {cause}")
        }
    }
}

/// A bundle whose checkpoint says how it wants to be decoded.
fn bundle_that_asks(folder: &Path, decoding: &str) -> PathBuf {
    let bundle = bundle_a(folder);
    let config = folder.join("tiny-a").join("config.json");
    let mut json: serde_json::Value =
        serde_json::from_slice(&std::fs::read(&config).unwrap()).unwrap();
    json["parabench_decoding"] = serde_json::from_str(decoding).unwrap();
    std::fs::write(&config, json.to_string()).unwrap();
    std::fs::remove_dir_all(bundle).unwrap();
    exported(folder.join("tiny-a"), None, 32)
}

#[test]
fn a_checkpoint_may_say_how_it_wants_to_be_decoded() {
    let folder = tempfile::tempdir().unwrap();
    let suite = suite(folder.path());
    let asked = r#"{"preset": "paper", "text_steps": 5, "text_length": 12, "block_length": 12}"#;
    let bundle = bundle_that_asks(folder.path(), asked);
    let detail = |options: &str, key: &str| {
        let model = model(&bundle, options, &suite).unwrap();
        model
            .identity()
            .details
            .get(key)
            .cloned()
            .unwrap_or_default()
    };
    assert_eq!(detail("image_steps=2", "text_steps"), "5");
    assert_eq!(detail("image_steps=2", "preset"), "paper");
    assert_eq!(detail("text_steps=6", "text_steps"), "6");
    // Another preset keeps its own steps, but the text has the length it was trained with.
    assert_eq!(detail("preset=released-a", "text_steps"), "128");
    assert_eq!(detail("preset=released-a", "text_length"), "12");
}

#[test]
fn a_checkpoint_that_asks_for_what_there_is_not_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = bundle_that_asks(folder.path(), r#"{"text_stepz": 5}"#);
    let message = refusal(&bundle, "", folder.path());
    assert!(message.contains("unknown option `text_stepz`"), "{message}");
}

#[test]
fn options_that_do_not_fit_the_bundle_are_refused_all_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = bundle_a(folder.path());
    let message = refusal(
        &bundle,
        "preset=released-m&size=30&batch=0&device=tpu&text_steps=x",
        folder.path(),
    );
    for part in [
        "another family",
        "30 × 30 pixels does not fit the grid: sides are multiples of 4",
        "batch=`0`",
        "unknown device `tpu`",
        "text_steps=`x`",
    ] {
        assert!(message.contains(part), "{part} in {message}");
    }
    let message = refusal(&bundle, "strategy=parallel&text_steps=3", folder.path());
    assert!(message.contains("3 text steps leave none"), "{message}");
    let message = refusal(&bundle, "text_length=9000", folder.path());
    assert!(message.contains("the network was made for"), "{message}");
    let square = refusal(
        &bundle_m(folder.path()),
        &format!("{SMALL}&size=32x64"),
        folder.path(),
    );
    assert!(
        square.contains("family M draws square pictures"),
        "{square}"
    );
    let message = refusal(folder.path(), SMALL, folder.path());
    assert!(message.contains("parabench export"), "{message}");
}

#[test]
fn a_bundle_whose_grid_or_vocabulary_does_not_fit_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = bundle_a(folder.path());
    let manifest = bundle.join("bundle.toml");
    let sound = fs::read_to_string(&manifest).unwrap();
    for (from, to, reason) in [
        (
            "resolution = 32",
            "resolution = 34",
            "does not fit the grid",
        ),
        ("text = 320", "text = 310", "image codes begin at id 310"),
        (
            "codes = 64",
            "codes = 640",
            "do not fit into a vocabulary of 400",
        ),
        (
            "mask = 300",
            "mask = 399",
            "the mask token 399 is not among the 320 text ids",
        ),
        (
            "begin_answer = ",
            "# begin_answer = ",
            "no token `begin_answer`",
        ),
        ("newline = ", "# newline = ", "no token `newline`"),
    ] {
        assert!(sound.contains(from), "{from} in {sound}");
        fs::write(&manifest, sound.replacen(from, to, 1)).unwrap();
        let message = refusal(&bundle, SMALL, folder.path());
        assert!(message.contains(reason), "{reason} in {message}");
    }
}
