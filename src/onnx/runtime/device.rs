//! The device that a session computes on. A provider that is absent is an error, never a silent fallback: timings
//! and results would belong to another machine than the one that was asked for.

use std::fmt;
use std::str::FromStr;

use ort::ep::{ExecutionProvider, ExecutionProviderDispatch};
use ort::session::builder::SessionBuilder;
use serde::{Deserialize, Serialize};

/// Where a session computes: `cpu`, `cuda` or `cuda:N`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub enum Device {
    /// The processor.
    #[default]
    Cpu,
    /// An NVIDIA GPU, by its index.
    Cuda(u32),
}

/// Why a device cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// The text names no device.
    #[error("unknown device `{0}`; expected cpu, cuda or cuda:N")]
    Unknown(String),
    /// This program was built without the provider.
    #[error(
        "{0} was asked for, but this parabench is built without it; build with `--features cuda`"
    )]
    NotBuilt(Device),
    /// The loaded library does not have the provider.
    #[error(
        "{device} was asked for, but ONNX Runtime here offers {offered:?} only; \
         install onnxruntime-gpu and set ORT_DYLIB_PATH to its library"
    )]
    NotOffered {
        /// The device.
        device: Device,
        /// Providers of the loaded library.
        offered: Vec<&'static str>,
    },
}

impl Device {
    /// The provider to register for this device; `None` for the processor, which needs none.
    ///
    /// # Errors
    /// [`DeviceError`] when the provider is not in this build or not in the loaded library.
    pub(super) fn provider(self) -> Result<Option<ExecutionProviderDispatch>, DeviceError> {
        match self {
            Self::Cpu => Ok(None),
            Self::Cuda(index) => self.cuda(index).map(Some),
        }
    }

    #[cfg(feature = "cuda")]
    fn cuda(self, index: u32) -> Result<ExecutionProviderDispatch, DeviceError> {
        use ort::ep::CUDA;
        if !CUDA::is_available().unwrap_or(false) {
            let offered = providers();
            return Err(DeviceError::NotOffered {
                device: self,
                offered,
            });
        }
        let index = i32::try_from(index).map_err(|_| DeviceError::Unknown(self.to_string()))?;
        // Without `error_on_failure` a GPU that cannot be opened would silently become the CPU.
        Ok(CUDA::default()
            .with_device_id(index)
            .build()
            .error_on_failure())
    }

    #[cfg(not(feature = "cuda"))]
    fn cuda(self, _index: u32) -> Result<ExecutionProviderDispatch, DeviceError> {
        Err(DeviceError::NotBuilt(self))
    }
}

/// Providers of the loaded library, by ONNX Runtime's names.
pub(super) fn providers() -> Vec<&'static str> {
    let all = [
        Probe::<0>::offered(),
        Probe::<1>::offered(),
        Probe::<2>::offered(),
        Probe::<3>::offered(),
        Probe::<4>::offered(),
        Probe::<5>::offered(),
        Probe::<6>::offered(),
    ];
    all.into_iter().flatten().collect()
}

/// Asks the library for a provider by its name. `ort` has types only for providers that are switched on when this
/// program is built, but what a library offers is worth knowing anyway.
struct Probe<const INDEX: usize>;

const PROBED: [&str; 7] = [
    "CPUExecutionProvider",
    "CUDAExecutionProvider",
    "TensorrtExecutionProvider",
    "CoreMLExecutionProvider",
    "DmlExecutionProvider",
    "MIGraphXExecutionProvider",
    "OpenVINOExecutionProvider",
];

impl<const INDEX: usize> Probe<INDEX> {
    fn offered() -> Option<&'static str> {
        Self::is_available().unwrap_or(false).then_some(Self::NAME)
    }
}

impl<const INDEX: usize> ExecutionProvider for Probe<INDEX> {
    const NAME: &'static str = PROBED[INDEX];

    fn register(&self, _builder: &mut SessionBuilder) -> ort::Result<()> {
        Err(ort::Error::new(format!(
            "{} is only asked for, never used",
            Self::NAME
        )))
    }
}

impl fmt::Display for Device {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cpu => f.write_str("cpu"),
            Self::Cuda(index) => write!(f, "cuda:{index}"),
        }
    }
}

impl FromStr for Device {
    type Err = DeviceError;

    fn from_str(text: &str) -> Result<Self, DeviceError> {
        let unknown = || DeviceError::Unknown(text.into());
        match text.split_once(':') {
            None if text == "cpu" => Ok(Self::Cpu),
            None if text == "cuda" => Ok(Self::Cuda(0)),
            Some(("cuda", index)) => index.parse().map(Self::Cuda).map_err(|_| unknown()),
            _ => Err(unknown()),
        }
    }
}

impl TryFrom<String> for Device {
    type Error = DeviceError;

    fn try_from(text: String) -> Result<Self, DeviceError> {
        text.parse()
    }
}

impl From<Device> for String {
    fn from(device: Device) -> Self {
        device.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_are_read_as_they_are_written() {
        for (text, device) in [
            ("cpu", Device::Cpu),
            ("cuda", Device::Cuda(0)),
            ("cuda:3", Device::Cuda(3)),
        ] {
            assert_eq!(text.parse::<Device>().unwrap(), device);
            assert_eq!(device.to_string().parse::<Device>().unwrap(), device);
        }
        for text in ["", "gpu", "cuda:", "cuda:-1", "cpu:0", "CPU"] {
            assert!(text.parse::<Device>().is_err(), "{text}");
        }
    }

    #[cfg(not(feature = "cuda"))]
    #[test]
    fn a_provider_that_is_not_built_in_is_an_error() {
        assert!(matches!(
            Device::Cuda(0).provider(),
            Err(DeviceError::NotBuilt(_))
        ));
    }
}
