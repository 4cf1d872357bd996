"""Reads the files of runs, comparisons, leaderboards and reports into data frames."""

from __future__ import annotations

import csv
import json
import os
import sys
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Iterable, Optional, Union

from ._frame import frame_of

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

PathLike = Union[str, "os.PathLike[str]"]

#: The columns of `scores.csv`.
SCORES = ("suite", "task", "category", "kind", "model", "seed", "axis", "judge", "repeat", "score", "status")


class FormatError(ValueError):
    """A file is not what the program writes."""


def read_run(run: PathLike) -> dict[str, Any]:
    """The manifest of a run folder (`run.toml`): everything that decided the result."""
    with open(Path(run) / "run.toml", "rb") as file:
        manifest: dict[str, Any] = tomllib.load(file)
        return manifest


def read_scores(run: PathLike, frame: Optional[str] = None) -> Any:
    """The score table of a run folder, or of a `scores.csv`: one row per task, seed, axis, judge and repeat.

    `score` is a mark on its axis's scale, or missing; `status` says why it is missing. The scale is 1 to 5 in whole steps
    unless the `run.toml` beside the table declares another.
    """
    path = _file_in(run, "scores.csv")
    columns: dict[str, list[Any]] = {**_csv(path, SCORES)}
    for name in ("seed", "repeat"):
        columns[name] = [_whole(path, text) for text in columns[name]]
    scales = _scales(path.parent / "run.toml")
    columns["score"] = [
        _mark(path, text, scales.get(axis or "", _FIVE_POINT)) for text, axis in zip(columns["score"], columns["axis"])
    ]
    return frame_of(columns, frame)


#: The largest whole number that a mark can be.
_LIMIT = 999_999
#: Lowest mark, highest mark and step of an axis that declares nothing.
_FIVE_POINT = (Decimal(1), Decimal(5), Decimal(1))


def _scales(manifest: Path) -> dict[str, tuple[Decimal, Decimal, Decimal]]:
    """The scales that a run's suite and judges declare, by axis."""
    if not manifest.is_file():
        return {}
    run = read_run(manifest.parent)
    sections = [run.get("suite", {}), *run.get("judge", [])]
    axes = [axis for section in sections for axis in section.get("axis", [])]
    return {axis["key"]: _scale(axis["scale"]) for axis in axes if "scale" in axis}


def _scale(scale: dict[str, Any]) -> tuple[Decimal, Decimal, Decimal]:
    """Lowest mark, highest mark and step; ends that are not stated are the largest numbers that marks can be."""
    step = Decimal(1).scaleb(-scale["decimals"]) if "decimals" in scale else Decimal(str(scale.get("step", 1)))
    lo, hi = (Decimal(str(scale.get(end, limit))) for end, limit in (("lo", -_LIMIT), ("hi", _LIMIT)))
    return lo, hi, step


def _mark(path: Path, text: Optional[str], scale: tuple[Decimal, Decimal, Decimal]) -> Union[None, int, float]:
    if text is None:
        return None
    lo, hi, step = scale
    try:
        mark = Decimal(text)
    except InvalidOperation:
        raise FormatError(f"{path}: found {text!r}, expected a mark or nothing") from None
    if not mark.is_finite() or not lo <= mark <= hi or (mark - lo) % step != 0:
        raise FormatError(f"{path}: found the score {text}, expected {lo} to {hi} in steps of {step}, or nothing")
    return int(mark) if step == step.to_integral_value() and lo == lo.to_integral_value() else float(mark)


def read_report(report: PathLike, frame: Optional[str] = None) -> Any:
    """What a report says, from its `results.csv`: one row per level and comparison."""
    return _numbers(_file_in(report, "results.csv"), ("scope", "run", "metric"), frame)


def read_comparison(file: PathLike, frame: Optional[str] = None) -> Any:
    """A comparison: one row per contrast, from a file of `compare --csv` or `compare --json`.

    The CSV has every column. Of JSON the columns that most people plot are taken, under the same names.
    """
    path = Path(file)
    if path.suffix != ".json":
        return _numbers(path, ("candidate", "baseline", "metric", "standing"), frame)
    contrasts = _member(path, _json(path), "comparison", "contrasts")
    return frame_of(_columns([_contrast(path, row) for row in contrasts]), frame)


def read_leaderboard(file: PathLike, frame: Optional[str] = None) -> Any:
    """A leaderboard: one row per run and metric, with its rank set, from a file of `leaderboard --json`."""
    path = Path(file)
    boards = _member(path, _json(path), "boards")
    rows = [row for board in boards for row in _board(path, board)]
    return frame_of(_columns(rows), frame)


def _file_in(place: PathLike, name: str) -> Path:
    path = Path(place)
    return path / name if path.is_dir() else path


def _csv(path: Path, expected: Iterable[str]) -> dict[str, list[Optional[str]]]:
    """The columns of a CSV file; an empty field is `None`."""
    with open(path, encoding="utf-8", newline="") as file:
        rows = csv.reader(file, strict=True)
        header = next(rows, [])
        lacking = [name for name in expected if name not in header]
        if lacking or len(set(header)) != len(header):
            raise FormatError(f"{path}: found the columns {header}, expected {list(expected)} among them, each once")
        columns: dict[str, list[Optional[str]]] = {name: [] for name in header}
        for row in rows:
            if len(row) != len(header):
                raise FormatError(
                    f"{path}, line {rows.line_num}: found {len(row)} fields, expected {len(header)}"
                )
            for name, text in zip(header, row):
                columns[name].append(text or None)
    return columns


def _whole(path: Path, text: Optional[str]) -> Optional[int]:
    try:
        return None if text is None else int(text)
    except ValueError:
        raise FormatError(f"{path}: found {text!r}, expected a whole number or nothing") from None


def _numbers(path: Path, expected: Iterable[str], frame: Optional[str]) -> Any:
    """A CSV file whose columns are numbers where every value that is there is one."""
    columns = _csv(path, expected)
    return frame_of({name: _as_numbers(values) for name, values in columns.items()}, frame)


def _as_numbers(values: list[Optional[str]]) -> list[Any]:
    for parse in (int, float):
        try:
            return [None if value is None else parse(value) for value in values]
        except ValueError:
            continue
    return list(values)


def _json(path: Path) -> Any:
    """The result in a file of `--json`, or the whole of a file from before results had an envelope."""
    with open(path, encoding="utf-8") as file:
        try:
            document = json.load(file)
        except json.JSONDecodeError as error:
            raise FormatError(f"{path}: not JSON: {error}") from None
    fault = document.get("error") if isinstance(document, dict) and "command" in document else None
    if fault is not None:
        raise FormatError(f"{path}: the command failed: {fault.get('message') if isinstance(fault, dict) else fault}")
    is_wrapped = isinstance(document, dict) and {"schema", "command", "result"} <= set(document)
    return document["result"] if is_wrapped else document


def _member(path: Path, value: Any, *names: str) -> Any:
    """What lies under these names, one in the other."""
    for name in names:
        if not isinstance(value, dict) or name not in value:
            raise FormatError(f"{path}: expected `{'.'.join(names)}`, which is not there")
        value = value[name]
    return value


def _columns(rows: list[dict[str, Any]]) -> dict[str, list[Any]]:
    return {name: [row[name] for row in rows] for name in rows[0]} if rows else {}


def _contrast(path: Path, contrast: Any) -> dict[str, Any]:
    """One contrast of `compare --json`; what could not be computed is missing, with `why_not`."""

    def of(*names: str) -> Any:
        return _member(path, contrast, *names)

    row = {
        "candidate": of("candidate"),
        "baseline": of("baseline"),
        "metric": of("metric", "key"),
        "standing": of("standing"),
        "reason": of("reason"),
    }
    result = of("result")
    there = isinstance(result, dict) and "Ok" in result

    def value(*names: str) -> Any:
        # A part that was not computed (`null`) leaves its values missing.
        part = result["Ok"] if there else None
        for name in names:
            part = None if part is None else _member(path, part, name)
        return part

    def bound(side: int, *names: str) -> Any:
        both = value(*names)
        return None if both is None else both[side]

    row.update(
        points=value("difference", "points"),
        ci95_lo=bound(0, "difference", "ci95"),
        ci95_hi=bound(1, "difference", "ci95"),
        simultaneous_lo=bound(0, "adjusted", "simultaneous"),
        simultaneous_hi=bound(1, "adjusted", "simultaneous"),
        items=value("difference", "items"),
        wins=value("wins", "wins"),
        ties=value("wins", "ties"),
        losses=value("wins", "losses"),
        superiority=value("effects", "superiority"),
        p=value("test", "p"),
        p_westfall_young=value("adjusted", "p_westfall_young"),
        p_holm=value("adjusted", "p_holm"),
        why_not=None if there else json.dumps(result, sort_keys=True),
    )
    return row


def _board(path: Path, board: Any) -> list[dict[str, Any]]:
    """The rows of one board: ranked runs, then those without a rank. `no_ranks` says why a board names none."""
    axes = " ".join(_member(path, board, "axes"))
    no_ranks = _member(path, board, "no_ranks")
    rows = []
    for place in _member(path, board, "places"):
        ranks, interval = _member(path, place, "rank_set"), _member(path, place, "ci95")
        rows.append(_board_row(path, axes, no_ranks, place, interval, ranks))
    for place in _member(path, board, "unranked"):
        rows.append(_board_row(path, axes, no_ranks, place, (None, None), (None, None)))
    return rows


def _board_row(path: Path, axes: str, no_ranks: Optional[str], place: Any, interval: Any, ranks: Any) -> dict[str, Any]:
    named = (None, None) if no_ranks is not None else ranks
    return {
        "axes": axes,
        "run": _member(path, place, "run"),
        "points": _member(path, place, "points"),
        "ci95_lo": interval[0],
        "ci95_hi": interval[1],
        "rank_best": named[0],
        "rank_worst": named[1],
        "no_ranks": no_ranks,
        "missing": _member(path, place, "missing"),
        "expected": _member(path, place, "expected"),
    }
