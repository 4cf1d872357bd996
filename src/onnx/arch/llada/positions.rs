//! Positions of tokens: which are read, and the rotation that tells attention where they are.

use super::LladaConfig;
use crate::onnx::arch::Network;
use crate::onnx::graph::{DataType, Op, Value};

/// Values that every block uses.
pub(super) struct Shared {
    /// `[batch, length]` as a vector.
    pub(super) shape: Value,
    /// `[batch, read]` as a vector.
    pub(super) read_shape: Value,
    /// The input `positions`.
    pub(super) positions: Value,
    /// `positions` as indices into `batch × length` rows, a vector.
    pub(super) read_rows: Value,
    /// The position at which every row starts: 0.
    pub(super) start: Value,
    /// Cosines and sines `[length, head / 2]`.
    pub(super) cos: Value,
    pub(super) sin: Value,
}

impl Shared {
    /// From the inputs `input_ids` and `positions`.
    pub(super) fn new(
        net: &mut Network<'_>,
        config: &LladaConfig,
        ids: &Value,
        positions: Value,
    ) -> Self {
        net.graph.scope("positions");
        let shape = net.graph.add(Op::new("Shape"), &[ids]);
        let read_shape = net.graph.add(Op::new("Shape"), &[&positions]);
        let (zero, one) = (net.graph.integers(&[0], &[]), net.graph.integers(&[1], &[]));
        let batch = net.graph.add(Op::new("Gather"), &[&shape, &zero]);
        let length = net.graph.add(Op::new("Gather"), &[&shape, &one]);
        let rows = net.graph.add(Op::new("Range"), &[&zero, &batch, &one]);
        let firsts = net.graph.add(Op::new("Mul"), &[&rows, &length]);
        let firsts = net.reshape(&firsts, &[-1, 1]);
        let flat = net.graph.add(Op::new("Add"), &[&positions, &firsts]);
        let read_rows = net.reshape(&flat, &[-1]);
        let start = net.graph.integers(&[0], &[1]);
        let all = net.graph.add(Op::new("Range"), &[&zero, &length, &one]);
        let (cos, sin) = rotary_tables(net, config, &all);
        Self {
            shape,
            read_shape,
            positions,
            read_rows,
            start,
            cos,
            sin,
        }
    }
}

/// Cosine and sine of `position · theta^(−2i/D)`, computed in 32 bits as the reference does. They are computed in the
/// graph, which costs next to nothing and sets no limit to the length.
fn rotary_tables(net: &mut Network<'_>, config: &LladaConfig, positions: &Value) -> (Value, Value) {
    let width = config.head_width();
    let theta = config.rope_theta as f32;
    let frequency = |i: u64| 1.0 / theta.powf((2 * i) as f32 / width as f32);
    let frequencies: Vec<f32> = (0..width / 2).map(frequency).collect();
    let frequencies = net
        .graph
        .floats(DataType::F32, &frequencies, &[1, width / 2]);
    let positions = net.cast(positions, DataType::F32);
    let column = net.reshape(&positions, &[-1, 1]);
    let angles = net.graph.add(Op::new("Mul"), &[&column, &frequencies]);
    (
        net.graph.add(Op::new("Cos"), &[&angles]),
        net.graph.add(Op::new("Sin"), &[&angles]),
    )
}
