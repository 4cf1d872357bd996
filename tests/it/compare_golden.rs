//! The whole comparison against the golden benchmark datasets: their scores are written as run folders,
//! read back and compared, and every number that the datasets know must come out.

use std::path::{Path, PathBuf};

use crate::runs::RunFixture;
use parabench::analysis::compare::contrast::{Contrast, ContrastFinding};
use parabench::analysis::compare::{CompareRequest, Comparison, compare};
use parabench::analysis::runs::declaration::Declaration;
use parabench::analysis::runs::load::{LoadedRun, load};
use parabench::judge::MissingReason;
use parabench::run::scores::Status;
use parabench::suite::{Axis, Kind};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
struct Case {
    family: String,
    input: Value,
    expected: Value,
}

/// By item and seed-major repeat.
type AxisScores = Vec<Vec<Option<i64>>>;

#[derive(Deserialize)]
struct Input {
    categories: Vec<String>,
    category_of_item: Vec<usize>,
    axes: Vec<Axis>,
    models: Vec<String>,
    seeds: u32,
    repeats: u32,
    /// By model, axis (none for text axes without thinking), item, and seed-major repeat.
    scores: Vec<Vec<Option<AxisScores>>>,
}

fn golden() -> PathBuf {
    let root = std::env::var_os("PARABENCH_GOLDEN").map_or_else(
        || Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden"),
        PathBuf::from,
    );
    root.join("stats")
}

fn write_runs(input: &Input, folder: &Path) -> Vec<LoadedRun> {
    let count = |category: usize| {
        let of = input.category_of_item.iter();
        of.filter(|&&other| other == category).count() as u32
    };
    let kind = |name: &str| {
        if name == "generation" {
            Kind::Generation
        } else {
            Kind::Edit
        }
    };
    let first_item: Vec<usize> = (0..input.categories.len())
        .map(|c| {
            input
                .category_of_item
                .iter()
                .position(|&other| other == c)
                .unwrap()
        })
        .collect();
    let mut loaded = Vec::new();
    for (model, name) in input.models.iter().enumerate() {
        let scores = input.scores[model].clone();
        let (axes, starts, repeats) = (input.axes.clone(), first_item.clone(), input.repeats);
        let mut run = RunFixture::new(name, 1, 0, 3.0).with_marks(move |place| {
            let axis = axes.iter().position(|&axis| axis == place.axis).unwrap();
            let item = starts[place.category] + place.item as usize;
            let at = (place.sample * repeats + place.repeat) as usize;
            let mark = scores[axis].as_ref().and_then(|items| items[item][at]);
            mark.ok_or(Status::Missing(MissingReason::Unparsable))
        });
        run.thinks = !name.ends_with("nothink");
        run.axes = input.axes.clone();
        let categories = input.categories.iter().enumerate();
        run.categories = categories
            .map(|(c, name)| (name.clone(), kind(name), count(c)))
            .collect();
        run.samples = input.seeds;
        run.repeats = input.repeats;
        loaded.push(load(&run.write(folder)).unwrap());
    }
    loaded
}

fn close(what: &str, got: f64, expected: &Value, faults: &mut Vec<String>) {
    let expected = expected
        .as_f64()
        .unwrap_or_else(|| panic!("{what}: no golden number"));
    if (got - expected).abs() > 1e-9 + 1e-8 * expected.abs() {
        faults.push(format!("{what}: {got} instead of {expected}"));
    }
}

fn check_finding(name: &str, finding: &ContrastFinding, golden: &Value, faults: &mut Vec<String>) {
    let difference = &finding.difference;
    let above = |key: &str, got: f64, bound: &Value| {
        let truth = bound.as_f64().unwrap();
        // A certified bound: from above, and close.
        assert!(
            got >= truth * 0.999 && got <= truth * 1.06,
            "{name}.{key}: {got} against {truth}"
        );
    };
    let mut check =
        |key: &str, got: f64| close(&format!("{name}.{key}"), got, &golden[key], faults);
    check("estimate", difference.points);
    check("se", difference.se.unwrap());
    check("df", difference.df.unwrap());
    check("n_pairs", difference.items as f64);
    if golden["p_signflip"].is_null() {
        above("p", finding.test.p, &golden["bracket_p"]);
    } else {
        check("p_signflip", finding.test.p);
        check("midp_signflip", finding.test.mid_p.unwrap());
    }
    if golden.get("wilcoxon_pratt_p").is_some() {
        check("wilcoxon_pratt_p", finding.test.p_wilcoxon_pratt.unwrap());
        check("dz", finding.effects.as_ref().unwrap().dz.unwrap());
        check("ps_dep", finding.effects.as_ref().unwrap().superiority);
        check("wins", finding.wins.unwrap().wins as f64);
        check("ties", finding.wins.unwrap().ties as f64);
        check("losses", finding.wins.unwrap().losses as f64);
    }
    for (end, got) in difference.ci95.unwrap().into_iter().enumerate() {
        close(
            &format!("{name}.ci95[{end}]"),
            got,
            &golden["t_ci95"][end],
            faults,
        );
    }
}

/// Whether Holm over the whole family could be held against the vector.
fn check_case(comparison: &Comparison, expected: &Value, faults: &mut Vec<String>) -> bool {
    let labels = expected["family"]["labels"].as_array().unwrap();
    let (mut members, mut withheld, mut held) = (0, 0, Vec::new());
    for contrast in &comparison.contrasts {
        let Contrast {
            baseline,
            metric,
            standing,
            result,
            ..
        } = contrast;
        let key = if metric.is_overall() {
            "overall_common_axes"
        } else {
            metric.key
        };
        let golden = &expected["comparisons"][baseline][key];
        let name = format!("{baseline}.{key}");
        match result {
            Ok(finding) => check_finding(&name, finding, golden, faults),
            Err(_) => assert!(golden.is_null(), "{name} is not defined here"),
        }
        let position = labels
            .iter()
            .position(|l| l[0] == **baseline && (l[1] == key || l[1] == metric.key));
        let Some(position) = position else { continue };
        let Some(adjusted) = &result.as_ref().unwrap().adjusted else {
            // The vectors adjust all of them together; what may not be claimed is in no family here.
            assert_eq!(standing.key(), "withheld", "{name}");
            withheld += 1;
            continue;
        };
        members += 1;
        held.push((position, adjusted.p_holm, name));
    }
    assert_eq!(members + withheld, labels.len());
    assert_eq!(comparison.family.size, members);
    if withheld == 0 {
        for (position, got, name) in held {
            let holm = expected["family"]["bracket_holm"][position]
                .as_f64()
                .unwrap();
            assert!(
                got >= holm * 0.999 && got <= holm * 1.06,
                "{name}.holm: {got} against {holm}"
            );
        }
    }
    for (run, levels) in comparison.runs.iter().zip(&comparison.levels) {
        for score in &levels.axes {
            let golden = &expected["models"][&run.label][score.axis.key()];
            if let Ok(level) = &score.level {
                let name = format!("{}.{}", run.label, score.axis);
                close(&name, level.points, &golden["estimate"], faults);
            }
        }
    }
    withheld == 0
}

#[test]
fn golden_datasets_come_out_of_run_folders() {
    let (mut cases, mut whole) = (0, 0);
    for entry in std::fs::read_dir(golden()).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|extension| extension != "json") {
            continue;
        }
        let case: Case = serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
        if case.family != "whole_benchmark" {
            continue;
        }
        cases += 1;
        let input: Input = serde_json::from_value(case.input).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let runs = write_runs(&input, folder.path());
        let comparison = compare(&CompareRequest {
            candidates: runs.iter().take(1).collect(),
            baselines: runs.iter().skip(1).collect(),
            judge: None,
            across: parabench::analysis::compare::Across::Refused,
            declaration: Declaration::default(),
            cross_checks: true,
            draws: 499,
        })
        .unwrap();
        let mut faults = Vec::new();
        whole += usize::from(check_case(&comparison, &case.expected, &mut faults));
        assert!(
            faults.is_empty(),
            "{}:\n{}",
            path.display(),
            faults.join("\n")
        );
    }
    assert!(
        cases > 0,
        "no dataset of the family whole_benchmark in {}",
        golden().display()
    );
    assert!(whole > 0, "no dataset whose family could be held whole");
}
