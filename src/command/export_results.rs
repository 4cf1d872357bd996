//! `parabench export-results`: runs as other tools keep them.

use std::path::{Path, PathBuf};

use anyhow::{Context, bail};
use clap::ValueEnum;
use serde_json::json;

use crate::command::results_option::ResultsOption;
use crate::command::task_options::existing_run;
use crate::command::{Exit, Globals, UsageError};
use crate::common::files;
use crate::onnx::runtime::run_python;
use crate::report::exports::{
    self, Exported, Instructions, WANDB_SCRIPT, wandb_record, write_hugging_face, write_inspect,
    write_mlflow,
};
use crate::suite;

/// Options of `parabench export-results`.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Runs to export: names or folders
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<String>,
    /// Form to write
    #[arg(long, value_enum, value_name = "FORM")]
    to: Form,
    /// New or empty folder for it
    #[arg(short, long, value_name = "DIR")]
    output: PathBuf,
    /// Suite of the runs, for the instructions
    ///
    /// Needed for inspect. The default is the suite that the runs name.
    #[arg(long, value_name = "NAME|DIR")]
    suite: Option<String>,
    /// Where the runs lie.
    #[command(flatten)]
    results: ResultsOption,
}

/// The forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Form {
    /// A data set of the Hugging Face hub: Parquet files and a card
    HuggingFace,
    /// A tracking folder of MLflow
    Mlflow,
    /// Logs of Inspect
    Inspect,
    /// Offline runs of Weights & Biases, written by its Python package
    Wandb,
}

/// Runs the command.
///
/// # Errors
/// Runs that cannot be read, a folder that is not empty or cannot be written.
pub fn run(options: &Options, globals: &Globals) -> anyhow::Result<Exit> {
    check_empty(&options.output)?;
    files::check_writable(&options.output).context("--output")?;
    let mut runs = Vec::with_capacity(options.runs.len());
    for name in &options.runs {
        let folder = existing_run(&options.results.folder, name)?;
        runs.push(Exported::read(&folder).with_context(|| format!("cannot export {name}"))?);
    }
    exports::check_names(&runs)?;
    let output = &options.output;
    match options.to {
        Form::HuggingFace => write_hugging_face(&runs, output)?,
        Form::Mlflow => write_mlflow(&runs, output)?,
        Form::Inspect => {
            for run in &runs {
                let instructions = instructions(options, run)?;
                write_inspect(std::slice::from_ref(run), &instructions, output)?;
            }
        }
        Form::Wandb => write_wandb(&runs, output)?,
    }
    if globals.json {
        let labels: Vec<&str> = runs.iter().map(|run| run.run.label.as_str()).collect();
        globals.print_json(&json!({ "folder": output, "runs": labels }))?;
    } else {
        println!("exported {} to {}", counted(runs.len()), output.display());
    }
    Ok(Exit::Done)
}

fn counted(runs: usize) -> String {
    match runs {
        1 => "1 run".to_owned(),
        _ => format!("{runs} runs"),
    }
}

/// What is there already could be taken for a part of the export.
fn check_empty(folder: &Path) -> anyhow::Result<()> {
    match std::fs::read_dir(folder) {
        Ok(mut entries) => match entries.next() {
            None => Ok(()),
            Some(_) => Err(UsageError(format!(
                "--output {} is not empty; expected a new or empty folder",
                folder.display()
            ))
            .into()),
        },
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error).with_context(|| format!("--output {}", folder.display())),
    }
}

/// The instructions of the suite that a run answered.
fn instructions(options: &Options, run: &Exported) -> anyhow::Result<Instructions> {
    let wanted = &run.run.manifest.suite;
    let name = options.suite.as_deref().unwrap_or(&wanted.name);
    let suite = suite::open(name).with_context(|| {
        format!(
            "the log needs the instructions of suite {}; --suite names its folder",
            wanted.name
        )
    })?;
    if suite.digest != wanted.digest {
        return Err(UsageError(format!(
            "suite {name} has digest {}, run {} answered {} with digest {}: --suite names the data that it answered",
            suite.digest.short(12),
            run.run.label,
            wanted.name,
            wanted.digest.short(12)
        ))
        .into());
    }
    let prompts = suite.tasks.iter().map(|task| &task.prompt);
    Ok(prompts
        .map(|prompt| (prompt.id.clone(), prompt.instruction.clone()))
        .collect())
}

/// Has the Python package write its own offline runs.
fn write_wandb(runs: &[Exported], output: &Path) -> anyhow::Result<()> {
    files::create_folder(output).context("--output")?;
    let output = output.canonicalize().context("--output")?;
    let folder = tempfile::tempdir().context("no temporary folder")?;
    for run in runs {
        let file = folder.path().join("record.json");
        let record = serde_json::to_vec(&wandb_record(run)).context("cannot write the record")?;
        files::write_atomic(&file, &record)?;
        let (file, to) = (file.to_string_lossy(), output.to_string_lossy());
        if let Err(reason) = run_python(&["-I", "-c", WANDB_SCRIPT, &file, &to]) {
            bail!(
                "Weights & Biases' package did not write the run ({reason}); run `pip install wandb` for a python3 in PATH"
            );
        }
    }
    Ok(())
}
