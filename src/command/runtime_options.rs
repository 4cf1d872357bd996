//! Options that say which ONNX Runtime is used, and where it computes.

use std::path::PathBuf;
use std::str::FromStr;

use crate::command::Globals;
use crate::model::trajectory::Filming;
use crate::onnx::runtime::{Device, RuntimeOptions, SessionOptions};

/// Which library.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct LibraryOptions {
    /// ONNX Runtime library to use
    ///
    /// Also set by PARABENCH_ONNXRUNTIME. Otherwise ORT_DYLIB_PATH, the one installed with this program, the cache,
    /// an installed Python package, or the pinned wheel through pip.
    #[arg(
        long,
        value_name = "FILE",
        env = "PARABENCH_ONNXRUNTIME",
        hide_env = true
    )]
    onnxruntime: Option<PathBuf>,
}

/// Which library, which device.
#[derive(Clone, Debug, clap::Args)]
pub struct OnnxOptions {
    #[command(flatten)]
    library: LibraryOptions,
    /// Device: cpu, cuda or cuda:N
    #[arg(long, default_value = "cpu")]
    device: Device,
    /// Threads within one operator
    ///
    /// The default is one per core.
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    threads: usize,
}

impl LibraryOptions {
    /// What the search for the library may do.
    pub fn runtime(&self, globals: &Globals) -> RuntimeOptions {
        RuntimeOptions {
            library: self.onnxruntime.clone(),
            cache: None,
            offline: globals.offline,
        }
    }
}

impl OnnxOptions {
    /// What the search for the library may do.
    pub fn runtime(&self, globals: &Globals) -> RuntimeOptions {
        self.library.runtime(globals)
    }

    /// How graphs are opened.
    pub fn session(&self) -> SessionOptions {
        SessionOptions {
            device: self.device,
            threads: self.threads,
        }
    }
}

/// What models that decode here need to know of the command line.
#[derive(Clone, Debug, Default, clap::Args)]
pub struct DecodingOptions {
    /// Record how answers are decoded
    ///
    /// The run folder then holds what every step decides, so that a report can show how text and picture develop; with
    /// every=N also a picture every N steps, which `parabench trajectory` needs. Only models that decode here
    /// (onnx:BUNDLE) can.
    #[arg(long, value_name = "steps|every=N")]
    pub trajectory: Option<Recorded>,
    /// Which ONNX Runtime.
    #[command(flatten)]
    pub library: LibraryOptions,
}

/// What is recorded, written `steps` or `every=N`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Recorded(Filming);

impl From<Recorded> for Filming {
    fn from(recorded: Recorded) -> Self {
        recorded.0
    }
}

impl Recorded {
    /// What every step decides, without frames.
    pub const STEPS: Self = Self(Filming::Steps);
}

impl FromStr for Recorded {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        if text == "steps" {
            return Ok(Self::STEPS);
        }
        let count = text.strip_prefix("every=").map(str::parse);
        match count {
            Some(Ok(every)) if every >= 1 => Ok(Self(Filming::Frames { every })),
            _ => Err(
                "expected steps (what every step decides), or every=N with N at least 1 (also a frame every N steps)"
                    .to_owned(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_counted_in_steps() {
        let every = |every| Ok(Recorded(Filming::Frames { every }));
        assert_eq!("every=4".parse(), every(4));
        assert_eq!("steps".parse(), Ok(Recorded::STEPS));
        for wrong in ["", "4", "every=", "every=0", "every=-1", "every=x"] {
            assert!(wrong.parse::<Recorded>().is_err(), "{wrong}");
        }
    }
}
