//! The report's page in a real browser. Left out by plain `cargo test`; `.ci/run` installs Chromium and runs it:
//! `cargo test --test slow report_browser -- --ignored`.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::chromium::Browser;
use crate::report_pages::report;
use serde_json::json;

/// Relative luminance and contrast after WCAG 2, for every text that is not hidden.
const CONTRAST: &str = r#"(() => {
  const rgb = (text) => text.match(/[\d.]+/g).map(Number);
  const light = (c) => { const [r, g, b] = c.map((v) => { v /= 255; return v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; }); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const ground = (node) => { const below = node.previousElementSibling;
    if (node.tagName === "text" && below && below.tagName === "rect") return rgb(getComputedStyle(below).fill).slice(0, 3);
    for (let n = node; n; n = n.parentElement) { const c = rgb(getComputedStyle(n).backgroundColor); if (c.length < 4 || c[3] > 0) return c.slice(0, 3); } return [255, 255, 255]; };
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
    browser.wait_for("document.querySelectorAll('#tasks .task').length > 0");

    first_screen(&mut browser);
    filters(&mut browser);
    pairs(&mut browser);
    scrubber(&mut browser);
    printed(&mut browser);
    keyboard(&mut browser);
    addressed(&mut browser, &page);
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

/// Sets a filter as a reader does and returns how many tasks are left.
fn choose(browser: &mut Browser, filter: &str, value: &str) -> i64 {
    let expression = format!(
        "(() => {{ const all = Array.from(document.getElementById('tools').elements).filter((n) => n.name === '{filter}'); \
         if (all[0].type === 'radio') all.find((n) => n.value === '{value}').click(); \
         else {{ all[0].value = '{value}'; all[0].dispatchEvent(new Event('change', {{bubbles: true}})); }} \
         return Number(document.documentElement.dataset.shown); }})()"
    );
    browser.value(&expression).as_i64().unwrap()
}

fn filters(browser: &mut Browser) {
    assert_eq!(choose(browser, "cat", "all"), 30);
    let spatial = choose(browser, "cat", "spatial");
    assert!(spatial > 0 && spatial < 30, "{spatial}");
    let drawn = browser.value(
        "Array.from(document.querySelectorAll('#tasks .task > header > span:nth-child(2)')).every((n) => \
         n.textContent.startsWith('spatial'))",
    );
    assert_eq!(drawn, json!(true));
    let all = ["win", "tie", "loss"];
    let outcomes: i64 = all.map(|show| choose(browser, "show", show)).iter().sum();
    assert_eq!(outcomes, spatial, "every task is won, tied or lost");
    choose(browser, "show", "all");
    choose(browser, "cat", "all");
    choose(browser, "axis", "3");
    let by_axis: i64 = all.map(|show| choose(browser, "show", show)).iter().sum();
    assert_eq!(by_axis, 30);
    let chips = "Array.from(document.querySelectorAll('input[name=show]'), (n) => \
                 Number(n.nextElementSibling.querySelector('i').textContent)).slice(1, 4).reduce((a, b) => a + b)";
    assert_eq!(browser.value(chips), json!(30), "the chips count");
    choose(browser, "axis", "all");
    assert_eq!(choose(browser, "show", "all"), 30);
}

/// An address that somebody sent opens what it names: the gallery under its filters, and a task that they would hide.
fn addressed(browser: &mut Browser, page: &std::path::Path) {
    let first = browser.value("document.querySelector('#tasks .task').dataset.task");
    let task = first.as_str().unwrap().to_owned();
    let near_top = "(() => { const at = (name) => document.querySelector(name).getBoundingClientRect().top; \
                    return scrollY > 500 && at(TARGET) > -50 && at(TARGET) < innerHeight - 100; })()";
    let hidden_by = ["win", "loss", "tie"];
    for show in hidden_by {
        for (address, target) in [
            (format!("#gallery/show={show}"), "'#gallery'".to_owned()),
            (
                format!("#gallery/show={show}/task={task}"),
                format!("'[data-task=\"{task}\"]:not(#telling *)'"),
            ),
        ] {
            browser.open_at(page, &address);
            browser.wait_for(&near_top.replace("TARGET", &target));
        }
    }
    browser.open(page);
    browser.wait_for("document.querySelectorAll('#tasks .task').length > 0");
}

/// Input, run, baseline; the address keeps what is chosen and brings it back.
fn pairs(browser: &mut Browser) {
    let heads = "Array.from(document.querySelector('#tasks .task').querySelectorAll('.side:not(.input) h4'), (n) => n.textContent.trim())";
    assert_eq!(
        browser.value(heads),
        json!(["control-truth-error-0.3", "control-copy-input baseline"])
    );
    choose(browser, "run", "2");
    assert_eq!(
        browser.value(heads),
        json!(["control-blank", "control-copy-input baseline"])
    );
    choose(browser, "show", "loss");
    assert_eq!(
        browser.value("location.hash"),
        json!("#gallery/run=2/show=loss")
    );
    let lost = browser.value("document.documentElement.dataset.shown");
    browser.value("location.hash = '#gallery/cat=temporal/axis=4'");
    browser.wait_for(
        "document.querySelector('input[name=cat]:checked, select[name=cat]').value === 'temporal'",
    );
    assert_eq!(
        browser.value("document.querySelector('input[name=run]:checked').value"),
        json!("1")
    );
    browser.value("location.hash = '#gallery/run=2/show=loss'");
    browser.wait_for("document.querySelector('input[name=show]:checked').value === 'loss'");
    assert_eq!(
        browser.value("document.documentElement.dataset.shown"),
        lost
    );
    // What is no address of this page changes nothing.
    browser.value("location.hash = '#gallery/run=99/show=x/cat=__proto__/axis=-1/constructor=1/task=%E0%A4%A'");
    browser.wait_for("document.querySelector('input[name=run]:checked').value === '1'");
    assert_eq!(choose(browser, "show", "all"), 30);
    let wide = "document.querySelector('#gallery').getBoundingClientRect().width > document.querySelector('#verdict').getBoundingClientRect().width";
    browser.call(
        "Emulation.setDeviceMetricsOverride",
        json!({"width": 1900, "height": 900, "deviceScaleFactor": 1, "mobile": false}),
    );
    assert_eq!(
        browser.value(wide),
        json!(true),
        "the gallery takes the full width"
    );
    browser.call("Emulation.clearDeviceMetricsOverride", json!({}));
}

fn keyboard(browser: &mut Browser) {
    browser.value("document.activeElement.blur()");
    let focused = "document.activeElement.dataset.task || document.activeElement.tagName";
    browser.press("j");
    let first = browser.value(focused);
    assert!(first.as_str().unwrap().contains('-'), "{first}");
    browser.press("j");
    let second = browser.value(focused);
    assert_ne!(first, second);
    let address = browser.value("decodeURIComponent(location.hash)");
    assert!(
        address
            .as_str()
            .unwrap()
            .ends_with(&format!("/task={}", second.as_str().unwrap())),
        "{address}"
    );
    browser.press("2");
    assert_eq!(
        browser.value("document.querySelector('input[name=run]:checked').value"),
        json!("2")
    );
    browser.press("1");
    browser.press("k");
    browser.press("m");
    assert_eq!(
        browser.value("document.activeElement.classList.contains('reasons')"),
        json!(true)
    );
    browser.press("/");
    assert_eq!(
        browser.value("document.activeElement.tagName"),
        json!("INPUT")
    );
    browser.value("document.activeElement.blur()");
    for _ in 0..31 {
        browser.press("j");
    }
    let last = browser.value("document.activeElement.id");
    let end = "document.querySelector('#tasks .task:last-child').id";
    assert_eq!(browser.value(end), last, "the last task is reached by key");
    browser.wait_for("document.querySelectorAll('#tasks .task').length === 30");
}

/// One slider moves text and picture; at its end the answer stands as it was.
fn scrubber(browser: &mut Browser) {
    let card = "document.querySelector('#tasks .task')";
    let at = |pass: &str| {
        format!(
            "(() => {{ const card = {card}, slider = card.querySelector('input[type=range]'); slider.value = '{pass}'; \
             slider.dispatchEvent(new Event('input')); \
             return [card.querySelector('.thought').textContent, card.querySelector('.side:not(.input) img').src, \
             slider.getAttribute('aria-valuetext')]; }})()"
        )
    };
    let end = browser.value(&at("4"));
    let half = browser.value(&at("3"));
    assert_eq!(half[0], json!("half □□"));
    assert_ne!(half[1], end[1], "the picture of the frame");
    assert_eq!(
        half[2],
        json!(
            "3 of 4 passes. control-truth-error-0.3: text 50 %, picture 50 %; control-copy-input: text 100 %, picture 100 %"
        )
    );
    assert_eq!(browser.value(&at("4")), end);
    assert_ne!(end[0], half[0]);

    // The baseline's answer is masked: after one of three passes a row of cells and every third word stand.
    let veiled = |pass: &str| {
        format!(
            "(() => {{ const card = {card}, slider = card.querySelector('input[type=range]'); slider.value = '{pass}'; \
             slider.dispatchEvent(new Event('input')); const side = card.querySelectorAll('.side:not(.input)')[1]; \
             const open = (all) => Array.from(side.querySelectorAll(all), (one) => one.classList.contains('mask') ? 0 : 1); \
             return [open('.veil rect').join(''), side.querySelector('.veil').checkVisibility(), \
             open('.thought span').slice(0, 4).join(''), side.querySelector('.thought').textContent]; }})()"
        )
    };
    let one = browser.value(&veiled("1"));
    assert_eq!(one[0], json!("110000"));
    assert_eq!((&one[1], &one[2]), (&json!(true), &json!("1001")));
    let two = browser.value(&veiled("2"));
    assert_eq!((&two[0], &two[2]), (&json!("111100"), &json!("1101")));
    let all = browser.value(&veiled("4"));
    assert_eq!((&all[1], &all[2]), (&json!(false), &json!("")));
    assert_eq!(all[3], one[3], "the text is the same, masked or not");
}

/// On paper: the verdict, no navigation, no gallery, methods open.
fn printed(browser: &mut Browser) {
    browser.call("Emulation.setEmulatedMedia", json!({"media": "print"}));
    browser.value("dispatchEvent(new Event('beforeprint'))");
    let seen = |selector: &str| {
        format!(
            "Array.from(document.querySelectorAll('{selector}')).some((n) => n.checkVisibility())"
        )
    };
    for gone in [".toc", "#tools", "#gallery h2", "button"] {
        assert_eq!(browser.value(&seen(gone)), json!(false), "{gone}");
    }
    for there in [".verdict .badge", ".scores", "#methods dl"] {
        assert_eq!(browser.value(&seen(there)), json!(true), "{there}");
    }
    browser.call("Emulation.setEmulatedMedia", json!({"media": ""}));
    let printed = browser.call("Page.printToPDF", json!({"preferCSSPageSize": true}));
    let pdf = STANDARD.decode(printed["data"].as_str().unwrap()).unwrap();
    let pages = pdf.windows(10).filter(|at| *at == b"/Type /Pag").count();
    // The list of all pages is none of them.
    let pages = pages - pdf.windows(12).filter(|at| *at == b"/Type /Pages").count();
    assert!((2..=10).contains(&pages), "{pages} pages of A4");
}

/// The finding, with its size and direction, stands on the first screen.
fn first_screen(browser: &mut Browser) {
    let finding = browser.value("document.querySelector('h1').textContent");
    assert!(
        finding
            .as_str()
            .unwrap()
            .ends_with(" points higher than control-copy-input on Overall"),
        "{finding}"
    );
    let above = "document.querySelector('.verdict tbody .badge').getBoundingClientRect().bottom < innerHeight";
    assert_eq!(browser.value(above), json!(true));
    let styled = "document.querySelectorAll('[style]').length";
    assert_eq!(
        browser.value(styled),
        json!(0),
        "no style outside of the sheet"
    );
    let opened = "(() => { document.querySelector('.verdict summary').click(); \
                  return document.querySelectorAll('.verdict .lines tbody tr')[6].checkVisibility(); })()";
    assert_eq!(browser.value(opened), json!(true), "a row opens all axes");
}

fn accessible(browser: &mut Browser) {
    let faults = browser.value(
        "(() => { const faults = []; const say = (text) => faults.push(text); \
         if (document.documentElement.lang !== 'en') say('lang'); \
         if (document.querySelectorAll('h1').length !== 1) say('h1'); \
         let level = 1; for (const h of document.querySelectorAll('h1,h2,h3,h4')) { const now = Number(h.tagName[1]); \
           if (now > level + 1) say('heading ' + h.textContent); level = now; } \
         for (const img of document.querySelectorAll('img')) if (!img.alt) say('alt ' + img.src.slice(0, 60)); \
         for (const svg of document.querySelectorAll('svg')) if (!svg.getAttribute('aria-label') && svg.getAttribute('aria-hidden') !== 'true') say('svg ' + svg.outerHTML.slice(0, 60)); \
         for (const s of document.querySelectorAll('select, input')) if (!s.labels.length && !s.getAttribute('aria-label')) say('label ' + s.name); \
         for (const t of document.querySelectorAll('table')) if (!t.querySelector('th[scope]') || !t.caption) say('table'); \
         const ids = Array.from(document.querySelectorAll('[id]')).map((n) => n.id); \
         if (new Set(ids).size !== ids.length) say('ids'); \
         for (const a of document.querySelectorAll('a[href^=\"#\"]')) if (!document.getElementById(a.hash.slice(1).split('/')[0])) say(a.href); \
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
