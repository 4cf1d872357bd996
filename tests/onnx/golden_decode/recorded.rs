//! Recorded noise: given back in the order in which it was drawn, and refused when something else is asked for.

use std::path::Path;
use std::sync::{Arc, Mutex};

use parabench::model::diffusion::noise::{Draw, Field, Noise, NoiseError};
use serde_json::Value;

use super::common::{Tensors, count};

struct Record {
    step: usize,
    kind: String,
    /// Without leading axes of size 1.
    shape: Vec<usize>,
    /// `None`: drawn in the reference, without effect.
    values: Option<Vec<f32>>,
}

/// The noise of one case. Clones share their place in it, so that a test can ask what is left.
#[derive(Clone)]
pub struct Recorded {
    records: Arc<Mutex<std::vec::IntoIter<Record>>>,
    codes: usize,
}

impl Recorded {
    pub fn read(case: &Path, meta: &Value, codes: usize) -> Self {
        let path = case.join("noise.safetensors");
        let tensors = path.is_file().then(|| Tensors::read(path));
        let records: Vec<Record> = meta["noise_order"]
            .as_array()
            .unwrap()
            .iter()
            .map(|entry| record(entry, tensors.as_ref()))
            .collect();
        let stored = records
            .iter()
            .filter(|record| record.values.is_some())
            .count();
        let there = tensors.map_or(0, |tensors| tensors.names().len());
        assert_eq!(
            stored,
            there,
            "{}: stored noise that noise_order does not name",
            case.display()
        );
        Self {
            records: Arc::new(Mutex::new(records.into_iter())),
            codes,
        }
    }

    /// Fails when noise is left.
    pub fn assert_consumed(&self, case: &Path) {
        let left = self.records.lock().unwrap().as_slice().len();
        assert_eq!(
            left,
            0,
            "{}: {left} recorded draws were not consumed",
            case.display()
        );
    }
}

fn record(entry: &Value, tensors: Option<&Tensors>) -> Record {
    let shape = entry["shape"].as_array().unwrap();
    let values = entry["stored"].as_str().map(|name| {
        let (_, values) = tensors.expect("noise.safetensors").numbers(name);
        values.into_iter().map(|value| value as f32).collect()
    });
    Record {
        step: count(&entry["step"]),
        kind: entry["kind"].as_str().unwrap().into(),
        shape: shape
            .iter()
            .map(count)
            .skip_while(|&size| size == 1)
            .collect(),
        values,
    }
}

const fn kind(draw: Draw) -> &'static str {
    match draw {
        Draw::TextChoice => "text_gumbel_u",
        Draw::TextOrder => "text_random_conf",
        Draw::CodeChoice => "image_multinomial_q",
        Draw::CellOrderNormal => "image_conf_normal",
        Draw::CellOrderUniform => "image_conf_u",
        Draw::FinalFill => "final_fill",
    }
}

impl Noise for Recorded {
    fn draw(
        &mut self,
        draw: Draw,
        step: usize,
        [rows, width]: [usize; 2],
    ) -> Result<Field, NoiseError> {
        let refuse = |found: String| NoiseError {
            draw,
            step,
            rows,
            width,
            found,
        };
        let mut records = self.records.lock().unwrap();
        let mut next = |shape: &[usize]| {
            let record = records
                .next()
                .ok_or_else(|| refuse("nothing is left".into()))?;
            let wanted: Vec<usize> = shape
                .iter()
                .copied()
                .skip_while(|&size| size == 1)
                .collect();
            // The last step's filling is recorded under the step that follows or the last one.
            let same_step = record.step == step || draw == Draw::FinalFill;
            if record.kind == kind(draw) && same_step && record.shape == wanted {
                Ok(record
                    .values
                    .unwrap_or_else(|| vec![0.0; shape.iter().product()]))
            } else {
                let Record {
                    step, kind, shape, ..
                } = record;
                Err(refuse(format!(
                    "recorded is {kind} {shape:?} at step {step}"
                )))
            }
        };
        let values = if draw == Draw::FinalFill {
            // Recorded cell by cell, as codes; asked for as shares of the codebook.
            let mut values = Vec::new();
            for _ in 0..rows {
                values.push((next(&[1])?[0] + 0.5) / self.codes as f32);
            }
            values
        } else {
            next(&[rows, width])?
        };
        Ok(Field::Given { values, width })
    }
}
