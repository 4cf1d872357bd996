//! Small pieces of LaTeX.

use crate::report::escape::latex;

/// The lines that every file starts with.
pub fn head(program: &str, needs: &str) -> String {
    format!(
        "% Written by {}. Do not edit: `parabench verify` recomputes every number.\n% {needs}\n",
        latex(program)
    )
}
