//! Requirements and declarations: what decides the exit code.

use super::*;
use crate::envelope;
use crate::runs;

#[test]
fn requirements_decide_the_exit_code() {
    let folder = pair();
    let require = |conditions: &[&str]| {
        let mut arguments = vec!["cand", "--baseline", "base"];
        for condition in conditions {
            arguments.extend(["--require", condition]);
        }
        compare(folder.path(), &arguments)
    };
    let holds = require(&["output_alignment > 0", "output_alignment > -20"]);
    assert_eq!(holds.status.code(), Some(0), "{}", text(&holds.stdout));
    let fails = require(&["output_alignment > 0", "text_quality > 0"]);
    assert_eq!(fails.status.code(), Some(4));
    let shown = text(&fails.stdout);
    assert!(
        shown.contains("required output_alignment > 0: holds"),
        "{shown}"
    );
    assert!(
        shown.contains("required text_quality > 0: DOES NOT HOLD"),
        "{shown}"
    );
    assert!(shown.contains("cand minus base: difference"), "{shown}");
    let wrong = require(&["beauty > 0"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong.stderr).contains("has no beauty; there are text_quality"));
    let wrong = require(&["overall = 0"]);
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong.stderr).contains("expected METRIC > POINTS"));
}

#[test]
fn a_requirement_does_not_hold_on_too_many_missing_marks() {
    let folder = tempfile::tempdir().unwrap();
    let marks = |place: Place| {
        if place.axis == Axis::OUTPUT_ALIGNMENT && place.item.is_multiple_of(10) {
            return Err(Status::Missing(MissingReason::Refused));
        }
        Ok(5)
    };
    let low = |place: Place| Ok(1 + i64::from(hashed("low", place) < 0.3));
    RunFixture::new("cand", 12, 30, 0.0)
        .with_marks(marks)
        .write(folder.path());
    RunFixture::new("base", 12, 30, 0.0)
        .with_marks(low)
        .write(folder.path());
    let arguments = [
        "cand",
        "--baseline",
        "base",
        "--require",
        "output_alignment > 0",
    ];
    let output = compare(folder.path(), &arguments);
    assert_eq!(output.status.code(), Some(4));
    assert!(
        text(&output.stdout).contains("withheld (missing-marks)"),
        "{}",
        text(&output.stdout)
    );
}

#[test]
fn a_declared_primary_contrast_is_a_gate() {
    let folder = pair();
    let plan = folder.path().join("plan.toml");
    let declare = |axis: &str| {
        let toml = format!("primary_axis = \"{axis}\"\nmargin = 2.5\nrepeats = 1\n");
        std::fs::write(&plan, toml).unwrap();
        runs::declare(folder.path(), &["cand", "base"], &plan);
        json(
            folder.path(),
            &[
                "cand",
                "--baseline",
                "base",
                "--declare",
                plan.to_str().unwrap(),
            ],
        )
    };
    let open = declare("output_alignment");
    assert_eq!(open["comparison"]["family"]["primary"]["passed"], true);
    let primary = contrast(&open, "output_alignment");
    assert_eq!(primary["adjusted"]["p_holm"], primary["test"]["p"]);
    assert_eq!(primary["adjusted"]["family_size"], 1);
    // Five axes and Overall.
    assert_eq!(
        contrast(&open, "text_quality")["adjusted"]["family_size"],
        6
    );
    assert!(open["comparison"]["declaration"]["digest"].is_string());
    assert_eq!(open["comparison"]["declared"], "before");
    assert_eq!(standing(&open, "output_alignment"), "shown-higher");

    let closed = declare("text_quality");
    assert_eq!(closed["comparison"]["family"]["primary"]["passed"], false);
    assert_eq!(standing(&closed, "output_alignment"), "not-tested");
    let behind = contrast(&closed, "output_alignment");
    assert!(behind["test"]["p"].as_f64().unwrap() < 0.001);
}

/// The standing of `metric`.
fn standing<'a>(result: &'a Value, metric: &str) -> &'a Value {
    let contrasts = result["comparison"]["contrasts"].as_array().unwrap();
    let mut found = contrasts.iter().filter(|c| c["metric"]["key"] == metric);
    &found.next().unwrap()["standing"]
}

#[test]
fn a_late_declaration_does_not_act_and_says_so() {
    let folder = pair();
    let plan = folder.path().join("plan.toml");
    let with = |toml: &str, more: &[&str]| {
        std::fs::write(&plan, toml).unwrap();
        let mut arguments = vec![
            "cand",
            "--baseline",
            "base",
            "--declare",
            plan.to_str().unwrap(),
        ];
        arguments.extend(more);
        compare(folder.path(), &arguments)
    };
    // A primary axis that was chosen after the marks stays in the family.
    let output = with(
        "primary_axis = \"text_quality\"\nalpha = 0.2\n",
        &["--json"],
    );
    let result: Value = envelope::result(&output.stdout);
    let comparison = &result["comparison"];
    assert_eq!(comparison["declared"], "late");
    assert!(comparison["family"]["primary"].is_null());
    assert_eq!(comparison["family"]["alpha"], 0.05);
    assert_eq!(standing(&result, "output_alignment"), "shown-higher");
    let shown = text(&with("primary_axis = \"text_quality\"\n", &[]).stdout);
    assert!(
        shown.contains("Declared when the report was made"),
        "{shown}"
    );
    // Looks that come late leave nothing to test: more tasks may follow.
    let looks =
        "primary_axis = \"output_alignment\"\n[looks]\nplanned_items = 90\nshares = [0.5, 1.0]\n";
    let output = with(looks, &["--json"]);
    let result: Value = envelope::result(&output.stdout);
    for metric in ["output_alignment", "text_quality", "overall"] {
        assert_eq!(standing(&result, metric), "descriptive");
    }
    // A late margin is no ground for a pipeline.
    let output = with("margin = 50\n", &["--require", "text_quality > -50"]);
    assert_eq!(output.status.code(), Some(4), "{}", text(&output.stdout));
}

/// Two runs of equal models and many tasks: equivalent within the default margin, which is no ground for a pipeline.
#[test]
fn the_default_margin_is_tested_and_named_and_meets_no_requirement() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["cand", "base"] {
        let mut run = RunFixture::new(name, 60, 100, 3.0);
        run.marks = std::sync::Arc::new(move |place| {
            let same = runs::hashed_mark("same", place, 3.0);
            Ok(match hashed(name, place) < 0.02 {
                true => 6 - same,
                false => same,
            })
        });
        run.write(folder.path());
    }
    let with = |extra: &[&str]| {
        let arguments = [&["cand", "--baseline", "base"], extra].concat();
        compare(folder.path(), &arguments)
    };
    let result = envelope::result(&with(&["--json"]).stdout);
    let margin = &result["comparison"]["margin"];
    assert_eq!(margin["points"], 2.5);
    assert_eq!(margin["declared"], "nothing");
    assert_eq!(standing(&result, "overall"), "equivalent");
    let output = with(&["--require", "overall > -2.5"]);
    assert_eq!(output.status.code(), Some(4), "{}", text(&output.stdout));
    let shown: Vec<String> = text(&output.stdout)
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    let shown = shown.join(" ");
    for words in [
        "differ by less than 2.5 points on Overall",
        "The margin is the default, not declared.",
        "margin, 2.5 points (the default, not declared)",
        "the default of 2.5 points cannot meet a requirement",
    ] {
        assert!(shown.contains(words), "{words}: {shown}");
    }
}

#[test]
fn declarations_are_checked_whole() {
    let folder = pair();
    let plan = folder.path().join("plan.toml");
    let declare = |toml: &str| {
        std::fs::write(&plan, toml).unwrap();
        let arguments = [
            "cand",
            "--baseline",
            "base",
            "--declare",
            plan.to_str().unwrap(),
        ];
        let output = compare(folder.path(), &arguments);
        assert_eq!(output.status.code(), Some(1));
        text(&output.stderr)
    };
    assert!(declare("primry_axis = \"overall\"").contains("unknown field `primry_axis`"));
    let values = declare(
        "question = \"a\\nb\"\nalpha = 2\nmargin = -1\npass_threshold = 9\nprimary_baseline = \"x\"",
    );
    for part in [
        "question: one line of 1 to 200",
        "alpha = 2",
        "margin = -1",
        "pass_threshold = 9",
        "primary_baseline without",
    ] {
        assert!(values.contains(part), "{values}");
    }
    let unfit = declare("repeats = 3\nsamples = 2\nmapping = \"times20\"");
    for part in [
        "repeats = 3, run cand has 1",
        "samples = 2",
        "mapping times20",
    ] {
        assert!(unfit.contains(part), "{unfit}");
    }
}
