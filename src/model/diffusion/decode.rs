//! The loop over the steps of a decoding: timing, progress, and stopping between steps.

use std::ops::ControlFlow;
use std::time::{Duration, Instant};

use super::forward::Forward;
use super::lane::{Lane, LaneFault};
use super::planned::PlannedDecoder;
use super::released_a::DecoderA;
use super::released_m::DecoderM;
use crate::onnx::language::{ForwardError, Read};

/// A decoding in progress, by any preset.
#[derive(Debug)]
pub enum Decoder {
    /// `released-a`.
    A(DecoderA),
    /// `released-m`.
    M(DecoderM),
    /// `paper`.
    Planned(PlannedDecoder),
}

/// Where the time of one step went, all lanes together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct StepTime {
    /// In the network.
    pub forward: Duration,
    /// In everything else: choosing tokens, noise, bookkeeping.
    pub sampling: Duration,
    /// Passes of the network, each over one or more sequences.
    pub passes: usize,
    /// Was the image updated?
    pub drew: bool,
}

/// Where the time of a decoding went, step by step.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Times {
    /// The steps that were done.
    pub steps: Vec<StepTime>,
}

impl Times {
    /// Time in the network.
    #[must_use]
    pub fn forward(&self) -> Duration {
        self.steps.iter().map(|step| step.forward).sum()
    }

    /// Time in everything else.
    #[must_use]
    pub fn sampling(&self) -> Duration {
        self.steps.iter().map(|step| step.sampling).sum()
    }
}

/// How a decoding ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ended {
    /// After its last step.
    Complete,
    /// Between two steps, because it was told to.
    Stopped,
}

impl Decoder {
    /// Number of steps.
    #[must_use]
    pub const fn steps(&self) -> usize {
        match self {
            Self::A(decoder) => decoder.steps(),
            Self::M(decoder) => decoder.steps(),
            Self::Planned(decoder) => decoder.steps(),
        }
    }

    /// Does a step update the image?
    #[must_use]
    pub fn draws(&self, step: usize) -> bool {
        match self {
            Self::A(decoder) => decoder.draws(step),
            Self::M(decoder) => decoder.draws(step),
            Self::Planned(decoder) => decoder.draws(step),
        }
    }

    /// One step of all lanes.
    ///
    /// # Errors
    /// [`ForwardError`] when a pass fails; what goes wrong with one lane is its [`Lane::fault`].
    pub fn step<F: Forward>(
        &mut self,
        step: usize,
        lanes: &mut [Lane],
        network: &mut F,
    ) -> Result<(), ForwardError> {
        match self {
            Self::A(decoder) => decoder.step(step, lanes, network),
            Self::M(decoder) => decoder.step(step, lanes, network),
            Self::Planned(decoder) => decoder.step(step, lanes, network),
        }
    }

    /// The picture's codes after the last step.
    ///
    /// # Errors
    /// [`LaneFault`] when the noise for filling cells is not there.
    pub fn finish(&self, lane: &mut Lane) -> Result<Vec<usize>, LaneFault> {
        match self {
            Self::A(decoder) => decoder.finish(lane),
            Self::M(decoder) => Ok(decoder.finish(lane)),
            Self::Planned(_) => {
                let codes = lane.canvas.codes();
                Ok(codes.into_iter().map(Option::unwrap_or_default).collect())
            }
        }
    }

    /// All steps of all lanes. `watch` sees the lanes after every step and can stop the decoding there.
    ///
    /// # Errors
    /// [`ForwardError`] when a pass fails.
    pub fn run<F: Forward>(
        &mut self,
        lanes: &mut [Lane],
        network: &mut F,
        times: &mut Times,
        mut watch: impl FnMut(usize, &[Lane]) -> ControlFlow<()>,
    ) -> Result<Ended, ForwardError> {
        for step in 0..self.steps() {
            let mut timed = Timed {
                network,
                spent: Duration::ZERO,
                passes: 0,
            };
            let start = Instant::now();
            self.step(step, lanes, &mut timed)?;
            let (forward, passes) = (timed.spent, timed.passes);
            times.steps.push(StepTime {
                forward,
                sampling: start.elapsed().saturating_sub(forward),
                passes,
                drew: self.draws(step),
            });
            if watch(step, lanes).is_break() {
                return Ok(Ended::Stopped);
            }
        }
        Ok(Ended::Complete)
    }
}

/// A network whose passes are timed.
struct Timed<'a, F> {
    network: &'a mut F,
    spent: Duration,
    passes: usize,
}

impl<F: Forward> Forward for Timed<'_, F> {
    type Readings = F::Readings;

    fn forward(
        &mut self,
        ids: &[i64],
        shape: [usize; 2],
        reads: &[Read],
    ) -> Result<F::Readings, ForwardError> {
        let start = Instant::now();
        let result = self.network.forward(ids, shape, reads);
        self.spent += start.elapsed();
        self.passes += 1;
        result
    }
}
