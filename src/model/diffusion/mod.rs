//! The MMaDA-Parallel runner: text and image decoded together from masked tokens.

pub mod canvas;
mod choose;
pub mod decode;
mod exp;
pub mod forward;
mod image;
pub mod lane;
pub mod noise;
pub mod plan;
pub mod planned;
pub mod prompt;
pub mod released_a;
pub mod released_m;
pub mod schedule;
pub mod settings;
pub mod text;
