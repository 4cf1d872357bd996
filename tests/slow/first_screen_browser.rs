//! Three people's tasks: what a reader in a hurry asks is answered on the first screen of the page, 1440 by 900 pixels. Left
//! out by plain `cargo test`: `cargo test --test slow first_screen_browser -- --ignored`.

use std::path::Path;

use crate::chromium::Browser;
use crate::report_pages::{report, run};
use serde_json::{Value, json};

/// The text of an element, if all of it can be seen without scrolling.
fn on_screen(browser: &mut Browser, selector: &str) -> String {
    let seen = browser.value(&format!(
        "(() => {{ const one = document.querySelector('{selector}'), at = one.getBoundingClientRect(); \
         const whole = scrollY === 0 && at.top >= 0 && at.left >= 0 && at.bottom <= innerHeight && at.right <= innerWidth; \
         return one.checkVisibility() && whole && at.height > 0 ? one.innerText : null; }})()"
    ));
    let seen = seen.as_str().map(str::to_owned);
    seen.unwrap_or_else(|| panic!("{selector} is not on the first screen"))
}

fn opened(page: &Path) -> Browser {
    let mut browser = Browser::start(1440, 900);
    browser.open(page);
    browser.wait_for("document.querySelectorAll('#tasks .task').length > 0");
    browser
}

/// The largest share of marks below 4 on an axis, counted from the score table itself: axis, how many, of how many.
fn most_below(scores: &Path) -> (String, usize, usize) {
    let mut axes: Vec<(String, usize, usize)> = Vec::new();
    for row in csv::Reader::from_path(scores).unwrap().deserialize() {
        let row: std::collections::HashMap<String, String> = row.unwrap();
        let Ok(score) = row["score"].parse::<f64>() else {
            continue;
        };
        let at = axes.iter().position(|(axis, ..)| *axis == row["axis"]);
        let at = at.unwrap_or_else(|| {
            axes.push((row["axis"].clone(), 0, 0));
            axes.len() - 1
        });
        axes[at].1 += usize::from(score < 4.0);
        axes[at].2 += 1;
    }
    let share = |axis: &(String, usize, usize)| axis.1 as f64 / axis.2 as f64;
    let most = axes.iter().map(share).fold(0.0, f64::max);
    let mut largest = axes.iter().filter(|axis| share(axis) == most);
    let found = largest.next().cloned().unwrap();
    assert_eq!(largest.next(), None, "no axis is as bad as another here");
    found
}

#[test]
#[ignore = "needs Chromium; run with `cargo test --test slow first_screen_browser -- --ignored`"]
fn what_is_better_how_sure_and_what_went_wrong() {
    let folder = tempfile::tempdir().unwrap();
    let page = report(folder.path());
    let results = std::fs::read_to_string(folder.path().join("report/results.json")).unwrap();
    let results: Value = serde_json::from_str(&results).unwrap();
    let contrasts = results["comparison"]["contrasts"].as_array().unwrap();
    let overall = contrasts
        .iter()
        .find(|one| one["candidate"] == "truth" && one["metric"]["key"] == "overall")
        .unwrap();
    let finding = &overall["result"]["Ok"];
    let mut browser = opened(&page);

    // Which model is better, and by how much?
    let points = finding["difference"]["points"].as_f64().unwrap();
    let said = on_screen(&mut browser, "h1");
    assert_eq!(
        said,
        format!(
            "control-truth-error-0.3 scores {points:.0} points higher than control-copy-input on Overall"
        )
    );

    // Is it certain? The test of this very finding: interval, adjusted p, tasks.
    let sure = on_screen(&mut browser, ".answers .sure dd");
    let [lo, hi] = [0, 1].map(|end| {
        let ends = &finding["adjusted"]["simultaneous"];
        ends[end].as_f64().unwrap()
    });
    for words in [
        format!("+{points:.0} points"),
        format!("interval +{lo:.0} to +{hi:.0} for all comparisons"),
        "adjusted p".to_owned(),
        "30 tasks".to_owned(),
    ] {
        assert!(sure.contains(&words), "{words}: {sure}");
    }
    let badge = on_screen(&mut browser, ".verdict tbody .badge");
    assert_eq!(badge, "Higher");

    // What went wrong most? Counted here from the marks, and labelled as no test.
    let wrong = on_screen(&mut browser, ".answers .worst dd");
    let (axis, count, of) = most_below(&folder.path().join("results/truth/scores.csv"));
    let axis = axis.replace('_', " ");
    let words =
        format!("control-truth-error-0.3 falls below 4 of 5 on {axis} in {count} of {of} tasks");
    assert!(wrong.starts_with(&words), "{words}: {wrong}");
    assert!(wrong.ends_with("counted, not tested"), "{wrong}");
}

#[test]
#[ignore = "needs Chromium; run with `cargo test --test slow first_screen_browser -- --ignored`"]
fn nothing_shown_is_said_so() {
    let folder = tempfile::tempdir().unwrap();
    for (name, error) in [("near", "0.3"), ("far", "0.31")] {
        let model = format!("control:truth?error={error}");
        run(
            folder.path(),
            &[
                "run", "--suite", "shapes", "--limit", "12", "--model", &model, "--judge",
                "oracle", "--name", name,
            ],
        );
    }
    std::fs::write(
        folder.path().join("plan.toml"),
        "question = \"Does <b>one</b> more percent matter?\"\n",
    )
    .unwrap();
    let report = [
        "report",
        "near",
        "--baseline",
        "far",
        "--declare",
        "plan.toml",
        "-o",
        "report",
    ];
    run(folder.path(), &report);
    let mut browser = opened(&folder.path().join("report/index.html"));
    let said = on_screen(&mut browser, "h1");
    assert!(
        said.starts_with("No difference from ") && said.ends_with(" is shown"),
        "{said}"
    );
    let sure = on_screen(&mut browser, "header .lede");
    assert!(sure.contains("This is not evidence of equality."), "{sure}");
    let wrong = on_screen(&mut browser, ".answers .worst dd");
    assert!(wrong.ends_with("counted, not tested"), "{wrong}");
    let question = on_screen(&mut browser, ".kicker");
    assert_eq!(
        question,
        "parabench report · Does <b>one</b> more percent matter?"
    );
    assert_eq!(
        browser.value("document.querySelectorAll('.kicker bdi b').length"),
        json!(0)
    );
}
