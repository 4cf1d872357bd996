use std::ops::ControlFlow;

use parabench::model::diffusion::canvas::Guide;
use parabench::model::diffusion::decode::{Ended, Times};
use parabench::model::diffusion::lane::{Forwards, Lane, LaneFault};
use parabench::model::diffusion::plan::{DecodingPlan, Strategy};
use parabench::model::diffusion::settings::{DecodingSettings, Preset};
use proptest::{prop_assert, prop_assert_eq, prop_assert_ne, prop_assume, proptest};

use super::network::{HashNetwork, lane};

/// A lane as the preset wants it: family M's released code compares with a sequence of the same length.
fn lane_for(preset: Preset, prompt: &[i64], cells: usize, text: usize, seed: u64) -> Lane {
    let mut lane = lane(prompt, cells, text, seed);
    if preset == Preset::ReleasedM {
        lane.guides.image = Some(Guide::over(vec![0; prompt.len() + 3]));
    }
    lane
}

/// Runs all lanes and gives, for each step, the lanes' ids after it.
fn run(
    settings: &DecodingSettings,
    lanes: &mut [Lane],
    network: &mut HashNetwork,
) -> Vec<Vec<Vec<i64>>> {
    let (text, cells) = (lanes[0].text_masks, lanes[0].canvas.cells.len());
    let mut decoder = settings.decoder(text, cells).unwrap();
    let mut states = Vec::new();
    let mut times = Times::default();
    let ended = decoder.run(lanes, network, &mut times, |_, lanes| {
        states.push(lanes.iter().map(|lane| lane.canvas.ids.clone()).collect());
        ControlFlow::Continue(())
    });
    assert_eq!(ended.unwrap(), Ended::Complete);
    assert_eq!(times.steps.len(), decoder.steps());
    states
}

fn paper(
    strategy: Strategy,
    text_steps: usize,
    image_steps: usize,
    block_length: usize,
) -> DecodingSettings {
    DecodingSettings {
        strategy,
        text_steps,
        image_steps,
        block_length,
        ..DecodingSettings::of(Preset::Paper)
    }
}

proptest! {
    #[test]
    fn every_strategy_decides_every_position_once_at_its_stated_cost(
        which in 0_usize..6, text in 1_usize..40, cells in 1_usize..40, text_steps in 1_usize..24,
        image_steps in 1_usize..16, block_length in 1_usize..48, sampled: bool, guided: bool, seed: u64,
    ) {
        let strategy = Strategy::ALL[which];
        let text = if strategy == Strategy::ImageOnly { 0 } else { text };
        let settings = DecodingSettings {
            temperature: if sampled { 1.0 } else { 0.0 },
            text_temperature: if sampled { 0.7 } else { 0.0 },
            image_cfg: if guided { 3.5 } else { 0.0 },
            ..paper(strategy, text_steps, image_steps, block_length)
        };
        prop_assume!(settings.decoder(text, cells).is_ok());
        let mut network = HashNetwork::default();
        let mut lanes = [lane(&[10, 11], cells, text, seed)];
        let before = lanes[0].canvas.clone();
        let states = run(&settings, &mut lanes, &mut network);
        let [lane] = lanes;
        prop_assert_eq!(lane.fault, None);
        prop_assert!(!lane.canvas.ids.contains(&before.vocabulary.mask));

        // Once decided, never changed; and something is decided at every step.
        let mut last = before.ids.clone();
        let mut guided_steps = 0;
        for state in &states {
            let masked_cells = before.cells.iter().any(|&cell| last[cell] == before.vocabulary.mask);
            guided_steps += usize::from(guided && masked_cells);
            prop_assert_ne!(&state[0], &last);
            for (&now, &then) in state[0].iter().zip(&last) {
                prop_assert!(now == then || then == before.vocabulary.mask);
            }
            last.clone_from(&state[0]);
        }

        let stated = DecodingPlan::new(&settings.budget(), text, cells).unwrap().forwards(false, guided);
        if strategy == Strategy::Joint {
            // Guided for as long as there are cells to decide.
            let exact = Forwards { unconditional: guided_steps, ..stated };
            prop_assert_eq!(lane.forwards, exact);
            prop_assert!(exact.unconditional <= stated.unconditional);
        } else {
            prop_assert_eq!(lane.forwards, stated);
        }
        prop_assert_eq!(network.evaluated, lane.forwards.total());

        // Text is text, cells are codes.
        let vocabulary = before.vocabulary;
        for &id in lane.canvas.text_ids() {
            prop_assert!(id < vocabulary.text as i64);
        }
        for &cell in &lane.canvas.cells {
            let codes = vocabulary.id_of(0)..vocabulary.id_of(vocabulary.codes);
            prop_assert!(codes.contains(&lane.canvas.ids[cell]));
        }
    }

    #[test]
    fn a_sample_does_not_depend_on_its_batch(
        which in 0_usize..8, seeds in proptest::collection::vec(0_u64..1000, 2..5),
    ) {
        let settings = match which {
            6 => DecodingSettings { text_steps: 8, image_steps: 4, text_cfg: 1.0, ..DecodingSettings::of(Preset::ReleasedA) },
            7 => DecodingSettings { text_steps: 8, image_steps: 4, ..DecodingSettings::of(Preset::ReleasedM) },
            _ => paper(Strategy::ALL[which], 8, 4, 6),
        };
        let settings = DecodingSettings { text_temperature: 0.5, ..settings };
        let text = if settings.strategy == Strategy::ImageOnly { 0 } else { 12 };
        let fresh = |seed: u64| lane_for(settings.preset, &[10, 8 + seed as i64 % 3], 9, text, seed);
        let mut together: Vec<Lane> = seeds.iter().map(|&seed| fresh(seed)).collect();
        run(&settings, &mut together, &mut HashNetwork::default());
        for (lane, &seed) in together.iter().zip(&seeds) {
            let mut alone = [fresh(seed)];
            run(&settings, &mut alone, &mut HashNetwork::default());
            prop_assert_eq!(&alone[0].canvas, &lane.canvas);
            prop_assert_eq!(alone[0].forwards, lane.forwards);
        }
    }
}

#[test]
fn sequential_draws_after_the_text_and_image_first_before_it() {
    let masked =
        |ids: &[i64], range: std::ops::Range<usize>| range.filter(|&i| ids[i] == 3).count();
    for (strategy, first_is_text) in [(Strategy::Sequential, true), (Strategy::ImageFirst, false)] {
        let mut lanes = [lane(&[10, 11], 8, 6, 1)];
        let canvas = lanes[0].canvas.clone();
        let states = run(
            &paper(strategy, 3, 2, 6),
            &mut lanes,
            &mut HashNetwork::default(),
        );
        let cells = canvas.cells[0]..canvas.cells[7] + 1;
        let (first, second) = match first_is_text {
            true => (canvas.text.clone(), cells),
            false => (cells, canvas.text.clone()),
        };
        for state in states {
            let begun = masked(&state[0], second.clone()) < second.len();
            assert!(
                !begun || masked(&state[0], first.clone()) == 0,
                "{strategy}"
            );
        }
    }
}

#[test]
fn a_lane_with_logits_that_are_no_numbers_fails_alone() {
    let settings = paper(Strategy::Parallel, 4, 2, 6);
    let mut lanes = [lane(&[10, 11], 8, 6, 1), lane(&[10, 12], 8, 6, 2)];
    let mut network = HashNetwork {
        poison: Some(12),
        ..HashNetwork::default()
    };
    run(&settings, &mut lanes, &mut network);
    assert_eq!(lanes[0].fault, None);
    assert_eq!(lanes[1].fault, Some(LaneFault::NotFinite(0)));
    let mut alone = [lane(&[10, 11], 8, 6, 1)];
    run(&settings, &mut alone, &mut HashNetwork::default());
    assert_eq!(alone[0].canvas, lanes[0].canvas);
    assert_eq!(
        lanes[1].forwards.total(),
        1,
        "nothing is spent on a lane that failed"
    );
}

#[test]
fn numbers_that_become_none_end_the_decoding_of_all() {
    for preset in Preset::ALL {
        let settings = DecodingSettings {
            text_steps: 4,
            image_steps: 2,
            ..DecodingSettings::of(preset)
        };
        let mut lanes = [lane_for(preset, &[10, 11], 8, 4, 1)];
        let mut network = HashNetwork {
            breaks_at: Some(3),
            ..HashNetwork::default()
        };
        let settings = DecodingSettings {
            block_length: 4,
            ..settings
        };
        run(&settings, &mut lanes, &mut network);
        assert!(
            matches!(lanes[0].fault, Some(LaneFault::NotFinite(_))),
            "{preset}"
        );
    }
}

#[test]
fn decoding_stops_between_steps() {
    let settings = paper(Strategy::Parallel, 6, 2, 6);
    let mut decoder = settings.decoder(6, 8).unwrap();
    let mut lanes = [lane(&[10, 11], 8, 6, 1)];
    let mut times = Times::default();
    let ended = decoder.run(
        &mut lanes,
        &mut HashNetwork::default(),
        &mut times,
        |step, _| match step {
            2 => ControlFlow::Break(()),
            _ => ControlFlow::Continue(()),
        },
    );
    assert_eq!((ended.unwrap(), times.steps.len()), (Ended::Stopped, 3));
}

#[test]
fn the_released_code_of_family_a_leaves_a_cell_masked_and_fills_it() {
    let settings = DecodingSettings {
        text_steps: 8,
        image_steps: 4,
        ..DecodingSettings::of(Preset::ReleasedA)
    };
    let mut lanes = [lane(&[10, 11], 8, 6, 1)];
    run(&settings, &mut lanes, &mut HashNetwork::default());
    assert_eq!(lanes[0].canvas.masked_cells().len(), 1);
    let decoder = settings.decoder(6, 8).unwrap();
    let codes = decoder.finish(&mut lanes[0]).unwrap();
    assert_eq!(codes.len(), 8);
    assert!(codes.iter().all(|&code| code < 16));
    // Text at every step; one sequence of guidance at each image step, because the other's weight is 0.
    assert_eq!(
        lanes[0].forwards,
        Forwards {
            conditional: 8,
            unconditional: 4
        }
    );
}
