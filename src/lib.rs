//! parabench: an evaluation harness for models that think before they draw.
//!
//! Most people use the program `parabench`. This library is for those who compare runs inside a
//! program of their own: [`open_suite`] reads the tasks of a benchmark, [`load_run`] reads a run
//! folder, and [`compare`] computes what `parabench compare --json` prints. [`stats`] holds the tests
//! and intervals, which need no files.
//!
//! ```no_run
//! use parabench::{CompareRequest, compare, load_run};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let candidate = load_run("results/mine".as_ref())?;
//! let baseline = load_run("results/bagel".as_ref())?;
//! let comparison = compare(&CompareRequest::new(vec![&candidate], vec![&baseline]))?;
//! for contrast in &comparison.contrasts {
//!     println!("{}: {}", contrast.metric.key, contrast.standing.key());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Everything else is internal and may change in any version. ARCHITECTURE.md is the map of the rooms.

#![cfg_attr(
    not(feature = "internals"),
    allow(unused_imports, reason = "rooms re-export some names for tests alone")
)]

pub use crate::analysis::compare::contrast::{
    Contrast, ContrastFinding, Difference, Metric, Undefined,
};
pub use crate::analysis::compare::standing::{Direction, Standing};
pub use crate::analysis::compare::{
    Across, CompareError, CompareRequest, Comparison, DEFAULT_DRAWS, compare,
};
pub use crate::analysis::runs::declaration::{Declaration, DeclarationError};
pub use crate::analysis::runs::load::{LoadError, LoadedRun, load as load_run};
pub use crate::suite::{Axis, Suite, SuiteError, Task, open as open_suite};

/// What the binary does.
#[doc(hidden)]
pub fn main() -> std::process::ExitCode {
    #[cfg(unix)]
    if let Some(code) = common::program::enter() {
        return code;
    }
    command::main()
}

// The statistics are open to everybody, the other rooms to tests and benches of this repository (feature
// `internals`). Without the feature the compiler names what nobody uses.
pub mod stats;

#[cfg(not(feature = "internals"))]
mod analysis;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod analysis;

#[cfg(not(feature = "internals"))]
mod command;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod command;

#[cfg(not(feature = "internals"))]
mod common;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod common;

#[cfg(not(feature = "internals"))]
mod endpoint;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod endpoint;

#[cfg(not(feature = "internals"))]
mod imported;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod imported;

#[cfg(not(feature = "internals"))]
mod judge;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod judge;

#[cfg(not(feature = "internals"))]
mod model;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod model;

#[cfg(not(feature = "internals"))]
mod onnx;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod onnx;

#[cfg(not(feature = "internals"))]
mod report;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod report;

#[cfg(not(feature = "internals"))]
mod run;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod run;

#[cfg(not(feature = "internals"))]
mod suite;
#[cfg(feature = "internals")]
#[doc(hidden)]
pub mod suite;
