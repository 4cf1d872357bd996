//! Negative controls: models that cannot do the task. A judge that likes their
//! answers does not look. What each says and draws is in docs/controls.md.

mod plain;
mod shuffled;

pub use shuffled::donors;

use crate::model::{Model, ModelError, ModelKind, OpenContext, Spec};

/// The kind `control:NAME`.
pub const KIND: ModelKind = ModelKind {
    name: "control",
    usage: "control:copy-input, control:blank or control:shuffled-reasoning?over=MODEL",
    options: &[(
        "over",
        "for shuffled-reasoning: the model whose reasoning is dealt out anew; comes last",
    )],
    open,
};

fn open(spec: &Spec, context: &OpenContext<'_>) -> Result<Box<dyn Model>, ModelError> {
    if spec.thinks.is_some() {
        return Err(ModelError::new(
            "a control declares by itself whether it thinks; leave out `thinks=`",
        ));
    }
    let control = spec.rest.as_str();
    if let Some(picture) = plain::Plain::named(control) {
        if spec.option("over").is_some() {
            return Err(ModelError::new(format!(
                "control:{control} stands alone; `over=` belongs to control:shuffled-reasoning"
            )));
        }
        return Ok(Box::new(plain::PlainControl::new(picture, spec)));
    }
    match control {
        "shuffled-reasoning" => Ok(Box::new(shuffled::Shuffled::open(spec, context)?)),
        _ => Err(ModelError::new(format!(
            "no control is called `{control}`; expected {}",
            KIND.usage
        ))),
    }
}
