//! What runs ONNX Runtime: graphs, bundles, decoding, golden vectors of the model.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "tests may stop at the first surprise, their helpers too"
)]

#[path = "../support/cli_world.rs"]
mod cli_world;
#[path = "../support/envelope.rs"]
mod envelope;
#[path = "../support/mock_judge.rs"]
mod mock_judge;
#[path = "../../benches/onnx/random.rs"]
mod random;
#[path = "../support/suite.rs"]
mod suite_fixture;

mod decode_laws;
mod golden_decode;
mod golden_model;
mod judge_clip;
mod judge_pictures;
mod onnx_export;
mod onnx_model;
mod onnx_runtime;
