//! Is a graph well formed? What ONNX's own checker asks of names, order and constants, asked before a file is written.

use std::collections::HashSet;

use super::MICROSOFT;
use super::proto::{EXTERNAL, GraphProto, NodeProto, TensorProto};

/// Why a graph is not valid. Always a mistake in the code that wrote it.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum GraphError {
    /// A node reads something that no input, initializer or earlier node makes.
    #[error("node `{node}` reads `{value}`, which nothing before it makes")]
    Undefined {
        /// The reading node.
        node: String,
        /// What it reads.
        value: String,
    },
    /// Two things have the same name.
    #[error("`{0}` is made twice")]
    Duplicate(String),
    /// Nothing makes a declared output.
    #[error("nothing makes the output `{0}`")]
    MissingOutput(String),
    /// The operator's domain is not one of those that the file declares.
    #[error("node `{node}` is of the unknown domain `{domain}`")]
    Domain {
        /// The node.
        node: String,
        /// Its domain.
        domain: String,
    },
    /// A constant's bytes are not as many as its shape and type need.
    #[error("constant `{name}` has {found} bytes; its shape and type need {expected}")]
    Length {
        /// The constant.
        name: String,
        /// Bytes that it has.
        found: u64,
        /// Bytes that it should have.
        expected: u64,
    },
    /// A constant's file is not a plain file name.
    #[error("constant `{name}` lies in `{file}`, which is not a plain file name")]
    Location {
        /// The constant.
        name: String,
        /// The file that it names.
        file: String,
    },
}

/// Checks names, order, domains and constants.
pub(super) fn check(graph: &GraphProto) -> Result<(), GraphError> {
    let mut known = HashSet::new();
    for input in &graph.input {
        define(&mut known, &input.name)?;
    }
    for tensor in &graph.initializer {
        check_tensor(tensor)?;
        define(&mut known, &tensor.name)?;
    }
    for node in &graph.node {
        check_node(node, &known)?;
        for output in node.output.iter().filter(|name| !name.is_empty()) {
            define(&mut known, output)?;
        }
    }
    match graph
        .output
        .iter()
        .find(|output| !known.contains(output.name.as_str()))
    {
        Some(output) => Err(GraphError::MissingOutput(output.name.clone())),
        None => Ok(()),
    }
}

fn define<'a>(known: &mut HashSet<&'a str>, name: &'a str) -> Result<(), GraphError> {
    if known.insert(name) {
        Ok(())
    } else {
        Err(GraphError::Duplicate(name.into()))
    }
}

fn check_node(node: &NodeProto, known: &HashSet<&str>) -> Result<(), GraphError> {
    if !matches!(node.domain.as_str(), "" | MICROSOFT) {
        return Err(GraphError::Domain {
            node: node.name.clone(),
            domain: node.domain.clone(),
        });
    }
    match node
        .input
        .iter()
        .find(|name| !name.is_empty() && !known.contains(name.as_str()))
    {
        Some(value) => Err(GraphError::Undefined {
            node: node.name.clone(),
            value: value.clone(),
        }),
        None => Ok(()),
    }
}

fn check_tensor(tensor: &TensorProto) -> Result<(), GraphError> {
    let elements: u64 = tensor.dims.iter().map(|&dim| dim.cast_unsigned()).product();
    let expected = elements * element_bytes(tensor.data_type);
    let entry = |key: &str| {
        tensor
            .external_data
            .iter()
            .find(|entry| entry.key == key)
            .map(|entry| &entry.value)
    };
    let found = if tensor.data_location == EXTERNAL {
        let file = entry("location").map_or("", String::as_str);
        if file.is_empty() || file.contains(['/', '\\']) || file == ".." {
            return Err(GraphError::Location {
                name: tensor.name.clone(),
                file: file.into(),
            });
        }
        entry("length")
            .and_then(|length| length.parse().ok())
            .unwrap_or(0)
    } else {
        tensor.raw_data.len() as u64
    };
    if found == expected {
        Ok(())
    } else {
        Err(GraphError::Length {
            name: tensor.name.clone(),
            found,
            expected,
        })
    }
}

/// Bytes of one element of an ONNX type code; 0 for types that this program does not write.
fn element_bytes(code: i32) -> u64 {
    use super::DataType::{Bf16, Bool, F16, F32, I64};
    [F32, F16, Bf16, I64, Bool]
        .into_iter()
        .find(|kind| kind.code() == code)
        .map_or(0, super::DataType::bytes)
}

#[cfg(test)]
mod tests {
    use super::super::{DataType, ExternalData, GraphBuilder, Op, Value};
    use super::*;

    fn graph() -> (GraphBuilder, Value) {
        let mut graph = GraphBuilder::new("test");
        let x = graph.input("x", DataType::F32, &["n".into()]);
        (graph, x)
    }

    #[test]
    fn a_whole_graph_passes() {
        let (mut graph, x) = graph();
        let y = graph.add(Op::new("Neg"), &[&x]);
        graph.output("y", &y, DataType::F32, &["n".into()]);
        assert!(graph.finish().is_ok());
    }

    #[test]
    fn values_of_another_graph_are_refused() {
        let (mut other, x) = graph();
        let stranger = other.add(Op::new("Neg"), &[&x]);
        let (mut graph, _) = graph();
        graph.add(Op::new("Abs"), &[&stranger]);
        assert!(matches!(graph.finish(), Err(GraphError::Undefined { .. })));
    }

    #[test]
    fn doubled_names_are_refused() {
        let (mut graph, x) = graph();
        graph.output("x", &x, DataType::F32, &[]);
        assert_eq!(graph.finish(), Err(GraphError::Duplicate("x".into())));
    }

    #[test]
    fn constants_that_do_not_fit_their_shape_are_refused() {
        let (mut graph, _) = graph();
        graph.floats(DataType::F16, &[1.0, 2.0], &[3]);
        assert!(matches!(
            graph.finish(),
            Err(GraphError::Length {
                found: 4,
                expected: 6,
                ..
            })
        ));
    }

    #[test]
    fn external_data_must_lie_beside_the_graph() {
        let (mut graph, _) = graph();
        let data = ExternalData {
            file: "../w.safetensors".into(),
            offset: 0,
            length: 4,
        };
        graph.external("w", DataType::F32, &[1], &data);
        assert!(matches!(graph.finish(), Err(GraphError::Location { .. })));
    }
}
