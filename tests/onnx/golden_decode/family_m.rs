//! `decode-m*`: every case through the ONNX graphs of its network.

use std::path::Path;

use parabench::model::diffusion::canvas::{Canvas, Guide, Vocabulary};
use parabench::model::diffusion::lane::{Guides, Lane};
use parabench::model::diffusion::released_m::{DecoderM, ReleasedM};
use serde_json::Value;

use super::common::{
    Tensors, cases, count, folders, healthy, json, list, network, remasking, same_state, schedule,
    vocabulary,
};
use super::recorded::Recorded;

#[test]
fn golden_decodes_of_family_m_are_reproduced() {
    for folder in folders("decode-m") {
        let work = tempfile::tempdir().unwrap();
        let (mut model, config) = network(&folder.join("model"), work.path());
        for case in cases(&folder) {
            let meta = json(&case.join("meta.json"));
            let trace = Tensors::read(case.join("trace.safetensors"));
            let params = &meta["params"];
            let vocabulary = vocabulary(&config, params["mask_token_id"].as_i64().unwrap());
            let noise = Recorded::read(&case, &meta, vocabulary.codes);
            let canvas = canvas(&meta, &trace, vocabulary);
            let guides = Guides {
                text: None,
                image: Some(Guide::over(trace.ids("uncond_input_ids"))),
            };
            let mut lane = Lane::new(canvas, guides, Box::new(noise.clone()));
            let mut decoder = DecoderM::new(settings(params));
            let states = trace.ids("states");
            same_state(&case, 0, &lane.canvas, &states);
            for step in 0..decoder.steps() {
                decoder
                    .step(step, std::slice::from_mut(&mut lane), &mut model)
                    .unwrap();
                healthy(&case, &lane);
                same_state(&case, step + 1, &lane.canvas, &states);
            }
            noise.assert_consumed(&case);
            results(&case, &meta["result"], &lane, &decoder.finish(&lane));
        }
    }
}

fn settings(params: &Value) -> ReleasedM {
    let number = |key: &str| params[key].as_f64().unwrap();
    ReleasedM {
        text_steps: count(&params["text_steps"]),
        image_steps: count(&params["image_steps"]),
        text_cfg: number("text_cfg"),
        image_cfg: number("image_cfg"),
        text_temperature: number("text_temperature"),
        image_temperature: number("image_temperature"),
        remasking: remasking(params),
        schedule: schedule(params),
    }
}

/// The sequence that the released function builds after the recorded prompt.
fn canvas(meta: &Value, trace: &Tensors, vocabulary: Vocabulary) -> Canvas {
    let (params, layout) = (&meta["params"], &meta["layout"]);
    let id = |key: &str| params[key].as_i64().unwrap();
    let cells = count(&params["num_vq_tokens"]);
    let mut ids = trace.ids("input_ids");
    ids.push(id("soi"));
    let first = ids.len();
    assert_eq!(first, count(&layout["image_first"]));
    ids.extend(std::iter::repeat_n(vocabulary.mask, cells));
    ids.push(id("eoi"));
    let text = ids.len();
    assert_eq!(text, count(&layout["text_region_first"]));
    ids.push(id("bos_token_id"));
    ids.extend(std::iter::repeat_n(
        vocabulary.mask,
        count(&params["max_seq_length"]) - 1,
    ));
    Canvas {
        text: text..ids.len(),
        ids,
        cells: (first..first + cells).collect(),
        vocabulary,
    }
}

fn results(case: &Path, result: &Value, lane: &Lane, codes: &[usize]) {
    let codes: Vec<i64> = codes.iter().map(|&code| code as i64).collect();
    assert_eq!(
        codes,
        list(&result["image_ids"]),
        "{}: picture",
        case.display()
    );
    assert_eq!(
        lane.canvas.text_ids(),
        list(&result["text_ids"]),
        "{}: text",
        case.display()
    );
    let left: Vec<i64> = lane
        .canvas
        .masked_cells()
        .iter()
        .map(|&cell| cell as i64)
        .collect();
    let recorded = list(&result["image_cells_still_masked_in_sequence"]);
    assert_eq!(left, recorded, "{}: cells left masked", case.display());
}
