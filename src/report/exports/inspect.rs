//! A log of Inspect for each run, in its JSON form (version 2): a sample for each answer, a score for each mark.
//!
//! Pictures are not in the log; `metadata.image` names their digest. A missing mark has no score; `metadata.missing`
//! names its reason.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use serde_json::{Map, Value, json};

use super::{ExportError, Exported, sample_key};
use crate::analysis::scores::score_table::{AxisScore, ScoreTable};
use crate::common::files;
use crate::run::record::{SampleKey, Stored};
use crate::run::scores::{ScoreRow, Status};

/// The version of Inspect's form.
const VERSION: u32 = 2;

/// Instructions by task.
pub type Instructions = BTreeMap<Arc<str>, Arc<str>>;

/// Writes `NAME.json` for each run into a folder.
///
/// # Errors
/// [`ExportError`].
pub fn write(
    runs: &[Exported],
    instructions: &Instructions,
    folder: &Path,
) -> Result<(), ExportError> {
    files::create_folder(folder)?;
    for run in runs {
        let name = format!("{}.json", files::safe_name(&run.run.label));
        let text = serde_json::to_vec_pretty(&log(run, instructions))?;
        files::write_atomic(&folder.join(name), &text)?;
    }
    Ok(())
}

fn log(run: &Exported, instructions: &Instructions) -> Value {
    let manifest = &run.run.manifest;
    let by_sample = by_sample(run);
    let epochs = by_sample
        .keys()
        .map(|key| key.sample)
        .max()
        .map_or(1, |last| last + 1);
    let tasks: BTreeSet<&Arc<str>> = by_sample.keys().map(|key| &key.task).collect();
    let (start, end) = match run.span {
        Some((start, end)) => (start.to_string(), end.to_string()),
        None => (String::new(), String::new()),
    };
    let samples: Vec<Value> = by_sample
        .iter()
        .map(|(key, rows)| sample(run, instructions, key, rows))
        .collect();
    json!({
        "version": VERSION,
        "status": "success",
        "eval": {
            "eval_id": run.id(),
            "run_id": run.id(),
            "created": if start.is_empty() { "1970-01-01T00:00:00+00:00" } else { &start },
            "task": manifest.suite.name,
            "task_id": run.run.label,
            "task_version": manifest.suite.version,
            "dataset": {
                "name": manifest.suite.name,
                "samples": tasks.len(),
                "sample_ids": tasks,
            },
            "model": run.run.model(),
            "config": { "epochs": epochs },
            "packages": { "parabench": manifest.program.trim_start_matches("parabench ") },
            "metadata": run.parameters(),
        },
        "results": {
            "total_samples": samples.len(),
            "completed_samples": samples.len(),
            "scores": run.tables.iter().flat_map(results).collect::<Vec<_>>(),
        },
        "stats": { "started_at": start, "completed_at": end },
        "samples": samples,
    })
}

/// The rows of each answer.
fn by_sample(run: &Exported) -> BTreeMap<SampleKey, Vec<&ScoreRow>> {
    let mut samples: BTreeMap<SampleKey, Vec<&ScoreRow>> = BTreeMap::new();
    for row in &run.run.rows {
        samples.entry(sample_key(row)).or_default().push(row);
    }
    samples
}

fn sample(
    run: &Exported,
    instructions: &Instructions,
    key: &SampleKey,
    rows: &[&ScoreRow],
) -> Value {
    let answer = run.answers.get(key);
    let reasoning = answer.and_then(|answer| answer.reasoning.given());
    let image = answer.and_then(|answer| answer.image.given());
    let (mut scores, mut missing) = (Map::new(), Map::new());
    for row in rows {
        let name = score_name(run, row);
        match row.score {
            Some(score) => {
                let mut value = json!({ "value": score.get(), "metadata": { "judge": row.judge, "repeat": row.repeat } });
                if let Some(reason) = run.reason(row) {
                    value["explanation"] = reason.into();
                }
                scores.insert(name, value);
            }
            None if row.status != Status::NotApplicable => {
                missing.insert(name, row.status.key().into());
            }
            None => {}
        }
    }
    let first = rows.first();
    json!({
        "id": key.task,
        "epoch": key.sample + 1,
        "input": instructions.get(&key.task),
        "target": "",
        "messages": [],
        "output": {
            "model": run.run.model(),
            "choices": [{
                "message": { "role": "assistant", "content": reasoning.map_or("", |text| text), "source": "generate" },
                "stop_reason": "stop",
            }],
        },
        "scores": scores,
        "metadata": {
            "category": first.map(|row| &row.category),
            "kind": first.map(|row| row.kind),
            "image": image.map(|picture| picture.digest),
            "reasoning_given": answer.map(|answer| matches!(answer.reasoning, Stored::Given(_))),
            "missing": missing,
        },
    })
}

/// The name of a score: the axis, with judge and repeat where there are several.
fn score_name(run: &Exported, row: &ScoreRow) -> String {
    let judges = &run.run.manifest.judges;
    let several = judges.len() > 1 || judges.iter().any(|judge| judge.repeats > 1);
    match several {
        true => format!("{} {} {}", row.axis.key(), row.judge, row.repeat),
        false => row.axis.key().to_owned(),
    }
}

/// Means of one judge as Inspect's results: in points, with the ends of the 95 % interval.
fn results(table: &ScoreTable) -> Vec<Value> {
    let judge = &table.judge;
    let axes = table.axes.iter().filter_map(|axis| {
        let level = axis.level.as_ref().ok()?;
        let mut result = result(axis.axis.key(), judge, level.points, level.ci95);
        let AxisScore {
            expected, missing, ..
        } = axis;
        result["scored_samples"] = level.items.into();
        result["metadata"] = json!({ "marks_expected": expected, "marks_missing": missing });
        Some(result)
    });
    let overall = table.overall.as_ref().ok();
    let overall = overall.map(|level| result("overall", judge, level.points, level.ci95));
    axes.chain(overall).collect()
}

fn result(name: &str, judge: &str, points: f64, ci95: [f64; 2]) -> Value {
    let metric = |name: &str, value: f64| json!({ "name": name, "value": value });
    json!({
        "name": name,
        "scorer": judge,
        "metrics": {
            "points": metric("points", points),
            "ci95_lo": metric("ci95_lo", ci95[0]),
            "ci95_hi": metric("ci95_hi", ci95[1]),
        },
    })
}
