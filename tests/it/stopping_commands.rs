//! Declared looks, ratios, the interval of Cliff's delta and the repeats of a pilot through the real binary.

use std::path::Path;
use std::process::Output;

use crate::envelope;
use crate::results::{parabench, shown, text};
use crate::runs::{self, Place, RunFixture, hashed_mark};
use parabench::suite::{Axis, ScoreMap};
use serde_json::Value;
use tempfile::TempDir;

fn json(results: &Path, arguments: &[&str]) -> Value {
    let output = parabench(results, &[arguments, &["--json"]].concat());
    assert_eq!(text(&output.stderr), "");
    envelope::result(&output.stdout)
}

fn number(value: &Value) -> f64 {
    value.as_f64().unwrap_or_else(|| panic!("{value}"))
}

fn close(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-9
}

/// Two runs of 90 items, 60 of them edits; the first is better on output alignment alone.
fn pair(mapping: ScoreMap, samples: u32, repeats: u32) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for name in ["cand", "base"] {
        let marks = move |place: Place| {
            let better = name == "cand" && place.axis == Axis::OUTPUT_ALIGNMENT;
            Ok(hashed_mark(name, place, if better { 4.1 } else { 3.5 }))
        };
        let mut run = RunFixture::new(name, 12, 30, 0.0).with_marks(marks);
        (run.mapping, run.samples, run.repeats) = (mapping, samples, repeats);
        run.write(folder.path());
    }
    folder
}

/// Two runs that are each far better on every other item: the items differ by more than the judge's noise.
fn divided_pair(samples: u32, repeats: u32) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, parity) in [("cand", 0), ("base", 1)] {
        let marks = move |place: Place| {
            let level = if place.item % 2 == parity { 4.4 } else { 1.8 };
            Ok(hashed_mark(name, place, level))
        };
        let mut run = RunFixture::new(name, 12, 30, 0.0).with_marks(marks);
        (run.samples, run.repeats) = (samples, repeats);
        run.write(folder.path());
    }
    folder
}

fn contrast<'a>(result: &'a Value, metric: &str) -> &'a Value {
    let contrasts = result["comparison"]["contrasts"].as_array().unwrap();
    let mut found = contrasts.iter().filter(|c| c["metric"]["key"] == metric);
    found.next().unwrap()
}

/// `compare cand --baseline base` with this declaration and further arguments.
fn declared(folder: &TempDir, toml: &str, further: &[&str]) -> Output {
    let plan = folder.path().join("plan.toml");
    std::fs::write(&plan, toml).unwrap();
    runs::declare(folder.path(), &["cand", "base"], &plan);
    compared(folder, toml, further)
}

/// The same with a declaration that the runs do not carry.
fn compared(folder: &TempDir, toml: &str, further: &[&str]) -> Output {
    let plan = folder.path().join("plan.toml");
    std::fs::write(&plan, toml).unwrap();
    let plan = plan.to_str().unwrap().to_owned();
    let arguments = [
        "compare",
        "--full",
        "cand",
        "--baseline",
        "base",
        "--declare",
        &plan,
    ];
    parabench(folder.path(), &[&arguments[..], further].concat())
}

fn plan(axis: &str, items: u32, shares: &str) -> String {
    format!("primary_axis = \"{axis}\"\n[looks]\nplanned_items = {items}\nshares = {shares}\n")
}

#[test]
fn a_look_that_reaches_its_boundary_stops() {
    let folder = pair(ScoreMap::Affine25, 1, 1);
    let toml = plan("output_alignment", 150, "[0.6, 0.8, 1.0]");
    let output = declared(&folder, &toml, &["--json"]);
    let result: Value = envelope::result(&output.stdout);
    let interim = &result["comparison"]["interim"];
    assert_eq!(interim["decision"], "stop-for-difference");
    assert_eq!(
        (&interim["look"], &interim["items"]),
        (&1.into(), &90.into())
    );
    let line = contrast(&result, "output_alignment");
    let primary = &line["result"]["Ok"];
    let (points, se) = (
        number(&primary["difference"]["points"]),
        number(&primary["difference"]["se"]),
    );
    // Z is the normal quantile of the t probability: a little smaller than the ratio.
    let z = number(&interim["z"]);
    assert!(z < points / se && z > 0.8 * points / se);
    // The boundaries are those that the plan shows.
    let planned = json(
        folder.path(),
        &["power", "--looks", "0.6,0.8,1", "--items", "150"],
    );
    assert_eq!(interim["boundaries"], planned["looks"]);
    let boundary = number(&planned["looks"][0]["z"]);
    let repeated = &interim["repeated_interval"];
    let (lo, hi) = (number(&repeated[0]), number(&repeated[1]));
    assert!(close(0.5 * (lo + hi), points) && points - lo > boundary * se);
    assert_eq!(&primary["adjusted"]["simultaneous"], repeated);
    assert_eq!(line["standing"], "shown-higher");
    for other in ["text_quality", "overall"] {
        let line = contrast(&result, other);
        assert_eq!(
            (&line["standing"], &line["reason"]),
            (&"descriptive".into(), &"looks".into())
        );
    }
    let shown = text(&declared(&folder, &toml, &[]).stdout);
    for part in [
        "Look 1 of 3 at output_alignment against base: 90 of 150 tasks",
        "here 1",
        "stop, the runs differ",
        "biased away from 0",
        "reported, not tested",
    ] {
        assert!(shown.contains(part), "{part}:\n{shown}");
    }
}

#[test]
fn only_the_primary_contrast_can_be_required_at_a_look() {
    let folder = pair(ScoreMap::Affine25, 1, 1);
    let toml = plan("output_alignment", 150, "[0.6, 1.0]");
    let primary = declared(&folder, &toml, &["--require", "output_alignment > 0"]);
    assert_eq!(primary.status.code(), Some(0));
    let other = declared(&folder, &toml, &["--require", "overall > -50"]);
    assert_eq!(other.status.code(), Some(4));
    assert!(text(&other.stdout).contains("descriptive (looks)"));
    // The gate follows the repeated interval.
    let declared_twice = declared(
        &folder,
        &toml,
        &["--require", "output_alignment > 0", "--json"],
    );
    let result: Value = envelope::result(&declared_twice.stdout);
    let lower = &result["requirements"][0]["checks"][0]["lower"];
    assert_eq!(
        lower,
        &result["comparison"]["interim"]["repeated_interval"][0]
    );
}

#[test]
fn a_hopeless_look_may_stop_and_an_early_one_goes_on() {
    let folder = pair(ScoreMap::Affine25, 1, 1);
    let decision = |items: u32, shares: &str| {
        let output = declared(&folder, &plan("image_quality", items, shares), &["--json"]);
        let result: Value = envelope::result(&output.stdout);
        let interim = result["comparison"]["interim"].clone();
        assert_eq!(result["comparison"]["family"]["primary"]["passed"], false);
        (
            interim["decision"].as_str().unwrap().to_owned(),
            interim["conditional_power"].clone(),
        )
    };
    let (late, power) = decision(150, "[0.6, 1.0]");
    assert_eq!(late, "stop-for-futility");
    assert!(number(&power) < 0.1, "{power}");
    assert_eq!(decision(225, "[0.4, 1.0]").0, "go-on");
    let (last, power) = decision(90, "[0.4, 1.0]");
    assert_eq!(
        (last.as_str(), &power),
        ("ended-without-difference", &Value::Null)
    );
}

#[test]
fn runs_between_the_looks_and_wrong_looks_are_refused() {
    let folder = pair(ScoreMap::Affine25, 1, 1);
    let said = |output: Output| {
        assert_eq!(output.status.code(), Some(1));
        text(&output.stderr)
    };
    let refused = |toml: &str| said(declared(&folder, toml, &[]));
    // A file that cannot be read as a declaration cannot have been declared before.
    let unreadable = |toml: &str| said(compared(&folder, toml, &[]));
    let between = refused(&plan("output_alignment", 200, "[0.4, 0.6, 1.0]"));
    assert!(
        between.contains("have 90 tasks of output_alignment; looks are declared at 80, 120, 200"),
        "{between}"
    );
    // Image consistency exists for the 60 edits only.
    let edits = refused(&plan("image_consistency", 150, "[0.6, 1.0]"));
    assert!(
        edits.contains("have 60 tasks of image_consistency"),
        "{edits}"
    );
    let shares = unreadable(&plan("output_alignment", 1, "[0.6, 0.4]"));
    assert!(
        shares.contains("planned_items = 1") && shares.contains("shares = [0.6, 0.4]"),
        "{shares}"
    );
    let nothing = unreadable("[looks]\nplanned_items = 90\nshares = [1.0]\n");
    assert!(nothing.contains("without primary_axis"), "{nothing}");
}

#[test]
fn boundaries_need_no_spread_and_use_one() {
    let none = Path::new("none");
    let printed = shown(none, &["power", "--looks", "0.4,0.6,0.8,1"]);
    let cells: Vec<Vec<&str>> = printed
        .lines()
        .map(|line| line.split_whitespace().collect())
        .collect();
    // Share, items and |Z| at the default of 300 items.
    for look in [
        ["1", "40.0", "%", "120", "3.357"],
        ["2", "60.0", "%", "180", "2.680"],
        ["3", "80.0", "%", "240", "2.290"],
        ["4", "100.0", "%", "300", "2.031"],
    ] {
        assert!(
            cells.iter().any(|line| line.starts_with(&look)),
            "{look:?}:\n{printed}"
        );
    }
    assert!(!printed.contains("in points"), "{printed}");
    let with_sd = json(
        none,
        &["power", "--sd", "27", "--looks", "0.4,1", "--items", "200"],
    );
    let look = &with_sd["looks"][0];
    let points = number(&look["z"]) * 27.0 / 80.0_f64.sqrt();
    assert!(close(number(&look["points"]), points));
    for wrong in ["0.6,0.4", "0,1", "1.2", "nan"] {
        let output = parabench(none, &["power", "--looks", wrong]);
        assert_eq!(output.status.code(), Some(2), "{wrong}");
        assert!(text(&output.stderr).contains("rise from above 0"));
    }
    let nothing = parabench(none, &["power"]);
    assert_eq!(nothing.status.code(), Some(2));
    assert!(text(&nothing.stderr).contains("or --looks"));
}

#[test]
fn ratios_come_only_when_asked_for_and_depend_on_the_mapping() {
    let compare = ["compare", "cand", "--baseline", "base"];
    let of = |mapping: ScoreMap| {
        let folder = pair(mapping, 1, 1);
        let plain = json(folder.path(), &compare);
        assert_eq!(
            contrast(&plain, "overall")["result"]["Ok"]["ratio"],
            Value::Null
        );
        assert!(!shown(folder.path(), &compare).contains("ratio of means"));
        let asked = [&compare[..], &["--ratio"]].concat();
        let printed = shown(folder.path(), &asked);
        assert!(
            printed.contains("depends on where the mapping puts its zero"),
            "{printed}"
        );
        json(folder.path(), &asked)
    };
    let result = of(ScoreMap::Affine25);
    for metric in ["output_alignment", "image_consistency", "overall"] {
        let ratio = &contrast(&result, metric)["result"]["Ok"]["ratio"];
        let (a, b) = (number(&ratio["means"][0]), number(&ratio["means"][1]));
        assert!(close(number(&ratio["ratio"]), a / b));
        // Nothing is missing, so the means are the levels and their difference the contrast.
        let points = number(&contrast(&result, metric)["result"]["Ok"]["difference"]["points"]);
        assert!(close(a - b, points), "{metric}");
        let [low, high] = [0, 1].map(|end| number(&ratio["fieller95"][end]));
        assert!(low < a / b && a / b < high && number(&ratio["g"]) < 1.0);
    }
    let level = &result["comparison"]["levels"][0]["overall"]["Ok"]["points"];
    let overall = &contrast(&result, "overall")["result"]["Ok"]["ratio"];
    assert!(close(number(level), number(&overall["means"][0])));
    let other = of(ScoreMap::Times20);
    let of_other = number(&contrast(&other, "overall")["result"]["Ok"]["ratio"]["ratio"]);
    assert!((of_other - number(&overall["ratio"])).abs() > 1e-3);
}

#[test]
fn the_interval_of_cliffs_delta_is_antisymmetric() {
    let folder = pair(ScoreMap::Affine25, 1, 1);
    let there = json(folder.path(), &["compare", "cand", "--baseline", "base"]);
    let back = json(folder.path(), &["compare", "base", "--baseline", "cand"]);
    let effects =
        |result: &Value| contrast(result, "output_alignment")["result"]["Ok"]["effects"].clone();
    let (there, back) = (effects(&there), effects(&back));
    let delta = number(&there["cliffs_delta_ignores_pairing"]);
    let ends = |effects: &Value| [0, 1].map(|end| number(&effects["cliffs_delta_ci95"][end]));
    let ([low, high], [back_low, back_high]) = (ends(&there), ends(&back));
    assert!(
        low < delta && delta < high && low > 0.0,
        "{low} {delta} {high}"
    );
    assert!(close(low, -back_high) && close(high, -back_low));
}

#[test]
fn a_pilot_says_which_repeats_pay_and_how_to_split_money() {
    let folder = divided_pair(2, 3);
    let arguments = [
        "power",
        "--pilot",
        "cand",
        "base",
        "--axis",
        "output_alignment",
        "--cost-ratio",
        "20",
    ];
    let result = json(folder.path(), &arguments);
    let found = &result["repeats"]["Ok"];
    let sd = number(&result["pilot"]["sd"]);
    assert!(close(number(&found["variance"]), sd * sd));
    let lines = found["lines"].as_array().unwrap();
    let share = |line: &Value| number(&line["noise_share"]);
    assert!(
        close(number(&lines[2]["sd"]), sd),
        "the pilot's own repeats"
    );
    assert!(
        lines
            .windows(2)
            .all(|pair| share(&pair[0]) > share(&pair[1])),
        "{lines:?}"
    );
    let worth = found["worth_paying"].as_u64().unwrap();
    for line in lines {
        let repeats = line["repeats"].as_u64().unwrap();
        assert_eq!(share(line) <= 0.1, repeats >= worth, "{line}");
    }
    for side in found["sides"].as_array().unwrap() {
        assert_eq!((&side["items"], &side["repeats"]), (&90.into(), &3.into()));
        if let Some(optimal) = side["optimal_repeats"].as_f64() {
            let parts = number(&side["repeat_variance"]) / number(&side["sample_variance"]);
            assert!(close(optimal, (20.0 * parts).sqrt()));
        } else {
            assert!(number(&side["sample_variance"]) <= 0.0, "{side}");
        }
    }
    let printed = shown(folder.path(), &arguments);
    assert!(
        printed.contains(&format!("Recommended repeats: {worth}")),
        "{printed}"
    );
    assert!(
        printed.contains("Where an answer costs 20 repeats"),
        "{printed}"
    );
    // Overall works on the same marks.
    let overall = json(folder.path(), &["power", "--pilot", "cand", "base"]);
    assert!(overall["repeats"]["Ok"]["worth_paying"].is_u64());
    assert_eq!(
        overall["repeats"]["Ok"]["sides"][0]["optimal_repeats"],
        Value::Null
    );
}

#[test]
fn a_pilot_with_one_repeat_says_what_is_missing() {
    let folder = pair(ScoreMap::Affine25, 1, 1);
    let arguments = ["power", "--pilot", "cand", "base"];
    let result = json(folder.path(), &arguments);
    assert_eq!(result["repeats"]["Err"], "single-repeats");
    let printed = shown(folder.path(), &arguments);
    assert!(
        printed.contains("--repeats 2 or more shows it"),
        "{printed}"
    );
}
