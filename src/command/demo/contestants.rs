//! What the demo runs: one checkpoint decoded in four ways, and four controls.

use std::path::Path;

/// How the miniature is computed: one thread per group of prompts and as many groups as there are cores, since threads
/// within its small operators cost more than they bring.
const COMPUTED: &str = "batch=120&threads=1&workers=0";

/// What the run is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    /// The others are compared with it.
    Baseline,
    /// Another way to decode the checkpoint.
    Decoding,
    /// A control that is compared with the baseline: what a judge must notice.
    Detector,
    /// A control that only marks the scale: its floor or ceiling.
    Anchor,
}

/// One model of the demo.
#[derive(Clone, Copy, Debug)]
pub(super) struct Contestant {
    /// Its name in tables, safe as a file name.
    pub(super) name: &'static str,
    /// The options of the bundle, or the control.
    how: &'static str,
    pub(super) role: Role,
    /// Its share of the work; only its relation to the others counts.
    pub(super) work: f64,
}

/// All of them, in the order in which they run. The baseline is the first: a control answers with its pictures.
pub(super) const CONTESTANTS: [Contestant; 8] = [
    contestant("parallel", "strategy=parallel", Role::Baseline, 20.0),
    contestant("no-thinking", "strategy=image-only", Role::Decoding, 8.0),
    contestant(
        "6-steps",
        "strategy=parallel&text_steps=6&image_steps=6",
        Role::Decoding,
        6.0,
    ),
    contestant("text-first", "strategy=sequential", Role::Decoding, 33.0),
    contestant("borrowed", "shuffled-reasoning", Role::Detector, 1.0),
    contestant("right-answers", "truth", Role::Anchor, 1.0),
    contestant("unchanged-input", "copy-input", Role::Anchor, 1.0),
    contestant("blank", "blank", Role::Anchor, 1.0),
];

const fn contestant(name: &'static str, how: &'static str, role: Role, work: f64) -> Contestant {
    Contestant {
        name,
        how,
        role,
        work,
    }
}

impl Contestant {
    /// Whether it needs the checkpoint, or answers of it.
    pub(super) fn needs_checkpoint(&self) -> bool {
        self.role != Role::Anchor
    }

    /// Whether it decodes answers of its own.
    pub(super) fn decodes(&self) -> bool {
        matches!(self.role, Role::Baseline | Role::Decoding)
    }

    /// Its name as people read it.
    pub(super) fn title(&self) -> String {
        self.name.replace('-', " ")
    }

    /// What `--model` takes: `bundle` is the exported checkpoint, `baseline` the folder of the baseline's run.
    pub(super) fn spec(&self, bundle: Option<&Path>, baseline: Option<&Path>) -> Option<String> {
        let Self { name, how, .. } = self;
        Some(match self.role {
            Role::Baseline | Role::Decoding => {
                format!("onnx:{}?{how}&{COMPUTED}&name={name}", bundle?.display())
            }
            Role::Detector => format!(
                "control:{how}?name={name}&among=asked&over=replay:{}",
                baseline?.display()
            ),
            Role::Anchor => format!("control:{how}?name={name}"),
        })
    }
}
