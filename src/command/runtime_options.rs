//! Options that say which ONNX Runtime is used, and where it computes.

use std::path::PathBuf;

use crate::command::Globals;
use crate::onnx::runtime::{Device, RuntimeOptions, SessionOptions};

/// Which library, which device.
#[derive(Clone, Debug, clap::Args)]
pub struct OnnxOptions {
    /// The ONNX Runtime library to use; otherwise ORT_DYLIB_PATH, the cache, an installed
    /// Python package, or the pinned wheel through pip
    #[arg(long, value_name = "FILE", env = "PARABENCH_ONNXRUNTIME")]
    onnxruntime: Option<PathBuf>,
    /// Where to compute: cpu, cuda or cuda:N
    #[arg(long, default_value = "cpu")]
    device: Device,
    /// Threads within one operator [default: one per core]
    #[arg(long, value_name = "N", default_value_t = 0, hide_default_value = true)]
    threads: usize,
}

impl OnnxOptions {
    /// What the search for the library may do.
    pub fn runtime(&self, globals: &Globals) -> RuntimeOptions {
        RuntimeOptions {
            library: self.onnxruntime.clone(),
            cache: None,
            offline: globals.offline,
        }
    }

    /// How graphs are opened.
    pub fn session(&self) -> SessionOptions {
        SessionOptions {
            device: self.device,
            threads: self.threads,
        }
    }
}
