//! What is checked of one task.

use super::{Line, MAX_CLUSTER_BYTES, MAX_INSTRUCTION_BYTES};
use crate::suite::axes::sight::SightPart;
use crate::suite::calls;
use crate::suite::definition::Definition;
use crate::suite::fault::{FaultList, quoted};
use crate::suite::inputs::{MAX_INPUTS, is_label};
use crate::suite::wire::{DECLARING_FORMAT, WireTask};
use crate::suite::{Axis, Category, Kind};

pub(super) fn task(line: &Line, definition: Option<&Definition>, faults: &mut FaultList) {
    texts(line, faults);
    inputs(line, faults);
    let Some(definition) = definition else {
        return; // which categories there are is not known
    };
    if !definition.declares() {
        declaring_only(line, faults);
    }
    let Line { number, task } = line;
    let mut categories = definition.categories.iter();
    match categories.find(|category| category.name == task.category) {
        None => {
            let names: Vec<&str> = definition
                .categories
                .iter()
                .map(|category| category.name.as_str())
                .collect();
            faults.push(
                *number,
                format!("category {}", quoted(&task.category)),
                format!("one of {}", names.join(", ")),
                "correct it, or add the category to suite.toml",
            );
        }
        Some(category) => {
            axes_left_out(line, category, definition, faults);
            references(line, category, definition, faults);
            if category.kind != task.kind {
                faults.push(
                    *number,
                    format!("kind {} in category {}", task.kind, quoted(&category.name)),
                    format!("kind {}, as suite.toml says of the category", category.kind),
                    "correct the kind or the category",
                );
            }
        }
    }
}

/// The lengths of texts.
fn texts(Line { number, task }: &Line, faults: &mut FaultList) {
    let instruction = task.instruction.trim();
    if instruction.is_empty() || instruction.len() > MAX_INSTRUCTION_BYTES {
        faults.push(
            *number,
            format!("an instruction of {} bytes", instruction.len()),
            format!("1 to {MAX_INSTRUCTION_BYTES}"),
            "write or shorten it",
        );
    }
    if let Some(cluster) = &task.cluster
        && (cluster.trim().is_empty() || cluster.len() > MAX_CLUSTER_BYTES)
    {
        faults.push(
            *number,
            format!("a cluster with a name of {} bytes", cluster.trim().len()),
            format!("1 to {MAX_CLUSTER_BYTES}"),
            "name the image or scene that tasks share, or leave `cluster` out",
        );
    }
    let reference = task.reference.as_deref().map(str::trim);
    if reference.is_some_and(|text| text.is_empty() || text.len() > MAX_INSTRUCTION_BYTES) {
        faults.push(
            *number,
            format!(
                "a reference of {} bytes",
                reference.unwrap_or_default().len()
            ),
            format!("1 to {MAX_INSTRUCTION_BYTES}"),
            "shorten it, or leave `reference` out",
        );
    }
}

/// Edits have pictures and drawings have none.
fn inputs(Line { number, task }: &Line, faults: &mut FaultList) {
    match (task.kind, task.inputs().next()) {
        (Kind::Edit, None) => faults.push(
            *number,
            "an edit task without `image`",
            "the path of the picture to edit, or several under `images`",
            "name it, or make this a generation task",
        ),
        (Kind::Generation, Some(image)) => faults.push(
            *number,
            format!("a generation task with the image {}", quoted(image)),
            "none: a generation task has only its instruction",
            "remove it, or make this an edit task",
        ),
        _ => {}
    }
    if task.image.is_some() && !task.images.is_empty() {
        faults.push(
            *number,
            "`image` and `images`",
            "`image` for one picture to edit, `images` for several",
            "put all of them into `images`",
        );
    }
    if task.images.len() > MAX_INPUTS {
        faults.push(
            *number,
            format!("{} images", task.images.len()),
            format!("at most {MAX_INPUTS}"),
            "leave some out",
        );
    }
    if !task.labels.is_empty() && task.labels.len() != task.images.len() {
        faults.push(
            *number,
            format!(
                "{} labels of {} `images`",
                task.labels.len(),
                task.images.len()
            ),
            "one for each of `images`, or none",
            "correct `labels`",
        );
    }
    for label in task.labels.iter().filter(|label| !is_label(label)) {
        faults.push(
            *number,
            format!("label {}", quoted(label)),
            "1 to 40 letters, digits, spaces, `-`, `_` and `#`: judges read it as a name",
            "shorten it",
        );
    }
}

/// What only suites with axes of their own can say.
fn declaring_only(Line { number, task }: &Line, faults: &mut FaultList) {
    let stated = [
        ("images", !task.images.is_empty()),
        ("labels", !task.labels.is_empty()),
        ("reference_image", task.reference_image.is_some()),
        ("without", !task.without.is_empty()),
    ];
    for (name, _) in stated.iter().filter(|(_, stated)| *stated) {
        faults.push(
            *number,
            format!("`{name}` in a suite of format 1"),
            format!("format = {DECLARING_FORMAT}, with [[axes]] that say what judges see"),
            "declare the axes, or remove it",
        );
    }
}

/// `without` names axes that the task would have.
fn axes_left_out(
    Line { number, task }: &Line,
    category: &Category,
    definition: &Definition,
    faults: &mut FaultList,
) {
    for key in &task.without {
        let mut axes = definition.axes.iter();
        if !axes.any(|axis| axis.key() == key && axis.exists_in(&category.name, category.kind)) {
            faults.push(
                *number,
                format!("without {}", quoted(key)),
                "the key of an axis that the category has",
                "correct it, or leave it out",
            );
        }
    }
}

/// What judges are shown as a reference must be there. Where a call shows words and a picture, one of them suffices.
fn references(
    Line { number, task }: &Line,
    category: &Category,
    definition: &Definition,
    faults: &mut FaultList,
) {
    let has = |axis: &&Axis| {
        axis.exists_in(&category.name, category.kind)
            && !task.without.iter().any(|key| key == axis.key())
    };
    let lacking = definition
        .axes
        .iter()
        .filter(has)
        .find_map(|axis| lacking(task, *axis, category, definition));
    match lacking {
        Some((SightPart::ReferenceImage, _)) => faults.push(
            *number,
            "no `reference_image`".to_owned(),
            "the picture that a call of this category shows to judges (`sees` has `reference-image`)",
            "name it, or take `reference-image` out of `sees`",
        ),
        Some((_, true)) => faults.push(
            *number,
            "no `reference` and no `reference_image`".to_owned(),
            "one of them: a call of this category shows them to judges (`sees` has `reference-text`, `reference-image`)",
            "write or name one, or take both out of `sees`",
        ),
        Some((_, false)) => faults.push(
            *number,
            "no `reference`".to_owned(),
            "the text that an axis of this category shows to judges (`sees` has `reference-text`)",
            "write it, or take `reference-text` out of `sees`",
        ),
        None => {}
    }
}

/// The reference that an axis of the task shows and that is not there, and whether either of two would do.
fn lacking(
    task: &WireTask,
    axis: Axis,
    category: &Category,
    definition: &Definition,
) -> Option<(SightPart, bool)> {
    let shown = calls::shown(axis, &category.name, &definition.calls);
    let (text, image) = (
        shown.has(SightPart::Reference),
        shown.has(SightPart::ReferenceImage),
    );
    match (text, image) {
        (true, true) => (task.reference.is_none() && task.reference_image.is_none())
            .then_some((SightPart::Reference, true)),
        (true, false) => task
            .reference
            .is_none()
            .then_some((SightPart::Reference, false)),
        (false, true) => task
            .reference_image
            .is_none()
            .then_some((SightPart::ReferenceImage, false)),
        (false, false) => None,
    }
}
