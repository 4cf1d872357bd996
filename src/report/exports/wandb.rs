//! A record for Weights & Biases. Its offline format is internal to its package, so the package writes it: a script
//! gets this record and makes an offline run of it.

use serde_json::{Value, json};

use super::Exported;

/// The script for Python; `argv` is the record's file and the folder for the offline run. Prints the folder.
pub const SCRIPT: &str = include_str!("wandb.py");

/// Everything that the script logs.
pub fn record(run: &Exported) -> Value {
    let rows = run.run.rows.iter();
    let rows: Vec<Value> = rows
        .map(|row| {
            json!([
                row.task,
                row.category,
                row.seed,
                row.axis.key(),
                row.judge,
                row.repeat,
                row.score,
                row.status.key(),
                run.reason(row),
            ])
        })
        .collect();
    json!({
        "project": format!("parabench-{}", run.run.manifest.suite.name),
        "id": run.id(),
        "name": run.run.label,
        "config": run.parameters(),
        "summary": run.metrics(),
        "notes": run.no_means(),
        "columns": ["task", "category", "seed", "axis", "judge", "repeat", "score", "status", "reason"],
        "rows": rows,
    })
}
