//! The few ONNX protobuf messages that this program writes.
//!
//! Field numbers are those of `onnx.proto` (ONNX IR version 10). Only the fields in use are declared; a protobuf
//! reader treats the others as absent.

use prost::Message;

/// `AttributeProto.AttributeType`: which field of an attribute holds its value.
pub mod attribute_type {
    /// A single `float`.
    pub const FLOAT: i32 = 1;
    /// A single `int64`.
    pub const INT: i32 = 2;
    /// A byte string.
    pub const STRING: i32 = 3;
    /// A list of `int64`.
    pub const INTS: i32 = 7;
}

/// `TensorProto.DataLocation.EXTERNAL`: the tensor's bytes are in another file.
pub const EXTERNAL: i32 = 1;

/// A whole model: graph, operator sets and who wrote it.
#[derive(Clone, PartialEq, Message)]
pub struct ModelProto {
    /// Version of the file format.
    #[prost(int64, tag = "1")]
    pub ir_version: i64,
    /// Operator sets that the graph uses.
    #[prost(message, repeated, tag = "8")]
    pub opset_import: Vec<OperatorSetId>,
    /// Name of the program that wrote the file.
    #[prost(string, tag = "2")]
    pub producer_name: String,
    /// Version of the program that wrote the file.
    #[prost(string, tag = "3")]
    pub producer_version: String,
    /// The computation.
    #[prost(message, optional, tag = "7")]
    pub graph: Option<GraphProto>,
}

/// One operator set: a domain (empty for ONNX's own) and its version.
#[derive(Clone, PartialEq, Message)]
pub struct OperatorSetId {
    /// Domain; empty for the standard operators.
    #[prost(string, tag = "1")]
    pub domain: String,
    /// Version of the set.
    #[prost(int64, tag = "2")]
    pub version: i64,
}

/// Nodes in topological order with the tensors they start from.
#[derive(Clone, PartialEq, Message)]
pub struct GraphProto {
    /// Operations, each after those that it depends on.
    #[prost(message, repeated, tag = "1")]
    pub node: Vec<NodeProto>,
    /// Name of the graph.
    #[prost(string, tag = "2")]
    pub name: String,
    /// Constant tensors.
    #[prost(message, repeated, tag = "5")]
    pub initializer: Vec<TensorProto>,
    /// What a caller must give.
    #[prost(message, repeated, tag = "11")]
    pub input: Vec<ValueInfoProto>,
    /// What a caller gets.
    #[prost(message, repeated, tag = "12")]
    pub output: Vec<ValueInfoProto>,
}

/// One operation.
#[derive(Clone, PartialEq, Message)]
pub struct NodeProto {
    /// Names of the values it reads; an empty name is an optional input that is left out.
    #[prost(string, repeated, tag = "1")]
    pub input: Vec<String>,
    /// Names of the values it makes; an empty name is an optional output that is left out.
    #[prost(string, repeated, tag = "2")]
    pub output: Vec<String>,
    /// Name shown in errors and profiles.
    #[prost(string, tag = "3")]
    pub name: String,
    /// Operator.
    #[prost(string, tag = "4")]
    pub op_type: String,
    /// Domain of the operator.
    #[prost(string, tag = "7")]
    pub domain: String,
    /// Fixed parameters.
    #[prost(message, repeated, tag = "5")]
    pub attribute: Vec<AttributeProto>,
}

/// One fixed parameter of a node.
#[derive(Clone, PartialEq, Message)]
pub struct AttributeProto {
    /// Name of the parameter.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Value when `type` is [`attribute_type::FLOAT`].
    #[prost(float, tag = "2")]
    pub f: f32,
    /// Value when `type` is [`attribute_type::INT`].
    #[prost(int64, tag = "3")]
    pub i: i64,
    /// Value when `type` is [`attribute_type::STRING`].
    #[prost(bytes = "vec", tag = "4")]
    pub s: Vec<u8>,
    /// Value when `type` is [`attribute_type::INTS`].
    #[prost(int64, repeated, tag = "8")]
    pub ints: Vec<i64>,
    /// One of [`attribute_type`].
    #[prost(int32, tag = "20")]
    pub r#type: i32,
}

/// A constant tensor, its bytes inside this file or in another.
#[derive(Clone, PartialEq, Message)]
pub struct TensorProto {
    /// Shape; empty for a scalar.
    #[prost(int64, repeated, tag = "1")]
    pub dims: Vec<i64>,
    /// Element type, a [`DataType`](super::DataType) code.
    #[prost(int32, tag = "2")]
    pub data_type: i32,
    /// Name by which nodes refer to it.
    #[prost(string, tag = "8")]
    pub name: String,
    /// Little-endian, row-major bytes when they are inside this file.
    #[prost(bytes = "vec", tag = "9")]
    pub raw_data: Vec<u8>,
    /// `location`, `offset` and `length` when the bytes are in another file.
    #[prost(message, repeated, tag = "13")]
    pub external_data: Vec<StringStringEntry>,
    /// [`EXTERNAL`] when the bytes are in another file, 0 otherwise.
    #[prost(int32, tag = "14")]
    pub data_location: i32,
}

/// A key with its value.
#[derive(Clone, PartialEq, Message)]
pub struct StringStringEntry {
    /// Key.
    #[prost(string, tag = "1")]
    pub key: String,
    /// Value.
    #[prost(string, tag = "2")]
    pub value: String,
}

/// Name and type of a graph input or output.
#[derive(Clone, PartialEq, Message)]
pub struct ValueInfoProto {
    /// Name of the value.
    #[prost(string, tag = "1")]
    pub name: String,
    /// Its type.
    #[prost(message, optional, tag = "2")]
    pub r#type: Option<TypeProto>,
}

/// The type of a value; always a tensor here.
#[derive(Clone, PartialEq, Message)]
pub struct TypeProto {
    /// Element type and shape.
    #[prost(message, optional, tag = "1")]
    pub tensor_type: Option<TensorTypeProto>,
}

/// Element type and shape of a tensor value.
#[derive(Clone, PartialEq, Message)]
pub struct TensorTypeProto {
    /// Element type, a [`DataType`](super::DataType) code.
    #[prost(int32, tag = "1")]
    pub elem_type: i32,
    /// Shape, each dimension a number or a name.
    #[prost(message, optional, tag = "2")]
    pub shape: Option<TensorShapeProto>,
}

/// A shape.
#[derive(Clone, PartialEq, Message)]
pub struct TensorShapeProto {
    /// Dimensions, outermost first.
    #[prost(message, repeated, tag = "1")]
    pub dim: Vec<DimensionProto>,
}

/// One dimension: fixed, or named when it is only known when the model runs.
#[derive(Clone, PartialEq, Message)]
pub struct DimensionProto {
    /// The dimension.
    #[prost(oneof = "DimensionValue", tags = "1, 2")]
    pub value: Option<DimensionValue>,
}

/// Number or name of a dimension.
#[derive(Clone, PartialEq, prost::Oneof)]
pub enum DimensionValue {
    /// A fixed size.
    #[prost(int64, tag = "1")]
    Size(i64),
    /// A name; equal names mean equal sizes.
    #[prost(string, tag = "2")]
    Name(String),
}
