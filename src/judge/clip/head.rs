//! The linear head of a picture model, read from safetensors.
//!
//! LAION's aesthetic predictors are read as they are: the linear one (`weight`, `bias`), and the "improved" one of 2022,
//! five layers one after the other with nothing between them but dropout, which does nothing after training
//! (`layers.0`, `.2`, `.4`, `.6`, `.7`). Together they are one linear map. Both take features of length 1.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::common::digest::Digest;
use crate::onnx::checkpoint::{CheckpointError, TensorEntry, read_header, read_limited};

/// Longest file, in bytes: the largest known has 3.7 MB.
const MAX_BYTES: u64 = 64 << 20;
/// Most tensors that an error lists.
const MAX_LISTED: usize = 12;
/// The names of the layers of each known head, first to last.
const KNOWN: [&[&str]; 2] = [
    &[""],
    &[
        "layers.0.",
        "layers.2.",
        "layers.4.",
        "layers.6.",
        "layers.7.",
    ],
];

/// Why a head cannot be used.
#[derive(Debug, thiserror::Error)]
pub(super) enum HeadError {
    /// The file cannot be read.
    #[error(transparent)]
    File(#[from] CheckpointError),
    /// It is none.
    #[error("{} is not a known head: {why}", path.display())]
    Unknown {
        /// The file.
        path: PathBuf,
        /// What was found and what was expected.
        why: String,
    },
}

/// A linear map from features to a number.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Head {
    weights: Vec<f64>,
    bias: f64,
    digest: Digest,
}

/// A layer: rows of weights, and what is added.
struct Layer {
    rows: usize,
    columns: usize,
    weights: Vec<f64>,
    bias: Vec<f64>,
}

impl Head {
    /// Reads a file.
    ///
    /// # Errors
    /// [`HeadError`].
    pub(super) fn read(path: &Path) -> Result<Self, HeadError> {
        let entries = read_header(path)?;
        let bytes = read_limited(path, MAX_BYTES)?;
        let of = |prefix: &str, name: &str| entries.get(&format!("{prefix}{name}"));
        let known = KNOWN.iter().find(|layers| {
            let there =
                |prefix: &&str| of(prefix, "weight").is_some() && of(prefix, "bias").is_some();
            layers.iter().all(there) && entries.len() == 2 * layers.len()
        });
        let unknown = |why: String| HeadError::Unknown {
            path: path.to_owned(),
            why,
        };
        let Some(names) = known else {
            return Err(unknown(listed(&entries)));
        };
        let mut layers = Vec::with_capacity(names.len());
        for prefix in *names {
            if let (Some(weight), Some(bias)) = (of(prefix, "weight"), of(prefix, "bias")) {
                layers.push(layer(prefix, (weight, bias), &bytes).map_err(unknown)?);
            }
        }
        let (weights, bias) = joined(&layers).map_err(unknown)?;
        Ok(Self {
            weights,
            bias,
            digest: Digest::of(&bytes),
        })
    }

    /// How many features it takes.
    pub(super) fn width(&self) -> usize {
        self.weights.len()
    }

    /// SHA-256 of its file.
    pub(super) fn digest(&self) -> Digest {
        self.digest
    }

    /// The number of features, which are set to length 1 first; `None` where it is none.
    pub(super) fn score(&self, features: &[f32]) -> Option<f64> {
        let squares = features.iter().map(|x| f64::from(*x).powi(2));
        let length = squares.sum::<f64>().sqrt();
        if features.len() != self.weights.len() || length == 0.0 {
            return None;
        }
        let both = self.weights.iter().zip(features);
        let sum: f64 = both.map(|(w, x)| w * f64::from(*x) / length).sum();
        Some(sum + self.bias).filter(|score| score.is_finite())
    }
}

fn listed(entries: &BTreeMap<String, TensorEntry>) -> String {
    let mut names: Vec<String> = entries
        .iter()
        .take(MAX_LISTED)
        .map(|(name, entry)| format!("{name} {:?}", entry.shape))
        .collect();
    if entries.len() > MAX_LISTED {
        names.push("…".to_owned());
    }
    format!(
        "it holds {}; expected `weight` and `bias` of one linear layer, or those of LAION's improved predictor, layers.0, .2, .4, .6 \
         and .7",
        names.join(", ")
    )
}

fn layer(
    prefix: &str,
    (weight, bias): (&TensorEntry, &TensorEntry),
    bytes: &[u8],
) -> Result<Layer, String> {
    let size = |dim: u64| usize::try_from(dim).unwrap_or(usize::MAX);
    let [rows, columns] = weight.shape.as_slice() else {
        return Err(format!(
            "{prefix}weight has shape {:?}, expected two sides",
            weight.shape
        ));
    };
    if bias.shape != [*rows] {
        let found = &bias.shape;
        return Err(format!(
            "{prefix}bias has shape {found:?}, expected [{rows}]"
        ));
    }
    Ok(Layer {
        rows: size(*rows),
        columns: size(*columns),
        weights: numbers(&format!("{prefix}weight"), weight, bytes)?,
        bias: numbers(&format!("{prefix}bias"), bias, bytes)?,
    })
}

/// The numbers of a tensor.
fn numbers(name: &str, entry: &TensorEntry, bytes: &[u8]) -> Result<Vec<f64>, String> {
    let place = usize::try_from(entry.offset)
        .ok()
        .zip(usize::try_from(entry.length).ok());
    let own = place.and_then(|(at, length)| bytes.get(at..at.checked_add(length)?));
    let own = own.ok_or_else(|| format!("the bytes of {name} are not there"))?;
    let values: Vec<f64> = match entry.dtype.as_str() {
        "F32" => chunks(own, |b| f64::from(f32::from_le_bytes(b))),
        "F64" => chunks(own, f64::from_le_bytes),
        "F16" => chunks(own, |b| f64::from(half::f16::from_le_bytes(b))),
        "BF16" => chunks(own, |b| f64::from(half::bf16::from_le_bytes(b))),
        other => {
            return Err(format!(
                "{name} is stored as {other}; F64, F32, F16 and BF16 are read"
            ));
        }
    };
    match values.iter().all(|value| value.is_finite()) {
        true => Ok(values),
        false => Err(format!("{name} holds a number that is not finite")),
    }
}

fn chunks<const N: usize>(bytes: &[u8], number: impl Fn([u8; N]) -> f64) -> Vec<f64> {
    let (whole, _) = bytes.as_chunks::<N>();
    whole.iter().map(|chunk| number(*chunk)).collect()
}

/// Layers one after the other as one map.
fn joined(layers: &[Layer]) -> Result<(Vec<f64>, f64), String> {
    let mut layers = layers.iter().rev();
    let last = layers.next().filter(|last| last.rows == 1);
    let last = last.ok_or("its last layer gives more than one number; expected one")?;
    let mut row = last.weights.clone();
    let mut sum: f64 = last.bias.iter().sum();
    for layer in layers {
        if layer.rows != row.len() {
            let (gives, takes) = (layer.rows, row.len());
            return Err(format!(
                "a layer gives {gives} numbers and the next takes {takes}"
            ));
        }
        sum += row.iter().zip(&layer.bias).map(|(w, b)| w * b).sum::<f64>();
        let mut before = vec![0.0; layer.columns];
        for (weight, of_row) in row
            .iter()
            .zip(layer.weights.chunks_exact(layer.columns.max(1)))
        {
            for (sum, value) in before.iter_mut().zip(of_row) {
                *sum += weight * value;
            }
        }
        row = before;
    }
    match row.is_empty() {
        true => Err("it takes no features".to_owned()),
        false => Ok((row, sum)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A safetensors file of F32 tensors.
    fn file(tensors: &[(&str, &[u64], &[f32])]) -> tempfile::NamedTempFile {
        let (mut header, mut data) = (serde_json::Map::new(), Vec::new());
        for (name, shape, values) in tensors {
            let from = data.len();
            data.extend(values.iter().flat_map(|value| value.to_le_bytes()));
            let entry = serde_json::json!({"dtype": "F32", "shape": shape, "data_offsets": [from, data.len()]});
            header.insert((*name).to_owned(), entry);
        }
        let header = serde_json::Value::Object(header).to_string();
        let file = tempfile::NamedTempFile::new().unwrap();
        let length = (header.len() as u64).to_le_bytes();
        let bytes = [&length[..], header.as_bytes(), &data].concat();
        std::fs::write(file.path(), bytes).unwrap();
        file
    }

    #[test]
    fn a_linear_layer_is_a_dot_product_on_features_of_length_one() {
        let file = file(&[("weight", &[1, 2], &[10.0, -5.0]), ("bias", &[1], &[2.0])]);
        let head = Head::read(file.path()).unwrap();
        // (3, 4) has length 5: 10 · 0.6 − 5 · 0.8 + 2.
        assert!((head.score(&[3.0, 4.0]).unwrap() - 4.0).abs() < 1e-12);
        assert_eq!((head.score(&[0.0, 0.0]), head.score(&[1.0])), (None, None));
    }

    #[test]
    fn layers_one_after_the_other_are_one_map() {
        let file = file(&[
            ("layers.0.weight", &[2, 2], &[1.0, 2.0, 0.0, 1.0]),
            ("layers.0.bias", &[2], &[1.0, -1.0]),
            ("layers.2.weight", &[1, 2], &[3.0, 1.0]),
            ("layers.2.bias", &[1], &[0.5]),
            ("layers.4.weight", &[2, 1], &[1.0, 2.0]),
            ("layers.4.bias", &[2], &[0.0, 1.0]),
            ("layers.6.weight", &[1, 2], &[1.0, 1.0]),
            ("layers.6.bias", &[1], &[-1.0]),
            ("layers.7.weight", &[1, 1], &[2.0]),
            ("layers.7.bias", &[1], &[0.25]),
        ]);
        let head = Head::read(file.path()).unwrap();
        // x = (1, 0): (2, −1), 5.5, (5.5, 12), 16.5, 33.25.
        assert!((head.score(&[7.0, 0.0]).unwrap() - 33.25).abs() < 1e-12);
    }

    #[test]
    fn other_files_are_refused_with_what_they_hold() {
        let w: &[f32] = &[1.0, 1.0];
        for (tensors, words) in [
            (&[("weight", &[1, 2][..], w)][..], "weight [1, 2]"),
            (
                &[("weight", &[2, 1], w), ("bias", &[2], w)],
                "more than one number",
            ),
            (&[("weight", &[1, 2], w), ("bias", &[2], w)], "expected [1]"),
            (&[("weight", &[2], w), ("bias", &[2], w)], "two sides"),
            (
                &[
                    ("weight", &[1, 2], &[1.0, f32::NAN]),
                    ("bias", &[1], &[1.0]),
                ],
                "not finite",
            ),
        ] {
            let said = Head::read(file(tensors).path()).unwrap_err().to_string();
            assert!(said.contains(words), "{words} is not in {said}");
        }
        let pickle = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(pickle.path(), b"PK\x03\x04 a pickle in a zip file").unwrap();
        assert!(Head::read(pickle.path()).is_err());
    }
}
