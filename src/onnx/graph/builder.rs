//! Building a graph node by node.

use prost::Message;

use super::proto::{
    AttributeProto, DimensionProto, DimensionValue, EXTERNAL, GraphProto, ModelProto, NodeProto,
    OperatorSetId, StringStringEntry, TensorProto, TensorShapeProto, TensorTypeProto, TypeProto,
    ValueInfoProto, attribute_type,
};
use super::{DataType, Dim, GraphError, IR_VERSION, MICROSOFT, OPSET, check};

/// The name of a tensor inside one graph. Made by [`GraphBuilder`] only, so it always names something that exists.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Value(String);

impl Value {
    /// An optional input that is left out.
    #[must_use]
    pub const fn none() -> Self {
        Self(String::new())
    }
}

/// Bytes of an initializer that lie in a file beside the `.onnx` file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalData {
    /// Plain file name, in the folder of the `.onnx` file.
    pub file: String,
    /// First byte.
    pub offset: u64,
    /// Number of bytes.
    pub length: u64,
}

/// An operator with its fixed parameters, before it is placed in a graph.
#[derive(Debug, Clone)]
pub struct Op {
    kind: &'static str,
    domain: &'static str,
    attributes: Vec<AttributeProto>,
}

impl Op {
    /// A standard ONNX operator.
    #[must_use]
    pub const fn new(kind: &'static str) -> Self {
        Self {
            kind,
            domain: "",
            attributes: Vec::new(),
        }
    }

    /// An operator of ONNX Runtime's own domain.
    #[must_use]
    pub const fn microsoft(kind: &'static str) -> Self {
        Self {
            kind,
            domain: MICROSOFT,
            attributes: Vec::new(),
        }
    }

    /// Adds an integer parameter.
    #[must_use]
    pub fn int(self, name: &str, value: i64) -> Self {
        self.with(AttributeProto {
            name: name.into(),
            i: value,
            r#type: attribute_type::INT,
            ..Default::default()
        })
    }

    /// Adds a list of integers.
    #[must_use]
    pub fn ints(self, name: &str, values: &[i64]) -> Self {
        let ints = values.to_vec();
        self.with(AttributeProto {
            name: name.into(),
            ints,
            r#type: attribute_type::INTS,
            ..Default::default()
        })
    }

    /// Adds a floating-point parameter.
    #[must_use]
    pub fn float(self, name: &str, value: f32) -> Self {
        self.with(AttributeProto {
            name: name.into(),
            f: value,
            r#type: attribute_type::FLOAT,
            ..Default::default()
        })
    }

    /// Adds a string parameter.
    #[must_use]
    pub fn text(self, name: &str, value: &str) -> Self {
        let s = value.as_bytes().to_vec();
        self.with(AttributeProto {
            name: name.into(),
            s,
            r#type: attribute_type::STRING,
            ..Default::default()
        })
    }

    fn with(mut self, attribute: AttributeProto) -> Self {
        self.attributes.push(attribute);
        self
    }
}

/// Collects the inputs, weights, nodes and outputs of one graph.
#[derive(Debug)]
pub struct GraphBuilder {
    graph: GraphProto,
    scope: String,
    counter: usize,
}

impl GraphBuilder {
    /// An empty graph with a name that shows in error messages of ONNX Runtime.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let graph = GraphProto {
            name: name.into(),
            ..Default::default()
        };
        Self {
            graph,
            scope: String::new(),
            counter: 0,
        }
    }

    /// Names the part of the network that the following nodes belong to; only for people who read the graph.
    pub fn scope(&mut self, scope: impl Into<String>) {
        self.scope = scope.into();
    }

    /// Declares an input of the graph.
    pub fn input(&mut self, name: &str, kind: DataType, shape: &[Dim]) -> Value {
        self.graph.input.push(value_info(name, kind, shape));
        Value(name.into())
    }

    /// Declares `value` as the output called `name`.
    pub fn output(&mut self, name: &str, value: &Value, kind: DataType, shape: &[Dim]) {
        self.graph.node.push(NodeProto {
            input: vec![value.0.clone()],
            output: vec![name.into()],
            name: format!("output/{name}"),
            op_type: "Identity".into(),
            ..Default::default()
        });
        self.graph.output.push(value_info(name, kind, shape));
    }

    /// Adds a weight whose bytes stay where they are. A second request for the same name gives the first one.
    pub fn external(
        &mut self,
        name: &str,
        kind: DataType,
        shape: &[u64],
        data: &ExternalData,
    ) -> Value {
        if !self.has_initializer(name) {
            let entry = |key: &str, value: String| StringStringEntry {
                key: key.into(),
                value,
            };
            let external_data = vec![
                entry("location", data.file.clone()),
                entry("offset", data.offset.to_string()),
                entry("length", data.length.to_string()),
            ];
            let tensor = TensorProto {
                external_data,
                data_location: EXTERNAL,
                ..tensor(name, kind, shape)
            };
            self.graph.initializer.push(tensor);
        }
        Value(name.into())
    }

    /// Adds a constant vector of integers; `shape` is its shape, empty for a scalar.
    pub fn integers(&mut self, values: &[i64], shape: &[u64]) -> Value {
        let bytes = values
            .iter()
            .flat_map(|value| value.to_le_bytes())
            .collect();
        self.inline(DataType::I64, shape, bytes)
    }

    /// Adds a constant of the given floating-point type; `shape` is its shape, empty for a scalar.
    pub fn floats(&mut self, kind: DataType, values: &[f32], shape: &[u64]) -> Value {
        let bytes = match kind {
            DataType::F16 => values
                .iter()
                .flat_map(|&v| half::f16::from_f32(v).to_le_bytes())
                .collect(),
            DataType::Bf16 => values
                .iter()
                .flat_map(|&v| half::bf16::from_f32(v).to_le_bytes())
                .collect(),
            _ => values
                .iter()
                .flat_map(|value| value.to_le_bytes())
                .collect(),
        };
        self.inline(kind, shape, bytes)
    }

    /// Adds a node with one output.
    pub fn add(&mut self, op: Op, inputs: &[&Value]) -> Value {
        let name = self.fresh(op.kind);
        self.push(op, inputs, vec![name.clone()], name.clone());
        Value(name)
    }

    /// Adds a node with several outputs; `wanted` says which of them are used, the others come back as
    /// [`Value::none`].
    pub fn add_many(&mut self, op: Op, inputs: &[&Value], wanted: &[bool]) -> Vec<Value> {
        let name = self.fresh(op.kind);
        let output = |(index, &used): (usize, &bool)| {
            if used {
                format!("{name}:{index}")
            } else {
                String::new()
            }
        };
        let outputs: Vec<String> = wanted.iter().enumerate().map(output).collect();
        self.push(op, inputs, outputs.clone(), name);
        outputs.into_iter().map(Value).collect()
    }

    /// Checks the graph and encodes it as the bytes of an `.onnx` file.
    ///
    /// # Errors
    /// [`GraphError`] when a value is used before it is made, made twice or never, or a tensor's bytes do not fit its
    /// shape: mistakes of the architecture's code, found here and not inside ONNX Runtime.
    pub fn finish(self) -> Result<Vec<u8>, GraphError> {
        check::check(&self.graph)?;
        let set = |domain: &str, version| OperatorSetId {
            domain: domain.into(),
            version,
        };
        let model = ModelProto {
            ir_version: IR_VERSION,
            opset_import: vec![set("", OPSET), set(MICROSOFT, 1)],
            producer_name: env!("CARGO_PKG_NAME").into(),
            producer_version: env!("CARGO_PKG_VERSION").into(),
            graph: Some(self.graph),
        };
        Ok(model.encode_to_vec())
    }

    fn has_initializer(&self, name: &str) -> bool {
        self.graph
            .initializer
            .iter()
            .any(|tensor| tensor.name == name)
    }

    fn inline(&mut self, kind: DataType, shape: &[u64], raw_data: Vec<u8>) -> Value {
        let name = self.fresh("Constant");
        self.graph.initializer.push(TensorProto {
            raw_data,
            ..tensor(&name, kind, shape)
        });
        Value(name)
    }

    fn fresh(&mut self, kind: &str) -> String {
        self.counter += 1;
        format!("{}/{kind}_{}", self.scope, self.counter)
    }

    fn push(&mut self, op: Op, inputs: &[&Value], output: Vec<String>, name: String) {
        self.graph.node.push(NodeProto {
            input: inputs.iter().map(|value| value.0.clone()).collect(),
            output,
            name,
            op_type: op.kind.into(),
            domain: op.domain.into(),
            attribute: op.attributes,
        });
    }
}

fn tensor(name: &str, kind: DataType, shape: &[u64]) -> TensorProto {
    let dims = shape.iter().map(|&dim| dim.cast_signed()).collect();
    TensorProto {
        dims,
        data_type: kind.code(),
        name: name.into(),
        ..Default::default()
    }
}

fn value_info(name: &str, kind: DataType, shape: &[Dim]) -> ValueInfoProto {
    let dim = shape
        .iter()
        .map(|dim| DimensionProto {
            value: Some(match dim {
                Dim::Fixed(size) => DimensionValue::Size(size.cast_signed()),
                Dim::Named(name) => DimensionValue::Name((*name).into()),
            }),
        })
        .collect();
    let tensor_type = TensorTypeProto {
        elem_type: kind.code(),
        shape: Some(TensorShapeProto { dim }),
    };
    ValueInfoProto {
        name: name.into(),
        r#type: Some(TypeProto {
            tensor_type: Some(tensor_type),
        }),
    }
}
