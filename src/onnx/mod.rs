//! Checkpoints become bundles, and bundles are run.
//!
//! - [`checkpoint`] reads folders of the Hugging Face hub: configuration and weights, both untrusted;
//! - [`arch`] writes an ONNX graph for each architecture, whose weights stay in the checkpoint's safetensors;
//! - [`export`] puts both together into a bundle, and [`bundle`] opens one;
//! - [`runtime`] finds ONNX Runtime, loads it and runs graphs;
//! - [`image`] prepares pictures exactly as the reference does;
//! - [`language`], [`vq`] and [`clip`] run the networks of a bundle;
//! - [`vision`] runs a picture model that the user exported.

pub mod arch;
pub mod bundle;
pub mod checkpoint;
pub mod clip;
mod doctor;
pub mod export;
pub mod graph;
pub mod image;
pub mod language;
pub mod runtime;
pub mod similarity;
pub mod tokenizer;
pub mod vision;
pub mod vq;

pub use doctor::{DoctorError, Report as DoctorReport, check_device, doctor};
