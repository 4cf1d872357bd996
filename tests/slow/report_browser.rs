//! The report's page in a real browser. Left out by plain `cargo test`; `.ci/run` installs Chromium and runs it:
//! `cargo test --test slow report_browser -- --ignored`.

use std::path::PathBuf;
use std::process::Command;

use crate::chromium::Browser;
use serde_json::json;

/// A report of three control models on 30 tasks of `shapes`.
fn report(folder: &std::path::Path) -> PathBuf {
    let run = |args: &[&str]| {
        let output = Command::new(assert_cmd::cargo::cargo_bin!("parabench"))
            .current_dir(folder)
            .env("PARABENCH_CACHE", folder.join("cache"))
            .args(args)
            .output()
            .unwrap();
        assert!(
            output.status.success(),
            "{}",
            String::from_utf8_lossy(&output.stderr)
        );
    };
    let models = [
        ("truth", "control:truth?error=0.3"),
        ("copy", "control:copy-input"),
        ("blank", "control:blank"),
    ];
    for (name, model) in models {
        run(&[
            "run",
            "--suite",
            "shapes",
            "--limit",
            "30",
            "--model",
            model,
            "--judge",
            "oracle",
            "--name",
            name,
            "--no-progress",
        ]);
    }
    run(&[
        "report",
        "truth",
        "blank",
        "--baseline",
        "copy",
        "-o",
        "report",
    ]);
    folder.join("report/index.html")
}

/// Relative luminance and contrast after WCAG 2, for every text that is not hidden.
const CONTRAST: &str = r#"(() => {
  const rgb = (text) => text.match(/[\d.]+/g).map(Number);
  const light = (c) => { const [r, g, b] = c.map((v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ground = (node) => { for (let n = node; n; n = n.parentElement) { const c = rgb(getComputedStyle(n).backgroundColor); if (c.length < 4 || c[3] > 0) return c.slice(0, 3); } return [255, 255, 255]; };
  let worst = 99, where = "";
  for (const node of document.querySelectorAll("body *")) {
    const own = Array.from(node.childNodes).some((n) => n.nodeType === 3 && n.textContent.trim());
    const style = getComputedStyle(node);
    if (!own || !node.checkVisibility() || node.closest("script")) continue;
    const colour = rgb(node instanceof SVGElement ? style.fill : style.color).slice(0, 3);
    const [a, b] = [light(colour), light(ground(node))].sort((x, y) => y - x);
    const contrast = (a + 0.05) / (b + 0.05);
    if (contrast < worst) { worst = contrast; where = node.tagName + " " + node.textContent.trim().slice(0, 40); }
  }
  return [worst, where];
})()"#;

#[test]
#[ignore = "needs Chromium; run with `cargo test --test slow report_browser -- --ignored`"]
fn the_page_works_in_a_browser() {
    let folder = tempfile::tempdir().unwrap();
    let page = report(folder.path());
    let mut browser = Browser::start(1200, 900);
    browser.open(&page);
    browser.wait_for("document.querySelectorAll('.task').length > 0");

    filters(&mut browser);
    keyboard(&mut browser);
    accessible(&mut browser);

    assert_eq!(browser.complaints(), [] as [String; 0]);
    let own = |url: &String| {
        url.starts_with("file://") || url.starts_with("data:") || url == "about:blank"
    };
    let requests = browser.requests();
    assert!(
        !requests.is_empty() && requests.iter().all(own),
        "{requests:?}"
    );
}

fn choose(browser: &mut Browser, select: &str, value: &str) -> i64 {
    let expression = format!(
        "(() => {{ const s = document.getElementById('{select}'); s.value = '{value}'; \
         s.dispatchEvent(new Event('change', {{bubbles: true}})); \
         return Number(document.documentElement.dataset.shown); }})()"
    );
    browser.value(&expression).as_i64().unwrap()
}

fn filters(browser: &mut Browser) {
    assert_eq!(choose(browser, "category", ""), 30);
    let spatial = choose(browser, "category", "spatial");
    assert!(spatial > 0 && spatial < 30, "{spatial}");
    let drawn = browser.value(
        "Array.from(document.querySelectorAll('.task .head span:nth-child(2)')).every((n) => \
         n.textContent.startsWith('spatial'))",
    );
    assert_eq!(drawn, json!(true));
    let outcomes: i64 = ["win", "tie", "loss"]
        .into_iter()
        .map(|o| choose(browser, "outcome", o))
        .sum();
    assert_eq!(outcomes, spatial, "every task is won, tied or lost");
    choose(browser, "outcome", "all");
    choose(browser, "category", "");
    let by_axis: i64 = ["win", "tie", "loss"]
        .into_iter()
        .map(|outcome| {
            choose(browser, "axis", "3");
            choose(browser, "outcome", outcome)
        })
        .sum();
    assert_eq!(by_axis, 30);
    choose(browser, "axis", "");
    assert_eq!(choose(browser, "outcome", "all"), 30);
    choose(browser, "order", "win");
    let falling = browser.value(
        "(() => { const d = Array.from(document.querySelectorAll('.task .head span:nth-child(3)')).map((n) => \
         parseFloat(n.textContent.replace('−', '-'))); return d.length > 5 && d.every((v, i) => !i || v <= d[i - 1]); })()",
    );
    assert_eq!(falling, json!(true));
    choose(browser, "order", "first");
}

fn keyboard(browser: &mut Browser) {
    browser.value("document.body.focus()");
    let focused = "document.activeElement.id";
    browser.press("j");
    let first = browser.value(focused);
    assert!(first.as_str().unwrap().starts_with("task-"), "{first}");
    browser.press("j");
    let second = browser.value(focused);
    assert_ne!(first, second);
    browser.press("k");
    assert_eq!(browser.value(focused), first);
    browser.press("m");
    let open = "document.activeElement.querySelectorAll('.marks[open]').length";
    assert!(browser.value(open).as_i64().unwrap() > 0);
    browser.press("/");
    assert_eq!(
        browser.value("document.activeElement.tagName"),
        json!("SELECT")
    );
    browser.value("document.activeElement.blur()");
    for _ in 0..30 {
        browser.press("j");
    }
    let last = browser.value(focused);
    let end = "document.querySelector('.task:last-child').id";
    assert_eq!(browser.value(end), last, "the last task is reached by key");
    browser.wait_for("document.querySelectorAll('.task').length === 30");
}

fn accessible(browser: &mut Browser) {
    let faults = browser.value(
        "(() => { const faults = []; const say = (text) => faults.push(text); \
         if (document.documentElement.lang !== 'en') say('lang'); \
         if (document.querySelectorAll('h1').length !== 1) say('h1'); \
         let level = 1; for (const h of document.querySelectorAll('h1,h2,h3,h4')) { const now = Number(h.tagName[1]); \
           if (now > level + 1) say('heading ' + h.textContent); level = now; } \
         for (const img of document.querySelectorAll('img')) if (!img.alt) say('alt ' + img.src.slice(0, 60)); \
         for (const svg of document.querySelectorAll('svg')) if (!svg.getAttribute('aria-label')) say('svg'); \
         for (const s of document.querySelectorAll('select')) if (!s.labels.length) say('label ' + s.id); \
         for (const t of document.querySelectorAll('table')) if (!t.querySelector('th[scope]') || !t.caption) say('table'); \
         const ids = Array.from(document.querySelectorAll('[id]')).map((n) => n.id); \
         if (new Set(ids).size !== ids.length) say('ids'); \
         for (const a of document.querySelectorAll('a[href^=\"#\"]')) if (!document.querySelector(a.getAttribute('href'))) say(a.href); \
         return faults; })()",
    );
    assert_eq!(faults, json!([]));
    for scheme in ["light", "dark"] {
        let feature = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        browser.call("Emulation.setEmulatedMedia", feature);
        let found = browser.value(CONTRAST);
        assert!(found[0].as_f64().unwrap() >= 4.5, "{scheme}: {found}");
    }
    browser.call(
        "Emulation.setDeviceMetricsOverride",
        json!({"width": 390, "height": 844, "deviceScaleFactor": 2, "mobile": true}),
    );
    let wide = browser.value("document.documentElement.scrollWidth");
    assert!(
        wide.as_i64().unwrap() <= 390,
        "the page scrolls sideways on a phone: {wide}"
    );
}

#[test]
#[ignore = "needs Chromium; run with `cargo test --test slow report_browser -- --ignored`"]
fn a_script_in_data_does_not_run() {
    // What the escaping guards against, without the escaping: the policy holds by itself.
    let folder = tempfile::tempdir().unwrap();
    let page = report(folder.path());
    let html = std::fs::read_to_string(&page).unwrap();
    let broken = html.replace("<main>", "<main><script>document.title = 'owned'</script><img src=x onerror=\"document.title = 'owned'\">");
    std::fs::write(&page, broken).unwrap();
    let mut browser = Browser::start(800, 600);
    browser.open(&page);
    browser.wait_for("document.querySelectorAll('.task').length > 0");
    assert_ne!(browser.value("document.title"), json!("owned"));
}
