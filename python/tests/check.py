"""Checks the installed package: `check.py REPOSITORY`. The repository gives the notebook; nothing of it is imported."""

import json
import os
import sys
import tempfile
from pathlib import Path

import pandas
import polars

import parabench


def demo(folder: Path) -> list:
    """The demo's short form, through the module; gives its runs."""
    results, report = folder / "results", folder / "report"
    done = parabench.run("demo", "--limit", "12", "--results", results, "--report", report, "--no-progress")
    assert done.code in (0, 3), done
    assert (report / "index.html").is_file()
    return sorted(file.parent for file in results.glob("*/run.toml"))


def readers(runs: list, folder: Path) -> None:
    first, second = runs[0], runs[1]
    manifest = parabench.read_run(first)
    assert manifest["suite"]["name"] == "shapes", manifest
    scores = parabench.read_scores(first)
    assert isinstance(scores, pandas.DataFrame) and len(scores) > 0
    assert str(scores["score"].dtype) == "Int64", scores.dtypes
    marked = scores[scores["status"] == "ok"]
    assert marked["score"].notna().all() and marked["score"].between(1, 5).all()
    again = parabench.read_scores(first / "scores.csv", frame="polars")
    assert isinstance(again, polars.DataFrame) and again["score"].dtype == polars.Int64
    assert again["score"].to_list() == [None if pandas.isna(v) else v for v in scores["score"]]

    csv, file = folder / "contrasts.csv", folder / "comparison.json"
    done = parabench.run("compare", first, "--baseline", second, "--csv", csv, "--json")
    file.write_text(done.stdout)
    of_csv, of_json = parabench.read_comparison(csv), parabench.read_comparison(file)
    of_csv = of_csv[of_csv["category"].isna()]
    assert list(of_csv["metric"]) == list(of_json["metric"])
    for column in ("points", "ci95_lo", "ci95_hi", "simultaneous_lo", "p", "p_holm", "standing", "wins", "losses"):
        assert of_csv[column].tolist() == of_json[column].tolist(), column

    board = folder / "board.json"
    board.write_text(parabench.run("leaderboard", *runs, "--json").stdout)
    ranked = parabench.read_leaderboard(board)
    assert set(ranked["run"]) <= {run.name for run in runs} and len(ranked) >= 2
    report = parabench.read_report(folder / "report")
    assert {"level", "contrast"} & set(report["scope"]), set(report["scope"])


def faults(folder: Path) -> None:
    """What is not understood is an error, and a missing mark stays missing."""
    head = "suite,task,category,kind,model,seed,axis,judge,repeat,score,status\n"
    good = "s,NA,c,edit,m,0,text_quality,j,0,,truncated\n"
    file = folder / "scores.csv"
    file.write_text(head + good)
    scores = parabench.read_scores(file)
    assert scores["task"][0] == "NA" and scores["score"].isna().all(), scores
    for wrong in ("s,t\n" + good, head + "a,b\n", head + good.replace(",,", ",9,"), head + good.replace(",,", ",x,")):
        file.write_text(wrong)
        try:
            parabench.read_scores(file)
        except parabench.FormatError:
            continue
        raise AssertionError(f"accepted: {wrong}")
    (folder / "run.toml").write_text(
        '[suite]\naxis = [{key = "q", scale = {lo = 0, hi = 10, step = "0.5"}}]\n', encoding="utf-8"
    )
    declared = ",".join("q" if name == "axis" else {"score": "7.5"}.get(name, "0") for name in head.strip().split(","))
    file.write_text(head + declared + "\n")
    assert list(parabench.read_scores(file)["score"]) == [7.5]
    # An axis without ends that a judge brings.
    (folder / "run.toml").write_text('judge = [{axis = [{key = "q", scale = {decimals = 4}}]}]\n', encoding="utf-8")
    file.write_text(head + declared.replace("7.5", "-12.0625") + "\n")
    assert list(parabench.read_scores(file)["score"]) == [-12.0625]
    (folder / "run.toml").unlink()
    failed = folder / "failed.json"
    failed.write_text('{"schema": 1, "command": "compare", "error": {"message": "no run", "causes": [], "exit_code": 1}}')
    for read in (parabench.read_comparison, parabench.read_leaderboard):
        try:
            read(failed)
        except parabench.FormatError as error:
            assert "no run" in str(error), error
            continue
        raise AssertionError("accepted an error as a result")
    try:
        parabench.run("compare", "nowhere", "--baseline", "nowhere")
    except parabench.ParabenchError as error:
        assert error.code in (1, 2) and "nowhere" in str(error), error
    else:
        raise AssertionError("a failed command raised nothing")


def library(folder: Path) -> None:
    """The program finds the library of its own installation, from any folder, and none of the current folder."""
    trap = folder / "lib" / "parabench"
    trap.mkdir(parents=True)
    name = next(Path(sys.prefix, "lib", "parabench").glob("libonnxruntime.*"))
    (trap / name.name).write_text("no library")
    found = parabench.run("doctor", "--json", cwd=folder).json()
    found = found.get("result", found)
    assert found["source"] == "installed with this program", found
    assert Path(found["library"]) == name.resolve(), found


def notebook(repository: Path, folder: Path, runs: list) -> None:
    """Runs every code cell of the notebook on the runs made here; it saves a figure."""
    cells = json.loads((repository / "examples/python/scores.ipynb").read_text())["cells"]
    os.chdir(folder)
    names: dict = {}
    for cell in cells:
        if cell["cell_type"] == "code":
            exec(compile("".join(cell["source"]), "scores.ipynb", "exec"), names)
    for figure in ("scores.png", "differences.png"):
        size = (folder / figure).stat().st_size
        assert size > 5_000, (figure, size)
    print("the notebook ran and drew", folder)


def main() -> None:
    repository = Path(sys.argv[1])
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary).resolve()
        library(folder)
        runs = demo(folder)
        readers(runs, folder)
        notebook(repository, folder, runs)
        faults(folder)
    print(f"parabench {parabench.program()} and its module hold, on Python {sys.version.split()[0]}")


main()
