//! The digest of a suite: of what it says, not of how its files are laid out.
//!
//! Line endings, spacing, comments, the order of keys and the names of picture
//! files do not count. Neither do `hub`, `[import]` and `[source]`, which tell where
//! tasks come from and not what they are.

use serde_json::{Map, Value, json};

use super::definition::{Definition, RubricSource};
use super::load::Line;
use super::pictures::PictureTable;
use crate::common::digest::Digest;

/// Digest of a checked definition, its tasks in file order and their pictures' bytes.
pub(super) fn digest(definition: &Definition, lines: &[Line], table: &PictureTable) -> Digest {
    let head = sorted(&head(definition)).to_string();
    let tasks: Vec<String> = lines
        .iter()
        .map(|line| sorted(&task(line, table)).to_string())
        .collect();
    let fields = ["parabench suite 1", head.as_str()]
        .into_iter()
        .chain(tasks.iter().map(String::as_str));
    Digest::of_fields(fields.map(str::as_bytes))
}

fn head(definition: &Definition) -> Value {
    let categories: Vec<Value> = definition
        .categories
        .iter()
        .map(|category| json!([category.name, category.kind, category.planned]))
        .collect();
    let rubrics = match &definition.rubrics {
        Some(RubricSource::Named(name)) => Some(name.clone()),
        _ => definition.rubric_folder().map(|(_, path)| path),
    };
    let mut head = json!({
        "name": definition.name,
        "version": definition.version,
        "licence": definition.licence,
        "axes": definition.axes,
        "mapping": definition.mapping,
        "categories": categories,
        "rubrics": rubrics,
        "frozen": definition.frozen,
    });
    // Suites on ParaBench's axes keep the digest that they had before others could be declared.
    if let (true, Some(object)) = (definition.declares(), head.as_object_mut()) {
        let wire = definition.to_wire();
        object.insert(
            "declared".to_owned(),
            json!([wire.axes, wire.scores, wire.print]),
        );
        if !wire.calls.is_empty() {
            object.insert("calls".to_owned(), json!(wire.calls));
        }
    }
    head
}

fn task(line: &Line, table: &PictureTable) -> Value {
    let task = &line.task;
    let picture = task.image.as_deref().and_then(|image| table.get(image));
    let mut value = json!({
        "id": task.id,
        "kind": task.kind,
        "category": task.category,
        "instruction": task.instruction,
        "image": picture.map(|picture| picture.digest),
        "target": task.target,
    });
    // Suites without these keep the digest that they had before there were any.
    let digest = |image: &str| table.get(image).map(|picture| picture.digest);
    let images: Vec<_> = task.images.iter().map(|image| digest(image)).collect();
    let newer = [
        ("cluster", json!(task.cluster)),
        ("reference", json!(task.reference)),
        ("images", json!(images)),
        ("labels", json!(task.labels)),
        (
            "reference_image",
            json!(task.reference_image.as_deref().and_then(digest)),
        ),
        ("without", json!(task.without)),
    ];
    let stated = |value: &Value| match value {
        Value::Null => false,
        Value::Array(items) => !items.is_empty(),
        _ => true,
    };
    if let Some(object) = value.as_object_mut() {
        let stated = newer.into_iter().filter(|(_, value)| stated(value));
        object.extend(stated.map(|(name, value)| (name.to_owned(), value)));
    }
    value
}

/// The same value with the keys of every object in order, whatever order the JSON
/// library was built to keep.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(object) => {
            let mut keys: Vec<&String> = object.keys().collect();
            keys.sort();
            let pairs = keys
                .into_iter()
                .filter_map(|key| Some((key.clone(), sorted(object.get(key)?))));
            Value::Object(pairs.collect::<Map<_, _>>())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}
