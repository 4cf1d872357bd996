//! The pictures of a question: in which order, and with which words before them.

use std::sync::Arc;

use super::Role;
use crate::common::picture::PictureFile;
use crate::judge::evidence::Evidence;
use crate::judge::view::View;
use crate::suite::axes::sight::SightPart;
use crate::suite::calls::Arrangement;

/// A picture with its role and the words before it.
type Labelled = (String, Role, Arc<PictureFile>);

/// The pictures in order, each with the words before it.
pub(super) fn shown(evidence: &Evidence, arrangement: &Arrangement, view: &View) -> Vec<Labelled> {
    let order = arrangement.order(view.output_first).into_iter();
    order.flat_map(|part| of_part(evidence, part)).collect()
}

/// The pictures of one part.
fn of_part(evidence: &Evidence, part: SightPart) -> Vec<Labelled> {
    let one = |words: &str, role, picture: &Arc<PictureFile>| {
        vec![(words.to_owned(), role, Arc::clone(picture))]
    };
    let (output, reference) = (evidence.output(), evidence.reference_image());
    match part {
        SightPart::Input => inputs(evidence),
        SightPart::Output => {
            output.map_or_else(Vec::new, |p| one("Output image:", Role::Output, p))
        }
        SightPart::ReferenceImage => {
            reference.map_or_else(Vec::new, |p| one("Reference image:", Role::Reference, p))
        }
        SightPart::Instruction | SightPart::Reasoning | SightPart::Reference => Vec::new(),
    }
}

fn inputs(evidence: &Evidence) -> Vec<Labelled> {
    let inputs = evidence.inputs();
    let count = inputs.len();
    let labelled = inputs.iter().enumerate().map(|(at, input)| {
        let label = input.label.as_ref();
        let label = label.map_or_else(String::new, |label| format!(" ({label})"));
        let words = match count {
            1 => format!("Input image{label}:"),
            _ => format!("Input image {} of {count}{label}:", at + 1),
        };
        (words, Role::Input, Arc::clone(&input.picture))
    });
    labelled.collect()
}

/// Which pictures follow, in words.
pub(super) fn announced(evidence: &Evidence, arrangement: &Arrangement, view: &View) -> String {
    let order = arrangement.order(view.output_first);
    let place = |wanted: SightPart| order.iter().position(|part| *part == wanted);
    let output_first = place(SightPart::Output) < place(SightPart::Input);
    let (count, output) = (evidence.inputs().len(), evidence.output().is_some());
    if evidence.reference_image().is_none() && count <= 1 {
        let words = match (count == 1, output, output_first) {
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
    let named = order.into_iter().filter_map(|part| match part {
        SightPart::Input => match count {
            0 => None,
            1 => Some("the input image (before)".to_owned()),
            many => Some(format!("the {many} input images (before) in their order")),
        },
        SightPart::Output => output.then(|| "the output image (after)".to_owned()),
        SightPart::ReferenceImage => evidence.reference_image().map(|_| {
            "the reference image, which the benchmark gives for a right answer".to_owned()
        }),
        SightPart::Instruction | SightPart::Reasoning | SightPart::Reference => None,
    });
    let named: Vec<String> = named.collect();
    format!("There follow, in this order: {}.", named.join("; "))
}
