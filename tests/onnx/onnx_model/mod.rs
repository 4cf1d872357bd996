//! The model kind `onnx:BUNDLE` on small complete checkpoints of both families, exported here.

mod decoding;
mod layouts;
mod refused;
mod runs;
mod walk;
mod world;
