//! A kind of model: how it is named and opened, and the parsed spec that names a model of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use crate::model::trajectory::Filming;
use crate::model::{Model, ModelError};
use crate::onnx::runtime::RuntimeOptions;
use crate::suite::Suite;

/// Options that every kind takes, with their meaning.
pub const COMMON_OPTIONS: [(&str, &str); 2] = [
    ("name", "name in tables and files"),
    (
        "thinks",
        "true or false: whether the model is declared to emit reasoning",
    ),
];

/// A parsed spec of a kind that exists, with options that the kind has.
#[derive(Clone, Debug)]
pub struct Spec {
    /// The kind.
    pub kind: &'static ModelKind,
    /// What stands between the kind and the options: a folder, a file, a name.
    pub rest: String,
    /// `name=`: the name in tables, safe as a file name.
    pub name: Option<String>,
    /// `thinks=`: what is declared about the model.
    pub thinks: Option<bool>,
    pub(super) options: BTreeMap<String, String>,
}

/// A model that is ready to answer, or why there is none.
pub type Opened = Result<Box<dyn Model>, ModelError>;

/// One kind of model: how it is named and opened.
pub struct ModelKind {
    /// What stands before the `:` of a spec.
    pub name: &'static str,
    /// The form of its specs, for messages and help.
    pub usage: &'static str,
    /// Its own options and their meaning; those of every kind are [`COMMON_OPTIONS`].
    pub options: &'static [(&'static str, &'static str)],
    /// Makes a model of a spec of this kind.
    pub open: fn(&Spec, &OpenContext<'_>) -> Opened,
}

/// What models may need to know of the run they are opened for.
#[derive(Clone, Debug)]
pub struct OpenContext<'a> {
    /// The whole suite, also where only some of its tasks will be asked: what a
    /// model makes of a task must not depend on which others are.
    pub suite: &'a Suite,
    /// The ids of the tasks that will be asked; `None` for all.
    pub asked: Option<BTreeSet<Arc<str>>>,
    /// The seed of the run, from which the seeds of samples derive.
    pub run_seed: u64,
    /// The samples of each task that will be asked.
    pub samples: Range<u32>,
    /// Whether replies that are paid for are looked for in the cache and kept there.
    pub cache: bool,
    /// Machines that share the connections of a model behind an API: each has its part of them, at least one.
    pub connections_over: usize,
    /// What is recorded of trajectories, where the model decodes in steps.
    pub film: Option<Filming>,
    /// Where ONNX Runtime is looked for.
    pub onnx: RuntimeOptions,
}

impl<'a> OpenContext<'a> {
    /// One sample of each task under seed 0, no cache, no trajectories.
    pub fn new(suite: &'a Suite) -> Self {
        Self {
            suite,
            asked: None,
            run_seed: 0,
            samples: 0..1,
            cache: false,
            connections_over: 1,
            film: None,
            onnx: RuntimeOptions::default(),
        }
    }

    /// Whether a task of the suite will be asked.
    pub fn asks(&self, task: &str) -> bool {
        self.asked.as_ref().is_none_or(|asked| asked.contains(task))
    }
}

impl ModelKind {
    /// Whether specs of this kind may have the option.
    pub fn has_option(&self, key: &str) -> bool {
        let mut known = COMMON_OPTIONS.iter().chain(self.options);
        known.any(|(name, _)| *name == key)
    }

    /// The form of a spec and the options, in one sentence.
    pub fn help(&self) -> String {
        let options: Vec<String> = self
            .options
            .iter()
            .chain(&COMMON_OPTIONS)
            .map(|(key, meaning)| format!("{key} ({meaning})"))
            .collect();
        format!(
            "Expected {}, with the options {}",
            self.usage,
            options.join(", ")
        )
    }
}

impl fmt::Debug for ModelKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}
