//! The MMaDA-Parallel runner: text and image decoded together from masked tokens.

pub mod canvas;
mod choose;
pub mod forward;
mod image;
pub mod lane;
pub mod noise;
pub mod released_a;
pub mod released_m;
pub mod schedule;
pub mod text;
