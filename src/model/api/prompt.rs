//! What a model is told beside the instruction. The paper does not print its prompts, so
//! these are ours: versioned, part of a model's identity, and replaced by a profile's own.

/// Where the instruction stands in a template.
pub(super) const INSTRUCTION: &str = "{instruction}";

/// For models that reason and draw in one reply.
pub(super) const THINK_EDIT: &str = "Edit the picture as the instruction says. First write down \
how you reason: what the picture shows, what has to change and how the result will look, and what \
must stay as it is. Then give the edited picture.\n\nInstruction: {instruction}";
/// The same for tasks without an input picture.
pub(super) const THINK_GENERATION: &str = "Draw a picture as the instruction says. First write down \
how you reason: what is asked for, and what the picture has to show and how. Then give the \
picture.\n\nInstruction: {instruction}";
/// For text models whose reasoning another model draws from.
pub(super) const REASON_EDIT: &str = "A picture will be edited by an image model that cannot reason. \
Write down how you reason for it: what the picture shows, what has to change and how the result \
will look in detail, and what must stay as it is. Write plain prose, no list of options.\n\n\
Instruction: {instruction}";
/// The same for tasks without an input picture.
pub(super) const REASON_GENERATION: &str = "A picture will be drawn by an image model that cannot \
reason. Write down how you reason for it: what is asked for, and what the picture has to show in \
detail. Write plain prose, no list of options.\n\nInstruction: {instruction}";
/// For models that only draw.
pub(super) const PLAIN: &str = INSTRUCTION;

/// Templates for both kinds of tasks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Templates {
    /// Tasks with an input picture.
    pub edit: String,
    /// Tasks without one.
    pub generation: String,
}
