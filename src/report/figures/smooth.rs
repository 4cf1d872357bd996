//! Makes a bitmap smaller with a triangle filter, row by row: the pixels are those of [`image::imageops::resize`], which keeps the whole picture as 32-bit numbers of four channels on the way.

use image::RgbImage;

/// Values of a pixel.
const CHANNELS: usize = 3;

/// The pixels that one smaller pixel is made of: the place of the first, and the weight of each.
struct Taps {
    first: usize,
    weights: Vec<f32>,
}

impl Taps {
    /// For each of `small` places, which of `large` places count how much: a triangle of twice the ratio's width about the
    /// centre, cut off at the ends. The steps and their order are those of `image`, so that every rounding is the same.
    fn of(large: u32, small: u32) -> Vec<Self> {
        let ratio = large as f32 / small as f32;
        let reach = ratio.max(1.0);
        let one = |place: u32| {
            let centre = (place as f32 + 0.5) * ratio;
            let first = ((centre - reach).floor() as i64).clamp(0, i64::from(large) - 1);
            let end = ((centre + reach).ceil() as i64).clamp(first + 1, i64::from(large));
            let weights = (first..end).map(|at| triangle((at as f32 - (centre - 0.5)) / reach));
            let weights: Vec<f32> = weights.collect();
            let sum = weights.iter().fold(0.0, |sum, weight| sum + weight);
            Self {
                first: usize::try_from(first).unwrap_or(0),
                weights: weights.into_iter().map(|weight| weight / sum).collect(),
            }
        };
        (0..small).map(one).collect()
    }
}

fn triangle(x: f32) -> f32 {
    (1.0 - x.abs()).max(0.0)
}

/// The picture with `width` × `height` pixels, neither of them larger than before nor 0.
pub(super) fn smaller(picture: &RgbImage, width: u32, height: u32) -> RgbImage {
    let (columns, rows) = (
        Taps::of(picture.width(), width),
        Taps::of(picture.height(), height),
    );
    let length = CHANNELS * picture.width() as usize;
    let mut mixed = vec![0.0_f32; length];
    let mut bytes = Vec::with_capacity(CHANNELS * width as usize * height as usize);
    for taps in &rows {
        mixed.fill(0.0);
        let above = picture.as_raw().chunks_exact(length).skip(taps.first);
        for (row, weight) in above.zip(&taps.weights) {
            for (sum, value) in mixed.iter_mut().zip(row) {
                *sum += f32::from(*value) * weight;
            }
        }
        for taps in &columns {
            let mut sums = [0.0_f32; CHANNELS];
            let pixels = mixed.chunks_exact(CHANNELS).skip(taps.first);
            for (pixel, weight) in pixels.zip(&taps.weights) {
                for (sum, value) in sums.iter_mut().zip(pixel) {
                    *sum += value * weight;
                }
            }
            bytes.extend(sums.map(nearest));
        }
    }
    RgbImage::from_raw(width, height, bytes).unwrap_or_default()
}

/// The nearest whole number of a byte, halves upwards.
fn nearest(value: f32) -> u8 {
    let whole = value as u8;
    match value - f32::from(whole) >= 0.5 {
        true => whole.saturating_add(1),
        false => whole,
    }
}

#[cfg(test)]
mod tests {
    use image::Rgb;
    use image::imageops::{FilterType, resize};

    use super::*;

    #[test]
    fn every_pixel_is_that_of_the_general_filter() {
        let noise = |x: u32, y: u32| {
            let mixed = (x.wrapping_mul(2_654_435_761) ^ y.wrapping_mul(40_503))
                .wrapping_mul(2_246_822_519);
            Rgb([mixed as u8, (mixed >> 8) as u8, (mixed >> 16) as u8])
        };
        for (wide, high) in [(64, 48), (65, 31), (3, 2), (200, 7)] {
            let picture = RgbImage::from_fn(wide, high, noise);
            for (width, height) in [(wide / 2, high / 2), (wide, high), (wide - 1, 1)] {
                let expected = resize(&picture, width, height, FilterType::Triangle);
                assert_eq!(
                    smaller(&picture, width, height),
                    expected,
                    "{wide} {high} {width} {height}"
                );
            }
        }
    }
}
