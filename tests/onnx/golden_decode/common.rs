//! Reading golden folders, and the networks that belong to them.

use std::fs;
use std::path::{Path, PathBuf};

use parabench::model::diffusion::canvas::{Canvas, Vocabulary};
use parabench::model::diffusion::lane::Lane;
use parabench::model::diffusion::schedule::MaskSchedule;
use parabench::model::diffusion::text::Remasking;
use parabench::onnx::arch::Precision;
use parabench::onnx::arch::llada::{self, LladaConfig, Reading};
use parabench::onnx::checkpoint::{Checkpoint, Config, link_or_copy};
use parabench::onnx::language::LanguageModel;
use parabench::onnx::runtime::{Runtime, RuntimeOptions, SessionOptions};
use safetensors::{Dtype, SafeTensors};
use serde_json::Value;

/// Folders of the given form. None at all is a failure: a missing checkout must not look like success.
pub fn folders(form: &str) -> Vec<PathBuf> {
    let root =
        std::env::var_os("PARABENCH_GOLDEN").map_or_else(|| "tests/golden".into(), PathBuf::from);
    let root = root.join("model");
    let starts = |path: &Path| {
        path.file_name()
            .unwrap()
            .to_string_lossy()
            .starts_with(form)
    };
    let found = subfolders(&root)
        .into_iter()
        .filter(|path| starts(path))
        .collect::<Vec<_>>();
    assert!(
        !found.is_empty(),
        "{} holds no folder {form}*",
        root.display()
    );
    found
}

/// Folders in a folder, in order of their names.
fn subfolders(folder: &Path) -> Vec<PathBuf> {
    let entries =
        fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut found: Vec<PathBuf> = entries
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.is_dir())
        .collect();
    found.sort();
    found
}

/// Folders of one decode each: those with a trace. None at all is a failure.
pub fn cases(folder: &Path) -> Vec<PathBuf> {
    let cases: Vec<PathBuf> = subfolders(folder)
        .into_iter()
        .filter(|path| path.join("trace.safetensors").is_file())
        .collect();
    assert!(!cases.is_empty(), "{} holds no case", folder.display());
    cases
}

pub fn json(path: &Path) -> Value {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The tensors of one file.
pub struct Tensors(PathBuf, Vec<u8>);

impl Tensors {
    pub fn read(path: PathBuf) -> Self {
        let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self(path, bytes)
    }

    pub fn names(&self) -> Vec<String> {
        let tensors = SafeTensors::deserialize(&self.1).unwrap();
        tensors.names().into_iter().map(String::from).collect()
    }

    /// Shape and values, whatever number type they are stored in.
    pub fn numbers(&self, name: &str) -> (Vec<usize>, Vec<f64>) {
        let tensors = SafeTensors::deserialize(&self.1).unwrap();
        let view = tensors
            .tensor(name)
            .unwrap_or_else(|error| panic!("{}: {name}: {error}", self.0.display()));
        let data = view.data();
        let values = match view.dtype() {
            Dtype::F32 => data
                .chunks_exact(4)
                .map(|b| f64::from(f32::from_le_bytes(b.try_into().unwrap())))
                .collect(),
            Dtype::F64 => data
                .chunks_exact(8)
                .map(|b| f64::from_le_bytes(b.try_into().unwrap()))
                .collect(),
            Dtype::I32 => data
                .chunks_exact(4)
                .map(|b| f64::from(i32::from_le_bytes(b.try_into().unwrap())))
                .collect(),
            Dtype::I64 => data
                .chunks_exact(8)
                .map(|b| i64::from_le_bytes(b.try_into().unwrap()) as f64)
                .collect(),
            other => panic!("{}: {name} has type {other:?}", self.0.display()),
        };
        (view.shape().to_vec(), values)
    }

    pub fn ids(&self, name: &str) -> Vec<i64> {
        let (_, values) = self.numbers(name);
        values.into_iter().map(|value| value as i64).collect()
    }
}

/// The language model of a checkpoint folder. The work folder must outlive it.
pub fn network(folder: &Path, work: &Path) -> (LanguageModel, LladaConfig) {
    let checkpoint = Checkpoint::open(folder).unwrap();
    let config = LladaConfig::read(&Config::read(&folder.join("config.json")).unwrap()).unwrap();
    let graph = llada::write(&checkpoint, &config, "", Precision::F32, Reading::Positions).unwrap();
    for file in checkpoint.files() {
        link_or_copy(&folder.join(file), &work.join(file)).unwrap();
    }
    let path = work.join("llada.onnx");
    fs::write(&path, &graph.bytes).unwrap();
    let runtime =
        Runtime::open(&RuntimeOptions::default()).unwrap_or_else(|error| panic!("{error}"));
    let model = LanguageModel::open(&runtime, &path, &SessionOptions::default()).unwrap();
    (model, config)
}

pub fn vocabulary(config: &LladaConfig, mask: i64) -> Vocabulary {
    Vocabulary {
        mask,
        text: usize::try_from(config.text_vocabulary).unwrap(),
        codes: usize::try_from(config.codes).unwrap(),
        total: usize::try_from(config.vocabulary).unwrap(),
    }
}

pub fn count(value: &Value) -> usize {
    usize::try_from(
        value
            .as_u64()
            .unwrap_or_else(|| panic!("{value} is no count")),
    )
    .unwrap()
}

pub fn list(value: &Value) -> Vec<i64> {
    let values = value
        .as_array()
        .unwrap_or_else(|| panic!("{value} is no list"));
    values.iter().map(|value| value.as_i64().unwrap()).collect()
}

pub fn remasking(params: &Value) -> Remasking {
    match params["remasking"].as_str().unwrap() {
        "low_confidence" => Remasking::LowConfidence,
        "random" => Remasking::Random,
        other => panic!("re-masking {other}"),
    }
}

pub fn schedule(params: &Value) -> MaskSchedule {
    params["noise_schedule"]
        .as_str()
        .unwrap_or("cosine")
        .parse()
        .unwrap()
}

/// Fails unless the sequence equals a recorded state.
pub fn same_state(case: &Path, step: usize, canvas: &Canvas, states: &[i64]) {
    let length = canvas.ids.len();
    let expected = &states[step * length..][..length];
    let differing: Vec<usize> = (0..length)
        .filter(|&i| canvas.ids[i] != expected[i])
        .collect();
    assert!(
        differing.is_empty(),
        "{}: after {step} steps positions {differing:?} differ: found {:?}, recorded {:?}",
        case.display(),
        differing.iter().map(|&i| canvas.ids[i]).collect::<Vec<_>>(),
        differing.iter().map(|&i| expected[i]).collect::<Vec<_>>(),
    );
}

/// Fails when the lane stopped.
pub fn healthy(case: &Path, lane: &Lane) {
    assert_eq!(lane.fault, None, "{}", case.display());
}
