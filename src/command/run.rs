//! `parabench run`: a model answers a suite and judges mark it.

use crate::command::declare_options::DeclareOptions;
use crate::command::generate::Answering;
use crate::command::judge_options::JudgeOptions;
use crate::command::runtime_options::DecodingOptions;
use crate::command::task_options::{PlaceOptions, TaskOptions};
use crate::command::{Exit, Globals};

/// Options of `parabench run`.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    #[command(flatten)]
    tasks: TaskOptions,
    /// Model to run: KIND:REST
    ///
    /// KIND:REST[?OPTION=VALUE&...]; see `parabench list models`.
    #[arg(long, value_name = "SPEC")]
    model: String,
    #[command(flatten)]
    decoding: DecodingOptions,
    #[command(flatten)]
    judges: JudgeOptions,
    #[command(flatten)]
    place: PlaceOptions,
    #[command(flatten)]
    declare: DeclareOptions,
}

/// Runs the command.
///
/// # Errors
/// Whatever ended the run.
pub fn run(options: &Options, globals: &Globals) -> anyhow::Result<Exit> {
    Answering {
        tasks: &options.tasks,
        model: &options.model,
        decoding: &options.decoding,
        place: &options.place,
        declare: &options.declare,
        stop: &options.judges.stop,
        judges: Some(&options.judges),
        cache: !options.judges.no_cache,
        notices: true,
        globals,
    }
    .session()?
    .go()
}
