//! The oracle reads pictures that have been through something.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::imageops::{FilterType, blur, resize};
use image::{Rgb, RgbImage};
use parabench::judge::oracle::{Content, Reading};
use parabench::suite::shapes::board::{Board, Cell, Object};
use parabench::suite::shapes::draw::draw;
use proptest::prelude::*;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// Share of occupied and of empty cells that must be read rightly.
const AGREEMENT: f64 = 0.995;
/// Boards per kind of damage: about 850 occupied and 1,300 empty cells.
const BOARDS: u64 = 60;

fn random_board(rng: &mut ChaCha8Rng) -> Board {
    let objects: Vec<Object> = Object::all().collect();
    let mut taken: Vec<Cell> = Cell::all().collect();
    taken.retain(|_| rng.random_bool(0.4));
    taken
        .into_iter()
        .map(|cell| (cell, objects[rng.random_range(0..36)]))
        .collect()
}

fn jpeg(picture: &RgbImage, quality: u8) -> RgbImage {
    let mut bytes = Cursor::new(Vec::new());
    JpegEncoder::new_with_quality(&mut bytes, quality)
        .encode_image(picture)
        .unwrap();
    image::load_from_memory(bytes.get_ref()).unwrap().to_rgb8()
}

fn shifted(picture: &RgbImage, dx: i64, dy: i64) -> RgbImage {
    let mut moved = picture.clone();
    image::imageops::replace(&mut moved, picture, dx, dy);
    moved
}

/// Approximately normal noise: the sum of twelve uniform numbers.
fn noisy(picture: &RgbImage, deviation: f32, rng: &mut ChaCha8Rng) -> RgbImage {
    let mut noisy = picture.clone();
    for Rgb(values) in noisy.pixels_mut() {
        for value in values {
            let normal: f32 = (0..12).map(|_| rng.random::<f32>()).sum::<f32>() - 6.0;
            *value = (f32::from(*value) + deviation * normal).clamp(0.0, 255.0) as u8;
        }
    }
    noisy
}

/// Shares of occupied and empty cells that are read rightly, and the mean of the
/// lowest confidence of each picture.
fn agreement(damage: impl Fn(RgbImage, &mut ChaCha8Rng) -> RgbImage) -> (f64, f64, f64) {
    let (mut right, mut all, mut confidence) = ([0.0; 2], [0.0; 2], 0.0);
    for seed in 0..BOARDS {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let board = random_board(&mut rng);
        let reading = Reading::of(&damage(draw(&board), &mut rng));
        confidence += f64::from(reading.confidence()) / BOARDS as f64;
        for (cell, read) in reading.cells() {
            let truth = board
                .get(&cell)
                .map_or(Content::Empty, |object| Content::Object(*object));
            let kind = usize::from(truth == Content::Empty);
            all[kind] += 1.0;
            right[kind] += f64::from(u8::from(read.content == truth));
        }
    }
    (right[0] / all[0], right[1] / all[1], confidence)
}

#[track_caller]
fn reads(name: &str, damage: impl Fn(RgbImage, &mut ChaCha8Rng) -> RgbImage) -> f64 {
    let (occupied, empty, confidence) = agreement(damage);
    println!("{name}: occupied {occupied:.4} empty {empty:.4} confidence {confidence:.2}");
    assert!(
        occupied >= AGREEMENT && empty >= AGREEMENT,
        "{name}: {occupied} {empty}"
    );
    confidence
}

#[test]
fn clean_pictures_are_read_with_full_confidence() {
    assert!(reads("clean", |picture, _| picture) > 0.99);
}

#[test]
fn jpeg_is_read() {
    for quality in [90, 75, 50, 30] {
        reads(&format!("jpeg {quality}"), |picture, _| {
            jpeg(&picture, quality)
        });
    }
}

#[test]
fn a_shift_of_a_pixel_is_read() {
    for (dx, dy) in [
        (1, 0),
        (-1, 0),
        (0, 1),
        (0, -1),
        (1, 1),
        (-1, 1),
        (1, -1),
        (-1, -1),
    ] {
        reads(&format!("shift {dx} {dy}"), |picture, _| {
            shifted(&picture, dx, dy)
        });
    }
}

#[test]
fn blur_and_noise_are_read() {
    for sigma in [0.6, 1.0] {
        reads(&format!("blur {sigma}"), |picture, _| blur(&picture, sigma));
    }
    for deviation in [4.0, 10.0, 18.0] {
        reads(&format!("noise {deviation}"), |picture, rng| {
            noisy(&picture, deviation, rng)
        });
    }
}

#[test]
fn all_of_it_together_is_read() {
    reads("together", |picture, rng| {
        let worn = noisy(&blur(&shifted(&picture, 1, -1), 0.7), 6.0, rng);
        jpeg(&worn, 70)
    });
}

#[test]
fn other_sizes_are_read() {
    for side in [192, 256, 512] {
        reads(&format!("side {side}"), |picture, _| {
            resize(&picture, side, side, FilterType::CatmullRom)
        });
    }
}

#[test]
fn what_is_no_board_is_not_read_as_one() {
    for shade in [0, 128, 255] {
        let reading = Reading::of(&RgbImage::from_pixel(96, 96, Rgb([shade; 3])));
        assert_eq!(
            (reading.board().len(), reading.unclear()),
            (0, 36),
            "{shade}"
        );
        assert_eq!(reading.confidence(), 0.0);
    }
    let mut rng = ChaCha8Rng::seed_from_u64(1);
    let noise = RgbImage::from_fn(96, 96, |_, _| Rgb(rng.random()));
    assert_eq!(Reading::of(&noise).unclear(), 36);
    for (width, height) in [(1, 1), (1, 900), (17, 3)] {
        Reading::of(&RgbImage::new(width, height));
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn any_board_is_read_back(codes in proptest::collection::vec(0_usize..=36, 36)) {
        let objects: Vec<Object> = Object::all().collect();
        let board: Board = Cell::all()
            .zip(codes)
            .filter(|(_, code)| *code > 0)
            .map(|(cell, code)| (cell, objects[code - 1]))
            .collect();
        prop_assert_eq!(Reading::of(&draw(&board)).board(), board);
    }
}
