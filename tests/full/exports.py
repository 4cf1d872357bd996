"""Reads what `parabench export-results` writes with the official packages: exports.py --bin PARABENCH.

Two runs of control models are made; in one of them a mark is missing. Every form must give the same marks and means as
the run's own files.
"""

import argparse
import csv
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

os.environ["MLFLOW_ALLOW_FILE_STORE"] = "true"
os.environ["HF_HUB_OFFLINE"] = "1"
os.environ["HF_DATASETS_OFFLINE"] = "1"


class Check:
    def __init__(self, program: str, folder: Path) -> None:
        self.program, self.folder = program, folder
        self.environment = {**os.environ, "PARABENCH_CACHE": str(folder / "cache"), "PARABENCH_OFFLINE": "1"}
        # The Python with the official packages is the one that the program finds.
        self.environment["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

    def call(self, *arguments: str, code: int = 0) -> str:
        # Not the folder of the packages: from there nothing would be run.
        done = subprocess.run(
            [self.program, *arguments], cwd=self.folder, env=self.environment, capture_output=True, text=True, check=False
        )
        assert done.returncode == code, (arguments, done.returncode, done.stdout, done.stderr)
        return done.stdout

    def make_runs(self) -> None:
        for name, model in {"truth": "control:truth?error=0.3", "blank": "control:blank"}.items():
            self.call("run", "--suite", "shapes", "--limit", "12", "--model", model, "--judge", "oracle",
                      "--seeds", "0..2", "--name", name, "--no-progress")
        table = self.folder / "results/truth/scores.csv"
        lines = table.read_text().splitlines(keepends=True)
        at = next(i for i, line in enumerate(lines) if line.endswith(",5,ok\n"))
        lines[at] = lines[at].replace(",5,ok", ",,truncated")
        table.write_text("".join(lines))

    def rows(self, run: str) -> list:
        with open(self.folder / "results" / run / "scores.csv", newline="", encoding="utf-8") as file:
            return list(csv.DictReader(file))

    def levels(self, run: str) -> dict:
        """Means in points of one run, as `compare` gives them."""
        other = {"truth": "blank", "blank": "truth"}[run]
        text = self.call("compare", run, "--baseline", other, "--json")
        document = json.loads(text)
        document = document.get("result", document)
        (table,) = [one for one in document["comparison"]["levels"] if one["model"] == self.rows(run)[0]["model"]]
        found = {one["axis"]: one["level"] for one in table["axes"]} | {"overall": table["overall"]}
        return {name: level["Ok"] for name, level in found.items() if "Ok" in level}

    def export(self, form: str) -> Path:
        output = self.folder / form
        self.call("export-results", "truth", "blank", "--to", form, "-o", str(output))
        # A second export into the same folder would mix both.
        self.call("export-results", "truth", "blank", "--to", form, "-o", str(output), code=2)
        return output


def hugging_face(check: Check) -> None:
    import datasets

    folder = check.export("hugging-face")
    scores = datasets.load_dataset(str(folder), "scores", split="train")
    wanted = [(run, row) for run in ("truth", "blank") for row in check.rows(run)]
    assert len(scores) == len(wanted)
    for found, (run, row) in zip(scores, wanted):
        assert found["run"] == run
        assert found["score"] == (int(row["score"]) if row["score"] else None), (found, row)
        for name, column in {"task": "task", "axis": "axis", "status": "status", "sample": "seed"}.items():
            assert str(found[name]) == row[column], (found, row)
    assert any(found["reason"] for found in scores)
    answers = datasets.load_dataset(str(folder), "answers", split="train")
    assert len(answers) == len({(run, row["task"], row["seed"]) for run, row in wanted})
    for answer in answers:
        assert (answer["image"] is not None) == (answer["image_status"] == "given")
        assert (answer["reasoning"] is not None) == (answer["reasoning_status"] == "given")
    assert answers[0]["image"].size[0] > 0
    print("hugging-face: datasets", datasets.__version__, len(scores), "scores,", len(answers), "answers")


def mlflow_store(check: Check) -> None:
    import mlflow

    folder = check.export("mlflow")
    mlflow.set_tracking_uri((folder / "mlruns").as_uri())
    client = mlflow.MlflowClient()
    (experiment,) = client.search_experiments()
    assert experiment.name == "parabench shapes", experiment
    runs = {run.info.run_name: run for run in client.search_runs([experiment.experiment_id])}
    assert set(runs) == {"truth", "blank"}, runs
    for name, run in runs.items():
        assert run.info.status == "FINISHED" and run.info.start_time <= run.info.end_time
        for metric, level in check.levels(name).items():
            assert run.data.metrics[f"{metric}_points"] == level["points"], (name, metric)
            assert run.data.metrics[f"{metric}_ci95_lo"] == level["ci95"][0], (name, metric)
        assert run.data.params["judge"] == "oracle" and len(run.data.params["suite_digest"]) == 64
        artifacts = {file.path for file in client.list_artifacts(run.info.run_id)}
        assert artifacts == {"run.toml", "scores.csv"}, artifacts
    assert runs["truth"].data.metrics["missing_share"] > 0
    print("mlflow: mlflow", mlflow.__version__, len(runs), "runs")


def inspect(check: Check) -> None:
    import inspect_ai
    from inspect_ai.log import read_eval_log

    folder = check.export("inspect")
    for name in ("truth", "blank"):
        log = read_eval_log(str(folder / f"{name}.json"))
        assert log.status == "success" and log.eval.task == "shapes"
        marks = {(s.id, str(s.epoch - 1), axis): score for s in log.samples for axis, score in s.scores.items()}
        missing = {(s.id, str(s.epoch - 1), axis): why for s in log.samples for axis, why in s.metadata["missing"].items()}
        for row in check.rows(name):
            key = (row["task"], row["seed"], row["axis"])
            if row["score"]:
                assert marks.pop(key).value == int(row["score"]), row
            elif row["status"] != "not-applicable":
                assert missing.pop(key) == row["status"], row
        assert not marks and not missing, (marks, missing)
        assert all(sample.input for sample in log.samples)
        results = {one.name: one.metrics for one in log.results.scores}
        levels = check.levels(name)
        assert set(results) == set(levels)
        for metric, level in levels.items():
            assert results[metric]["points"].value == level["points"]
    print("inspect: inspect_ai", inspect_ai.__version__)


def wandb_records(file: Path) -> list:
    """The records of an offline run: LevelDB's log format in blocks of 32 KiB, messages of W&B's own protocol."""
    from wandb.proto import wandb_internal_pb2

    data, at, block, whole, records = file.read_bytes(), 7, 32768, b"", []
    assert data[:4] == b":W&B", data[:7]
    while at < len(data):
        if block - at % block < 7:
            at += block - at % block
            continue
        length, kind = int.from_bytes(data[at + 4 : at + 6], "little"), data[at + 6]
        whole += data[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):  # whole, or the last part
            record = wandb_internal_pb2.Record()
            record.ParseFromString(whole)
            records.append(record)
            whole = b""
    return records


def wandb_runs(check: Check) -> None:
    import wandb

    folder = check.export("wandb")
    files = sorted(folder.glob("wandb/offline-run-*/*.wandb"))
    assert len(files) == 2, files
    names = set()
    for file in files:
        summary, name = {}, None
        for record in wandb_records(file):
            if record.HasField("run"):
                name = record.run.display_name
                assert record.run.project == "parabench-shapes"
            for item in record.summary.update:
                summary[item.key or ".".join(item.nested_key)] = json.loads(item.value_json)
        names.add(name)
        for metric, level in check.levels(name).items():
            assert summary[f"{metric}_points"] == level["points"], (name, metric, summary)
        (table,) = file.parent.glob("files/media/table/*.json")
        rows = json.loads(table.read_text())["data"]
        assert [row[6] for row in rows] == [int(row["score"]) if row["score"] else None for row in check.rows(name)]
    assert names == {"truth", "blank"}, names
    print("wandb: wandb", wandb.__version__, len(files), "offline runs")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bin", required=True)
    program = str(Path(parser.parse_args().bin).resolve())
    with tempfile.TemporaryDirectory() as folder:
        check = Check(program, Path(folder))
        check.make_runs()
        for form in (hugging_face, mlflow_store, inspect, wandb_runs):
            form(check)
    print("all exports are read by the official packages")


main()
