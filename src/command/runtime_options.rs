//! Options that say which ONNX Runtime is used, and where it computes.

use std::path::PathBuf;
use std::str::FromStr;

use crate::command::Globals;
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
    /// Record a frame every N decoding steps
    ///
    /// The run folder then holds how text and picture come about. Only models that decode here (onnx:BUNDLE) can.
    #[arg(long, value_name = "every=N")]
    pub trajectory: Option<Every>,
    /// Which ONNX Runtime.
    #[command(flatten)]
    pub library: LibraryOptions,
}

/// A number of steps, written `every=N`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Every {
    /// Steps from frame to frame, at least 1.
    pub every: usize,
}

impl FromStr for Every {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let count = text.strip_prefix("every=").map(str::parse);
        match count {
            Some(Ok(every)) if every >= 1 => Ok(Self { every }),
            _ => Err("expected every=N with N at least 1: a frame every N steps".to_owned()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn frames_are_counted_in_steps() {
        assert_eq!("every=4".parse(), Ok(Every { every: 4 }));
        for wrong in ["", "4", "every=", "every=0", "every=-1", "every=x"] {
            assert!(wrong.parse::<Every>().is_err(), "{wrong}");
        }
    }
}
