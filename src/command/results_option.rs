//! The option that says where runs lie.

use std::path::PathBuf;

/// Where runs lie.
#[derive(Clone, Debug, clap::Args)]
pub struct ResultsOption {
    /// Folder of the runs
    ///
    /// The variable PARABENCH_RESULTS sets another default.
    #[arg(
        id = "results",
        long = "results",
        value_name = "DIR",
        default_value = "results",
        env = "PARABENCH_RESULTS",
        hide_env = true,
        global = true
    )]
    pub folder: PathBuf,
}
