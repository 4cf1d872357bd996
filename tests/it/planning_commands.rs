//! `parabench power`, `published` and `thinking` through the real binary.

use std::path::Path;

use crate::results::{parabench, shown, text};
use crate::runs::{Place, RunFixture, hashed, hashed_mark};
use parabench::suite::Axis;
use serde_json::Value;
use tempfile::TempDir;

fn json(results: &Path, arguments: &[&str]) -> Value {
    serde_json::from_str(&shown(results, &[arguments, &["--json"]].concat())).unwrap()
}

/// A model with and without thinking whose gain in image alignment follows its output alignment.
fn thinking_pair(samples: u32) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let grip = |place: Place| {
        hashed(
            "grip",
            Place {
                axis: Axis::OutputAlignment,
                sample: 0,
                repeat: 0,
                ..place
            },
        )
    };
    let marks = move |place: Place| match place.axis {
        Axis::OutputAlignment | Axis::ImageAlignment => {
            Ok(hashed_mark("with", place, 2.2 + 2.4 * grip(place)))
        }
        _ => Ok(hashed_mark("with", place, 3.5)),
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
    insta::assert_snapshot!(shown(Path::new("none"), &arguments), @r#"
output_alignment, table2: MMaDA-Parallel w/ ParaRL 59.8 minus Bagel w/ think 52.9 = +6.9 points, 300 items. Means only: no per-item score was published.

if points are      raw  ratio at 25 x (mark - 1)  largest SDs    extreme, uncorrelated  worst coupling    uniform marks
----------------------------------------------------------------------------------------------------------------------------
25 x (mark - 1)  +0.28                      1.13  49.0 and 49.9  SD 70.0, p 0.0887      SD 93.2, p 0.201  SD 50.0, p 0.0175
20 x mark        +0.35                      1.21  40.0 and 39.4  SD 56.1, p 0.0340      SD 75.9, p 0.117  SD 40.0, p 0.00304

p exceeds 0.05 only if the SD of the paired item differences is at least 60.7 (m=1), 45.0 (m=6), 37.7 (m=30) points (Bonferroni).
At an SD of 25 points, 80 % power for such a difference takes 105 items.
At an SD of 27 points, 80 % power for such a difference takes 123 items.
At an SD of 40 points, 80 % power for such a difference takes 266 items.

The means alone cannot prove significance: extreme but possible score distributions give p up to 0.09 (0.20 with negative correlation; 0.03 and 0.12 if the map is 20x). If the per-item SD of the paired difference is below 60.7 points (45.0 with six axes tested), 6.9 is significant at n=300; per-item scores would settle it. Practical size: 0.28 raw points (0.35 if 20x), dz about 0.17-0.28. Nothing here covers training-seed variance or bias of the judge.
"#);
}

#[test]
fn means_that_do_not_tell_two_models_apart() {
    let arguments = [
        "power",
        "--published",
        "MMaDA-Parallel w/ ParaRL",
        "Bagel w/ think",
    ];
    let printed = shown(Path::new("none"), &arguments);
    assert!(
        printed.contains("these means do not tell the two models apart"),
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
    assert!(text(&nobody.stderr).contains("models with overall: GPT-4o"));
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
    insta::assert_snapshot!(shown(Path::new("none"), &arguments), @r#"
SD of the paired item differences: 27.0 points (assumed). Two-sided alpha 0.05, power 80.0 %.

items  detectable points  with m=6 contrasts  half of the 95 % interval
-----------------------------------------------------------------------
  300                4.4                 5.5                        3.1
  200                5.4                 6.7                        3.8
   40               12.3                15.6                        8.6

difference in points  items needed  with m=6 contrasts  power at 300 items
--------------------------------------------------------------------------
                 4.4           298                 460              80.3 %

Items are what counts: samples and repeats lower the SD, they never add to n. Exact through the noncentral t law; nothing here covers another training run or another judge.
"#);
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
        "times the 6 contrasts of the table, of which this is the largest",
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
    assert!(text(&not_there.stderr).contains("the pilot says nothing about text_quality"));
}

#[test]
fn the_published_figures_with_what_does_not_fit() {
    let printed = shown(Path::new("none"), &["published", "--source", "table3"]);
    insta::assert_snapshot!(printed, @r#"
Published figures of arXiv 2511.09611v3. Means only, from other runs of another judge: no intervals, no tests, no per-item scores; nothing here can be tested against own runs.

Table 3 (parabench)

model                          text_alignment  image_alignment  output_alignment
--------------------------------------------------------------------------------
MMaDA sequential (w/o ParaRL)            70.6             56.1              48.9
MMaDA parallel (w/o ParaRL)              70.4             58.2              51.5

Arithmetic: 18 of 21 printed Overalls are the mean of their printed parts, up to rounding.
What does not fit, shown and not fixed:
  table5: Overall of ParaRL s=2 is printed as 68.6, its parts average 69.47
  table6: Overall of Gemini-2.5 is printed as 88.9, its parts average 87.93
  table8: Overall of MMaDA (sequential) is printed as 0.68, its parts average 0.668
  output_alignment of GPT-4o: 69.5 in table2, 89.5 in table6
  overall of GPT-4o: 85.9 in table2, 89.2 in table6
  output_alignment of Gemini-2.5: 63.4 in table2, 83.4 in table6
  overall of Gemini-2.5: 84.6 in table2, 88.9 in table6
  text_alignment of Bagel w/ think: 70.5 in table2, 74.5 in table6
  overall of Bagel w/ think: 71.2 in table2, 71.8 in table6
  `sequential` is MMaDA sequential (w/o ParaRL) in table3 (48.9 of output alignment) and sequential (w/ ParaRL) in table10 (54.1)
  `parallel` is MMaDA parallel (w/o ParaRL) in table3 (51.5 of output alignment) and parallel (w/ ParaRL) in table10 (59.8)
  the headline "6.9%" is 59.8 - 52.9 = 6.9 points of output alignment (13.0 % relative; a ratio depends on the mapping: 1.13 as printed, 1.21 if 20 x mark was printed and 25 x (mark - 1) is meant)
  the edit score of table1 is not image_alignment of table2, which would need Bagel w/o think: generation 8.7, Bagel w/ think: generation 47.8
  the edit score of table1 is not image_quality of table2, which would need Bagel w/o think: generation 98.1, Bagel w/ think: generation 102.1
  the edit score of table1 is not image_consistency of table2, which would need Bagel w/o think: 71.1 against 72.2, Bagel w/ think: 71.2 against 76.7
"#);
    let all = json(Path::new("none"), &["published"]);
    assert_eq!(all["figures"].as_array().unwrap().len(), 251);
    assert_eq!(
        all["reading"],
        "means only, from other runs of another judge"
    );
    let wrong = parabench(Path::new("none"), &["published", "--source", "table99"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong.stderr).contains("sources: table2, table6"));
}

#[test]
fn the_papers_five_points_with_their_exact_p() {
    insta::assert_snapshot!(shown(Path::new("none"), &["thinking"]), @r#"
Table 1 of the paper  without  with  difference  output alignment  text quality
-------------------------------------------------------------------------------
temporal                 72.3  75.6        +3.3              57.3          92.6
general                  68.9  71.4        +2.5              58.1          86.2
causal                   70.1  67.2        -2.9              46.2          75.3
knowledge                74.5  76.8        +2.3              55.5          87.8
spatial                  69.8  65.0        -4.8              45.2          73.2

correlation                      coefficient  value  exact p  orders  Holm p
----------------------------------------------------------------------------
difference and output_alignment  pearson      0.982   0.0250   3/120   0.125
difference and output_alignment  spearman     0.900   0.0833  10/120   0.333
difference and output_alignment  kendall      0.800   0.0833  10/120   0.333
difference and text_quality      pearson      0.977   0.0167   2/120   0.100
difference and text_quality      spearman     0.900   0.0833  10/120   0.333
difference and text_quality      kendall      0.800   0.0833  10/120   0.333

5 category means, no intervals, an edit score that the paper does not identify. Smallest adjusted p: 0.100. Text quality and output alignment correlate 0.947 themselves (p 0.0583), so these points cannot tell them apart. At an SD of 27 points of the item differences (assumed), each difference has a standard error of 4.3 and the categories differ by no more than that: Q = 2.95 on 4 df, p 0.565. The difference and the output alignment come from the same thinking images.
"#);
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
    assert!(
        printed.contains("Associated, which is not caused."),
        "{printed}"
    );
    assert!(
        printed.contains("they share no answer and no mark"),
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
