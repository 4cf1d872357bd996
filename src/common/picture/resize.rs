//! Pillow's 8-bit resize, bit for bit (`src/libImaging/Resample.c` of version 13): two passes, each rounding to
//! 8 bits, with coefficients in 22-bit fixed point.

use image::RgbImage;

/// Fractional bits of the coefficients: 32 minus 8 for the pixel, minus 2 against overflow by negative lobes.
const PRECISION_BITS: u32 = 32 - 8 - 2;
/// Channels of a picture.
const CHANNELS: usize = 3;

/// Resampling kernels, by Pillow's names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Filter {
    /// Mean over the pixels that fall together.
    Box,
    #[cfg(any(test, feature = "internals"))]
    /// Triangle.
    Bilinear,
    /// Cubic with a = −0.5.
    Bicubic,
    /// Windowed sine over three lobes.
    Lanczos,
}

impl Filter {
    /// Half the width of the kernel at full size, in source pixels.
    const fn support(self) -> f64 {
        match self {
            Self::Box => 0.5,
            #[cfg(any(test, feature = "internals"))]
            Self::Bilinear => 1.0,
            Self::Bicubic => 2.0,
            Self::Lanczos => 3.0,
        }
    }

    fn weight(self, x: f64) -> f64 {
        match self {
            Self::Box => f64::from(u8::from(x > -0.5 && x <= 0.5)),
            #[cfg(any(test, feature = "internals"))]
            Self::Bilinear => (1.0 - x.abs()).max(0.0),
            Self::Bicubic => bicubic(x.abs()),
            Self::Lanczos if (-3.0..3.0).contains(&x) => sinc(x) * sinc(x / 3.0),
            Self::Lanczos => 0.0,
        }
    }
}

fn bicubic(x: f64) -> f64 {
    const A: f64 = -0.5;
    if x < 1.0 {
        ((A + 2.0) * x - (A + 3.0)) * x * x + 1.0
    } else if x < 2.0 {
        (((x - 5.0) * x + 8.0) * x - 4.0) * A
    } else {
        0.0
    }
}

fn sinc(x: f64) -> f64 {
    if x == 0.0 {
        return 1.0;
    }
    let x = x * std::f64::consts::PI;
    x.sin() / x
}

/// Resizes to `width` × `height`; a copy when the size is right already. Sides of 0 are taken as 1.
#[must_use]
pub fn resize(picture: &RgbImage, width: u32, height: u32, filter: Filter) -> RgbImage {
    let (width, height) = (width.max(1), height.max(1));
    let (old_width, old_height) = picture.dimensions();
    if old_width == 0 || old_height == 0 {
        return RgbImage::new(width, height);
    }
    let across = (width != old_width).then(|| kernels(old_width, width, filter));
    let down = (height != old_height).then(|| kernels(old_height, height, filter));
    let across = |pixels: Vec<u8>| match &across {
        Some(kernels) => horizontal(&pixels, old_width as usize, kernels),
        None => pixels,
    };
    let down = |pixels: Vec<u8>, width: u32| match &down {
        Some(kernels) => vertical(&pixels, width as usize, kernels),
        None => pixels,
    };
    let pixels = picture.as_raw().clone();
    let result = if vertical_first([old_width, old_height], [width, height]) {
        across(down(pixels, old_width))
    } else {
        down(across(pixels), width)
    };
    RgbImage::from_raw(width, height, result).unwrap_or_else(|| RgbImage::new(width, height))
}

/// Pillow from version 13 on starts with the vertical pass when that takes away more than twice as many rows as the
/// horizontal one takes away columns (its pull request 9549); older versions always start with the horizontal pass.
/// The order matters because the result of the first pass is rounded.
fn vertical_first(old: [u32; 2], new: [u32; 2]) -> bool {
    let lost = |axis: usize| i64::from(old[axis]) - i64::from(new[axis]);
    lost(1) > 0 && lost(1) > 2 * lost(0)
}

/// The source pixels that make one target pixel.
struct Kernel {
    first: usize,
    weights: Vec<i32>,
}

/// `precompute_coeffs` and `normalize_coeffs_8bpc` for one axis.
fn kernels(old: u32, new: u32, filter: Filter) -> Vec<Kernel> {
    let scale = f64::from(old) / f64::from(new);
    // Enlarging interpolates with the kernel as it is; reducing widens it, so that no source pixel is left out.
    let stretch = scale.max(1.0);
    let support = filter.support() * stretch;
    let kernel = |index: u32| {
        let center = (f64::from(index) + 0.5) * scale;
        // Truncation towards zero, as C converts to int.
        let first = ((center - support + 0.5) as i64).max(0);
        let end = ((center + support + 0.5) as i64).min(i64::from(old));
        let position = |x: i64| (x as f64 - center + 0.5) * (1.0 / stretch);
        let weights: Vec<f64> = (first..end).map(|x| filter.weight(position(x))).collect();
        let sum: f64 = weights.iter().sum();
        let norm = |weight: f64| if sum == 0.0 { weight } else { weight / sum };
        let weights = weights
            .into_iter()
            .map(|weight| fixed_point(norm(weight)))
            .collect();
        Kernel {
            first: first as usize,
            weights,
        }
    };
    (0..new).map(kernel).collect()
}

fn fixed_point(weight: f64) -> i32 {
    let scaled = weight * f64::from(1 << PRECISION_BITS);
    // Rounds half away from zero, again by truncation.
    (scaled + 0.5_f64.copysign(weight)) as i32
}

/// Back from fixed point; the sum starts at one half, so this rounds.
fn to_byte(sum: i32) -> u8 {
    (sum >> PRECISION_BITS).clamp(0, 255) as u8
}

fn horizontal(pixels: &[u8], old_width: usize, kernels: &[Kernel]) -> Vec<u8> {
    let mut result = Vec::with_capacity(pixels.len() / old_width * kernels.len());
    for row in pixels.chunks_exact(old_width * CHANNELS) {
        for kernel in kernels {
            let mut sums = [1 << (PRECISION_BITS - 1); CHANNELS];
            let source = row[kernel.first * CHANNELS..].chunks_exact(CHANNELS);
            for (pixel, &weight) in source.zip(&kernel.weights) {
                for (sum, &value) in sums.iter_mut().zip(pixel) {
                    *sum += i32::from(value) * weight;
                }
            }
            result.extend(sums.map(to_byte));
        }
    }
    result
}

fn vertical(pixels: &[u8], width: usize, kernels: &[Kernel]) -> Vec<u8> {
    let stride = width * CHANNELS;
    let mut result = Vec::with_capacity(stride * kernels.len());
    let mut sums = vec![0; stride];
    for kernel in kernels {
        sums.fill(1 << (PRECISION_BITS - 1));
        for (row, &weight) in pixels[kernel.first * stride..]
            .chunks_exact(stride)
            .zip(&kernel.weights)
        {
            for (sum, &value) in sums.iter_mut().zip(row) {
                *sum += i32::from(value) * weight;
            }
        }
        result.extend(sums.iter().map(|&sum| to_byte(sum)));
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ramp(width: u32, height: u32) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| {
            image::Rgb([(x * 7) as u8, (y * 5) as u8, (x * y) as u8])
        })
    }

    #[test]
    fn a_picture_of_the_right_size_is_unchanged() {
        let picture = ramp(9, 7);
        assert_eq!(resize(&picture, 9, 7, Filter::Lanczos), picture);
    }

    #[test]
    fn plain_areas_stay_plain() {
        let picture = RgbImage::from_pixel(31, 17, image::Rgb([255, 0, 77]));
        for filter in [
            Filter::Box,
            Filter::Bilinear,
            Filter::Bicubic,
            Filter::Lanczos,
        ] {
            for (width, height) in [(5, 40), (62, 3), (1, 1)] {
                let resized = resize(&picture, width, height, filter);
                assert!(
                    resized.pixels().all(|pixel| pixel.0 == [255, 0, 77]),
                    "{filter:?} {width}×{height}"
                );
            }
        }
    }

    #[test]
    fn box_halving_is_the_rounded_mean() {
        let picture = RgbImage::from_fn(2, 2, |x, y| image::Rgb([(x + 2 * y) as u8, 0, 255]));
        // Rows first: (0+1)/2 and (2+3)/2 round up to 1 and 3, whose mean is 2.
        assert_eq!(
            resize(&picture, 1, 1, Filter::Box).get_pixel(0, 0).0,
            [2, 0, 255]
        );
    }

    #[test]
    fn degenerate_sizes_do_not_panic() {
        assert_eq!(
            resize(&ramp(3, 3), 0, 0, Filter::Bicubic).dimensions(),
            (1, 1)
        );
        assert_eq!(
            resize(&RgbImage::new(0, 5), 4, 4, Filter::Box).dimensions(),
            (4, 4)
        );
    }
}
