//! Answers through the Model trait.

use std::fs;
use std::sync::{Arc, Mutex};

use parabench::common::picture::decode;
use parabench::model::steps::{StepWatch, StepsDone};
use parabench::model::trajectory::{Filming, StepRecord};
use parabench::model::{Answer, FailureKind, OpenContext, Part, open};

use super::world::{
    SMALL, answers, bundle_a, bundle_m, checkpoint_a, exported, model, requests, suite,
};

/// Notes every step it is told of.
#[derive(Default)]
struct Watched(Mutex<Vec<usize>>);

impl StepWatch for Watched {
    fn notice(&self, steps: StepsDone) {
        assert_eq!((steps.of, steps.samples), (8, 1));
        self.0.lock().unwrap().push(steps.done);
    }
}

fn forwards(answer: &Answer) -> [u64; 2] {
    ["conditional", "unconditional"].map(|kind| answer.details["forwards"][kind].as_u64().unwrap())
}

fn side(answer: &Answer) -> u32 {
    match &answer.image {
        Part::Given(bytes) => decode(bytes).unwrap().1.width(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn every_strategy_of_both_families_answers_edits_and_generations() {
    let folder = tempfile::tempdir().unwrap();
    let suite = suite(folder.path());
    for bundle in [bundle_a(folder.path()), bundle_m(folder.path())] {
        for (strategy, expected) in [
            ("parallel", [8, 4]),
            ("sequential", [12, 4]),
            ("image-first", [12, 4]),
            ("semi-parallel", [8, 4]),
            ("joint", [8, 0]),
            ("image-only", [4, 4]),
        ] {
            let model = model(
                &bundle,
                &format!("{SMALL}&block_length=6&strategy={strategy}"),
                &suite,
            )
            .unwrap();
            assert_eq!(model.identity().thinks, strategy != "image-only");
            for answer in answers(&*model, &requests(&suite)) {
                let found = forwards(&answer);
                assert_eq!(found[0], expected[0], "{strategy}");
                assert!(
                    strategy == "joint" || found[1] == expected[1],
                    "{strategy}: {found:?}"
                );
                assert_eq!(side(&answer), 32);
                match (&answer.reasoning, strategy) {
                    (Part::Empty, "image-only") | (Part::Given(_), _) => {}
                    (other, _) => panic!("{strategy}: {other:?}"),
                }
                for key in [
                    "cells_left_masked",
                    "text_left_masked",
                    "text_ids_outside_text",
                ] {
                    assert!(!answer.details.contains_key(key), "{strategy}: {key}");
                }
                for stage in [
                    "encode",
                    "forward",
                    "forward_per_step",
                    "sampling",
                    "decode",
                    "total",
                ] {
                    assert!(answer.timing_ms[stage] >= 0.0);
                }
            }
        }
    }
}

#[test]
fn released_presets_report_what_they_leave_masked() {
    let folder = tempfile::tempdir().unwrap();
    let suite = suite(folder.path());
    for (bundle, name) in [
        (bundle_a(folder.path()), "released-a"),
        (bundle_m(folder.path()), "released-m"),
    ] {
        let model = model(&bundle, SMALL, &suite).unwrap();
        assert_eq!(model.identity().details["preset"], name);
        for answer in answers(&*model, &requests(&suite)) {
            assert_eq!(answer.details["cells_left_masked"], 1, "{name}");
            assert_eq!(side(&answer), 32);
        }
    }
}

#[test]
fn the_same_seed_gives_the_same_answer_and_another_seed_another() {
    let folder = tempfile::tempdir().unwrap();
    let suite = suite(folder.path());
    let bundle = bundle_a(folder.path());
    let images = |seed: u64| -> Vec<Part<bytes::Bytes>> {
        let model = model(
            &bundle,
            &format!("{SMALL}&preset=paper&block_length=6"),
            &suite,
        )
        .unwrap();
        let mut requests = requests(&suite);
        requests.iter_mut().for_each(|request| request.seed ^= seed);
        answers(&*model, &requests)
            .into_iter()
            .map(|answer| answer.image)
            .collect()
    };
    assert_eq!(images(0), images(0));
    assert_ne!(images(0), images(1));
}

#[test]
fn prompts_of_equal_length_are_decoded_together() {
    let folder = tempfile::tempdir().unwrap();
    let suite = suite(folder.path());
    for bundle in [bundle_a(folder.path()), bundle_m(folder.path())] {
        for preset in ["preset=paper&block_length=6", "image_cfg=2"] {
            let model = model(&bundle, &format!("{SMALL}&batch=4&{preset}"), &suite).unwrap();
            assert_eq!(model.batch_size(), 4);
            let together: Vec<serde_json::Value> = answers(&*model, &requests(&suite))
                .into_iter()
                .map(|answer| answer.details["decoded_together"].clone())
                .collect();
            // Two edits of one length, two generations of another.
            assert_eq!(together, [2, 2, 2, 2], "{preset}");
        }
    }
}

/// As many groups at the same time as one likes: the same answers, in the order of the requests.
#[test]
fn workers_decide_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let suite = suite(folder.path());
    let bundle = bundle_a(folder.path());
    let requests = requests(&suite);
    let given = |workers: usize| {
        let how = format!(
            "{SMALL}&batch=256&threads=1&workers={workers}&strategy=parallel&block_length=6"
        );
        let model = model(&bundle, &how, &suite).unwrap();
        let found = answers(&*model, &requests).into_iter();
        let given = found.map(|answer| (answer.reasoning, answer.image));
        (model.identity().details.clone(), given.collect::<Vec<_>>())
    };
    let alone = given(1);
    assert_eq!(alone.1.len(), requests.len());
    assert_ne!(alone.1[0], alone.1[1], "answers can be told apart");
    for workers in [0, 3] {
        assert_eq!(given(workers), alone, "{workers}");
    }
}

#[test]
fn trajectories_are_recorded_with_what_each_step_decided() {
    let folder = tempfile::tempdir().unwrap();
    let suite = suite(folder.path());
    let spec = format!(
        "onnx:{}?{SMALL}&strategy=parallel&block_length=6",
        bundle_a(folder.path()).display()
    );
    let context = OpenContext {
        film: Some(Filming::Frames { every: 3 }),
        ..OpenContext::new(&suite)
    };
    let model = open(&spec, &context).unwrap();
    let watch = Arc::new(Watched::default());
    model.watch_steps(Arc::clone(&watch) as _);
    let request = requests(&suite).remove(0);
    let answer = answers(&*model, std::slice::from_ref(&request)).remove(0);
    assert_eq!(*watch.0.lock().unwrap(), (1..=8).collect::<Vec<_>>());
    let film = answer.film.unwrap();
    let steps = &film.trajectory.steps;
    assert_eq!(steps.len(), 8);
    let decided = |of: fn(&StepRecord) -> &Vec<usize>| -> usize {
        steps.iter().map(|step| of(step).len()).sum()
    };
    assert_eq!(decided(|step| &step.text), 12);
    assert_eq!(decided(|step| &step.cells), 64);
    assert_eq!(decided(|step| &step.masked_again), 0);
    // The words are the text, and each stands when its last token was decided.
    let words = &film.trajectory.words;
    let said: String = words.iter().map(|word| word.text.as_str()).collect();
    match &answer.reasoning {
        Part::Given(text) => assert_eq!(&said, text),
        _ => assert_eq!(said.trim(), ""),
    }
    assert!(words.iter().all(|word| word.after_steps <= 8), "{words:?}");
    let frames = &film.trajectory.frames;
    let after: Vec<usize> = frames.iter().map(|frame| frame.after_steps).collect();
    assert_eq!(after, [3, 6, 8]);
    assert_eq!(frames[0].image, "step-00003.png");
    let first = decode(&film.pictures[0]).unwrap().1.into_rgb8();
    let grey = first.pixels().filter(|pixel| pixel.0 == [128; 3]).count();
    let undecided = 64 - frames[0].cells_decided;
    assert!(
        undecided > 0 && grey >= undecided * 16,
        "{undecided} cells, {grey} grey pixels"
    );
    assert!(frames[0].text.contains('□'));
    // The last frame is the answer.
    let Part::Given(image) = answer.image else {
        panic!("no image")
    };
    assert_eq!(film.pictures[2], image);
}

#[test]
fn weights_that_are_no_numbers_are_a_named_failure_of_each_sample() {
    let folder = tempfile::tempdir().unwrap();
    let suite = suite(folder.path());
    // Before the export: a bundle whose weights change later is refused.
    let checkpoint = folder.path().join("tiny-a");
    checkpoint_a(&checkpoint);
    let files = fs::read_dir(&checkpoint).unwrap();
    let paths = files.map(|entry| entry.unwrap().path());
    for weights in paths.filter(|path| path.extension().is_some_and(|end| end == "safetensors")) {
        let mut bytes = fs::read(&weights).unwrap();
        let header = 8 + u64::from_le_bytes(bytes[..8].try_into().unwrap()) as usize;
        for value in bytes[header..].chunks_exact_mut(4) {
            value.copy_from_slice(&f32::NAN.to_le_bytes());
        }
        fs::write(&weights, bytes).unwrap();
    }
    let bundle = exported(checkpoint, None, 32);
    let model = model(&bundle, SMALL, &suite).unwrap();
    for answer in answers(&*model, &requests(&suite)) {
        let Part::Lost(failure) = answer.image else {
            panic!("an answer of no numbers")
        };
        assert_eq!(failure.kind, FailureKind::NotANumber, "{}", failure.message);
        assert!(
            failure.message.contains("not finite at step 0"),
            "{}",
            failure.message
        );
    }
}

#[test]
fn decoding_stops_between_steps_when_nobody_waits() {
    let folder = tempfile::tempdir().unwrap();
    let suite = suite(folder.path());
    // So many steps that an uninterrupted decode would take minutes.
    let options = "text_steps=20000&image_steps=2&text_length=12&preset=released-a";
    let model = model(&bundle_a(folder.path()), options, &suite).unwrap();
    let request = requests(&suite).remove(0);
    let start = std::time::Instant::now();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .unwrap();
    runtime.block_on(async {
        let answer = model.answer(vec![request]);
        let waited = tokio::time::timeout(std::time::Duration::from_millis(1500), answer).await;
        assert!(waited.is_err(), "the decode was too fast for this test");
    });
    // Dropping the runtime waits for the decoding thread.
    drop(runtime);
    assert!(start.elapsed().as_secs() < 30);
}
