//! The one place where kinds of models are listed: a new kind is one file and one line here.

use crate::model::kind::{ModelKind, OpenContext, Opened, Spec};
use crate::model::{ModelError, api, command, control, onnx, pipeline, replay};

/// Every kind of model.
pub const KINDS: &[ModelKind] = &[
    replay::KIND,
    onnx::KIND,
    command::KIND,
    api::OPENAI,
    api::GEMINI,
    pipeline::KIND,
    control::KIND,
];

/// Every model that can be named, with what it is: the forms of each kind, and the embedded profiles.
pub fn known() -> Vec<(String, String)> {
    let kinds = KINDS.iter().flat_map(|kind| {
        let options: Vec<&str> = kind.options.iter().map(|(name, _)| *name).collect();
        let forms: Vec<&str> = kind
            .usage
            .split(", ")
            .flat_map(|part| part.split(" or "))
            .collect();
        // Of several forms, those that take options show some.
        let several = forms.len() > 1;
        let named = move |form: &str| {
            let has_options = !options.is_empty() && (!several || form.contains('?'));
            let about = has_options.then(|| format!("options {}", options.join(", ")));
            (form.to_owned(), about.unwrap_or_default())
        };
        forms.into_iter().map(named).collect::<Vec<_>>()
    });
    let profiles = api::bundled()
        .map(|(kind, model)| (format!("{kind}:{model}"), "bundled profile".to_owned()));
    kinds.chain(profiles).collect()
}

/// Opens the model that a spec names. Nothing is started and nothing is asked
/// yet; what people should know beforehand is in [`crate::model::Model::notices`].
///
/// # Errors
/// The spec is wrong, or what it names is not usable; the message says what was
/// found, what was expected and what to do next.
pub fn open(spec: &str, context: &OpenContext<'_>) -> Opened {
    let spec = Spec::parse(spec).map_err(|error| ModelError::new(error.to_string()))?;
    (spec.kind.open)(&spec, context)
}
