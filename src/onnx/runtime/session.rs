//! One loaded graph.

use std::path::{Path, PathBuf};

use ort::session::{Session as OrtSession, SessionInputValue};
use ort::value::{DynValue, Outlet, TensorElementType, TensorRef, ValueType};

use super::device::{Device, DeviceError};
use super::{Runtime, RuntimeError};

/// How a graph is opened.
#[derive(Debug, Clone, Copy, Default)]
pub struct SessionOptions {
    /// Where it computes.
    pub device: Device,
    /// Threads within one operator; 0 lets ONNX Runtime take one per core.
    pub threads: usize,
}

/// What can go wrong with a graph.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SessionError {
    /// ONNX Runtime itself cannot be used.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// The device cannot be used.
    #[error(transparent)]
    Device(#[from] DeviceError),
    /// ONNX Runtime refuses the graph.
    #[error("ONNX Runtime cannot open {} on {device}", path.display())]
    Open {
        /// The graph.
        path: PathBuf,
        /// The device.
        device: Device,
        /// What it said.
        #[source]
        source: ort::Error,
    },
    /// An input does not fit, or an operator failed.
    #[error("running {} failed with {inputs}", path.display())]
    Run {
        /// The graph.
        path: PathBuf,
        /// Names and shapes of the inputs.
        inputs: String,
        /// What ONNX Runtime said.
        #[source]
        source: ort::Error,
    },
    /// The graph did not give the output that was expected of it.
    #[error("{} gave no output `{name}` of type {wanted}", path.display())]
    Output {
        /// The graph.
        path: PathBuf,
        /// The output.
        name: String,
        /// The element type that was expected.
        wanted: TensorElementType,
    },
}

/// One input of a run; the data is lent, not copied.
#[derive(Debug, Clone, Copy)]
pub enum Input<'a> {
    /// Integers with their shape.
    I64(&'a [usize], &'a [i64]),
    /// 32-bit floating-point numbers with their shape.
    F32(&'a [usize], &'a [f32]),
}

impl Input<'_> {
    const fn shape(&self) -> &[usize] {
        match self {
            Self::I64(shape, _) | Self::F32(shape, _) => shape,
        }
    }
}

/// An input or output as a graph declares it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slot {
    /// Its name.
    pub name: String,
    /// Its sides, −1 for one that may be any; empty for what is no tensor.
    pub shape: Vec<i64>,
    /// Whether it holds 32-bit floating-point numbers.
    pub is_float: bool,
}

impl Slot {
    fn of(outlet: &Outlet) -> Self {
        let (is_float, shape) = match outlet.dtype() {
            ValueType::Tensor { ty, shape, .. } => {
                (*ty == TensorElementType::Float32, shape.to_vec())
            }
            _ => (false, Vec::new()),
        };
        Self {
            name: outlet.name().to_owned(),
            shape,
            is_float,
        }
    }
}

/// A loaded graph. A run needs exclusive access, so every worker opens its own.
#[derive(Debug)]
pub struct Session {
    inner: OrtSession,
    path: PathBuf,
}

impl Session {
    /// Loads the graph at `path`; its weights are mapped from the files beside it.
    ///
    /// # Errors
    /// [`SessionError::Device`] when the device is not there, [`SessionError::Open`] when ONNX Runtime refuses the
    /// graph.
    pub fn open(
        runtime: &Runtime,
        path: &Path,
        options: &SessionOptions,
    ) -> Result<Self, SessionError> {
        let provider = options.device.provider()?;
        let open = || -> ort::Result<OrtSession> {
            let mut builder = OrtSession::builder(runtime.environment())?;
            if options.threads > 0 {
                builder = builder.with_intra_threads(options.threads)?;
            }
            if let Some(provider) = &provider {
                builder = builder.with_execution_providers([provider.clone()])?;
            }
            builder.commit_from_file(path)
        };
        match open() {
            Ok(inner) => Ok(Self {
                inner,
                path: path.into(),
            }),
            Err(source) => Err(SessionError::Open {
                path: path.into(),
                device: options.device,
                source,
            }),
        }
    }

    /// What the graph takes.
    #[must_use]
    pub fn inputs(&self) -> Vec<Slot> {
        self.inner.inputs().iter().map(Slot::of).collect()
    }

    /// What it gives.
    #[must_use]
    pub fn outputs(&self) -> Vec<Slot> {
        self.inner.outputs().iter().map(Slot::of).collect()
    }

    /// Does the graph have an input of this name?
    #[must_use]
    pub fn has_input(&self, name: &str) -> bool {
        self.inner.inputs().iter().any(|input| input.name() == name)
    }

    /// Runs the graph.
    ///
    /// # Errors
    /// [`SessionError::Run`] with the shapes that were given.
    pub fn run(&mut self, inputs: &[(&str, Input<'_>)]) -> Result<Outputs, SessionError> {
        let result = run(&mut self.inner, inputs);
        let values = result.map_err(|source| SessionError::Run {
            path: self.path.clone(),
            inputs: inputs
                .iter()
                .map(|(name, input)| format!("{name} {:?}", input.shape()))
                .collect::<Vec<_>>()
                .join(", "),
            source,
        })?;
        Ok(Outputs {
            path: self.path.clone(),
            values,
        })
    }
}

fn run(
    session: &mut OrtSession,
    inputs: &[(&str, Input<'_>)],
) -> ort::Result<Vec<(String, DynValue)>> {
    let mut values: Vec<(&str, SessionInputValue<'_>)> = Vec::with_capacity(inputs.len());
    for (name, input) in inputs {
        let value = match input {
            Input::I64(shape, data) => TensorRef::from_array_view((*shape, *data))?.into(),
            Input::F32(shape, data) => TensorRef::from_array_view((*shape, *data))?.into(),
        };
        values.push((name, value));
    }
    Ok(session
        .run(values)?
        .into_iter()
        .map(|(name, value)| (name.to_owned(), value))
        .collect())
}

/// What a run gave. The tensors stay where ONNX Runtime put them; nothing is copied.
#[derive(Debug)]
pub struct Outputs {
    path: PathBuf,
    values: Vec<(String, DynValue)>,
}

impl Outputs {
    /// Shape and content of a floating-point output.
    ///
    /// # Errors
    /// [`SessionError::Output`] when there is none of this name and type.
    pub fn floats(&self, name: &str) -> Result<(&[i64], &[f32]), SessionError> {
        self.tensor(name, TensorElementType::Float32)
    }

    /// Shape and content of an integer output.
    ///
    /// # Errors
    /// [`SessionError::Output`] when there is none of this name and type.
    pub fn integers(&self, name: &str) -> Result<(&[i64], &[i64]), SessionError> {
        self.tensor(name, TensorElementType::Int64)
    }

    fn tensor<T: ort::value::PrimitiveTensorElementType>(
        &self,
        name: &str,
        wanted: TensorElementType,
    ) -> Result<(&[i64], &[T]), SessionError> {
        let value = self.values.iter().find(|(known, _)| known == name);
        let tensor = value.and_then(|(_, value)| value.try_extract_tensor::<T>().ok());
        match tensor {
            Some((shape, data)) => Ok((shape, data)),
            None => Err(SessionError::Output {
                path: self.path.clone(),
                name: name.into(),
                wanted,
            }),
        }
    }
}
