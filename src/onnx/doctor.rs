//! Is this machine fit to run bundles? What `parabench doctor` says about ONNX Runtime.

use super::arch::Precision;
use super::graph::{DataType, GraphBuilder, GraphError, Op};
use super::runtime::{
    Candidate, Input, Runtime, RuntimeError, RuntimeLibrary, RuntimeOptions, Session, SessionError,
    SessionOptions,
};

/// What was found out.
#[derive(Debug, Clone)]
pub struct Report {
    /// The library, where it came from, and places that were passed over.
    pub found: RuntimeLibrary,
    /// Version of the library.
    pub version: String,
    /// Execution providers that it offers.
    pub providers: Vec<&'static str>,
    /// Types in which bundles can compute on the device.
    pub precisions: Vec<Precision>,
}

impl Report {
    /// Places that were looked at before the library was found, with the reason why they were passed over.
    #[must_use]
    pub fn skipped(&self) -> &[Candidate] {
        &self.found.skipped
    }
}

/// Why this machine cannot run bundles.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum DoctorError {
    /// ONNX Runtime is missing or cannot be loaded.
    #[error(transparent)]
    Runtime(#[from] RuntimeError),
    /// The graph of one node cannot be opened or run.
    #[error(transparent)]
    Session(#[from] SessionError),
    /// The graph of one node gives a wrong result.
    #[error(
        "ONNX Runtime computes {found:?} where {expected:?} is right; this library cannot be used"
    )]
    Wrong {
        /// What came out.
        found: Vec<f32>,
        /// What should have.
        expected: Vec<f32>,
    },
    /// The graph of one node cannot be written: a mistake in this program.
    #[error("the test graph is not valid; please report this")]
    Graph(#[from] GraphError),
    /// The graph of one node cannot be stored.
    #[error("cannot write a temporary file")]
    Io(#[from] std::io::Error),
}

/// Finds and loads ONNX Runtime and runs a graph of one node on the device.
///
/// # Errors
/// [`DoctorError`] with what is wrong and what to do.
pub fn doctor(options: &RuntimeOptions, session: &SessionOptions) -> Result<Report, DoctorError> {
    let runtime = Runtime::open(options)?;
    run_one_node(&runtime, session, Precision::F32)?;
    let others = [Precision::F16, Precision::Bf16];
    let works = |precision: &Precision| run_one_node(&runtime, session, *precision).is_ok();
    let precisions = std::iter::once(Precision::F32)
        .chain(others.into_iter().filter(works))
        .collect();
    let (found, version) = (runtime.found().clone(), runtime.version().to_owned());
    Ok(Report {
        found,
        version,
        providers: runtime.providers(),
        precisions,
    })
}

/// Whether the device can be computed on at all: opens a graph of one node there.
///
/// # Errors
/// [`DoctorError`] where it is not there, or not offered by the library or this build.
pub fn check_device(runtime: &Runtime, session: &SessionOptions) -> Result<(), DoctorError> {
    run_one_node(runtime, session, Precision::F32)
}

/// `x · W` for small matrices whose product is exact in every type.
fn run_one_node(
    runtime: &Runtime,
    options: &SessionOptions,
    precision: Precision,
) -> Result<(), DoctorError> {
    let kind = precision.data_type();
    let mut graph = GraphBuilder::new("doctor");
    let x = graph.input("x", DataType::F32, &[1.into(), 2.into()]);
    let cast = |to: DataType| Op::new("Cast").int("to", i64::from(to.code()));
    let narrow = graph.add(cast(kind), &[&x]);
    let weight = graph.floats(kind, &[1.0, 2.0, 3.0, 4.0], &[2, 2]);
    let y = graph.add(Op::new("MatMul"), &[&narrow, &weight]);
    let y = graph.add(cast(DataType::F32), &[&y]);
    graph.output("y", &y, DataType::F32, &[1.into(), 2.into()]);
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("doctor.onnx");
    std::fs::write(&path, graph.finish()?)?;
    let mut session = Session::open(runtime, &path, options)?;
    let outputs = session.run(&[("x", Input::F32(&[1, 2], &[1.0, 10.0]))])?;
    let (found, expected) = (outputs.floats("y")?.1, [31.0, 42.0]);
    if found == expected {
        return Ok(());
    }
    Err(DoctorError::Wrong {
        found: found.to_vec(),
        expected: expected.to_vec(),
    })
}
