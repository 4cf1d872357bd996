//! `schedules*`: the tables of the released code.

use std::path::Path;

use parabench::model::diffusion::schedule::{
    MaskSchedule, even_split, image_steps_released, mask_len_released, text_counts_a,
};
use serde_json::Value;

use super::common::{count, folders, json, list};

#[test]
fn golden_schedule_tables_are_reproduced() {
    for folder in folders("schedules") {
        text(&folder);
        image_steps(&folder);
        mask_len(&folder);
        shares(&folder);
    }
}

fn rows(folder: &Path, file: &str) -> Vec<Value> {
    let table = json(&folder.join(file));
    let rows = table["rows"].as_array().unwrap().clone();
    assert!(!rows.is_empty(), "{}: {file} has no rows", folder.display());
    rows
}

fn signed(values: &[usize]) -> Vec<i64> {
    values.iter().map(|&value| value as i64).collect()
}

fn text(folder: &Path) {
    for row in rows(folder, "num_transfer_tokens.json") {
        let (masks, steps) = (count(&row["masks"]), count(&row["steps"]));
        assert_eq!(
            signed(&text_counts_a(masks, steps)),
            list(&row["A"]),
            "A {masks} {steps}"
        );
        assert_eq!(
            signed(&even_split(masks, steps)),
            list(&row["M"]),
            "M {masks} {steps}"
        );
    }
}

fn image_steps(folder: &Path) {
    for row in rows(folder, "image_steps.json") {
        let (steps, updates) = (count(&row["text_steps"]), count(&row["timesteps"]));
        let found = signed(&image_steps_released(steps, updates));
        assert_eq!(
            found,
            list(&row["run_at"]),
            "{steps} steps, {updates} updates"
        );
    }
}

fn mask_len(folder: &Path) {
    for table in rows(folder, "mask_len.json") {
        let (cells, steps) = (count(&table["num_vq_tokens"]), count(&table["text_steps"]));
        let columns = table["columns"].as_array().unwrap();
        let column = |name: &str| columns.iter().position(|column| column == name).unwrap();
        let (step, cosine, unknown, stay) = (
            column("step"),
            column("cos_f32"),
            column("unknown_before"),
            column("mask_len"),
        );
        for row in table["rows"].as_array().unwrap() {
            let at = count(&row[step]);
            let time = ((at + 1) as f64 / steps as f64) as f32;
            let share = MaskSchedule::Cosine.share(time);
            assert!((f64::from(share) - row[cosine].as_f64().unwrap()).abs() <= 6e-8);
            let found =
                mask_len_released(MaskSchedule::Cosine, cells, at, steps, count(&row[unknown]));
            assert_eq!(
                found,
                count(&row[stay]),
                "{cells} cells, step {at} of {steps}"
            );
        }
    }
}

fn shares(folder: &Path) {
    let table = json(&folder.join("mask_schedules_m.json"));
    let times = table["t"].as_array().unwrap();
    let schedules = table["values"].as_object().unwrap();
    assert!(!schedules.is_empty());
    for (name, values) in schedules {
        let schedule: MaskSchedule = name.parse().unwrap();
        for (time, value) in times.iter().zip(values.as_array().unwrap()) {
            let found = schedule.share(time.as_f64().unwrap() as f32);
            let expected = value.as_f64().unwrap() as f32;
            // Powers and exponentials of two libraries differ in the last places.
            assert!(
                (found - expected).abs() <= 3e-7,
                "{name} at {time}: {found}, recorded {expected}"
            );
        }
    }
    for refused in table["invalid"].as_array().unwrap() {
        let name = refused[0].as_str().unwrap();
        assert!(name.parse::<MaskSchedule>().is_err(), "{name} was accepted");
    }
}
