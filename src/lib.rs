//! parabench: an evaluation harness for models that think before they draw.

pub mod common;
pub mod onnx;
pub mod stats;
