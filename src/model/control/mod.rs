//! Controls: models that cannot do the task, and one that knows the truth. A judge
//! that likes the answers of the former does not look. What each says and draws is in docs/controls.md.

mod plain;
mod shuffled;
pub mod truth;

pub use shuffled::donors;

use crate::common::suggest::unknown;
use crate::model::{Model, ModelError, ModelKind, OpenContext, Spec};

/// The kind `control:NAME`.
pub const KIND: ModelKind = ModelKind {
    name: "control",
    usage: "control:copy-input, control:blank, control:shuffled-reasoning?over=MODEL or \
            control:truth?error=SHARE",
    options: &[
        (
            "over",
            "for shuffled-reasoning: the model whose reasoning is shuffled; comes last",
        ),
        (
            "among",
            "for shuffled-reasoning: suite or asked: the tasks whose reasoning is used; asked if `over=` has answers \
             for some tasks only",
        ),
        (
            "error",
            "for truth: the share of answers that are damaged, 0 to 1",
        ),
    ],
    open,
};

/// The controls by name.
const CONTROLS: [&str; 4] = ["copy-input", "blank", "shuffled-reasoning", "truth"];

fn open(spec: &Spec, context: &OpenContext<'_>) -> Result<Box<dyn Model>, ModelError> {
    if spec.thinks.is_some() {
        return Err(ModelError::new(
            "a control always declares whether it thinks; leave out `thinks=`",
        ));
    }
    let control = spec.rest.as_str();
    if control != "truth" && spec.option("error").is_some() {
        return Err(ModelError::new(format!(
            "control:{control} takes no `error=`; it belongs to control:truth"
        )));
    }
    if let Some(picture) = plain::Plain::named(control) {
        if spec.option("over").is_some() {
            return Err(ModelError::new(format!(
                "control:{control} takes no `over=`; it belongs to control:shuffled-reasoning"
            )));
        }
        return Ok(Box::new(plain::PlainControl::new(picture, spec)));
    }
    match control {
        "shuffled-reasoning" => Ok(Box::new(shuffled::Shuffled::open(spec, context)?)),
        "truth" => Ok(Box::new(truth::TruthModel::open(spec, context)?)),
        _ => Err(ModelError::new(format!(
            "{}; expected {}",
            unknown("control", control, &CONTROLS, None),
            KIND.usage
        ))),
    }
}
