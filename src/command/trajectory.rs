//! `parabench trajectory`: how similar partial text and picture are along the denoising steps.

use std::path::{Path, PathBuf};

use anyhow::Context;
use serde::Serialize;

use crate::analysis::judges::standard::Standard;
use crate::analysis::trajectory::{self, Curve, curve, last_similarities};
use crate::command::results_option::ResultsOption;
use crate::command::terminal::print_prose;
use crate::command::{Exit, Globals, UsageError};
use crate::common::files;
use crate::common::picture;
use crate::judge::similarity::Scorer;
use crate::model::trajectory::BLANK;
use crate::report::figures::render;
use crate::report::trajectory_figure::figure;
use crate::report::trajectory_text::{trajectory_csv, trajectory_text};
use crate::run::trajectories::{StoredTrajectory, find};

/// Version of the JSON result's form.
const SCHEMA: u32 = 1;

/// Options of `parabench trajectory`.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Runs with recorded trajectories
    ///
    /// Names, folders, or other folders of trajectories.
    #[arg(required = true, value_name = "RUN")]
    runs: Vec<String>,
    /// Scorer: clip:BUNDLE or oracle
    ///
    /// oracle measures only answers of the picture world `shapes`.
    #[arg(long, value_name = "SCORER")]
    scorer: String,
    /// Mean and deviation for the reward
    ///
    /// A TOML file of --write-standard.
    #[arg(long, value_name = "FILE")]
    standard: Option<PathBuf>,
    /// Write mean and deviation
    ///
    /// Those of the last similarities of these runs.
    #[arg(long, value_name = "FILE")]
    write_standard: Option<PathBuf>,
    /// Write all points as CSV
    #[arg(long, value_name = "FILE")]
    csv: Option<PathBuf>,
    /// Draw the curves (.svg, .png); may be repeated
    #[arg(long = "figure", value_name = "FILE")]
    figures: Vec<PathBuf>,
    /// Where the runs lie.
    #[command(flatten)]
    results: ResultsOption,
}

/// The result as `--json` prints it.
#[derive(Serialize)]
struct Outcome<'a> {
    schema: u32,
    scorer: &'a str,
    unit: &'a str,
    standard: Option<&'a Standard>,
    curves: &'a [Curve],
}

/// Runs the command.
///
/// # Errors
/// Trajectories that cannot be read or measured.
pub fn run(options: &Options, globals: &Globals) -> anyhow::Result<Exit> {
    check_figures(&options.figures)?;
    let mut scorer = Scorer::open(&options.scorer)?;
    let identity = scorer.identity();
    let standard = match &options.standard {
        Some(path) => Some(Standard::read(path, &identity).context("--standard")?),
        None => None,
    };
    let mut curves = Vec::new();
    let mut corpus = Vec::new();
    for name in &options.runs {
        let (label, folder) = place(&options.results.folder, name);
        let paths = measured(&mut scorer, &find(&folder)?)?;
        corpus.extend(last_similarities(&paths));
        let found = curve(&label, &paths, standard.as_ref())?;
        curves.push(found.with_context(|| {
            format!(
                "{}: no frame has both text and picture, so nothing can be measured",
                folder.display()
            )
        })?);
    }
    write_files(options, &scorer, &curves, &corpus)?;
    if globals.json {
        globals.print_json(&Outcome {
            schema: SCHEMA,
            scorer: &identity,
            unit: scorer.unit(),
            standard: standard.as_ref(),
            curves: &curves,
        })?;
    } else {
        print_prose(&trajectory_text(scorer.unit(), &curves, standard.as_ref()));
    }
    Ok(Exit::Done)
}

fn check_figures(figures: &[PathBuf]) -> anyhow::Result<()> {
    let known = |path: &&PathBuf| !matches!(extension(path), "svg" | "png");
    match figures.iter().find(known) {
        None => Ok(()),
        Some(path) => {
            let text = format!(
                "--figure {}: expected a name that ends in .svg or .png",
                path.display()
            );
            Err(UsageError(text).into())
        }
    }
}

fn extension(path: &Path) -> &str {
    path.extension().and_then(|end| end.to_str()).unwrap_or("")
}

/// A folder as it stands, or a run by its name.
fn place(results: &Path, name: &str) -> (String, PathBuf) {
    let given = PathBuf::from(name);
    let folder = if given.is_dir() {
        given
    } else {
        results.join(name)
    };
    let label = folder
        .file_name()
        .map(|label| label.to_string_lossy().into_owned());
    (label.unwrap_or_else(|| name.to_owned()), folder)
}

/// Measures every frame in which text and picture have begun.
fn measured(
    scorer: &mut Scorer,
    found: &[StoredTrajectory],
) -> anyhow::Result<Vec<trajectory::Path>> {
    let mut paths = Vec::with_capacity(found.len());
    if found.iter().all(|found| found.trajectory.frames.is_empty()) {
        anyhow::bail!("no frames were recorded, only steps; record them with --trajectory every=N");
    }
    for StoredTrajectory { folder, trajectory } in found {
        let mut frames = Vec::with_capacity(trajectory.frames.len());
        for frame in &trajectory.frames {
            let text = frame.text.replace(BLANK, " ");
            let similarity = match frame.text_decided > 0 && frame.cells_decided > 0 {
                false => None,
                true => {
                    let path = folder.join(&frame.image);
                    let bytes = files::read_bounded(&path, picture::MAX_ENCODED_BYTES)?;
                    let (_, pixels) =
                        picture::decode(&bytes).with_context(|| path.display().to_string())?;
                    scorer.score(&text, &pixels.to_rgb8())?
                }
            };
            frames.push((frame.after_steps, similarity));
        }
        paths.push(trajectory::Path {
            task: trajectory.task.clone(),
            frames,
        });
    }
    Ok(paths)
}

fn write_files(
    options: &Options,
    scorer: &Scorer,
    curves: &[Curve],
    corpus: &[f64],
) -> anyhow::Result<()> {
    if let Some(path) = &options.write_standard {
        let note = format!("last frames of {} trajectories", corpus.len());
        let standard = Standard::of(&scorer.identity(), corpus);
        let written = standard.and_then(|standard| standard.write(path, &note));
        written.context("--write-standard")?;
    }
    if let Some(path) = &options.csv {
        files::write_atomic(path, trajectory_csv(curves)?.as_bytes()).context("--csv")?;
    }
    let drawing = figure(scorer.unit(), curves);
    for path in &options.figures {
        let drawing = drawing.as_ref().context("there is nothing to draw")?;
        let bytes = match extension(path) {
            "png" => render::png(drawing)?,
            _ => render::svg(drawing, "Similarity of partial text and picture")?.into_bytes(),
        };
        files::write_atomic(path, &bytes).context("--figure")?;
    }
    Ok(())
}
