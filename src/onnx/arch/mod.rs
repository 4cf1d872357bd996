//! One file per architecture: each reads its configuration, checks that the weights fit it, and writes the graph.

pub mod amused_vq;
pub mod clip;
mod conv;
pub mod llada;
pub mod magvit2;
mod network;

pub use network::{Footprint, Network, Precision};

use super::checkpoint::{CheckpointError, ConfigError};
use super::graph::GraphError;

/// Why no graph can be written for a checkpoint.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ArchError {
    /// The configuration asks for something that is missing, contradictory or not supported.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The weights are damaged, missing or of another shape.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The graph that was written is not valid: a mistake in this program, please report it.
    #[error("the graph that was written is not valid; please report this")]
    Graph(#[from] GraphError),
}

/// The bytes of a written graph and what its weights cost.
#[derive(Debug)]
pub struct WrittenGraph {
    /// Content of the `.onnx` file.
    pub bytes: Vec<u8>,
    /// What the weights need when the graph runs.
    pub footprint: Footprint,
}
