//! Models behind an API, asked over loopback: what is sent, what is made of every reply,
//! what it costs.

mod asked;
mod pipeline;
mod replies;
pub mod world;
