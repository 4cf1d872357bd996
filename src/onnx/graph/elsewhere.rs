//! Of an ONNX model that somebody else wrote: the files outside of it that hold its weights.
//!
//! Field numbers are those of `onnx.proto`. Only what leads to tensors is declared, so that weights are skipped, not read.

use std::collections::BTreeSet;

use prost::Message;

use super::proto::{EXTERNAL, StringStringEntry};

/// A model.
#[derive(Clone, PartialEq, Message)]
pub struct ForeignModel {
    /// The computation.
    #[prost(message, optional, tag = "7")]
    graph: Option<Graph>,
    /// Parts of it that have names.
    #[prost(message, repeated, tag = "25")]
    functions: Vec<Function>,
}

#[derive(Clone, PartialEq, Message)]
struct Function {
    #[prost(message, repeated, tag = "7")]
    node: Vec<Node>,
}

#[derive(Clone, PartialEq, Message)]
struct Graph {
    #[prost(message, repeated, tag = "1")]
    node: Vec<Node>,
    #[prost(message, repeated, tag = "5")]
    initializer: Vec<Tensor>,
    #[prost(message, repeated, tag = "15")]
    sparse_initializer: Vec<Sparse>,
}

#[derive(Clone, PartialEq, Message)]
struct Node {
    #[prost(message, repeated, tag = "5")]
    attribute: Vec<Attribute>,
}

#[derive(Clone, PartialEq, Message)]
struct Attribute {
    #[prost(message, optional, tag = "5")]
    t: Option<Tensor>,
    #[prost(message, optional, boxed, tag = "6")]
    g: Option<Box<Graph>>,
    #[prost(message, repeated, tag = "10")]
    tensors: Vec<Tensor>,
    #[prost(message, repeated, tag = "11")]
    graphs: Vec<Graph>,
    #[prost(message, optional, tag = "22")]
    sparse_tensor: Option<Sparse>,
    #[prost(message, repeated, tag = "23")]
    sparse_tensors: Vec<Sparse>,
}

#[derive(Clone, PartialEq, Message)]
struct Sparse {
    #[prost(message, optional, tag = "1")]
    values: Option<Tensor>,
    #[prost(message, optional, tag = "2")]
    indices: Option<Tensor>,
}

#[derive(Clone, PartialEq, Message)]
struct Tensor {
    #[prost(message, repeated, tag = "13")]
    external_data: Vec<StringStringEntry>,
    #[prost(int32, tag = "14")]
    data_location: i32,
}

impl ForeignModel {
    /// The names of the files outside of the model that hold weights.
    #[must_use]
    pub fn files(&self) -> BTreeSet<String> {
        let mut files = BTreeSet::new();
        let graph = self.graph.iter();
        graph.for_each(|graph| of_graph(graph, &mut files));
        let functions = self.functions.iter().flat_map(|function| &function.node);
        of_nodes(functions, &mut files);
        files
    }
}

fn of_graph(graph: &Graph, files: &mut BTreeSet<String>) {
    of_tensors(&graph.initializer, files);
    of_sparse(&graph.sparse_initializer, files);
    of_nodes(&graph.node, files);
}

fn of_nodes<'a>(nodes: impl IntoIterator<Item = &'a Node>, files: &mut BTreeSet<String>) {
    for attribute in nodes.into_iter().flat_map(|node| &node.attribute) {
        of_tensors(attribute.t.iter().chain(&attribute.tensors), files);
        of_sparse(
            attribute
                .sparse_tensor
                .iter()
                .chain(&attribute.sparse_tensors),
            files,
        );
        for graph in attribute.g.as_deref().into_iter().chain(&attribute.graphs) {
            of_graph(graph, files);
        }
    }
}

fn of_sparse<'a>(sparse: impl IntoIterator<Item = &'a Sparse>, files: &mut BTreeSet<String>) {
    for sparse in sparse {
        of_tensors(sparse.values.iter().chain(&sparse.indices), files);
    }
}

fn of_tensors<'a>(tensors: impl IntoIterator<Item = &'a Tensor>, files: &mut BTreeSet<String>) {
    let outside =
        |tensor: &&Tensor| tensor.data_location == EXTERNAL || !tensor.external_data.is_empty();
    for tensor in tensors.into_iter().filter(outside) {
        let mut entries = tensor.external_data.iter();
        let place = entries.find(|entry| entry.key == "location");
        files.insert(place.map_or_else(|| "unnamed".to_owned(), |entry| entry.value.clone()));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::onnx::graph::{DataType, Dim, ExternalData, GraphBuilder, Op};

    fn model(outside: bool) -> ForeignModel {
        let mut graph = GraphBuilder::new("test");
        let shape = [Dim::Fixed(2)];
        let x = graph.input("x", DataType::F32, &shape);
        let weight = match outside {
            false => graph.floats(DataType::F32, &[1.0, 2.0], &[2]),
            true => {
                let data = ExternalData {
                    file: "weights.bin".to_owned(),
                    offset: 0,
                    length: 8,
                };
                graph.external("w", DataType::F32, &[2], &data)
            }
        };
        let sum = graph.add(Op::new("Add"), &[&x, &weight]);
        graph.output("y", &sum, DataType::F32, &shape);
        ForeignModel::decode(graph.finish().unwrap().as_slice()).unwrap()
    }

    #[test]
    fn weights_outside_are_found() {
        assert!(model(false).files().is_empty());
        assert_eq!(
            model(true).files(),
            BTreeSet::from(["weights.bin".to_owned()])
        );
    }

    #[test]
    fn weights_outside_are_found_in_parts_of_the_graph() {
        let tensor = Tensor {
            external_data: Vec::new(),
            data_location: EXTERNAL,
        };
        let inner = Graph {
            initializer: vec![tensor],
            ..Graph::default()
        };
        let branch = Attribute {
            g: Some(Box::new(inner)),
            ..Attribute::default()
        };
        let outer = Graph {
            node: vec![Node {
                attribute: vec![branch],
            }],
            ..Graph::default()
        };
        let model = ForeignModel {
            graph: Some(outer),
            functions: Vec::new(),
        };
        let read = ForeignModel::decode(model.encode_to_vec().as_slice()).unwrap();
        assert_eq!(read.files(), BTreeSet::from(["unnamed".to_owned()]));
    }
}
