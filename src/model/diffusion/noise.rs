//! Where randomness comes from: a [`Noise`] says what each draw of a sample gives.
//!
//! Runs use [`Seeded`]: a counter-based generator keyed by what a draw belongs to, so that a sample's noise does not
//! depend on batch size, threads or order. Tests replay recorded noise through the same trait.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::common::digest::Digest;

/// What is drawn, and with it the distribution.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Draw {
    /// Uniform in [0, 1) for every text position and vocabulary entry: the choice of a text token.
    TextChoice,
    /// Uniform in [0, 1) for every text position: its confidence when re-masking is random.
    TextOrder,
    /// Exponential with mean 1 for every image cell and code: the choice of a code.
    CodeChoice,
    /// Standard normal for every image cell: noise on its confidence, as family A draws it.
    CellOrderNormal,
    /// Uniform in [0, 1) for every image cell: noise on its confidence, as family M and the paper preset draw it.
    CellOrderUniform,
    /// Uniform in [0, 1), one for each cell that was left masked, in cell order: as a share of the codebook, the code
    /// that fills it.
    FinalFill,
}

impl Draw {
    const fn name(self) -> &'static [u8] {
        match self {
            Self::TextChoice => b"text choice",
            Self::TextOrder => b"text order",
            Self::CodeChoice => b"code choice",
            Self::CellOrderNormal => b"cell order, normal",
            Self::CellOrderUniform => b"cell order, uniform",
            Self::FinalFill => b"final fill",
        }
    }
}

/// The noise that a decoder asks for is not what was recorded.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("step {step} draws {draw:?} of {rows} × {width}, but {found}")]
pub struct NoiseError {
    /// What was asked for.
    pub draw: Draw,
    /// The step that asked.
    pub step: usize,
    /// Rows asked for.
    pub rows: usize,
    /// Numbers per row asked for.
    pub width: usize,
    /// What there is instead.
    pub found: String,
}

/// A source of noise for one sample.
pub trait Noise: Send {
    /// The numbers of one draw, `shape` rows × width. Every draw of a step is asked for once, also when only some rows
    /// of it are read afterwards.
    ///
    /// # Errors
    /// [`NoiseError`] when the source cannot give this draw.
    fn draw(&mut self, draw: Draw, step: usize, shape: [usize; 2]) -> Result<Field, NoiseError>;
}

/// The numbers of one draw; rows that nobody reads cost nothing.
#[derive(Debug, Clone)]
pub enum Field {
    #[cfg(any(test, feature = "internals"))]
    /// Numbers that are there already, row after row of the given width.
    Given {
        /// All numbers.
        values: Vec<f32>,
        /// Numbers per row.
        width: usize,
    },
    /// Numbers that are generated when read.
    Generated {
        /// What they belong to.
        key: [u8; 32],
        /// Their distribution.
        draw: Draw,
    },
}

impl Field {
    /// Fills `out` with the beginning of a row. The same row always gives the same numbers. Beyond what is given: zeros.
    pub fn read(&self, row: usize, out: &mut [f32]) {
        match self {
            #[cfg(any(test, feature = "internals"))]
            Self::Given { values, width } => {
                let given = values.get(row * width..).unwrap_or(&[]);
                out.fill(0.0);
                for (to, from) in out.iter_mut().zip(given) {
                    *to = *from;
                }
            }
            Self::Generated { key, draw } => {
                let mut generator = ChaCha8Rng::from_seed(*key);
                generator.set_stream(row as u64);
                generate(&mut generator, *draw, out);
            }
        }
    }
}

fn generate(generator: &mut ChaCha8Rng, draw: Draw, out: &mut [f32]) {
    match draw {
        Draw::CodeChoice => {
            for value in out {
                // 1 − u lies in (0, 1]: the logarithm is finite; a zero would divide by zero later.
                *value = (-(1.0 - uniform(generator)).ln()).max(f32::MIN_POSITIVE);
            }
        }
        Draw::CellOrderNormal => {
            for pair in out.chunks_mut(2) {
                // Box and Muller.
                let radius = (-2.0 * (1.0 - f64::from(uniform(generator))).ln()).sqrt();
                let angle = std::f64::consts::TAU * f64::from(uniform(generator));
                for (value, number) in pair
                    .iter_mut()
                    .zip([radius * angle.cos(), radius * angle.sin()])
                {
                    *value = number as f32;
                }
            }
        }
        Draw::TextChoice | Draw::TextOrder | Draw::CellOrderUniform | Draw::FinalFill => {
            for value in out {
                *value = uniform(generator);
            }
        }
    }
}

/// Uniform in [0, 1) with 24 bits, as 32-bit generators of tensor libraries give.
fn uniform(generator: &mut ChaCha8Rng) -> f32 {
    (generator.next_u32() >> 8) as f32 * (1.0 / 16_777_216.0)
}

/// Noise for runs: ChaCha8 keyed by the sample's seed (itself a hash of run seed, task and sample number), step and
/// draw; each row is a stream of its own.
#[derive(Debug, Clone, Copy)]
pub struct Seeded {
    seed: u64,
}

impl Seeded {
    /// Noise of the sample with this seed, as [`sample_seed`](crate::common::seed::sample_seed) gives it.
    #[must_use]
    pub const fn new(seed: u64) -> Self {
        Self { seed }
    }
}

impl Noise for Seeded {
    fn draw(&mut self, draw: Draw, step: usize, _shape: [usize; 2]) -> Result<Field, NoiseError> {
        let key = Digest::of_fields([
            b"parabench decoding noise 1".as_slice(),
            &self.seed.to_le_bytes(),
            &(step as u64).to_le_bytes(),
            draw.name(),
        ]);
        Ok(Field::Generated {
            key: *key.as_bytes(),
            draw,
        })
    }
}

#[cfg(test)]
mod tests {
    use approx::assert_relative_eq;

    use super::*;

    fn numbers(seed: u64, draw: Draw, step: usize, row: usize, count: usize) -> Vec<f32> {
        let field = Seeded::new(seed).draw(draw, step, [8, count]).unwrap();
        let mut out = vec![0.0; count];
        field.read(row, &mut out);
        out
    }

    #[test]
    fn noise_depends_on_what_it_belongs_to_and_on_nothing_else() {
        let base = numbers(1, Draw::TextChoice, 2, 3, 16);
        assert_eq!(base, numbers(1, Draw::TextChoice, 2, 3, 16));
        assert_eq!(base[..5], numbers(1, Draw::TextChoice, 2, 3, 5));
        for other in [
            numbers(2, Draw::TextChoice, 2, 3, 16),
            numbers(1, Draw::TextOrder, 2, 3, 16),
            numbers(1, Draw::TextChoice, 3, 3, 16),
            numbers(1, Draw::TextChoice, 2, 4, 16),
        ] {
            assert_ne!(base, other);
        }
    }

    #[test]
    fn the_first_draws_are_pinned() {
        // A change here would silently change every run that anyone resumes.
        let uniform = [0.391_268_07, 0.077_506_006, 0.158_939_36];
        assert_eq!(numbers(7, Draw::TextChoice, 0, 0, 3), uniform);
        let exponential = [0.854_451, 1.166_045_2, 0.227_454_86];
        assert_relative_eq!(
            numbers(7, Draw::CodeChoice, 1, 2, 3)[..],
            exponential[..],
            max_relative = 1e-6
        );
        let normal = [-1.387_690_9, 0.629_708_65, 0.127_869_55];
        assert_relative_eq!(
            numbers(7, Draw::CellOrderNormal, 1, 2, 3)[..],
            normal[..],
            max_relative = 1e-6
        );
    }

    #[test]
    fn distributions_have_their_moments() {
        let moments = |draw| {
            let values = numbers(11, draw, 0, 0, 200_000);
            let count = values.len() as f64;
            let mean = values.iter().map(|&v| f64::from(v)).sum::<f64>() / count;
            let square = values.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>() / count;
            (mean, square - mean * mean)
        };
        for (draw, mean, variance) in [
            (Draw::TextChoice, 0.5, 1.0 / 12.0),
            (Draw::CodeChoice, 1.0, 1.0),
            (Draw::CellOrderNormal, 0.0, 1.0),
        ] {
            let (found_mean, found_variance) = moments(draw);
            assert!((found_mean - mean).abs() < 0.01, "{draw:?}: {found_mean}");
            assert!(
                (found_variance - variance).abs() < 0.02,
                "{draw:?}: {found_variance}"
            );
        }
    }
}
