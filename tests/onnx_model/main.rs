//! The model kind `onnx:BUNDLE` on small complete checkpoints of both families, exported here.

#[path = "../support/cli_world.rs"]
mod cli_world;
mod decoding;
mod layouts;
#[path = "../support/mock_judge.rs"]
mod mock_judge;
#[path = "../../benches/onnx/random.rs"]
mod random;
mod refused;
mod runs;
#[path = "../support/suite.rs"]
mod suite_fixture;
mod walk;
mod world;
