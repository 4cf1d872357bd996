//! A suite built by hand, and questions put to models, for the tests of models.

use std::path::Path;
use std::sync::Arc;

use parabench::common::digest::Digest;
use parabench::common::picture::{Picture, PictureFile};
use parabench::common::seed::sample_seed;
use parabench::model::{Answer, Model, ModelRequest};
use parabench::suite::{Axis, Category, Kind, Prompt, ScoreMap, Suite, Task};

/// PNG bytes of one colour.
pub fn png(shade: u8) -> Vec<u8> {
    let pixels = image::RgbImage::from_pixel(12, 8, image::Rgb([shade, 0, 0]));
    let picture = Picture::from_pixels(&image::DynamicImage::ImageRgb8(pixels)).unwrap();
    picture.bytes().to_vec()
}

/// A JPEG of 24 by 16 pixels whose EXIF block says "turn by 90 degrees" (big-endian, one tag).
pub fn turned_jpeg() -> Vec<u8> {
    let pixels = image::RgbImage::from_pixel(24, 16, image::Rgb([90, 140, 30]));
    let mut flat = std::io::Cursor::new(Vec::new());
    let pixels = image::DynamicImage::ImageRgb8(pixels);
    pixels
        .write_to(&mut flat, image::ImageFormat::Jpeg)
        .unwrap();
    let flat = flat.into_inner();
    let tag = b"\x01\x12\0\x03\0\0\0\x01\0\x06\0\0";
    let exif = [&b"Exif\0\0MM\0*\0\0\0\x08\0\x01"[..], tag, &[0; 4]].concat();
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    [&flat[..2], b"\xff\xe1", &length, &exif, &flat[2..]].concat()
}

/// Gives the edits of a suite that picture as their input.
pub fn with_turned_input(suite: &mut Suite) {
    let path = suite.folder.join("turned.jpg");
    std::fs::write(&path, turned_jpeg()).unwrap();
    let input = Arc::new(PictureFile::inspect(&path).unwrap());
    for task in &mut suite.tasks {
        if !task.prompt.inputs.is_empty() {
            task.prompt.inputs = Some(Arc::clone(&input)).into();
        }
    }
}

/// Two categories: `chem` with the edit tasks `chem-1` and `chem-2`, `draw` with the
/// generation tasks `draw_1` and `draw_2`. The input picture is written into `folder`.
pub fn suite(folder: &Path) -> Suite {
    let input = folder.join("input.png");
    std::fs::write(&input, png(200)).unwrap();
    let input = Arc::new(PictureFile::inspect(&input).unwrap());
    let task = |id: &str, category: &str, kind: Kind| Task {
        prompt: Prompt {
            id: id.into(),
            category: category.into(),
            instruction: format!("Do what {id} says: \"ä\"\n").into(),
            inputs: (kind == Kind::Edit).then(|| Arc::clone(&input)).into(),
        },
        target: None,
        cluster: None,
        reference: None,
        reference_image: None,
        without: Vec::new(),
        original_id: None,
    };
    let category = |name: &str, kind| Category {
        name: name.into(),
        kind,
        planned: 2,
        ids: None,
    };
    Suite {
        name: "small".into(),
        version: "1".into(),
        licence: "MIT".into(),
        extra: Vec::new(),
        axes: Axis::ALL.to_vec(),
        calls: Vec::new(),
        scores: Vec::new(),
        print: None,
        mapping: ScoreMap::Affine25,
        rubrics: None,
        frozen: Default::default(),
        categories: vec![
            category("chem", Kind::Edit),
            category("draw", Kind::Generation),
        ],
        tasks: vec![
            task("chem-1", "chem", Kind::Edit),
            task("chem-2", "chem", Kind::Edit),
            task("draw_1", "draw", Kind::Generation),
            task("draw_2", "draw", Kind::Generation),
        ],
        digest: Digest::of(b"small"),
        folder: folder.to_owned(),
    }
}

/// The question for a task of the suite.
pub fn request(suite: &Suite, task: &str, sample: u32) -> ModelRequest {
    let task = suite.tasks.iter().find(|known| known.id() == task).unwrap();
    ModelRequest {
        prompt: task.prompt.clone(),
        sample,
        seed: sample_seed(0, task.id(), sample),
    }
}

/// One answer to one question.
pub async fn ask(model: &dyn Model, suite: &Suite, task: &str, sample: u32) -> Answer {
    let batch = vec![request(suite, task, sample)];
    let mut answers = model.answer(batch).await.unwrap();
    assert_eq!(answers.len(), 1);
    answers.pop().unwrap()
}

/// That all parts are in a text.
pub fn contains_all(text: &str, parts: &[&str]) {
    for part in parts {
        assert!(text.contains(part), "`{part}` in:\n{text}");
    }
}
