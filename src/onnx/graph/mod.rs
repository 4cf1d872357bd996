//! A small writer of ONNX graphs.
//!
//! [`GraphBuilder`] collects nodes in the order in which they are computed; [`GraphBuilder::finish`] checks the whole
//! and gives the bytes of an `.onnx` file. Large weights are not copied into that file: an initializer may name a
//! file beside it, an offset and a length ([`ExternalData`]), which is how a bundle uses the checkpoint's own
//! safetensors.

mod builder;
mod check;
pub mod elsewhere;
pub mod proto;

pub use builder::{ExternalData, GraphBuilder, Op, Value};
pub use check::GraphError;

/// The ONNX operator set that graphs are written for. 21 knows bfloat16 everywhere and is read by every ONNX Runtime
/// that this program accepts.
pub const OPSET: i64 = 21;
/// The version of the file format that belongs to [`OPSET`].
pub const IR_VERSION: i64 = 10;
/// Domain of ONNX Runtime's own fused operators.
pub const MICROSOFT: &str = "com.microsoft";

/// Element types, with ONNX's numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum DataType {
    /// 32-bit floating point.
    F32,
    /// 16-bit IEEE floating point.
    F16,
    /// 16-bit brain floating point.
    Bf16,
    /// 64-bit signed integer.
    I64,
    /// Boolean, one byte.
    Bool,
}

impl DataType {
    /// `TensorProto.DataType` of ONNX.
    #[must_use]
    pub const fn code(self) -> i32 {
        match self {
            Self::F32 => 1,
            Self::I64 => 7,
            Self::Bool => 9,
            Self::F16 => 10,
            Self::Bf16 => 16,
        }
    }

    /// Bytes of one element.
    #[must_use]
    pub const fn bytes(self) -> u64 {
        match self {
            Self::F32 => 4,
            Self::F16 | Self::Bf16 => 2,
            Self::I64 => 8,
            Self::Bool => 1,
        }
    }
}

/// One dimension of a graph input or output.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Dim {
    /// Known when the graph is written.
    Fixed(u64),
    /// Known when it runs; the name says what it counts.
    Named(&'static str),
}

impl From<u64> for Dim {
    fn from(size: u64) -> Self {
        Self::Fixed(size)
    }
}

impl From<&'static str> for Dim {
    fn from(name: &'static str) -> Self {
        Self::Named(name)
    }
}
