//! Reading golden folders and comparing with them.

use std::fs;
use std::path::{Path, PathBuf};

use parabench::onnx::arch::WrittenGraph;
use parabench::onnx::checkpoint::link_or_copy;
use parabench::onnx::runtime::{Runtime, RuntimeOptions};
use safetensors::SafeTensors;
use serde_json::Value;

/// Folders of the given form. None at all is a failure: a missing checkout must not look like success.
pub fn folders(form: &str) -> Vec<PathBuf> {
    let root =
        std::env::var_os("PARABENCH_GOLDEN").map_or_else(|| "tests/golden".into(), PathBuf::from);
    let root = root.join("model");
    let entries = fs::read_dir(&root).unwrap_or_else(|error| panic!("{}: {error}", root.display()));
    let mut folders: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    folders.retain(|path| {
        path.is_dir()
            && path
                .file_name()
                .unwrap()
                .to_string_lossy()
                .starts_with(form)
    });
    assert!(
        !folders.is_empty(),
        "{} holds no folder {form}*",
        root.display()
    );
    folders.sort();
    folders
}

/// The folder's `meta.json`.
pub fn meta(folder: &Path) -> Value {
    json(&folder.join("meta.json"))
}

pub fn json(path: &Path) -> Value {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_slice(&bytes).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The first number in the part of the tolerance that mentions `about`, e.g. `latents` in "latents and decoded 1e-3
/// absolute". Tolerances are prose in most folders.
pub fn tolerance(meta: &Value, about: &str) -> f32 {
    let text = meta["tolerance"].as_str().unwrap();
    let start = text
        .find(about)
        .unwrap_or_else(|| panic!("no tolerance about {about} in: {text}"));
    let words = text[start..].split([' ', ',', ';']);
    words
        .filter_map(|word| word.parse().ok())
        .next()
        .unwrap_or_else(|| panic!("no number after {about} in: {text}"))
}

/// The tensors of one file.
pub struct Tensors(PathBuf, Vec<u8>);

impl Tensors {
    pub fn read(path: PathBuf) -> Self {
        let bytes = fs::read(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        Self(path, bytes)
    }

    pub fn names(&self) -> Vec<String> {
        SafeTensors::deserialize(&self.1)
            .unwrap()
            .names()
            .into_iter()
            .map(String::from)
            .collect()
    }

    /// Shape and little-endian bytes.
    fn raw(&self, name: &str) -> (Vec<usize>, Vec<u8>) {
        let tensors = SafeTensors::deserialize(&self.1).unwrap();
        let view = tensors
            .tensor(name)
            .unwrap_or_else(|error| panic!("{}: {name}: {error}", self.0.display()));
        (view.shape().to_vec(), view.data().to_vec())
    }

    pub fn floats(&self, name: &str) -> (Vec<usize>, Vec<f32>) {
        let (shape, bytes) = self.raw(name);
        let values: Vec<f32> = bytes
            .chunks_exact(4)
            .map(|b| f32::from_le_bytes(b.try_into().unwrap()))
            .collect();
        assert_eq!(
            values.len(),
            shape.iter().product::<usize>(),
            "{name} is not F32"
        );
        (shape, values)
    }

    pub fn integers(&self, name: &str) -> (Vec<usize>, Vec<i64>) {
        let (shape, bytes) = self.raw(name);
        let values: Vec<i64> = bytes
            .chunks_exact(8)
            .map(|b| i64::from_le_bytes(b.try_into().unwrap()))
            .collect();
        assert_eq!(
            values.len(),
            shape.iter().product::<usize>(),
            "{name} is not I64"
        );
        (shape, values)
    }
}

/// Largest absolute difference; fails when the lengths differ, a value is no number or the limit is passed.
pub fn compare(what: &str, found: &[f32], expected: &[f32], limit: f32) -> f32 {
    assert_eq!(found.len(), expected.len(), "{what}: number of values");
    let difference = |(a, b): (&f32, &f32)| {
        if a.is_finite() {
            (a - b).abs()
        } else {
            f32::INFINITY
        }
    };
    let largest = found
        .iter()
        .zip(expected)
        .map(difference)
        .fold(0.0, f32::max);
    assert!(
        largest <= limit,
        "{what}: largest deviation {largest}, allowed {limit}"
    );
    largest
}

/// Prints a folder's largest deviations; shown with `--nocapture`.
pub fn report(folder: &Path, deviations: &[(&str, f32)]) {
    let name = folder.file_name().unwrap().to_string_lossy();
    for (what, largest) in deviations {
        println!("golden {name}: {what}: largest deviation {largest:e}");
    }
}

/// The ONNX Runtime of this machine, found as the program finds it.
pub fn runtime() -> Runtime {
    Runtime::open(&RuntimeOptions::default()).unwrap_or_else(|error| panic!("{error}"))
}

/// Puts a graph and the weight files that it names into a folder of its own.
pub fn place(
    graph: &WrittenGraph,
    checkpoint: &Path,
    files: &[&str],
    folder: &Path,
    name: &str,
) -> PathBuf {
    for file in files {
        let target = folder.join(file);
        if !target.exists() {
            link_or_copy(&checkpoint.join(file), &target).unwrap();
        }
    }
    let path = folder.join(name);
    fs::write(&path, &graph.bytes).unwrap();
    path
}

/// SHA-256 as hexadecimal.
pub fn sha256(bytes: &[u8]) -> String {
    parabench::common::digest::Digest::of(bytes).to_string()
}
