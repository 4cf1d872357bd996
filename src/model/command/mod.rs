//! x
use crate::model::{Model, ModelError, ModelKind, OpenContext, Spec};
/// The kind `command:FILE.toml`.
pub const KIND: ModelKind = ModelKind {
    name: "command",
    usage: "command:FILE.toml",
    options: &[],
    open,
};
fn open(_: &Spec, _: &OpenContext<'_>) -> Result<Box<dyn Model>, ModelError> {
    Err(ModelError::new("x"))
}
