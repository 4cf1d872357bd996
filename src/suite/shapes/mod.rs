//! The suite `shapes`: a world of coloured shapes on a board whose truth is known
//! exactly. [`board`], [`draw`](mod@draw) and [`target`] are its vocabulary, its
//! renderer and its contract with judges; everything else makes tasks.

pub mod board;
mod cell;
mod dice;
pub mod draw;
mod facts;
mod frozen;
mod naming;
mod needs;
pub mod reasoning;
mod rules;
mod scene;
mod stage;
pub mod target;
pub mod task;
pub mod training;
mod wish;
pub mod write;

pub use cell::SIDE;
pub use frozen::{PROBE_SEED, world_digest};
pub use rules::Category;
pub use scene::{Split, inventory, needs_key};
