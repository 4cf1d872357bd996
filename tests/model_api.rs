//! Models behind an API, asked over loopback: what is sent, what is made of every reply,
//! what it costs.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "tests may stop at the first surprise"
)]

#[path = "model_kinds/fixture.rs"]
mod fixture;

#[path = "support/mock_models.rs"]
mod mock_models;

#[path = "model_api/asked.rs"]
mod asked;
#[path = "model_api/pipeline.rs"]
mod pipeline;
#[path = "model_api/replies.rs"]
mod replies;
#[path = "model_api/world.rs"]
mod world;
