//! Requirements and declarations: what decides the exit code.

use super::*;

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
    let holds = require(&["output_alignment > 0", "overall > -20"]);
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
    assert!(text(&wrong.stderr).contains("METRIC > POINTS is expected"));
}

#[test]
fn a_requirement_does_not_hold_on_too_many_missing_marks() {
    let folder = tempfile::tempdir().unwrap();
    let marks = |place: Place| {
        if place.axis == Axis::OutputAlignment && place.item.is_multiple_of(10) {
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
        text(&output.stdout).contains("of the marks are missing"),
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
    assert_eq!(
        contrast(&open, "text_quality")["adjusted"]["family_size"],
        5
    );
    assert!(open["comparison"]["declaration"]["digest"].is_string());
    assert_eq!(primary["margin"]["noninferior"], true);

    let closed = declare("text_quality");
    assert_eq!(closed["comparison"]["family"]["primary"]["passed"], false);
    let behind = contrast(&closed, "output_alignment");
    assert_eq!(behind["adjusted"]["significant"], false);
    assert!(behind["test"]["p"].as_f64().unwrap() < 0.001);
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
    let values = declare("alpha = 2\nmargin = -1\npass_threshold = 9\nprimary_baseline = \"x\"");
    for part in [
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
