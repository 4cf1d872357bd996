//! Input pictures as codes: prepared as the family does, encoded once per picture.

use std::collections::HashMap;

use image::RgbImage;

use crate::common::digest::Digest;
use crate::model::diffusion::settings::Preset;
use crate::onnx::bundle::Family;
use crate::onnx::image::{Codes, CropChoice, CropPlan, crop_sizes};
use crate::onnx::vq::{ImageTokenizer, VqError};

/// Widest ratio of sides that family A cuts pictures to.
const MAX_RATIO: f64 = 4.0;

/// Encodes input pictures and remembers their codes. A picture of the largest size is a few thousand numbers, a suite a
/// few hundred pictures: nothing is ever forgotten.
#[derive(Debug)]
pub struct Inputs {
    family: Family,
    preset: Preset,
    /// Sizes that pictures are cut to (family A), `[width, height]` in pixels.
    sizes: Vec<[u32; 2]>,
    known: HashMap<Key, Codes>,
}

/// What codes depend on.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
struct Key {
    picture: Digest,
    /// Left and upper edge of the cut.
    cut: [u32; 2],
}

impl Inputs {
    /// Preparation for decoded pictures of `size` `[width, height]` and codes of `scale` pixels.
    #[must_use]
    pub fn new(family: Family, preset: Preset, size: [u32; 2], scale: u32) -> Self {
        // The released code counts patches of two codes a side; a picture of one code has none.
        let double = 2 * scale;
        let patch = match size.iter().all(|side| side.is_multiple_of(double)) {
            true => double,
            false => scale,
        };
        let patches = (size[0] / patch) * (size[1] / patch);
        Self {
            family,
            preset,
            sizes: crop_sizes(patches, patch, MAX_RATIO),
            known: HashMap::new(),
        }
    }

    /// Codes of a picture; `seed` is that of the sample.
    ///
    /// # Errors
    /// [`VqError`].
    pub fn codes(
        &mut self,
        picture: &RgbImage,
        digest: Digest,
        seed: u64,
        tokenizer: &mut ImageTokenizer,
    ) -> Result<Codes, VqError> {
        let plan = self.plan(picture);
        let cut = plan.as_ref().map_or([0, 0], |plan| self.cut(plan, seed));
        let key = Key {
            picture: digest,
            cut,
        };
        if let Some(codes) = self.known.get(&key) {
            return Ok(codes.clone());
        }
        let codes = match plan {
            Some(plan) => tokenizer.encode(&plan.apply(picture, cut))?,
            None => tokenizer.encode(picture)?,
        };
        self.known.insert(key, codes.clone());
        Ok(codes)
    }

    /// Family A cuts pictures to one of its sizes; family M squashes them.
    fn plan(&self, picture: &RgbImage) -> Option<CropPlan> {
        if self.family != Family::ParallelA {
            return None;
        }
        let size = [picture.width(), picture.height()];
        let best = CropChoice::ranked(size, &self.sizes).into_iter().next()?;
        Some(CropPlan::new(size, best.size))
    }

    /// The released code cuts at a random place although it says centre; the paper preset cuts at the centre.
    fn cut(&self, plan: &CropPlan, seed: u64) -> [u32; 2] {
        let free = plan.freedom();
        if self.preset == Preset::Paper {
            return free.map(|free| free / 2);
        }
        let place = |axis: &str, free: u32| {
            let digest =
                Digest::of_fields(
                    [b"parabench crop 1", &seed.to_le_bytes(), axis.as_bytes()] as [&[u8]; 3]
                );
            (digest.as_u64() % (u64::from(free) + 1)) as u32
        };
        [place("left", free[0]), place("upper", free[1])]
    }
}
