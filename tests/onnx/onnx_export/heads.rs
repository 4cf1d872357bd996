//! Shared key and value heads: the same as a network in which every query head has its own copy.

use std::path::Path;

use parabench::onnx::arch::Precision;
use parabench::onnx::arch::llada::{self, LladaConfig, Reading};
use parabench::onnx::checkpoint::{Checkpoint, Config, link_or_copy};
use parabench::onnx::language::{LanguageModel, Read, Want};
use parabench::onnx::runtime::SessionOptions;
use safetensors::tensor::{Dtype, TensorView};

use super::runtime;
use crate::random::Llada;

#[test]
fn shared_heads_equal_their_copies() {
    let folder = tempfile::tempdir().unwrap();
    let [shared, copied] = ["shared", "copied"].map(|name| folder.path().join(name));
    let network = Llada {
        kv_heads: 2,
        ..Llada::tiny()
    };
    network.write(&shared).unwrap();
    Llada {
        kv_heads: 4,
        ..network.clone()
    }
    .write(&copied)
    .unwrap();
    let head_rows = (network.width / network.heads) as usize;
    copy_heads(&shared, &copied, head_rows * network.width as usize * 4);
    let (a, b) = (logits(&shared), logits(&copied));
    let largest = a
        .iter()
        .zip(&b)
        .map(|(a, b)| (a - b).abs())
        .fold(0.0, f32::max);
    assert!(largest < 1e-5, "largest difference {largest}");
}

/// Rewrites the weights of `target` as those of `source` with every key and value head of `bytes` bytes twice.
fn copy_heads(source: &Path, target: &Path, bytes: usize) {
    let content = std::fs::read(source.join("model.safetensors")).unwrap();
    let tensors = safetensors::SafeTensors::deserialize(&content).unwrap();
    let shared = |name: &str| name.contains("k_proj") || name.contains("v_proj");
    let doubled: Vec<(String, Vec<usize>, Vec<u8>)> = tensors
        .iter()
        .map(|(name, view)| {
            if !shared(name) {
                return (name.to_owned(), view.shape().to_vec(), view.data().to_vec());
            }
            let data = view
                .data()
                .chunks(bytes)
                .flat_map(|head| [head, head].concat())
                .collect();
            (
                name.to_owned(),
                vec![2 * view.shape()[0], view.shape()[1]],
                data,
            )
        })
        .collect();
    let views = doubled.iter().map(|(name, shape, data)| {
        (
            name,
            TensorView::new(Dtype::F32, shape.clone(), data).unwrap(),
        )
    });
    safetensors::serialize_to_file(views, None, &target.join("model.safetensors")).unwrap();
}

fn logits(folder: &Path) -> Vec<f32> {
    let checkpoint = Checkpoint::open(folder).unwrap();
    let config = LladaConfig::read(&Config::read(&folder.join("config.json")).unwrap()).unwrap();
    let graph = llada::write(
        &checkpoint,
        &config,
        "w.",
        Precision::F32,
        Reading::Positions,
    )
    .unwrap();
    let weights = "model.safetensors";
    link_or_copy(&folder.join(weights), &folder.join(format!("w.{weights}"))).unwrap();
    let path = folder.join("language.onnx");
    std::fs::write(&path, &graph.bytes).unwrap();
    let mut model = LanguageModel::open(&runtime(), &path, &SessionOptions::default()).unwrap();
    let ids: Vec<i64> = (0..9).map(|i| i * 31 % 320).collect();
    let reads = [0, 4, 8].map(|position| Read {
        row: 0,
        position,
        want: Want::Everything,
    });
    let logits = model.forward(&ids, [1, 9], &reads).unwrap();
    (0..reads.len())
        .flat_map(|index| logits.parts(index).unwrap().concat())
        .collect()
}
