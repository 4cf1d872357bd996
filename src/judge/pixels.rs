//! `pixels`: how alike the picture to edit and the model's picture are, computed from their pixels.
//!
//! - `ssim`: the mean structural similarity of the luma (Wang, Bovik, Sheikh and Simoncelli, "Image quality assessment:
//!   from error visibility to structural similarity", IEEE TIP 13(4), 2004): Gaussian window of 11 × 11 with σ = 1.5,
//!   K₁ = 0.01, K₂ = 0.03, L = 255, only where the window lies inside, at full size.
//! - `psnr`: 10·log₁₀(255² / mean squared difference of all channels), in dB.
//!
//! Both only for axes that a suite declares under these names, on a scale of its own: no thresholds are known that turn
//! them into marks 1–5 of consistency, since an edit that is right changes pixels, too.

use std::collections::{BTreeMap, VecDeque};

use image::RgbImage;

use crate::judge::local::{self, Gauge, LocalJudge};
use crate::judge::{AXES, Identity, JudgeError, Question, Verdict};
use crate::suite::Axis;
use crate::suite::axes::sight::SightPart;

/// Version of the way from pixels to mark; raised when a mark may change.
const RULES: &str = "1";
/// The axes that can be computed.
const KEYS: [&str; 2] = ["ssim", "psnr"];
/// What they are computed of.
const SEES: [SightPart; 2] = [SightPart::Input, SightPart::Output];
/// The window's side, in pixels.
const WINDOW: usize = 11;
/// The window's standard deviation, in pixels.
const SIGMA: f64 = 1.5;
/// (K₁·L)² and (K₂·L)².
const STABILISERS: (f64, f64) = (6.5025, 58.5225);

/// What is computed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Measure {
    Ssim,
    Psnr,
}

impl Measure {
    fn of(axis: Axis) -> Option<Self> {
        match axis.key() {
            _ if !local::is_of(axis, &KEYS, &SEES) => None,
            "ssim" => Some(Self::Ssim),
            "psnr" => Some(Self::Psnr),
            _ => None,
        }
    }
}

/// Computes the marks.
struct Pixels;

/// The judge of a suite's axes.
///
/// # Errors
/// None of the axes is computed.
pub fn open(axes: &[Axis]) -> Result<LocalJudge, JudgeError> {
    let marked = local::axes_of("pixels", axes, &KEYS, &SEES)?;
    let details = [("rules", RULES.to_owned()), (AXES, local::listed(&marked))];
    let identity = Identity {
        name: "pixels".to_owned(),
        kind: "pixels".to_owned(),
        details: BTreeMap::from(details.map(|(key, value)| (key.to_owned(), value))),
    };
    Ok(LocalJudge::new(identity, BTreeMap::new(), Pixels).of_axes(&marked))
}

impl Gauge for Pixels {
    fn verdict(&self, question: &Question) -> Result<Verdict, JudgeError> {
        let axis = question.evidence.axis();
        // The executor does not ask for other axes, since the identity lists those that are marked.
        let measure = Measure::of(axis)
            .ok_or_else(|| JudgeError::plain(format!("--judge pixels does not compute {axis}")))?;
        let (input, output) = match local::input_and_output(question) {
            Ok(both) => both,
            Err(why) => return Ok(local::none(&why)),
        };
        let before = local::pixels(question, input)?;
        let after = local::pixels(question, output)?;
        if before.dimensions() != after.dimensions() {
            let ((w, h), (v, g)) = (before.dimensions(), after.dimensions());
            return Ok(local::none(&format!(
                "the pictures have {w} × {h} and {v} × {g} pixels; only pictures of one size are compared"
            )));
        }
        Ok(match measure {
            Measure::Psnr => local::measured(axis, psnr(&before, &after)),
            Measure::Ssim => match ssim(&before, &after) {
                Some(found) => local::measured(axis, found),
                None => local::none(&format!("a picture is smaller than {WINDOW} pixels")),
            },
        })
    }
}

/// Peak signal-to-noise ratio of two pictures of one size, in dB; infinite for equal ones.
fn psnr(before: &RgbImage, after: &RgbImage) -> f64 {
    let pairs = before.as_raw().iter().zip(after.as_raw());
    let squares: u64 = pairs.map(|(a, b)| u64::from(a.abs_diff(*b)).pow(2)).sum();
    let mean = squares as f64 / before.as_raw().len() as f64;
    10.0 * (255.0 * 255.0 / mean).log10()
}

/// Luma by ITU-R BT.601.
fn luma(row: &[u8]) -> Vec<f64> {
    let value = |pixel: &[u8]| match pixel {
        [r, g, b] => 0.299 * f64::from(*r) + 0.587 * f64::from(*g) + 0.114 * f64::from(*b),
        _ => 0.0,
    };
    row.chunks_exact(3).map(value).collect()
}

/// The window along one side; it sums to 1.
fn window() -> [f64; WINDOW] {
    let middle = (WINDOW / 2) as f64;
    let weight = |at: usize| (-(at as f64 - middle).powi(2) / (2.0 * SIGMA * SIGMA)).exp();
    let weights: [f64; WINDOW] = std::array::from_fn(weight);
    let sum: f64 = weights.iter().sum();
    weights.map(|weight| weight / sum)
}

/// Weighted means of x, y, x², y² and xy along a row.
type Means = [f64; 5];

/// Mean structural similarity of two pictures of one size; `None` where the window does not fit. Holds as many rows as
/// the window is high, so that memory grows with the width alone.
fn ssim(before: &RgbImage, after: &RgbImage) -> Option<f64> {
    let width = before.width() as usize;
    if width < WINDOW || (before.height() as usize) < WINDOW {
        return None;
    }
    let weights = window();
    let rows = |picture| RgbImage::as_raw(picture).chunks_exact(3 * width);
    let mut held: VecDeque<Vec<Means>> = VecDeque::with_capacity(WINDOW);
    let (mut sum, mut count) = (0.0, 0_u64);
    for (x, y) in rows(before).zip(rows(after)) {
        let (x, y) = (luma(x), luma(y));
        if held.len() == WINDOW {
            held.pop_front();
        }
        held.push_back(means_of_row(&x, &y, &weights));
        if held.len() == WINDOW {
            for at in 0..=width - WINDOW {
                let mut means = [0.0; 5];
                for (weight, row) in weights.iter().zip(&held) {
                    let of_row = row.get(at)?;
                    for (mean, value) in means.iter_mut().zip(of_row) {
                        *mean += weight * value;
                    }
                }
                sum += similarity(means);
                count += 1;
            }
        }
    }
    Some(sum / count as f64)
}

fn means_of_row(x: &[f64], y: &[f64], weights: &[f64; WINDOW]) -> Vec<Means> {
    let windows = x.windows(WINDOW).zip(y.windows(WINDOW));
    let means = |(x, y): (&[f64], &[f64])| {
        let mut means = [0.0; 5];
        for ((x, y), weight) in x.iter().zip(y).zip(weights) {
            let values = [*x, *y, x * x, y * y, x * y];
            for (mean, value) in means.iter_mut().zip(values) {
                *mean += weight * value;
            }
        }
        means
    };
    windows.map(means).collect()
}

/// Equation 13 of Wang et al.
fn similarity([x, y, xx, yy, xy]: Means) -> f64 {
    let (c1, c2) = STABILISERS;
    let (variances, covariance) = (xx - x * x + yy - y * y, xy - x * y);
    let luminance = (2.0 * x * y + c1) / (x * x + y * y + c1);
    luminance * (2.0 * covariance + c2) / (variances + c2)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wave(width: u32, height: u32, phase: f64) -> RgbImage {
        RgbImage::from_fn(width, height, |x, y| {
            let value = |k: f64| {
                let at = (f64::from(x) * k + f64::from(y) * 0.7 + phase).sin();
                (127.5 + 100.0 * at).round() as u8
            };
            image::Rgb([value(0.3), value(0.5), value(0.9)])
        })
    }

    #[test]
    fn equal_pictures_are_alike_and_others_are_less_so() {
        let one = wave(24, 17, 0.0);
        assert!((ssim(&one, &one).unwrap() - 1.0).abs() < 1e-12);
        assert_eq!(psnr(&one, &one), f64::INFINITY);
        let near = ssim(&one, &wave(24, 17, 0.1)).unwrap();
        let far = ssim(&one, &wave(24, 17, 1.5)).unwrap();
        // Computed by a program of two passes over each window, in another language.
        assert!((near - 0.9949017656455398).abs() < 1e-9, "{near}");
        assert!((far - 0.08638912339788027).abs() < 1e-9, "{far}");
        assert_eq!(ssim(&wave(10, 17, 0.0), &wave(10, 17, 0.0)), None);
    }

    #[test]
    fn flat_pictures_by_hand() {
        let flat = |level: u8| RgbImage::from_pixel(11, 11, image::Rgb([level; 3]));
        // Without variance the similarity is that of the means: (2·100·50 + 6.5025) / (100² + 50² + 6.5025).
        let expected = (10_000.0 + 6.5025) / (12_500.0 + 6.5025);
        let found = ssim(&flat(100), &flat(50)).unwrap();
        assert!((found - expected).abs() < 1e-9, "{found}");
        // A difference of 50 everywhere: 20·log10(255/50).
        let expected = 20.0 * (255.0_f64 / 50.0).log10();
        assert!((psnr(&flat(100), &flat(50)) - expected).abs() < 1e-12);
    }
}
