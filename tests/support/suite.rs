//! Small suites on disk for tests.

#![allow(dead_code, reason = "each test file uses its part")]
#![allow(
    clippy::unwrap_used,
    reason = "helpers of tests may stop at the first surprise"
)]

use std::fs;
use std::io::Cursor;
use std::path::Path;

use image::{DynamicImage, ImageFormat, Rgb, RgbImage};

/// Encodes a square picture whose colours depend on `number`.
pub fn picture(side: u32, number: u32, format: ImageFormat) -> Vec<u8> {
    let pixels = RgbImage::from_fn(side, side, |x, y| {
        let mix = |k: u32| ((x * k + y * (k + 1) + number * 37) % 256) as u8;
        Rgb([mix(3), mix(5), mix(7)])
    });
    let mut bytes = Cursor::new(Vec::new());
    DynamicImage::ImageRgb8(pixels)
        .write_to(&mut bytes, format)
        .unwrap();
    bytes.into_inner()
}

/// The `suite.toml` of a suite named `tiny` with these `(name, kind, planned)`.
pub fn definition(categories: &[(&str, &str, usize)]) -> String {
    let mut text = String::from(
        "format = 1\nname = \"tiny\"\nversion = \"1\"\nlicence = \"CC0-1.0\"\n\
         axes = [\"text_quality\", \"text_alignment\", \"image_consistency\", \
         \"image_alignment\", \"image_quality\", \"output_alignment\"]\n",
    );
    for (name, kind, planned) in categories {
        text += &format!(
            "\n[[categories]]\nname = \"{name}\"\nkind = \"{kind}\"\nplanned = {planned}\n"
        );
    }
    text
}

/// Writes a sound suite named `tiny` into `folder`: edit categories and generation
/// categories with their planned numbers of tasks, ids `<category>-<number>`,
/// pictures of `side` pixels.
pub fn write_tiny(folder: &Path, categories: &[(&str, &str, usize)], side: u32) {
    fs::create_dir_all(folder.join("images")).unwrap();
    fs::write(folder.join("suite.toml"), definition(categories)).unwrap();
    let mut lines = String::new();
    for (category, kind, planned) in categories {
        for number in 0..*planned {
            let id = format!("{category}-{number:03}");
            let mut task = serde_json::json!({
                "id": id, "kind": kind, "category": category,
                "instruction": format!("Task {number}: make it {category}."),
            });
            if *kind == "edit" {
                let name = format!("images/{id}.png");
                let bytes = picture(side, number as u32, ImageFormat::Png);
                fs::write(folder.join(&name), bytes).unwrap();
                task["image"] = name.into();
            }
            lines += &format!("{task}\n");
        }
    }
    fs::write(folder.join("tasks.jsonl"), lines).unwrap();
}
