"""Accessibility of the pages, by axe-core in headless Chromium: axe.py --bin PARABENCH --axe axe.min.js.

Pages are made by the program: a report, a leaderboard, a page for labels and one of an audit, of control models and the oracle. The
page's own policy forbids other scripts, so axe runs in a copy without it, with everything opened that can be opened, on a wide
screen and on a phone, light and dark. Violations of WCAG 2.1 A and AA fail, and so does a page that scrolls sideways.
"""

import argparse
import json
import os
import re
import subprocess
import tempfile
from pathlib import Path

POLICY = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
#: Width and height of the window, and Chromium's number for the colour scheme.
SCREENS = {"wide, light": ("1440,900", 1), "wide, dark": ("1440,900", 0), "phone, light": ("390,844", 1), "phone, dark": ("390,844", 0)}
#: Tells the page around it what axe found.
RUN = """
window.addEventListener("load", () => setTimeout(() => {
  document.querySelectorAll("details").forEach(fold => { fold.open = true; });
  const only = {runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]};
  axe.run(document, only).then(
    found => ({passes: found.passes.length, window: innerWidth, page: document.documentElement.scrollWidth, violations: found.violations.map(
      one => ({id: one.id, help: one.help, places: one.nodes.slice(0, 3).map(node => node.target.join(" "))}))}),
    error => ({error: String(error)})
  ).then(result => parent.postMessage(JSON.stringify(result), "*"));
}, 500));
"""
#: The page in a frame of its own: the browser's window has a least width, which is more than a phone's.
AROUND = """<!doctype html><html lang="en"><head><title>frame</title></head><body><iframe title="page" src="{page}" width="{width}"
height="{height}" frameborder="0"></iframe><script>addEventListener("message", event => {{
document.body.textContent = "FOUND" + event.data + "END"; }});</script></body></html>"""


def pages(program: str, folder: Path) -> list:
    environment = {**os.environ, "PARABENCH_CACHE": str(folder / "cache"), "PARABENCH_OFFLINE": "1"}

    def call(*arguments: str) -> None:
        done = subprocess.run([program, *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False)
        assert done.returncode == 0, (arguments, done.stdout, done.stderr)

    for name in ("truth", "blank"):
        call("run", "--suite", "shapes", "--limit", "12", "--model", f"control:{name}", "--judge", "oracle", "--name", name, "--no-progress")
    call("judge-audit", "--judge", "oracle", "-o", "audit")
    call("report", "truth", "--baseline", "blank", "--audit", "audit", "-o", "report")
    call("leaderboard", "truth", "blank", "--html", "board.html")
    call("label", "truth", "blank", "-n", "8", "-o", "label.html")
    return [folder / "report/index.html", folder / "board.html", folder / "label.html", folder / "audit/index.html"]


def violations(page: Path, axe: str) -> list:
    return [found for screen in SCREENS for found in on_screen(page, axe, screen)]


def on_screen(page: Path, axe: str, screen: str) -> list:
    text = page.read_text(encoding="utf-8")
    copy = page.with_name(f"axe-{page.name}")
    scripts = f"<script>{axe}</script><script>{RUN}</script></body>"
    text, added = re.subn(r"</body>(?!.*</body>)", lambda _: scripts, POLICY.sub("", text), flags=re.S)
    assert added == 1, f"{page}: no end of the page was found"
    copy.write_text(text, encoding="utf-8")
    size, scheme = SCREENS[screen]
    width, height = size.split(",")
    around = page.with_name(f"around-{page.name}")
    around.write_text(AROUND.format(page=copy.as_uri(), width=width, height=height), encoding="utf-8")
    chromium = ["chromium", "--headless=new", "--no-sandbox", "--disable-gpu", "--window-size=1600,1000",
                f"--blink-settings=preferredColorScheme={scheme}",
                "--virtual-time-budget=60000", "--dump-dom", around.as_uri()]
    done = subprocess.run(chromium, capture_output=True, text=True, timeout=180, check=True)
    found = re.search(r"FOUND(.*)END", done.stdout, flags=re.S)
    assert found, f"{page}: axe did not end: {done.stdout[-500:]}"
    unescaped = found.group(1).replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    result = json.loads(unescaped)
    assert "error" not in result and result["passes"] > 5, result
    assert result["window"] == int(width), f"the window is {result['window']} pixels wide, not {width}"
    assert result["page"] <= result["window"], f"{page}, {screen}: {result['page']} pixels wide in a window of {result['window']}"
    print(f"{page.parent.name}/{page.name}, {screen}: {result['passes']} rules pass, {len(result['violations'])} are violated")
    return result["violations"]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--axe", required=True, type=Path)
    options = parser.parse_args()
    axe = options.axe.read_text(encoding="utf-8")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        broken = folder / "broken.html"
        broken.write_text('<!doctype html><html><head><title>x</title></head><body><main><h1>x</h1><img src="data:,"><p>text</p>'
                          '<p>more</p><button>b</button><a href="#x">link</a></main></body></html>')
        named = {one["id"] for one in violations(broken, axe)}
        assert {"image-alt", "html-has-lang"} <= named, f"axe misses what is wrong: {named}"
        found = {f"{page.parent.name}/{page.name}": violations(page, axe) for page in pages(str(Path(options.bin).resolve()), folder)}
    bad = {name: faults for name, faults in found.items() if faults}
    if bad:
        raise SystemExit(json.dumps(bad, indent=2))
    print("the pages hold")


main()
