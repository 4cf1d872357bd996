//! `decode-a*`: every case through the ONNX graphs of its network.

use std::path::Path;

use parabench::model::diffusion::canvas::{Canvas, Guide};
use parabench::model::diffusion::lane::{Guides, Lane};
use parabench::model::diffusion::released_a::{DecoderA, ReleasedA};
use serde_json::Value;

use super::common::{
    Tensors, cases, count, folders, healthy, json, list, network, remasking, same_state, schedule,
    vocabulary,
};
use super::recorded::Recorded;

#[test]
fn golden_decodes_of_family_a_are_reproduced() {
    for folder in folders("decode-a") {
        let meta = json(&folder.join("meta.json"));
        let model = meta["model"].as_str().unwrap().split(' ').next().unwrap();
        let work = tempfile::tempdir().unwrap();
        let (mut model, config) = network(&folder.join(model), work.path());
        for case in cases(&folder) {
            let meta = json(&case.join("meta.json"));
            let trace = Tensors::read(case.join("trace.safetensors"));
            let params = &meta["params"];
            let vocabulary = vocabulary(&config, params["mask_id"].as_i64().unwrap());
            let noise = Recorded::read(&case, &meta, vocabulary.codes);
            let canvas = canvas(&meta, &trace, vocabulary);
            let guides = guides(params, &trace);
            let mut lane = Lane::new(canvas, guides, Box::new(noise.clone()));
            let mut decoder = DecoderA::new(settings(params));
            let states = trace.ids("states");
            same_state(&case, 0, &lane.canvas, &states);
            for step in 0..decoder.steps() {
                decoder
                    .step(step, std::slice::from_mut(&mut lane), &mut model)
                    .unwrap();
                healthy(&case, &lane);
                same_state(&case, step + 1, &lane.canvas, &states);
            }
            let codes = decoder.finish(&mut lane).unwrap();
            noise.assert_consumed(&case);
            results(&case, &meta["result"], &lane, &codes);
        }
    }
}

fn settings(params: &Value) -> ReleasedA {
    let number = |key: &str| params[key].as_f64().unwrap();
    ReleasedA {
        text_steps: count(&params["text_steps"]),
        image_steps: count(&params["timesteps"]),
        temperature: number("temperature"),
        text_temperature: number("text_temperature"),
        cfg_scale: number("cfg_scale"),
        cfg_img: number("cfg_img"),
        remasking: remasking(params),
        schedule: schedule(params),
    }
}

fn canvas(
    meta: &Value,
    trace: &Tensors,
    vocabulary: parabench::model::diffusion::canvas::Vocabulary,
) -> Canvas {
    let layout = &meta["layout"];
    let ids = trace.ids("input_ids");
    let newline = meta["params"]["newline_id"].as_i64().unwrap();
    let image = count(&layout["image_start"])..count(&layout["image_end_exclusive"]);
    let cells: Vec<usize> = image.filter(|&position| ids[position] != newline).collect();
    let recorded = list(&layout["image_positions"]);
    assert_eq!(
        cells.iter().map(|&cell| cell as i64).collect::<Vec<_>>(),
        recorded
    );
    Canvas {
        ids,
        cells,
        text: count(&layout["text_start"])..count(&layout["text_end_exclusive"]),
        vocabulary,
    }
}

fn guides(params: &Value, trace: &Tensors) -> Guides {
    let guide = |given: &str, name: &str| {
        let given = params[given].as_bool().unwrap();
        given.then(|| Guide::over(trace.ids(name)))
    };
    Guides {
        text: guide("uncon_text_given", "uncon_text"),
        image: guide("uncon_image_given", "uncon_image"),
    }
}

fn results(case: &Path, result: &Value, lane: &Lane, codes: &[usize]) {
    let codes: Vec<i64> = codes.iter().map(|&code| code as i64).collect();
    assert_eq!(
        codes,
        list(&result["image_tokens"]),
        "{}: picture",
        case.display()
    );
    let mask = lane.canvas.vocabulary.mask;
    let text: Vec<i64> = lane
        .canvas
        .text_ids()
        .iter()
        .copied()
        .filter(|&id| id != mask)
        .collect();
    assert_eq!(
        text,
        list(&result["text_tokens"]),
        "{}: text",
        case.display()
    );
    let left: Vec<i64> = lane
        .canvas
        .masked_cells()
        .iter()
        .map(|&cell| cell as i64)
        .collect();
    let recorded = list(&result["image_cells_still_masked_after_last_step"]);
    assert_eq!(left, recorded, "{}: cells left masked", case.display());
}
