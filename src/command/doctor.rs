//! `parabench doctor`: is this machine fit to run bundles?

use anyhow::bail;
use serde::Serialize;

use crate::command::doctor_judges;
use crate::command::runtime_options::OnnxOptions;
use crate::command::terminal::confirm;
use crate::command::{Exit, Globals, UsageError};
use crate::onnx::runtime::{FindError, PINNED_VERSION, RuntimeError};
use crate::onnx::{DoctorError, DoctorReport, doctor};

/// Options of `parabench doctor`.
#[derive(Clone, Debug, clap::Args)]
pub struct Options {
    /// Check this judge instead; may be repeated
    ///
    /// Checks key, endpoint and the days until its model ends, with requests that cost nothing.
    #[arg(long = "judge", value_name = "JUDGE")]
    judges: Vec<String>,
    #[command(flatten)]
    onnx: OnnxOptions,
    /// Install ONNX Runtime if it is absent
    ///
    /// Fetches it through pip without asking.
    #[arg(long)]
    fetch: bool,
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

/// Looks at what is there; fetches what is missing only if told to.
fn examine(options: &Options, globals: &Globals) -> anyhow::Result<DoctorReport> {
    if options.fetch && globals.offline {
        let text = "--fetch needs the network, which --offline or PARABENCH_OFFLINE forbids";
        return Err(UsageError(text.to_owned()).into());
    }
    let session = options.onnx.session();
    let mut runtime = options.onnx.runtime(globals);
    runtime.offline = !options.fetch;
    match doctor(&runtime, &session) {
        Err(DoctorError::Runtime(RuntimeError::Find(FindError::Offline(skipped))))
            if !globals.offline && !options.fetch =>
        {
            for place in &skipped {
                eprintln!("skipped       {place}");
            }
            let question = format!(
                "No ONNX Runtime found. Fetch version {PINNED_VERSION} (about 20 MB) through pip?"
            );
            if !confirm(&question) {
                bail!(
                    "no ONNX Runtime found; `parabench doctor --fetch` fetches version {PINNED_VERSION} (about 20 MB) \
                     through pip, --onnxruntime names a library that is there"
                );
            }
            runtime.offline = false;
            Ok(doctor(&runtime, &session)?)
        }
        other => Ok(other?),
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
    let report = examine(options, globals)?;
    let findings = Findings::new(&report);
    if globals.json {
        globals.print_json(&findings)?;
        return Ok(Exit::Done);
    }
    println!("ONNX Runtime  {} ({})", findings.version, findings.source);
    println!("library       {}", findings.library);
    println!("providers     {}", findings.providers.join(", "));
    println!("computes in   {}", findings.precisions.join(", "));
    for place in &findings.passed_over {
        println!("skipped       {place}");
    }
    println!("A graph of one node ran and gave the right result.");
    Ok(Exit::Done)
}
