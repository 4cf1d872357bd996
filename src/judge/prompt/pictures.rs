//! The pictures of a question: in which order, and with which words before them.

use std::sync::Arc;

use super::Role;
use crate::common::picture::PictureFile;
use crate::judge::evidence::Evidence;
use crate::judge::view::View;

/// The pictures in order, each with the words before it.
pub(super) fn shown(evidence: &Evidence, view: &View) -> Vec<(String, Role, Arc<PictureFile>)> {
    let inputs = evidence.inputs();
    let count = inputs.len();
    let inputs = inputs.iter().enumerate().map(|(at, input)| {
        let label = input.label.as_ref();
        let label = label.map_or_else(String::new, |label| format!(" ({label})"));
        let words = match count {
            1 => format!("Input image{label}:"),
            _ => format!("Input image {} of {count}{label}:", at + 1),
        };
        (words, Role::Input, Arc::clone(&input.picture))
    });
    let one = |words: &str, role, picture: &Arc<PictureFile>| {
        (words.to_owned(), role, Arc::clone(picture))
    };
    let output = evidence
        .output()
        .map(|picture| one("Output image:", Role::Output, picture));
    let reference = evidence
        .reference_image()
        .map(|picture| one("Reference image:", Role::Reference, picture));
    let pictures: Vec<_> = match view.output_first {
        false => inputs.chain(output).collect(),
        true => output.into_iter().chain(inputs).collect(),
    };
    pictures.into_iter().chain(reference).collect()
}

/// Which pictures follow, in words.
pub(super) fn announced(evidence: &Evidence, view: &View) -> String {
    let (count, output) = (evidence.inputs().len(), evidence.output().is_some());
    if evidence.reference_image().is_none() && count <= 1 {
        let words = match (count == 1, output, view.output_first) {
            (true, true, false) => "The input image (before) and the output image (after) follow.",
            (true, true, true) => {
                "The output image (after) and then the input image (before) follow."
            }
            (true, false, _) => "The input image follows.",
            (false, true, _) => "The output image follows.",
            (false, false, _) => "",
        };
        return words.to_owned();
    }
    let inputs = match count {
        0 => None,
        1 => Some("the input image (before)".to_owned()),
        many => Some(format!("the {many} input images (before) in their order")),
    };
    let output = output.then(|| "the output image (after)".to_owned());
    let reference = evidence.reference_image();
    let reference = reference
        .map(|_| "the reference image, which the benchmark gives for a right answer".to_owned());
    let named = match view.output_first {
        false => [inputs, output, reference],
        true => [output, inputs, reference],
    };
    let named: Vec<String> = named.into_iter().flatten().collect();
    format!("There follow, in this order: {}.", named.join("; "))
}
