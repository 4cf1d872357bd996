//! Family A's choice of a picture size: the list of allowed sizes, which of them a picture gets, and the cut.
//!
//! The reference draws the position of the cut at random although it calls it a centre crop; here the caller gives
//! the position.

use image::RgbImage;

use crate::common::picture::resize::{Filter, resize};

/// All sizes `[width, height]` in pixels that have at most `patches` square patches of `patch` pixels and a ratio of
/// sides of at most `max_ratio`, widest first: the reference's walk along the hyperbola.
#[must_use]
pub fn crop_sizes(patches: u32, patch: u32, max_ratio: f64) -> Vec<[u32; 2]> {
    let mut sizes = Vec::new();
    let (mut width, mut height) = (patches, 1);
    while width > 0 {
        let (long, short) = (width.max(height), width.min(height));
        if f64::from(long) / f64::from(short) <= max_ratio {
            sizes.push([width.saturating_mul(patch), height.saturating_mul(patch)]);
        }
        if u64::from(height + 1) * u64::from(width) <= u64::from(patches) {
            height += 1;
        } else {
            width -= 1;
        }
    }
    sizes
}

/// One allowed size with how well it fits a picture.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CropChoice {
    /// 1 when the ratio of sides is the picture's own, less the worse it fits.
    pub fit: f64,
    /// Width and height in pixels.
    pub size: [u32; 2],
}

impl CropChoice {
    /// The sizes from best to worst for a picture `[width, height]`. Equal fits are ordered by size, larger first.
    #[must_use]
    pub fn ranked(picture: [u32; 2], sizes: &[[u32; 2]]) -> Vec<Self> {
        let rate = |&[width, height]: &[u32; 2]| {
            let across = f64::from(width) / f64::from(picture[0]);
            let down = f64::from(height) / f64::from(picture[1]);
            Self {
                fit: across.min(down) / across.max(down),
                size: [width, height],
            }
        };
        let mut choices: Vec<Self> = sizes.iter().map(rate).collect();
        choices.sort_by(|a, b| b.fit.total_cmp(&a.fit).then_with(|| b.size.cmp(&a.size)));
        choices
    }
}

/// How a picture becomes one of a given size: halve while it is twice too large, resize until one side fits, cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CropPlan {
    /// Size after each halving, `[width, height]`.
    pub halvings: Vec<[u32; 2]>,
    /// Size after the resize; one side is that of the crop, the other at least.
    pub resized: [u32; 2],
    /// Size of the result.
    pub crop: [u32; 2],
}

impl CropPlan {
    /// Plans for a picture `[width, height]`.
    #[must_use]
    pub fn new(picture: [u32; 2], crop: [u32; 2]) -> Self {
        let [mut width, mut height] = picture;
        let mut halvings = Vec::new();
        while width > 1 && height > 1 && width / 2 >= crop[0] && height / 2 >= crop[1] {
            (width, height) = (width / 2, height / 2);
            halvings.push([width, height]);
        }
        let across = f64::from(crop[0]) / f64::from(width);
        let scale = across.max(f64::from(crop[1]) / f64::from(height));
        // Python's `round`: half to even.
        let scaled = |side: u32| (f64::from(side) * scale).round_ties_even() as u32;
        Self {
            halvings,
            resized: [scaled(width), scaled(height)],
            crop,
        }
    }

    /// Largest left and upper edge of the cut, in pixels; the smallest are 0.
    #[must_use]
    pub fn freedom(&self) -> [u32; 2] {
        [0, 1].map(|axis| self.resized[axis].saturating_sub(self.crop[axis]))
    }

    /// Carries the plan out, cutting at `[left, upper]`, which is limited to [`CropPlan::freedom`].
    #[must_use]
    pub fn apply(&self, picture: &RgbImage, position: [u32; 2]) -> RgbImage {
        let mut halved = None;
        for &[width, height] in &self.halvings {
            halved = Some(resize(
                halved.as_ref().unwrap_or(picture),
                width,
                height,
                Filter::Box,
            ));
        }
        let [width, height] = self.resized;
        let resized = resize(
            halved.as_ref().unwrap_or(picture),
            width,
            height,
            Filter::Bicubic,
        );
        let free = self.freedom();
        let [left, upper] = [position[0].min(free[0]), position[1].min(free[1])];
        image::imageops::crop_imm(&resized, left, upper, self.crop[0], self.crop[1]).to_image()
    }
}
