//! How a question is put: what may be varied without changing what is asked.

use std::sync::Arc;

/// How a question is put to a judge that reads prompts. Runs always use the default; an audit
/// varies it, because the mark must not depend on it. Judges that compare with the truth look
/// at the evidence only and ignore it.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct View {
    /// A text of the model that is shown beside the evidence and must not count.
    pub aside: Option<Arc<str>>,
    /// Shows the output image before the input image; the labels stay true.
    pub output_first: bool,
    /// Says the same rules in other words, criteria and scale in reverse order.
    pub reworded: bool,
}
