//! `methods.tex`: what was done, as paragraphs for a paper.

use crate::analysis::findings::Findings;
use crate::report::escape::latex;
use crate::report::kit::{tex, words};

/// The file.
pub fn methods(findings: &Findings) -> String {
    let mut text = tex::head(&findings.program, "Plain paragraphs; needs no package.");
    for paragraph in words::methods(findings) {
        let sentences: Vec<String> = paragraph.sentences.iter().map(|s| latex(s)).collect();
        text.push_str(&format!(
            "\\paragraph{{{}.}}\n{}\n\n",
            latex(paragraph.title),
            sentences.join("\n")
        ));
    }
    text
}
