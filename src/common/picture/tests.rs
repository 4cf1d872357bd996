//! Tests of pictures from outside.

use std::io::Cursor;

use super::*;

#[test]
fn png_is_kept_and_jpeg_becomes_png() {
    let pixels = DynamicImage::ImageRgb8(image::RgbImage::from_pixel(
        20,
        10,
        image::Rgb([200, 30, 30]),
    ));
    let png = Picture::from_pixels(&pixels).unwrap();
    let same = Picture::from_untrusted(png.bytes().clone()).unwrap();
    assert_eq!(same.digest(), png.digest());

    let mut jpeg = Cursor::new(Vec::new());
    pixels.write_to(&mut jpeg, ImageFormat::Jpeg).unwrap();
    let kept = Picture::from_untrusted(jpeg.into_inner().into()).unwrap();
    assert_eq!(kept.size(), (20, 10));
    assert!(kept.bytes().starts_with(b"\x89PNG"));
}

#[test]
fn torn_and_foreign_bytes_are_refused() {
    let pixels = DynamicImage::new_rgb8(32, 32);
    let png = Picture::from_pixels(&pixels).unwrap();
    let torn = png.bytes().slice(..png.bytes().len() / 2);
    assert!(Picture::from_untrusted(torn).is_err());
    assert!(Picture::from_untrusted(Bytes::from_static(b"<html>")).is_err());
    assert!(Picture::from_untrusted(Bytes::new()).is_err());
}

fn encoded(pixels: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    pixels.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn noise(width: u32, height: u32) -> DynamicImage {
    image::RgbImage::from_fn(width, height, |x, y| {
        let mix = |k: u32| {
            (x.wrapping_mul(2_654_435_761) ^ (y * k))
                .wrapping_mul(40_503)
                .to_be_bytes()[1]
        };
        image::Rgb([mix(3), mix(5), mix(7)])
    })
    .into()
}

/// What decoders fill in with grey is refused, wherever the cut is.
#[test]
fn a_picture_that_is_cut_anywhere_is_refused() {
    for format in [
        ImageFormat::Png,
        ImageFormat::Jpeg,
        ImageFormat::WebP,
        ImageFormat::Gif,
        ImageFormat::Bmp,
    ] {
        let whole = encoded(&noise(64, 48), format);
        assert!(decode(&whole).is_ok(), "{format:?}");
        for tenth in 1..10 {
            let cut = &whole[..whole.len() * tenth / 10];
            assert!(decode(cut).is_err(), "{format:?} cut at {tenth}/10");
        }
    }
}

/// 16 bits, transparency and orientation are gone from what is kept, and it is said.
#[test]
fn pixels_are_upright_opaque_and_of_eight_bits() {
    let deep = DynamicImage::ImageRgb16(image::ImageBuffer::from_pixel(
        4,
        2,
        image::Rgb([65535, 128, 129]),
    ));
    let kept = Picture::from_untrusted(encoded(&deep, ImageFormat::Png).into()).unwrap();
    assert!(kept.changes().reduced);
    assert_eq!(
        decode(kept.bytes())
            .unwrap()
            .1
            .into_rgb8()
            .get_pixel(0, 0)
            .0,
        [255, 0, 1]
    );

    let glass = image::RgbaImage::from_pixel(4, 2, image::Rgba([200, 0, 0, 128]));
    let kept = Picture::from_untrusted(encoded(&glass.into(), ImageFormat::Png).into()).unwrap();
    assert!(kept.changes().composed);
    assert_eq!(
        decode(kept.bytes())
            .unwrap()
            .1
            .into_rgb8()
            .get_pixel(0, 0)
            .0,
        [227, 127, 127]
    );
    assert!(
        Picture::from_untrusted(kept.bytes().clone())
            .unwrap()
            .changes()
            .none()
    );

    // A JPEG whose EXIF block says "turn by 90 degrees", big-endian, one tag.
    let flat = encoded(&noise(24, 16), ImageFormat::Jpeg);
    let tag = b"\x01\x12\0\x03\0\0\0\x01\0\x06\0\0";
    let exif = [&b"Exif\0\0MM\0*\0\0\0\x08\0\x01"[..], tag, &[0; 4]].concat();
    let length = u16::try_from(exif.len() + 2).unwrap().to_be_bytes();
    let turned = [&flat[..2], b"\xff\xe1", &length, &exif, &flat[2..]].concat();
    let kept = Picture::from_untrusted(turned.clone().into()).unwrap();
    assert!(kept.changes().turned);
    assert_eq!(kept.size(), (16, 24));
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("turned.jpg");
    std::fs::write(&path, turned).unwrap();
    let file = PictureFile::measure(&path).unwrap();
    assert_eq!((file.width, file.height), (16, 24));
    assert_eq!(file.decode().unwrap().height(), 24);
    let upright = super::turned(&file.load().unwrap()).unwrap().unwrap();
    assert_eq!(upright, kept.bytes());
    assert_eq!(super::turned(&upright).unwrap(), None);
}

#[test]
fn animated_pictures_are_refused() {
    let mut bytes = Vec::new();
    let mut encoder = image::codecs::gif::GifEncoder::new(&mut bytes);
    let frame = || image::Frame::new(image::RgbaImage::new(8, 8));
    encoder.encode_frames([frame(), frame()]).unwrap();
    drop(encoder);
    assert!(decode(&bytes).unwrap_err().to_string().contains("animated"));
}
