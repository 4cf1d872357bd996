"""Runs a program with the exercises of CONTRIBUTING.md in it: exercises.py PROGRAM TREE."""

import csv
import json
import os
import statistics
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

PROGRAM, TREE = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
KEY = "key-of-the-exercise-1234567890"


class Endpoint(BaseHTTPRequestHandler):
    """Gives every answer the mark 4 where the key stands in its own header."""

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["content-length"])))
        if self.headers.get("x-api-key") != KEY or self.headers.get("authorization"):
            status, answer = 401, {"error": {"message": "no key in x-api-key"}}
        else:
            schema = body.get("response_format", {}).get("json_schema", {}).get("schema", {})
            name = next((n for n in schema.get("required", []) if n != "reasoning"), "score")
            text = json.dumps({"reasoning": "as asked", name: 4})
            choice = {"message": {"role": "assistant", "content": text}, "finish_reason": "stop"}
            status, answer = 200, {"model": body["model"], "choices": [choice]}
        text = json.dumps(answer).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_: object) -> None:
        pass


def call(folder: Path, *arguments: str) -> str:
    environment = {**os.environ, "PARABENCH_CACHE": str(folder / "cache"), "HEADER_KEY_API_KEY": KEY}
    done = subprocess.run([str(PROGRAM), *arguments], cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, (arguments, done.returncode, done.stdout, done.stderr)
    return done.stdout


def rows(file: Path) -> list:
    with open(file, newline="", encoding="utf-8") as text:
        return list(csv.DictReader(text))


def statistic(folder: Path) -> None:
    """The column `median` is the median of the differences of marks, task by task."""
    for name in ("truth", "blank"):
        call(folder, "run", "--suite", "shapes", "--limit", "12", "--model", f"control:{name}", "--judge", "oracle",
             "--name", name, "--no-progress")
    call(folder, "compare", "truth", "--baseline", "blank", "--csv", "contrasts.csv")
    marks = {
        name: {(row["task"], row["axis"]): int(row["score"]) for row in rows(folder / "results" / name / "scores.csv") if row["score"]}
        for name in ("truth", "blank")
    }
    for row in rows(folder / "contrasts.csv"):
        if row["scope"] == "axis":
            shared = [key for key in marks["truth"] if key[1] == row["metric"] and key in marks["blank"]]
            expected = statistics.median(marks["truth"][key] - marks["blank"][key] for key in shared)
            assert float(row["median"]) == expected, (row["metric"], row["median"], expected)
    print("statistic: the column holds")


def provider_and_benchmark(folder: Path) -> None:
    """A judge behind the new provider marks answers to the new benchmark."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Endpoint)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    profile = folder / "judge.toml"
    profile.write_text(
        f'name = "mine"\nprovider = "header-key"\nbase_url = "http://127.0.0.1:{server.server_port}/v1"\n'
        'model = "m"\ntemperature = 0.0\nmax_tokens = 300\nstructured = true\n'
    )
    call(folder, "suite", "check", str(TREE / "benchmarks/colours"))
    call(folder, "run", "--suite", str(TREE / "benchmarks/colours"), "--model", "control:blank", "--judge", str(profile),
         "--name", "colours", "--no-progress")
    marked = [row for row in rows(folder / "results/colours/scores.csv") if row["status"] == "ok"]
    assert marked and all(row["score"] == "4" for row in marked), marked
    assert {row["task"] for row in marked} == {"red", "green", "blue"}
    server.shutdown()
    print("provider and benchmark:", len(marked), "marks")


with tempfile.TemporaryDirectory() as temporary:
    statistic(Path(temporary))
    provider_and_benchmark(Path(temporary))
print("the exercises hold")
