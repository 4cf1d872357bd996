//! Pictures, prepared and finished exactly as the reference does: a code is decided by pixels, so a resize that is off
//! by one level can change what the model sees.

mod codes;
mod crop;
mod pixels;

pub use codes::{Codes, CodesError, Framing};
pub use crop::{CropChoice, CropPlan, crop_sizes};
pub use pixels::{ClipPixels, PictureError, Pixels, Rounding, Scaling};

pub use crate::common::picture::resize::{Filter, resize};
