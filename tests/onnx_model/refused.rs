//! What does not fit is refused before weights are loaded, with the reason.

use std::fs;
use std::path::Path;

use crate::world::{SMALL, bundle_a, bundle_m, model, suite};

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

#[test]
fn options_that_do_not_fit_the_bundle_are_refused_all_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let bundle = bundle_a(folder.path());
    let message = refusal(
        &bundle,
        "preset=released-m&size=30&batch=0&device=tpu&trajectory=5&text_steps=x",
        folder.path(),
    );
    for part in [
        "another family",
        "30 × 30 pixels does not fit the grid: sides are multiples of 4",
        "batch=`0`",
        "`tpu` is no device",
        "trajectory_dir=DIR",
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
