//! `vq-a*` and `vq-m*`: the image tokenizers.

use std::path::Path;

use image::RgbImage;
use parabench::onnx::arch::amused_vq::{self, AmusedVqConfig};
use parabench::onnx::arch::magvit2::{self, Magvit2Config};
use parabench::onnx::arch::{Precision, WrittenGraph};
use parabench::onnx::bundle::RELEASED_A_FRAMING;
use parabench::onnx::checkpoint::{Checkpoint, Config};
use parabench::onnx::image::Codes;
use parabench::onnx::runtime::SessionOptions;
use parabench::onnx::vq::{ImageTokenizer, VqKind};
use serde_json::Value;

use super::common::{Tensors, compare, folders, meta, place, report, runtime, sha256, tolerance};

#[test]
fn golden_tokenizers_of_family_a_are_reproduced() {
    for folder in folders("vq-a") {
        family_a(&folder);
    }
}

#[test]
fn golden_tokenizers_of_family_m_are_reproduced() {
    for folder in folders("vq-m") {
        family_m(&folder);
    }
}

fn open(folder: &Path, graphs: [WrittenGraph; 2], kind: VqKind, codes: u32) -> ImageTokenizer {
    let checkpoint = Checkpoint::open(folder).unwrap();
    let files: Vec<&str> = checkpoint.files().collect();
    let work = tempfile::tempdir().unwrap();
    let names = ["encoder.onnx", "decoder.onnx"];
    let [encoder, decoder] =
        [0, 1].map(|i| place(&graphs[i], folder, &files, work.path(), names[i]));
    ImageTokenizer::open(
        &runtime(),
        [&encoder, &decoder],
        kind,
        codes,
        &SessionOptions::default(),
    )
    .unwrap()
}

fn family_a(folder: &Path) {
    let checkpoint = Checkpoint::open(folder).unwrap();
    let config = AmusedVqConfig::read(&Config::read(&folder.join("config.json")).unwrap()).unwrap();
    let graphs = [
        amused_vq::write_encoder(&checkpoint, &config, "", Precision::F32).unwrap(),
        amused_vq::write_decoder(&checkpoint, &config, "", Precision::F32).unwrap(),
    ];
    let kind = VqKind::AmusedVq {
        scale: config.scale(),
    };
    let mut tokenizer = open(folder, graphs, kind, config.codes as u32);
    let meta = meta(folder);
    let mut largest = Largest::default();
    for image in meta["images"].as_array().unwrap() {
        let case = Case::read(folder, &meta, image, "indices");
        let codes = case.check(&mut tokenizer, &mut largest);
        assert_eq!(
            codes.framed(&RELEASED_A_FRAMING),
            case.golden.integers("tokens").1,
            "{}",
            case.name
        );
        let picture = tokenizer.decode(&codes).unwrap();
        let expected = image::open(folder.join(format!("{}.decoded.png", case.name)))
            .unwrap()
            .into_rgb8();
        largest.levels(
            &case.name,
            &picture,
            &expected,
            &image["decoded_png_sha256_of_rgb_bytes"],
        );
    }
    largest.report(folder);
}

fn family_m(folder: &Path) {
    let checkpoint = Checkpoint::open(folder).unwrap();
    let meta = meta(folder);
    // This family's sizes stand in the meta file: the reference has no configuration file.
    let config = Config::new(&folder.join("meta.json"), meta["config"].clone());
    let config = Magvit2Config::derive(&checkpoint, &config).unwrap();
    let mut largest = Largest::default();
    for image in meta["images"].as_array().unwrap() {
        let graphs = [
            magvit2::write_encoder(&checkpoint, &config, "", Precision::F32).unwrap(),
            magvit2::write_decoder(&checkpoint, &config, "", Precision::F32).unwrap(),
        ];
        let kind = VqKind::Magvit2 {
            resolution: image["resolution"].as_u64().unwrap() as u32,
        };
        let mut tokenizer = open(folder, graphs, kind, config.codes() as u32);
        let case = Case::read(folder, &meta, image, "codes");
        let codes = case.check(&mut tokenizer, &mut largest);
        let picture = tokenizer.decode(&codes).unwrap();
        let expected = image::open(folder.join(format!("{}.decoded.png", case.name)))
            .unwrap()
            .into_rgb8();
        largest.levels(
            &case.name,
            &picture,
            &expected,
            &image["decoded_rgb_sha256"],
        );
        not_square(folder, &meta, &mut tokenizer, &mut largest);
    }
    largest.report(folder);
}

fn not_square(folder: &Path, meta: &Value, tokenizer: &mut ImageTokenizer, largest: &mut Largest) {
    let golden = Tensors::read(folder.join("nonsquare.safetensors"));
    let grid = [0, 1].map(|axis| meta["nonsquare"]["shape_h_w"][axis].as_u64().unwrap() as usize);
    let codes = Codes::new(&golden.integers("codes").1, grid, u32::MAX).unwrap();
    let pixels = tokenizer.decode_pixels(&codes).unwrap();
    let (shape, expected) = golden.floats("decoded");
    assert_eq!([pixels.height, pixels.width], shape[2..]);
    let limit = tolerance(meta, "decoded");
    largest.decoded = largest
        .decoded
        .max(compare("non-square", &pixels.values, &expected, limit));
}

/// One picture of a folder.
struct Case {
    name: String,
    picture: RgbImage,
    golden: Tensors,
    codes: &'static str,
    limit: f32,
}

impl Case {
    fn read(folder: &Path, meta: &Value, image: &Value, codes: &'static str) -> Self {
        let name = image["name"].as_str().unwrap().to_owned();
        let picture = image::open(folder.join(format!("{name}.png")))
            .unwrap()
            .into_rgb8();
        let golden = Tensors::read(folder.join(format!("{name}.safetensors")));
        Self {
            name,
            picture,
            golden,
            codes,
            limit: tolerance(meta, "latents and decoded"),
        }
    }

    /// Preparation equal, latents and decoded values close, codes equal.
    fn check(&self, tokenizer: &mut ImageTokenizer, largest: &mut Largest) -> Codes {
        let pixels = tokenizer.prepare(&self.picture).unwrap();
        let (shape, expected) = self.golden.floats("preprocessed");
        assert_eq!(
            [1, 3, pixels.height, pixels.width],
            shape[..],
            "{}",
            self.name
        );
        assert_eq!(pixels.values, expected, "{}: prepared pixels", self.name);
        let encoded = tokenizer.encode_pixels(&pixels).unwrap();
        let latents = compare(
            &self.name,
            &encoded.latents,
            &self.golden.floats("latents").1,
            self.limit,
        );
        let found: Vec<i64> = encoded
            .codes
            .values()
            .iter()
            .map(|&code| i64::from(code))
            .collect();
        assert_eq!(
            found,
            self.golden.integers(self.codes).1,
            "{}: codes",
            self.name
        );
        let decoded = tokenizer.decode_pixels(&encoded.codes).unwrap();
        let decoded = compare(
            &self.name,
            &decoded.values,
            &self.golden.floats("decoded").1,
            self.limit,
        );
        largest.latents = largest.latents.max(latents);
        largest.decoded = largest.decoded.max(decoded);
        encoded.codes
    }
}

#[derive(Default)]
struct Largest {
    latents: f32,
    decoded: f32,
    level: f32,
    levels: usize,
}

impl Largest {
    /// Bytes may differ by one where a value lies on a rounding tie; without such a difference the hash must agree.
    fn levels(&mut self, name: &str, found: &RgbImage, expected: &RgbImage, hash: &Value) {
        assert_eq!(found.dimensions(), expected.dimensions(), "{name}");
        let pairs = found.as_raw().iter().zip(expected.as_raw());
        let differences: Vec<u8> = pairs
            .map(|(a, b)| a.abs_diff(*b))
            .filter(|difference| *difference > 0)
            .collect();
        let largest = differences.iter().copied().max().unwrap_or(0);
        assert!(largest <= 1, "{name}: a byte differs by {largest}");
        if differences.is_empty() {
            assert_eq!(sha256(found.as_raw()), hash.as_str().unwrap(), "{name}");
        }
        self.level = self.level.max(f32::from(largest));
        self.levels += differences.len();
    }

    fn report(&self, folder: &Path) {
        let Self {
            latents,
            decoded,
            level,
            levels,
        } = self;
        report(
            folder,
            &[
                ("latents", *latents),
                ("decoded", *decoded),
                ("bytes", *level),
            ],
        );
        report(folder, &[("number of bytes that differ", *levels as f32)]);
    }
}
