"""Reads what `parabench` writes, and calls the program.

The module computes no statistics: every figure is one that the program wrote.
"""

from ._program import ParabenchError, Result, program, run
from ._read import (
    FormatError,
    read_comparison,
    read_leaderboard,
    read_report,
    read_run,
    read_scores,
)

__all__ = [
    "FormatError",
    "ParabenchError",
    "Result",
    "program",
    "read_comparison",
    "read_leaderboard",
    "read_report",
    "read_run",
    "read_scores",
    "run",
]
