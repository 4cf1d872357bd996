"""Columns become a data frame of pandas or polars, whichever is there."""

from __future__ import annotations

import importlib
from typing import Any, Mapping, Optional, Sequence

#: Columns by name; all have the same length. `None` is a missing value.
Columns = Mapping[str, Sequence[Any]]

KINDS = ("pandas", "polars")


def frame_of(columns: Columns, kind: Optional[str]) -> Any:
    """A data frame of this kind; without a kind one of pandas, or of polars where pandas is not installed."""
    if kind is not None and kind not in KINDS:
        raise ValueError(f"unknown frame {kind!r}; expected 'pandas' or 'polars'")
    for name in [kind] if kind else KINDS:
        try:
            library = importlib.import_module(name)
        except ImportError:
            continue
        return _pandas(library, columns) if name == "pandas" else _polars(library, columns)
    wanted = kind or "neither pandas nor polars"
    raise ImportError(f"{wanted} is not installed; run `pip install 'parabench[{kind or 'pandas'}]'`")


def _type(values: Sequence[Any]) -> type:
    """The type of the values that are there; text where none is."""
    kinds = {type(value) for value in values if value is not None}
    if kinds <= {int} and kinds:
        return int
    if kinds <= {int, float} and kinds:
        return float
    if kinds == {bool}:
        return bool
    return str


def _pandas(pandas: Any, columns: Columns) -> Any:
    # Nullable types: a missing value stays missing and makes no integer a float.
    names = {int: "Int64", float: "Float64", bool: "boolean", str: "string"}
    series = {
        name: pandas.Series(list(values), dtype=names[_type(values)])
        for name, values in columns.items()
    }
    return pandas.DataFrame(series)


def _polars(polars: Any, columns: Columns) -> Any:
    names = {int: polars.Int64, float: polars.Float64, bool: polars.Boolean, str: polars.String}
    series = [
        polars.Series(name, list(values), dtype=names[_type(values)], strict=False)
        for name, values in columns.items()
    ]
    return polars.DataFrame(series)
