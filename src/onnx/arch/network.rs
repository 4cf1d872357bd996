//! What the architectures share: weights bound to a graph, and the layers that are more than one operator.

use std::ops::Range;

use serde::{Deserialize, Serialize};

use super::{ArchError, WrittenGraph};
use crate::onnx::checkpoint::{Checkpoint, CheckpointError};
use crate::onnx::graph::{DataType, ExternalData, GraphBuilder, Op, Value};

/// The floating-point type in which a graph computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Precision {
    /// 32 bits: exact on every provider.
    #[default]
    F32,
    /// 16 bits, IEEE.
    F16,
    /// 16 bits with the exponent of 32: what the released checkpoints are stored in. Not for the CPU.
    Bf16,
}

impl Precision {
    /// The element type.
    #[must_use]
    pub const fn data_type(self) -> DataType {
        match self {
            Self::F32 => DataType::F32,
            Self::F16 => DataType::F16,
            Self::Bf16 => DataType::Bf16,
        }
    }
}

impl std::fmt::Display for Precision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::F32 => "f32",
            Self::F16 => "f16",
            Self::Bf16 => "bf16",
        })
    }
}

impl std::str::FromStr for Precision {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "f32" => Ok(Self::F32),
            "f16" => Ok(Self::F16),
            "bf16" => Ok(Self::Bf16),
            other => Err(format!(
                "unknown number type `{other}`; expected f32, f16 or bf16"
            )),
        }
    }
}

/// Memory that a graph's weights need when it runs, in bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Footprint {
    /// Weights that are used as they are stored.
    pub in_place_bytes: u64,
    /// Weights that are stored in another type and converted when the session opens: bytes after the conversion. The
    /// stored bytes are read on top of them, but need not stay.
    pub converted_bytes: u64,
}

impl Footprint {
    /// All weights together.
    #[must_use]
    pub const fn total_bytes(self) -> u64 {
        self.in_place_bytes + self.converted_bytes
    }
}

impl std::ops::AddAssign for Footprint {
    fn add_assign(&mut self, other: Self) {
        self.in_place_bytes += other.in_place_bytes;
        self.converted_bytes += other.converted_bytes;
    }
}

/// A graph under construction together with the weights that it takes.
#[derive(Debug)]
pub struct Network<'a> {
    /// The graph.
    pub graph: GraphBuilder,
    checkpoint: &'a Checkpoint,
    prefix: &'a str,
    precision: Precision,
    footprint: Footprint,
}

impl<'a> Network<'a> {
    /// Starts a graph called `name` that computes in `precision`. The weight files are expected beside the graph,
    /// their names in the checkpoint preceded by `prefix`.
    #[must_use]
    pub fn new(
        name: &str,
        checkpoint: &'a Checkpoint,
        prefix: &'a str,
        precision: Precision,
    ) -> Self {
        Self {
            graph: GraphBuilder::new(name),
            checkpoint,
            prefix,
            precision,
            footprint: Footprint::default(),
        }
    }

    /// The type in which the graph computes.
    #[must_use]
    pub const fn kind(&self) -> DataType {
        self.precision.data_type()
    }

    /// The weight `name`, which must have exactly this shape.
    ///
    /// # Errors
    /// [`ArchError::Checkpoint`] when it is missing or has another shape or an unknown type.
    pub fn weight(&mut self, name: &str, shape: &[u64]) -> Result<Value, ArchError> {
        self.weight_as(name, shape, shape)
    }

    /// The weight `name` of shape `shape`, seen as `view`, which has as many elements.
    ///
    /// # Errors
    /// As [`Network::weight`].
    pub fn weight_as(
        &mut self,
        name: &str,
        shape: &[u64],
        view: &[u64],
    ) -> Result<Value, ArchError> {
        self.expect_shape(name, shape)?;
        self.part(name, name, view, 0)
    }

    /// Rows `rows` of the matrix `name` of shape `[rows, columns]`, without touching the others.
    ///
    /// # Errors
    /// As [`Network::weight`].
    pub fn weight_rows(
        &mut self,
        name: &str,
        shape: [u64; 2],
        rows: Range<u64>,
    ) -> Result<Value, ArchError> {
        self.expect_shape(name, &shape)?;
        let label = format!("{name}[{}..{}]", rows.start, rows.end);
        self.part(
            name,
            &label,
            &[rows.end - rows.start, shape[1]],
            rows.start * shape[1],
        )
    }

    fn expect_shape(&self, name: &str, expected: &[u64]) -> Result<(), CheckpointError> {
        let found = self.checkpoint.shape(name)?;
        if found == expected {
            return Ok(());
        }
        Err(CheckpointError::Shape {
            name: name.into(),
            found: found.into(),
            expected: expected.into(),
        })
    }

    /// Elements of the stored tensor `name` from `first` on, as many as `shape` has, called `label` in the graph.
    fn part(
        &mut self,
        name: &str,
        label: &str,
        shape: &[u64],
        first: u64,
    ) -> Result<Value, ArchError> {
        let tensor = self.checkpoint.tensor(name)?;
        let stored = tensor.data_type(name)?;
        let elements: u64 = shape.iter().product();
        let data = ExternalData {
            file: format!("{}{}", self.prefix, tensor.file),
            offset: tensor.entry.offset + first * stored.bytes(),
            length: elements * stored.bytes(),
        };
        let value = self.graph.external(label, stored, shape, &data);
        if stored == self.kind() {
            self.footprint.in_place_bytes += data.length;
            return Ok(value);
        }
        // Weights are constants, so the session converts them once when it opens.
        self.footprint.converted_bytes += elements * self.kind().bytes();
        Ok(self.cast(&value, self.kind()))
    }

    /// Converts to another element type; no node when it is the type of this graph already.
    pub fn cast(&mut self, x: &Value, kind: DataType) -> Value {
        self.graph
            .add(Op::new("Cast").int("to", i64::from(kind.code())), &[x])
    }

    /// A scalar constant in the type of the graph.
    pub fn scalar(&mut self, value: f32) -> Value {
        self.graph.floats(self.kind(), &[value], &[])
    }

    /// A tensor of the given shape, a vector, that holds one value everywhere.
    pub fn filled(&mut self, value: f32, shape: &Value) -> Value {
        let value = self.scalar(value);
        self.graph.add(Op::new("Expand"), &[&value, shape])
    }

    /// Converts an input that arrives in 32 bits to the type of the graph.
    pub fn narrow(&mut self, x: &Value) -> Value {
        if self.kind() == DataType::F32 {
            x.clone()
        } else {
            self.cast(x, self.kind())
        }
    }

    /// Converts a result to 32 bits, the type of all floating-point outputs.
    pub fn widen(&mut self, x: &Value) -> Value {
        if self.kind() == DataType::F32 {
            x.clone()
        } else {
            self.cast(x, DataType::F32)
        }
    }

    /// `x Wᵀ + b` for rows `x` `[rows, inputs]` and a weight `[outputs, inputs]`, PyTorch's layout. The bias, if any,
    /// is `[outputs]`.
    ///
    /// # Errors
    /// As [`Network::weight`].
    pub fn linear(
        &mut self,
        x: &Value,
        weight: &str,
        bias: Option<&str>,
        [outputs, inputs]: [u64; 2],
    ) -> Result<Value, ArchError> {
        let weight = self.weight(weight, &[outputs, inputs])?;
        let op = Op::new("Gemm").int("transB", 1);
        Ok(match bias {
            None => self.graph.add(op, &[x, &weight]),
            Some(bias) => {
                let bias = self.weight(bias, &[outputs])?;
                self.graph.add(op, &[x, &weight, &bias])
            }
        })
    }

    /// `x · sigmoid(alpha x)`: SiLU (swish) for 1, CLIP's quick GELU for 1.702.
    pub fn sigmoid_gate(&mut self, x: &Value, alpha: f32) -> Value {
        self.graph
            .add(Op::microsoft("QuickGelu").float("alpha", alpha), &[x])
    }

    /// Views `x` under a shape given as numbers, with ONNX's 0 (as it was) and −1 (what is left).
    pub fn reshape(&mut self, x: &Value, shape: &[i64]) -> Value {
        let shape = self.graph.integers(shape, &[shape.len() as u64]);
        self.graph.add(Op::new("Reshape"), &[x, &shape])
    }

    /// Moves the axes of `x`.
    pub fn transpose(&mut self, x: &Value, order: &[i64]) -> Value {
        self.graph
            .add(Op::new("Transpose").ints("perm", order), &[x])
    }

    /// Size of one axis of `x`, as a vector with one element.
    pub fn axis(&mut self, x: &Value, axis: i64) -> Value {
        self.graph.add(
            Op::new("Shape").int("start", axis).int("end", axis + 1),
            &[x],
        )
    }

    /// Joins vectors of integers, usually to a shape.
    pub fn join(&mut self, parts: &[&Value]) -> Value {
        self.graph.add(Op::new("Concat").int("axis", 0), parts)
    }

    /// Checks and encodes the graph.
    ///
    /// # Errors
    /// [`ArchError::Graph`].
    pub fn finish(self) -> Result<WrittenGraph, ArchError> {
        Ok(WrittenGraph {
            bytes: self.graph.finish()?,
            footprint: self.footprint,
        })
    }
}
