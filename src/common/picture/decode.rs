//! From encoded bytes to the pixels that everything else sees: upright, opaque, 8 bits a channel.

use std::io::Cursor;

use image::metadata::Orientation;
use image::{ColorType, DynamicImage, ImageDecoder, ImageFormat, ImageReader, Limits, RgbImage};
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

use super::foreign::Foreign;
use super::whole::{self, NotWhole};
use super::{MAX_ENCODED_BYTES, MAX_SIDE, PictureError, budget};

/// What had to be done to a picture's pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Changes {
    /// Turned or mirrored, as its EXIF orientation says.
    pub turned: bool,
    /// Composed on white, because pixels were transparent.
    pub composed: bool,
    /// Reduced from 16 bits a channel to 8, to the nearest.
    pub reduced: bool,
}

impl Changes {
    /// Whether the pixels are as they were stored.
    pub fn none(self) -> bool {
        self == Self::default()
    }
}

/// What the header of an encoded picture says.
pub(super) struct Header {
    pub(super) format: ImageFormat,
    /// Width and height as stored, in pixels.
    pub(super) stored: (u32, u32),
    pub(super) orientation: Orientation,
    /// A colour profile that fits RGB or grey pixels.
    pub(super) profile: Option<Vec<u8>>,
    color: ColorType,
    /// Memory of the pixels as the decoder gives them, in bytes.
    bytes: u64,
}

/// A decoded picture.
pub(super) struct Decoded {
    pub(super) pixels: DynamicImage,
    pub(super) changes: Changes,
}

/// Reads the header of untrusted bytes.
pub(super) fn header(bytes: &[u8]) -> Result<Header, PictureError> {
    if bytes.len() as u64 > MAX_ENCODED_BYTES {
        return Err(PictureError::TooLong(bytes.len() as u64));
    }
    if let Some(foreign) = Foreign::of(bytes) {
        return Err(PictureError::Foreign(foreign));
    }
    let reader = reader_of(bytes)?;
    let format = reader.format().unwrap_or(ImageFormat::Png);
    match format {
        ImageFormat::Jpeg => whole::jpeg(bytes)?,
        ImageFormat::WebP => whole::webp(bytes)?,
        ImageFormat::Gif => whole::gif(bytes)?,
        _ => {}
    }
    let mut decoder = reader.into_decoder()?;
    let (width, height) = decoder.dimensions();
    if width.max(height) > MAX_SIDE {
        let kind = image::error::LimitErrorKind::DimensionError;
        return Err(image::ImageError::Limits(image::error::LimitError::from_kind(kind)).into());
    }
    let color = decoder.color_type();
    Ok(Header {
        format,
        stored: (width, height),
        // What cannot be read of the metadata says nothing.
        orientation: decoder.orientation().unwrap_or(Orientation::NoTransforms),
        profile: decoder
            .icc_profile()
            .ok()
            .flatten()
            .filter(|profile| fits(profile, color)),
        color,
        bytes: decoder.total_bytes(),
    })
}

/// Decodes untrusted bytes within bounds and hands the pixels to `work`, all within the memory that
/// pictures share.
pub(super) fn decoded<T>(
    bytes: &[u8],
    work: impl FnOnce(Header, Decoded) -> Result<T, PictureError>,
) -> Result<T, PictureError> {
    let header = header(bytes)?;
    // The decoder's own buffers and the copies that follow are of the same order as the pixels.
    budget::within(header.bytes.saturating_mul(3), || {
        let pixels = match header.format {
            ImageFormat::Jpeg => jpeg(bytes)?,
            _ => {
                let mut reader = reader_of(bytes)?;
                reader.limits(limits());
                reader.decode()?
            }
        };
        let decoded = plain(pixels, &header);
        work(header, decoded)
    })
}

fn limits() -> Limits {
    let mut limits = Limits::default();
    limits.max_image_width = Some(MAX_SIDE);
    limits.max_image_height = Some(MAX_SIDE);
    limits.max_alloc = Some(budget::MAX_BYTES);
    limits
}

fn reader_of(bytes: &[u8]) -> Result<ImageReader<Cursor<&[u8]>>, PictureError> {
    let reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format();
    Ok(reader.map_err(image::ImageError::IoError)?)
}

/// Decodes a JPEG strictly: what `image` itself would fill with grey is an error here.
fn jpeg(bytes: &[u8]) -> Result<DynamicImage, PictureError> {
    let options = DecoderOptions::default()
        .set_strict_mode(true)
        .set_max_width(MAX_SIDE as usize)
        .set_max_height(MAX_SIDE as usize);
    let mut decoder = zune_jpeg::JpegDecoder::new_with_options(ZCursor::new(bytes), options);
    decoder.decode_headers()?;
    let grey = decoder.input_colorspace() == Some(ColorSpace::Luma);
    let space = if grey {
        ColorSpace::Luma
    } else {
        ColorSpace::RGB
    };
    decoder.set_options(options.jpeg_set_out_colorspace(space));
    let raw = decoder.decode()?;
    let (width, height) = decoder
        .info()
        .map_or((0, 0), |info| (info.width.into(), info.height.into()));
    let pixels = if grey {
        image::GrayImage::from_raw(width, height, raw).map(DynamicImage::ImageLuma8)
    } else {
        RgbImage::from_raw(width, height, raw).map(DynamicImage::ImageRgb8)
    };
    Ok(pixels.ok_or(NotWhole::Cut)?)
}

/// Pixels that stand upright, are opaque and have 8 bits a channel.
fn plain(mut pixels: DynamicImage, header: &Header) -> Decoded {
    let mut changes = Changes::default();
    if !matches!(
        header.color,
        ColorType::L8 | ColorType::La8 | ColorType::Rgb8 | ColorType::Rgba8
    ) {
        changes.reduced = true;
        pixels = match (header.color.has_alpha(), header.color.has_color()) {
            (true, _) => pixels.into_rgba8().into(),
            (false, true) => pixels.into_rgb8().into(),
            (false, false) => pixels.into_luma8().into(),
        };
    }
    if header.color.has_alpha() {
        let rgba = pixels.to_rgba8();
        if rgba.pixels().any(|pixel| pixel.0[3] < u8::MAX) {
            changes.composed = true;
            pixels = on_white(&rgba).into();
        }
    }
    if header.orientation != Orientation::NoTransforms {
        changes.turned = true;
        pixels.apply_orientation(header.orientation);
    }
    Decoded { pixels, changes }
}

/// `alpha · colour + (1 − alpha) · white` on the stored values, as browsers and most viewers do it.
fn on_white(rgba: &image::RgbaImage) -> RgbImage {
    let blend = |value: u8, alpha: u8| {
        let (value, alpha) = (u32::from(value), u32::from(alpha));
        ((value * alpha + 255 * (255 - alpha) + 127) / 255) as u8
    };
    RgbImage::from_fn(rgba.width(), rgba.height(), |x, y| {
        let [r, g, b, alpha] = rgba.get_pixel(x, y).0;
        image::Rgb([blend(r, alpha), blend(g, alpha), blend(b, alpha)])
    })
}

/// Whether a colour profile is for pixels of this kind (ICC.1:2022, 7.2.6: the colour space of its data).
fn fits(profile: &[u8], color: ColorType) -> bool {
    let wanted: &[u8] = if color.has_color() { b"RGB " } else { b"GRAY" };
    profile.get(16..20) == Some(wanted)
}

/// Whether an orientation exchanges width and height.
pub(super) fn lies_on_its_side(orientation: Orientation) -> bool {
    matches!(
        orientation,
        Orientation::Rotate90
            | Orientation::Rotate270
            | Orientation::Rotate90FlipH
            | Orientation::Rotate270FlipH
    )
}
