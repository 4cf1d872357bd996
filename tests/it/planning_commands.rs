//! `parabench power`, `published` and `thinking` through the real binary.

use std::path::Path;

use crate::envelope;
use crate::results::{parabench, shown, text};
use crate::runs::{Place, RunFixture, hashed, hashed_mark};
use parabench::suite::Axis;
use serde_json::Value;
use tempfile::TempDir;

fn json(results: &Path, arguments: &[&str]) -> Value {
    envelope::result(&shown(results, &[arguments, &["--json"]].concat()))
}

/// A model with and without thinking whose gain in image alignment follows its output alignment.
fn thinking_pair(samples: u32) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let grip = |place: Place| {
        hashed(
            "grip",
            Place {
                axis: Axis::OUTPUT_ALIGNMENT,
                sample: 0,
                repeat: 0,
                ..place
            },
        )
    };
    let follow = [Axis::OUTPUT_ALIGNMENT, Axis::IMAGE_ALIGNMENT];
    let marks = move |place: Place| match follow.contains(&place.axis) {
        true => Ok(hashed_mark("with", place, 2.2 + 2.4 * grip(place))),
        false => Ok(hashed_mark("with", place, 3.5)),
    };
    let mut with = RunFixture::new("with", 20, 10, 0.0).with_marks(marks);
    let mut without = RunFixture::new("without", 20, 10, 3.3);
    without.thinks = false;
    (with.samples, without.samples) = (samples, samples);
    with.write(folder.path());
    without.write(folder.path());
    folder
}

#[test]
fn the_headline_of_the_paper_by_its_means_alone() {
    let arguments = [
        "power",
        "--published",
        "MMaDA-Parallel w/ ParaRL",
        "Bagel w/ think",
        "--axis",
        "output_alignment",
    ];
    insta::assert_snapshot!(shown(Path::new("none"), &arguments));
}

#[test]
fn means_that_do_not_tell_two_models_apart() {
    let arguments = [
        "power",
        "--published",
        "MMaDA-Parallel w/ ParaRL",
        "Bagel w/ think",
    ];
    let printed = shown(Path::new("none"), &arguments).replace('\n', " ");
    assert!(
        printed.contains("these means do not show a difference between the two models"),
        "{printed}"
    );
    assert!(
        printed.contains("note: table6 prints") || !printed.contains("note:"),
        "{printed}"
    );
    let far = [
        "power",
        "--published",
        "GPT-4o",
        "Show-o* (tuned)",
        "--axis",
        "text_alignment",
    ];
    assert!(shown(Path::new("none"), &far).contains("Even extreme score distributions"));
    let nobody = parabench(
        Path::new("none"),
        &["power", "--published", "GPT-4o", "nobody"],
    );
    assert_eq!(nobody.status.code(), Some(2));
    assert!(
        text(&nobody.stderr).contains("unknown published model `nobody`; expected one of: GPT-4o")
    );
}

#[test]
fn a_plan_from_an_assumed_spread() {
    let arguments = [
        "power",
        "--sd",
        "27",
        "--items",
        "300,200,40",
        "--difference",
        "4.4",
    ];
    insta::assert_snapshot!(shown(Path::new("none"), &arguments));
}

#[test]
fn a_plan_needs_one_source_and_possible_numbers() {
    for arguments in [
        &["power"][..],
        &["power", "--sd", "0"],
        &["power", "--sd", "27", "--alpha", "0.9", "--power", "0.5"],
        &["power", "--sd", "27", "--pilot", "a", "b"],
        &["power", "--sd", "27", "--axis", "beauty"],
    ] {
        let output = parabench(Path::new("none"), arguments);
        assert_eq!(
            output.status.code(),
            Some(2),
            "{arguments:?} {}",
            text(&output.stderr)
        );
    }
}

/// The published headline beside a pilot pair of runs.
fn beside_a_pilot(results: &Path, contrasts: &str) -> Value {
    let published = ["--published", "MMaDA-Parallel w/ ParaRL", "Bagel w/ think"];
    let rest = [
        "--axis",
        "output_alignment",
        "--pilot",
        "a",
        "b",
        "--contrasts",
        contrasts,
    ];
    json(results, &[&["power"][..], &published, &rest].concat())
}

#[test]
fn a_pilot_says_what_published_means_show() {
    let folder = tempfile::tempdir().unwrap();
    for (name, level) in [("a", 3.4), ("b", 3.1)] {
        let marks = move |place: Place| Ok(hashed_mark(name, place, level));
        RunFixture::new(name, 20, 20, 0.0)
            .with_marks(marks)
            .write(folder.path());
    }
    let found = beside_a_pilot(folder.path(), "6");
    let pilot = &found["pilot"]["numbers"];
    let number = |key: &str| pilot[key].as_f64().unwrap();
    // p of the largest spread that the pilot allows, from the definition.
    let t = 6.9 * 300.0_f64.sqrt() / number("sd_upper");
    let p = parabench::stats::distribution::t_two_sided(t, 299.0);
    assert!((number("p") / p - 1.0).abs() < 1e-9 && number("sd_upper") > number("sd"));
    assert!((number("p_selected") - (6.0 * p).min(1.0)).abs() < 1e-12);
    assert_eq!(pilot["very_likely_real"], number("p_selected") <= 0.01);
    let sentence = found["pilot"]["sentence"].as_str().unwrap();
    let verdict = if number("p_selected") <= 0.01 {
        "very likely real"
    } else {
        "open"
    };
    for part in [
        "+6.9 on 300 tasks has p",
        "times the 6 comparisons of the table, of which this is the largest",
        "The published means alone allow p up to 0.20 (worst coupling, nearly bimodal marks).",
        &format!("So it is {verdict} as far as the choice of tasks goes"),
    ] {
        assert!(sentence.contains(part), "{part}: {sentence}");
    }
    // More contrasts never strengthen the claim.
    let more = beside_a_pilot(folder.path(), "10000");
    assert!(more["pilot"]["numbers"]["p_selected"].as_f64().unwrap() >= number("p_selected"));
    let both = [
        "power",
        "--sd",
        "27",
        "--published",
        "GPT-4o",
        "Show-o* (tuned)",
    ];
    assert_eq!(parabench(folder.path(), &both).status.code(), Some(2));
}

#[test]
fn a_pilot_gives_the_spread_of_its_interval() {
    let folder = thinking_pair(1);
    let plan = json(
        folder.path(),
        &[
            "power",
            "--pilot",
            "with",
            "without",
            "--axis",
            "image_alignment",
        ],
    );
    let compared = json(folder.path(), &["compare", "with", "--baseline", "without"]);
    let contrasts = compared["comparison"]["contrasts"].as_array().unwrap();
    let found = contrasts
        .iter()
        .find(|c| c["metric"]["key"] == "image_alignment")
        .unwrap();
    let difference = &found["result"]["Ok"]["difference"];
    let se = difference["se"].as_f64().unwrap();
    let items = difference["items"].as_f64().unwrap();
    let sd = plan["plan"]["sd"].as_f64().unwrap();
    assert!((sd - se * items.sqrt()).abs() < 1e-9);
    assert_eq!(plan["pilot"]["items"], 110);
    assert_eq!(plan["pilot"]["small"], false);
    let not_there = parabench(
        folder.path(),
        &[
            "power",
            "--pilot",
            "with",
            "without",
            "--axis",
            "text_quality",
        ],
    );
    assert_eq!(not_there.status.code(), Some(1));
    assert!(text(&not_there.stderr).contains("the pilot has no data about text_quality"));
}

#[test]
fn the_published_figures_with_what_does_not_fit() {
    let printed = shown(Path::new("none"), &["published", "--source", "table3"]);
    insta::assert_snapshot!(printed);
    let all = json(Path::new("none"), &["published"]);
    assert_eq!(all["figures"].as_array().unwrap().len(), 251);
    assert_eq!(
        all["reading"],
        "means only, from other runs of another judge"
    );
    let wrong = parabench(Path::new("none"), &["published", "--source", "table99"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong.stderr).contains("unknown table `table99`; did you mean `table9`?"));
}

#[test]
fn the_papers_five_points_with_their_exact_p() {
    insta::assert_snapshot!(shown(Path::new("none"), &["thinking"]));
}

#[test]
fn gains_that_follow_output_alignment_are_found() {
    let folder = thinking_pair(2);
    let result = json(folder.path(), &["thinking", "with", "without"]);
    let runs = &result["runs"];
    assert_eq!(runs["categories"].as_array().unwrap().len(), 5);
    let association = &runs["associations"][0];
    assert_eq!(association["explanation"], "output_alignment");
    assert_eq!(association["noise"], "samples");
    assert_eq!(association["items"], 100);
    assert!(association["within"]["value"].as_f64().unwrap() > 0.2);
    assert!(association["p_within"].as_f64().unwrap() < 0.05);
    assert!(runs["homogeneity"]["df"] == 4);
    let printed = shown(folder.path(), &["thinking", "with", "without"]);
    let fits = |line: &str| line.chars().count() <= 80;
    assert!(printed.lines().all(fits), "{printed}");
    let printed = printed.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        printed.contains("An association does not prove a cause."),
        "{printed}"
    );
    assert!(
        printed.contains("they have no answer and no mark in common"),
        "{printed}"
    );
    let corrected = &association["disattenuated"]["Ok"];
    let number = |value: &Value| value.as_f64().unwrap();
    let reliability =
        number(&corrected["reliability_gain"]) * number(&corrected["reliability_explanation"]);
    assert!(reliability > 0.0 && reliability < 1.0, "{corrected}");
    let expected = number(&association["within"]["value"]) / reliability.sqrt();
    assert!((number(&corrected["value"]) - expected).abs() < 1e-9);
    assert!(
        printed.contains("corrected for the noise of single answers and of the judge: +"),
        "{printed}"
    );
}

#[test]
fn the_run_with_thinking_comes_first() {
    let folder = thinking_pair(1);
    let wrong = parabench(folder.path(), &["thinking", "without", "with"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong.stderr).contains("declared not to think"));
    let axis = parabench(
        folder.path(),
        &["thinking", "with", "without", "--axis", "text_quality"],
    );
    assert_eq!(axis.status.code(), Some(2));
    assert!(text(&axis.stderr).contains("choose an image axis"));
    let shared = shown(folder.path(), &["thinking", "with", "without"]);
    assert!(shared.contains("marks of the same answer"), "{shared}");
    assert!(
        shared.contains("Output alignment is not corrected for noise: both runs need several"),
        "{shared}"
    );
}

/// The row of a model on the board of a suite.
fn board_row(suite: &str, model: &str) -> Value {
    let all = json(Path::new("none"), &["published", "--suite", suite]);
    let rows = all["boards"][0]["rows"].as_array().unwrap();
    let found = rows.iter().find(|row| row["model"] == model);
    found.unwrap().clone()
}

#[test]
fn a_leaderboard_gets_the_intervals_that_it_does_not_print() {
    // Known values: standard error and logit-t interval over the items that the printed cells count.
    for (suite, model, right, se, ends) in [
        (
            "wise-verified",
            "NanoBanana-Pro",
            876,
            0.0103861888,
            [0.8541385643, 0.8949877215],
        ),
        (
            "wise-verified",
            "Janus-Pro-1B",
            265,
            0.0139284782,
            [0.2385816008, 0.2932172088],
        ),
        (
            "rise",
            "GPT-Image-1",
            108,
            2.3597617863,
            [25.5716406594, 34.8362997849],
        ),
        (
            "rise",
            "OmniGen",
            3,
            0.4811252243,
            [0.2663037134, 2.5765251465],
        ),
    ] {
        let row = board_row(suite, model);
        let counts = row["counts"].as_array().unwrap().iter();
        assert_eq!(counts.map(|k| k.as_i64().unwrap()).sum::<i64>(), right);
        assert!((row["se"].as_f64().unwrap() - se).abs() < 1e-8, "{row}");
        for (found, known) in row["ci95"].as_array().unwrap().iter().zip(ends) {
            assert!((found.as_f64().unwrap() - known).abs() < 1e-7, "{row}");
        }
    }
    assert_eq!(board_row("rise", "HiDream-Edit")["bound"], true);
    // Printed alike: no pairing shows a difference. Far apart: every pairing that is not negative does.
    let next = |model: &str| board_row("wise-verified", model)["next"]["verdict"].clone();
    assert_eq!(next("FLUX.1-schnell"), "not-told-apart");
    assert_eq!(next("GPT-Image-1.5"), "told-apart");
    insta::assert_snapshot!(shown(Path::new("none"), &["published", "--suite", "rise"]));
}

#[test]
fn a_benchmark_without_bundled_figures_is_said_to_have_none_and_takes_ones_own() {
    let folder = tempfile::tempdir().unwrap();
    for suite in ["kris", "gedit-full-en"] {
        let output = crate::cli_world::parabench(folder.path(), &["published", "--suite", suite]);
        assert_eq!(output.status.code(), Some(2));
        let said = crate::cli_world::stderr(&output);
        assert!(
            said.contains(&format!("no published figures are bundled of {suite}")),
            "{said}"
        );
        assert!(
            said.contains("--file FILE.csv") && said.contains("`overall`"),
            "{said}"
        );
    }
    // A board of one's own: the eleven types weigh alike, so the Overall is the plain mean of their cells.
    let definition = include_str!("../../benchmarks/gedit-full-en/suite.toml");
    let names = definition.split("name = \"").skip(2);
    let names: Vec<&str> = names.map(|rest| rest.split('"').next().unwrap()).collect();
    assert_eq!(names.len(), 11);
    let mut table =
        "source,suite,model,group,thinking,metric,category,value,samples,address\n".to_owned();
    for (model, value) in [("one", 6.0), ("two", 8.0)] {
        let cells = names
            .iter()
            .map(|name| (*name, value + f64::from(u8::from(*name == "ps_human"))));
        for (category, value) in cells.chain([("overall", value + 1.0 / 11.0)]) {
            table += &format!(
                "mine,gedit-full-en,{model},,,o,{category},{value:.3},1,https://example.org/board\n"
            );
        }
    }
    std::fs::write(folder.path().join("mine.csv"), table).unwrap();
    let arguments = [
        "published",
        "--file",
        "mine.csv",
        "--suite",
        "gedit-full-en",
    ];
    let output = crate::cli_world::parabench(folder.path(), &arguments);
    assert_eq!(
        output.status.code(),
        Some(0),
        "{}",
        crate::cli_world::stderr(&output)
    );
    let said = crate::cli_world::stdout(&output);
    assert!(said.contains("8.091") && said.contains("6.091"), "{said}");
    assert!(said.contains("Of 1 pairs of neighbours"), "{said}");
}

#[test]
fn a_board_of_ones_own_is_held_against_its_suite() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("own.csv");
    let head = "source,suite,model,group,thinking,metric,category,value\n";
    let row = |model: &str, cells: [&str; 5]| {
        let names = [
            "temporal_reasoning",
            "causal_reasoning",
            "spatial_reasoning",
            "logical_reasoning",
            "overall",
        ];
        let cells = names.iter().zip(cells);
        cells
            .map(|(name, value)| format!("mine,rise,{model},,,accuracy,{name},{value}\n"))
            .collect::<String>()
    };
    let sound = row("a", ["10.6", "10.0", "10.0", "10.6", "10.3"]);
    let broken = row("b", ["10.6", "10.5", "10.0", "10.6", "10.4"]);
    std::fs::write(&file, format!("{head}{sound}{broken}")).unwrap();
    let file = file.to_str().unwrap();
    let all = json(
        Path::new("none"),
        &["published", "--file", file, "--suite", "rise"],
    );
    let board = &all["boards"][0];
    assert_eq!(
        board["misfits"].as_array().unwrap().as_slice(),
        ["b, causal_reasoning: 10.5: no count of 90 tasks gives it"]
    );
    let (first, second) = (&board["rows"][0], &board["rows"][1]);
    // What does not fit has no count, no interval and is held against nothing.
    assert_eq!(first["model"], "b");
    assert!(first["counts"].is_null() && first["ci95"].is_null() && first["next"].is_null());
    assert_eq!(second["counts"], serde_json::json!([9, 9, 10, 9]));
}
