//! Which tasks are chosen, and what is said of them.

use super::super::wire::{WireAnswers, WireAxis, WireRun};
use super::*;

const AXES: [&str; 3] = ["image_alignment", "image_quality", "output_alignment"];

fn answers(points: [f64; 3], lost: bool) -> WireAnswers {
    WireAnswers {
        points: points.map(Some).to_vec(),
        samples: vec![WireSample {
            stored: true,
            no_picture: lost.then(|| "The answer was lost.".to_owned()),
            marks: Vec::from(AXES.map(|_| Vec::new())),
            ..WireSample::default()
        }],
    }
}

/// Tasks `a`, `b`, … with the points of a run and of its baseline.
fn wire(tasks: &[([f64; 3], [f64; 3], bool)]) -> WireGallery {
    let run = |label: &str, baseline| WireRun {
        label: label.to_owned(),
        baseline,
    };
    let axis = |key| WireAxis {
        key,
        title: key,
        top: 5.0,
        five: true,
    };
    let task = |(place, (a, b, lost)): (usize, &([f64; 3], [f64; 3], bool))| WireTask {
        id: char::from(b'a' + place as u8).to_string(),
        category: "c".to_owned(),
        kind: "edit".to_owned(),
        instruction: None,
        input: None,
        answers: vec![answers(*a, *lost), answers(*b, false)],
    };
    WireGallery {
        runs: vec![run("run", false), run("base", true)],
        axes: Vec::from(AXES.map(axis)),
        categories: vec!["c".to_owned()],
        grid: 8,
        pictures: Vec::new(),
        tasks: tasks.iter().enumerate().map(task).collect(),
    }
}

fn chosen(wire: &WireGallery) -> Vec<(&'static str, String)> {
    let told = telling(wire, (0, 1), 1).into_iter();
    told.map(|task| (task.title, task.id)).collect()
}

#[test]
fn the_largest_loss_and_win_then_the_lowest_and_ties_by_order() {
    let even = [50.0; 3];
    let tasks = [
        (even, even, false),
        ([25.0, 50.0, 50.0], even, false),
        ([25.0, 50.0, 50.0], even, false),
        ([100.0, 50.0, 50.0], even, false),
        ([0.0; 3], [0.0; 3], false),
    ];
    let found = chosen(&wire(&tasks));
    let wanted = [
        ("Largest loss", "b".to_owned()),
        ("Largest win", "d".to_owned()),
        ("Lowest marks of both", "e".to_owned()),
    ];
    assert_eq!(found, wanted);
}

#[test]
fn a_lost_answer_comes_before_low_marks_and_a_task_stands_once() {
    let tasks = [([50.0; 3], [50.0; 3], true), ([0.0; 3], [0.0; 3], false)];
    assert_eq!(
        chosen(&wire(&tasks)),
        [("An answer was lost", "a".to_owned())]
    );
    let loss = [([0.0; 3], [50.0; 3], true)];
    assert_eq!(chosen(&wire(&loss)), [("Largest loss", "a".to_owned())]);
}

#[test]
fn without_stored_answers_there_is_nothing_to_tell() {
    let mut wire = wire(&[([0.0; 3], [50.0; 3], false)]);
    for answers in &mut wire.tasks[0].answers {
        answers.samples[0].stored = false;
    }
    assert!(chosen(&wire).is_empty());
}

#[test]
fn an_answer_that_follows_its_own_text_is_named() {
    let wire = wire(&[([0.0, 100.0, 100.0], [100.0, 100.0, 50.0], false)]);
    let told = telling(&wire, (0, 1), 2);
    assert_eq!(
        told[0].moral,
        [
            "What separates them, in points: image_alignment 0 against 100, output_alignment 100 against 50.",
            "run shows what its text says, not what was asked."
        ]
    );
    assert_eq!(told[0].link, "#gallery/run=2/task=a");
    assert_eq!(percent_encoded("ä/b&c"), "%C3%A4%2Fb%26c");
}
