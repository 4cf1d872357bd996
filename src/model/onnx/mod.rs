//! The kind `onnx:BUNDLE`: an MMaDA-Parallel checkpoint decoded here, by any preset and strategy.

mod answer;
mod develop;
mod developed;
mod engine;
mod input;
mod options;
mod reel;

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

pub use engine::{Decoded, Engine, EngineError};
pub use options::{OnnxOptions, open_options};

use crate::common::BoxFuture;
use crate::common::disk::{DiskUsage, human_bytes};
use crate::common::memory;
use crate::model::steps::StepWatch;
use crate::model::trajectory::Filming;
use crate::model::{
    Answer, Identity, Model, ModelError, ModelKind, ModelRequest, OpenContext, Spec, text,
};
use crate::onnx::bundle::Bundle;
use crate::onnx::check_device;
use crate::onnx::runtime::{Device, Runtime};

/// The kind `onnx:BUNDLE`.
pub const KIND: ModelKind = ModelKind {
    name: "onnx",
    usage: "onnx:BUNDLE",
    options: &options::ALL,
    open,
};

fn open(spec: &Spec, context: &OpenContext<'_>) -> Result<Box<dyn Model>, ModelError> {
    Ok(Box::new(OnnxModel::open(spec, context)?))
}

/// A bundle as a model.
#[derive(Debug)]
pub struct OnnxModel {
    identity: Identity,
    notices: Vec<String>,
    batch: usize,
    shop: Arc<Shop>,
}

/// What the threads that decode share. Graphs are opened when the first request comes.
#[derive(Debug)]
struct Shop {
    bundle: Bundle,
    options: OnnxOptions,
    runtime: Runtime,
    engines: Mutex<Vec<Engine>>,
    /// Told of every step.
    watch: OnceLock<Arc<dyn StepWatch>>,
}

impl OnnxModel {
    /// Reads the bundle, checks options and sizes against it, and finds ONNX Runtime. Weights are not loaded yet.
    ///
    /// # Errors
    /// Everything that does not fit, or that there is no ONNX Runtime.
    pub fn open(spec: &Spec, context: &OpenContext<'_>) -> Result<Self, ModelError> {
        let (bundle, options) = open_options(spec, context.film)?;
        let runtime = Runtime::open(&context.onnx).map_err(|error| {
            ModelError::caused_by(
                "onnx: ONNX Runtime, which runs the bundle, cannot be used",
                error,
            )
        })?;
        let unusable = |error: Box<dyn std::error::Error + Send + Sync>| ModelError {
            source: Some(error),
            ..ModelError::new(format!("onnx:{}", bundle.folder().display()))
        };
        let device = options.session.device;
        bundle
            .check_device(device)
            .map_err(|error| unusable(error.into()))?;
        if device != Device::Cpu {
            check_device(&runtime, &options.session).map_err(|error| unusable(error.into()))?;
        }
        let source = text::safe_name(&bundle.manifest().source);
        let strategy = options.settings.strategy;
        let identity = Identity {
            name: spec
                .name
                .clone()
                .unwrap_or_else(|| format!("{source}-{}-{strategy}", options.settings.preset)),
            kind: spec.kind.name.to_owned(),
            thinks: spec.thinks.unwrap_or(options.has_text()),
            details: identity_details(&bundle, &options, &runtime),
        };
        Ok(Self {
            identity,
            notices: notices(&options, &bundle),
            batch: options.batch,
            shop: Arc::new(Shop {
                bundle,
                options,
                runtime,
                engines: Mutex::new(Vec::new()),
                watch: OnceLock::new(),
            }),
        })
    }
}

fn identity_details(
    bundle: &Bundle,
    options: &OnnxOptions,
    runtime: &Runtime,
) -> BTreeMap<String, String> {
    let manifest = bundle.manifest();
    let mut details = options.settings.describe();
    let facts = [
        ("bundle", bundle.hash().to_owned()),
        ("checkpoint", manifest.source.clone()),
        (
            "precision",
            format!("{:?}", manifest.precision).to_lowercase(),
        ),
        ("size", format!("{}x{}", options.size[0], options.size[1])),
        ("device", options.session.device.to_string()),
        ("batch", options.batch.to_string()),
        ("threads", options.session.threads.to_string()),
        ("onnxruntime", runtime.version().to_owned()),
    ];
    details.extend(facts.map(|(key, value)| (key.to_owned(), value)));
    details
}

fn notices(options: &OnnxOptions, bundle: &Bundle) -> Vec<String> {
    let settings = &options.settings;
    let mut notices = vec![format!(
        "decodes with preset {}, strategy {}: {} text and {} image steps",
        settings.preset, settings.strategy, settings.text_steps, settings.image_steps
    )];
    notices.extend(options.film.map(|filming| match filming {
        Filming::Steps => "records what every step decides".to_owned(),
        Filming::Frames { every } => format!("records a frame every {every} steps"),
    }));
    notices.extend(low_memory(options, bundle));
    notices
}

/// Says so where the weights alone are more than what is free: the system may end the run then.
fn low_memory(options: &OnnxOptions, bundle: &Bundle) -> Option<String> {
    let weights = DiskUsage::of(bundle.folder()).bytes;
    let free = memory::available_bytes()?;
    let here = options.session.device == Device::Cpu;
    (here && weights > free).then(|| {
        format!(
            "little memory: {} are free and the weights take {}; the system may end this run. The same command resumes it \
             where there is more memory",
            human_bytes(free),
            human_bytes(weights)
        )
    })
}

impl Model for OnnxModel {
    fn identity(&self) -> &Identity {
        &self.identity
    }

    fn notices(&self) -> Vec<String> {
        self.notices.clone()
    }

    fn provenance(&self) -> BTreeMap<String, String> {
        self.shop.runtime.provenance()
    }

    fn batch_size(&self) -> usize {
        self.batch
    }

    fn watch_steps(&self, watch: Arc<dyn StepWatch>) {
        // Who watches first goes on watching.
        let _ = self.shop.watch.set(watch);
    }

    fn answer(&self, batch: Vec<ModelRequest>) -> BoxFuture<'_, Result<Vec<Answer>, ModelError>> {
        let shop = Arc::clone(&self.shop);
        // Decoding stops between two steps when nobody waits for it any more.
        let waiting = Waiting(Arc::new(AtomicBool::new(true)));
        let flag = Arc::clone(&waiting.0);
        Box::pin(async move {
            let _waiting = waiting;
            tokio::task::spawn_blocking(move || shop.answer(&batch, &flag))
                .await
                .map_err(|error| ModelError::caused_by("onnx: the decoding thread failed", error))?
        })
    }
}

/// Tells the decoding thread, when dropped, that nobody waits any more.
struct Waiting(Arc<AtomicBool>);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.store(false, Ordering::Relaxed);
    }
}

impl Shop {
    fn answer(
        &self,
        batch: &[ModelRequest],
        waiting: &AtomicBool,
    ) -> Result<Vec<Answer>, ModelError> {
        let mut engines = self.engines.lock().unwrap_or_else(PoisonError::into_inner);
        while engines.len() < self.options.workers {
            let opened = Engine::open(&self.bundle, self.options.clone(), &self.runtime);
            let opened = opened.map_err(|error| {
                let folder = self.bundle.folder().display();
                ModelError::caused_by(format!("onnx: the bundle {folder} cannot be used"), error)
            })?;
            let number = engines.len();
            engines.push(opened.numbered(number));
        }
        let watch = self.watch.get().map(Arc::as_ref);
        answer::answer(&mut engines, batch, waiting, watch)
    }
}
