//! Pictures spoilt by degrees.

use image::{Rgb, RgbImage};
use rand::{RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;

use crate::suite::shapes::draw::PICTURE;

/// Standard deviations of noise, in 8-bit levels, each worse than the one before.
const NOISE: [f32; 10] = [12.0, 13.5, 15.0, 16.5, 18.0, 19.5, 21.0, 22.5, 24.0, 27.0];
/// Widths of blur, in pixels, each worse than the one before.
const BLUR: [f32; 12] = [0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1.0, 1.1, 1.2, 1.4, 1.7, 2.0];

/// The picture under more and more noise; the same grain, only stronger.
pub fn noisy(picture: &RgbImage, seed: u64) -> Vec<RgbImage> {
    NOISE
        .iter()
        .map(|deviation| with_noise(picture, *deviation, seed))
        .collect()
}

/// The picture under more and more blur.
pub fn blurred(picture: &RgbImage) -> Vec<RgbImage> {
    BLUR.iter()
        .map(|width| image::imageops::blur(picture, *width))
        .collect()
}

/// A white page of the world's size.
pub fn blank() -> RgbImage {
    RgbImage::from_pixel(PICTURE, PICTURE, Rgb([255; 3]))
}

/// Pixels at random.
pub fn static_noise(seed: u64) -> RgbImage {
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    RgbImage::from_fn(PICTURE, PICTURE, |_, _| Rgb(dice.random()))
}

fn with_noise(picture: &RgbImage, deviation: f32, seed: u64) -> RgbImage {
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let mut noisy = picture.clone();
    for value in noisy.iter_mut() {
        // Twelve uniform numbers add up to variance 1: near enough to a bell, and bounded.
        let bell = (0..12).map(|_| dice.random::<f32>()).sum::<f32>() - 6.0;
        *value = (f32::from(*value) + deviation * bell)
            .round()
            .clamp(0.0, 255.0) as u8;
    }
    noisy
}
