//! Every kind of model through the same door: opened by its spec, asked, answered.

// The test programs are written for systems with `/proc` and `sleep`.
#[cfg(unix)]
mod command;
#[cfg(unix)]
mod command_faults;
#[cfg(unix)]
pub(crate) mod command_fixture;
mod controls;
pub(crate) mod fixture;
mod replay;
mod replay_faults;
mod replay_fixture;
mod replay_forms;
mod replay_layouts;
