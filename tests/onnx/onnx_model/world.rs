//! Small bundles, and requests for them.

use std::path::{Path, PathBuf};

use parabench::common::seed::sample_seed;
use parabench::model::{Answer, Model, ModelError, ModelRequest, OpenContext, open};
use parabench::onnx::export::{ExportOptions, export};
use parabench::suite::load::load_with;
use parabench::suite::{Prompt, Suite};

use crate::random::vq::{write_amused_vq, write_magvit2};
use crate::random::{Llada, SPECIAL_A, SPECIAL_M, write_tokenizer};
use crate::suite_fixture;

/// Few steps and little text, for every preset.
pub const SMALL: &str = "text_steps=8&image_steps=4&text_length=12";

/// A small, complete checkpoint of family A.
pub fn checkpoint_a(folder: &Path) {
    let network = Llada {
        shards: 4,
        ..Llada::tiny()
    };
    network.write(folder).unwrap();
    write_amused_vq(&folder.join("vqvae"), &[8, 8, 16], 6, network.codes, 4).unwrap();
    write_tokenizer(folder, network.text as usize, &SPECIAL_A).unwrap();
}

/// A small, complete checkpoint of family M, its image tokenizer in `vq`.
pub fn checkpoint_m(folder: &Path, vq: &Path) {
    let network = Llada {
        model_type: "mmada",
        shards: 4,
        ..Llada::tiny()
    };
    network.write(folder).unwrap();
    write_magvit2(vq, &[4, 8, 8], 6, 4).unwrap();
    write_tokenizer(folder, network.text as usize, &SPECIAL_M).unwrap();
}

/// The checkpoint of family A, exported for pictures of 32 pixels, 4 × 4 pixels a code.
pub fn bundle_a(folder: &Path) -> PathBuf {
    let checkpoint = folder.join("tiny-a");
    checkpoint_a(&checkpoint);
    exported(checkpoint, None, 32)
}

/// The checkpoint of family M, exported for pictures of 32 pixels, 4 × 4 pixels a code.
pub fn bundle_m(folder: &Path) -> PathBuf {
    let (checkpoint, vq) = (folder.join("tiny-m"), folder.join("magvitv2"));
    checkpoint_m(&checkpoint, &vq);
    exported(checkpoint, Some(vq), 32)
}

/// Exports a checkpoint for pictures of `resolution` pixels.
pub fn exported(checkpoint: PathBuf, vq: Option<PathBuf>, resolution: u32) -> PathBuf {
    let report = export(&ExportOptions {
        checkpoint,
        vq,
        resolution: Some(resolution),
        ..ExportOptions::default()
    });
    report.unwrap().bundle
}

/// A suite of edits and generations with pictures of 40 pixels.
pub fn suite(folder: &Path) -> Suite {
    let folder = folder.join("suite");
    suite_fixture::write_tiny(
        &folder,
        &[("spatial", "edit", 2), ("scenes", "generation", 2)],
        40,
    );
    load_with(&folder, &folder.join("cache")).unwrap()
}

/// Opens a bundle with options as the command line does.
pub fn model(bundle: &Path, options: &str, suite: &Suite) -> Result<Box<dyn Model>, ModelError> {
    open(
        &format!("onnx:{}?{options}", bundle.display()),
        &OpenContext::new(suite),
    )
}

/// Requests for all tasks.
pub fn requests(suite: &Suite) -> Vec<ModelRequest> {
    let request = |prompt: &Prompt| ModelRequest {
        prompt: prompt.clone(),
        sample: 0,
        seed: sample_seed(0, &prompt.id, 0),
    };
    suite
        .tasks
        .iter()
        .map(|task| request(&task.prompt))
        .collect()
}

/// Answers of a model to requests, in batches as it wants them.
pub fn answers(model: &dyn Model, requests: &[ModelRequest]) -> Vec<Answer> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .build()
        .unwrap();
    let batches = requests.chunks(model.batch_size());
    batches
        .flat_map(|batch| runtime.block_on(model.answer(batch.to_vec())).unwrap())
        .collect()
}
