//! Pictures as the numbers that networks take and give.

use image::RgbImage;

use crate::common::picture::resize::{Filter, resize};

/// A picture as floating-point numbers, channel by channel (`[3, height, width]`).
#[derive(Debug, Clone, PartialEq)]
pub struct Pixels {
    /// Height in pixels.
    pub height: usize,
    /// Width in pixels.
    pub width: usize,
    /// `3 · height · width` values.
    pub values: Vec<f32>,
}

/// A picture that cannot be prepared.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "a picture of {width}×{height} pixels is too small; the model needs at least {least} on each side"
)]
pub struct PictureError {
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Shortest side that can be used.
    pub least: u32,
}

/// How the values of a network stand for 0..255.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scaling {
    /// 0..1.
    Unit,
    /// −1..1.
    Symmetric,
}

/// How a value between two bytes becomes one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Rounding {
    /// To the nearest, halves to the even one (NumPy's `round`).
    HalfToEven,
    /// Towards zero (NumPy's `astype`).
    Truncate,
}

impl Pixels {
    /// Takes each byte of a picture through `map`, which is given the channel.
    fn from_picture(picture: &RgbImage, map: impl Fn(usize, f32) -> f32) -> Self {
        let (width, height) = picture.dimensions();
        let plane = width as usize * height as usize;
        let mut values = vec![0.0; 3 * plane];
        for (index, pixel) in picture.as_raw().chunks_exact(3).enumerate() {
            for (channel, &byte) in pixel.iter().enumerate() {
                values[channel * plane + index] = map(channel, f32::from(byte));
            }
        }
        Self {
            height: height as usize,
            width: width as usize,
            values,
        }
    }

    /// Prepares a picture for family A's tokenizer: each side reduced to a multiple of `scale` with Lanczos, values in
    /// 0..1.
    ///
    /// # Errors
    /// [`PictureError`] when a side is shorter than `scale` pixels.
    pub fn for_amused_vq(picture: &RgbImage, scale: u32) -> Result<Self, PictureError> {
        let (width, height) = picture.dimensions();
        let fit = |side: u32| side - side % scale.max(1);
        if fit(width) == 0 || fit(height) == 0 {
            return Err(PictureError {
                width,
                height,
                least: scale,
            });
        }
        let resized = resize(picture, fit(width), fit(height), Filter::Lanczos);
        Ok(Self::from_picture(&resized, |_, byte| byte / 255.0))
    }

    /// Prepares a picture for family M's tokenizer: squashed to `resolution` pixels square with bicubic, whatever its
    /// ratio of sides, values in −1..1.
    ///
    /// # Errors
    /// [`PictureError`] when the picture is empty.
    pub fn for_magvit2(picture: &RgbImage, resolution: u32) -> Result<Self, PictureError> {
        let (width, height) = picture.dimensions();
        if width == 0 || height == 0 {
            return Err(PictureError {
                width,
                height,
                least: 1,
            });
        }
        let resized = resize(picture, resolution, resolution, Filter::Bicubic);
        Ok(Self::from_picture(&resized, |_, byte| {
            (byte / 255.0 - 0.5) / 0.5
        }))
    }

    /// Turns the values of a decoder into a picture.
    #[must_use]
    pub fn to_picture(&self, scaling: Scaling, rounding: Rounding) -> RgbImage {
        let plane = self.width * self.height;
        let byte = |value: f32| {
            let unit = match scaling {
                Scaling::Unit => value,
                Scaling::Symmetric => (value + 1.0) / 2.0,
            };
            let level = unit.clamp(0.0, 1.0) * 255.0;
            match rounding {
                Rounding::HalfToEven => level.round_ties_even() as u8,
                Rounding::Truncate => level as u8,
            }
        };
        let value = |index: usize| self.values.get(index).copied().unwrap_or(0.0);
        RgbImage::from_fn(self.width as u32, self.height as u32, |x, y| {
            let index = y as usize * self.width + x as usize;
            image::Rgb([0, 1, 2].map(|channel| byte(value(channel * plane + index))))
        })
    }
}

/// The preparation of CLIP and DINOv2: shortest side to `short` with bicubic, centre crop, mean and deviation per channel.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ClipPixels {
    /// What the shortest side becomes, in pixels; at least `size`.
    pub short: u32,
    /// Side of the square that the model takes, in pixels.
    pub size: u32,
    /// Subtracted from red, green and blue in 0..1.
    pub mean: [f32; 3],
    /// Divided by afterwards.
    pub deviation: [f32; 3],
}

impl ClipPixels {
    /// The constants of OpenAI's models (`preprocessor_config.json`).
    #[must_use]
    pub const fn openai(size: u32) -> Self {
        let mean = [0.481_454_66, 0.457_827_5, 0.408_210_73];
        Self {
            short: size,
            size,
            mean,
            deviation: [0.268_629_55, 0.261_302_6, 0.275_777_1],
        }
    }

    /// The constants of Meta's DINOv2 models (`preprocessor_config.json` of `facebook/dinov2-base`): 256, then 224, with the
    /// mean and deviation of ImageNet.
    #[must_use]
    pub const fn dinov2() -> Self {
        Self {
            short: 256,
            size: 224,
            mean: [0.485, 0.456, 0.406],
            deviation: [0.229, 0.224, 0.225],
        }
    }

    /// Prepares a picture.
    ///
    /// # Errors
    /// [`PictureError`] when the picture is empty.
    pub fn prepare(&self, picture: &RgbImage) -> Result<Pixels, PictureError> {
        let (width, height) = picture.dimensions();
        if width == 0 || height == 0 {
            return Err(PictureError {
                width,
                height,
                least: 1,
            });
        }
        let long = |side: u32, short: u32| {
            (u64::from(self.short) * u64::from(side) / u64::from(short)) as u32
        };
        let (new_width, new_height) = if width <= height {
            (self.short, long(height, width))
        } else {
            (long(width, height), self.short)
        };
        let resized = resize(picture, new_width, new_height, Filter::Bicubic);
        let (left, top) = ((new_width - self.size) / 2, (new_height - self.size) / 2);
        let cut = image::imageops::crop_imm(&resized, left, top, self.size, self.size).to_image();
        let map = |channel: usize, byte: f32| {
            (byte * (1.0 / 255.0) - self.mean[channel]) / self.deviation[channel]
        };
        Ok(Pixels::from_picture(&cut, map))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rounding_follows_the_family() {
        let pixels = Pixels {
            height: 1,
            width: 1,
            values: vec![0.5 / 255.0, 1.5 / 255.0, 7.0],
        };
        assert_eq!(
            pixels
                .to_picture(Scaling::Unit, Rounding::HalfToEven)
                .get_pixel(0, 0)
                .0,
            [0, 2, 255]
        );
        assert_eq!(
            pixels
                .to_picture(Scaling::Unit, Rounding::Truncate)
                .get_pixel(0, 0)
                .0,
            [0, 1, 255]
        );
        let pixels = Pixels {
            height: 1,
            width: 1,
            values: vec![-1.0, 0.0, f32::NAN],
        };
        assert_eq!(
            pixels
                .to_picture(Scaling::Symmetric, Rounding::Truncate)
                .get_pixel(0, 0)
                .0,
            [0, 127, 0]
        );
    }

    #[test]
    fn pictures_smaller_than_a_code_are_refused() {
        let picture = RgbImage::new(40, 15);
        let error = Pixels::for_amused_vq(&picture, 16).unwrap_err();
        assert_eq!(
            error,
            PictureError {
                width: 40,
                height: 15,
                least: 16
            }
        );
    }

    #[test]
    fn dinov2_sees_the_middle_of_what_is_resized() {
        // 512 wide, the middle half white: at 256 pixels a side the crop of 224 begins at 16.
        let picture = RgbImage::from_fn(512, 512, |x, _| {
            image::Rgb([if (128..384).contains(&x) { 255 } else { 0 }; 3])
        });
        let pixels = ClipPixels::dinov2().prepare(&picture).unwrap();
        assert_eq!((pixels.width, pixels.height), (224, 224));
        let (black, white) = (-0.485 / 0.229, (1.0 - 0.485) / 0.229);
        let at = |x: usize| pixels.values[112 * 224 + x];
        for (x, value) in [
            (0, black),
            (40, black),
            (56, white),
            (112, white),
            (180, black),
        ] {
            assert!((at(x) - value).abs() < 1e-5, "{x}: {}", at(x));
        }
    }

    #[test]
    fn extreme_ratios_are_cut_to_a_square() {
        let picture = RgbImage::new(1, 300);
        let pixels = ClipPixels::openai(32).prepare(&picture).unwrap();
        assert_eq!(
            (pixels.width, pixels.height, pixels.values.len()),
            (32, 32, 3 * 32 * 32)
        );
    }
}
