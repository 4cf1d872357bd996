//! `parabench doctor`: is this machine fit to run bundles?

use serde::Serialize;

use crate::command::doctor_judges;
use crate::command::runtime_options::OnnxOptions;
use crate::command::{Exit, Globals, print_json};
use crate::onnx::{DoctorReport, doctor};

/// Find ONNX Runtime, say what it offers, and run a graph of one node; or look at judges.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Look at this judge instead: key, endpoint, days until its model ends; asks only what costs nothing
    #[arg(long = "judge", value_name = "JUDGE")]
    judges: Vec<String>,
    #[command(flatten)]
    onnx: OnnxOptions,
}

/// What was found, as `--json` prints it.
#[derive(Serialize)]
struct Findings {
    library: String,
    source: String,
    version: String,
    providers: Vec<&'static str>,
    precisions: Vec<String>,
    passed_over: Vec<String>,
}

impl Findings {
    fn new(report: &DoctorReport) -> Self {
        let skipped = report.skipped().iter();
        Self {
            library: report.found.path.display().to_string(),
            source: report.found.source.to_string(),
            version: report.version.clone(),
            providers: report.providers.clone(),
            precisions: report.precisions.iter().map(ToString::to_string).collect(),
            passed_over: skipped.map(ToString::to_string).collect(),
        }
    }
}

/// Runs the command.
///
/// # Errors
/// Why this machine cannot run bundles.
pub fn run(options: &Options, globals: &Globals) -> anyhow::Result<Exit> {
    if !options.judges.is_empty() {
        return doctor_judges::run(&options.judges, globals);
    }
    let report = doctor(&options.onnx.runtime(globals), &options.onnx.session())?;
    let findings = Findings::new(&report);
    if globals.json {
        print_json(&findings)?;
        return Ok(Exit::Done);
    }
    println!("ONNX Runtime  {} ({})", findings.version, findings.source);
    println!("library       {}", findings.library);
    println!("providers     {}", findings.providers.join(", "));
    println!("computes in   {}", findings.precisions.join(", "));
    for place in &findings.passed_over {
        println!("passed over   {place}");
    }
    println!("A graph of one node ran and gave the right result.");
    Ok(Exit::Done)
}
