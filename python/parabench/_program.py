"""The program that was installed with this module."""

from __future__ import annotations

import json
import os
import subprocess
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import Any, Mapping, Optional, Union

#: Exit codes of a command that ended with a result: done; more marks missing than allowed; a required comparison did
#: not hold.
WITH_RESULT = frozenset({0, 3, 4})


class ParabenchError(RuntimeError):
    """The program failed: `code` is its exit code, `stderr` what it said, where that was captured."""

    def __init__(self, arguments: tuple[str, ...], code: int, stderr: str) -> None:
        command = " ".join(("parabench", *arguments))
        super().__init__(f"`{command}` ended with exit code {code}\n{stderr}".rstrip())
        self.code = code
        self.stderr = stderr


@dataclass(frozen=True)
class Result:
    """How a command ended."""

    #: The exit code: 0 done, 3 more marks missing than allowed, 4 a required comparison did not hold.
    code: int
    #: What it printed; empty where it was shown and not captured.
    stdout: str
    #: What it said on standard error; empty where it was shown and not captured.
    stderr: str

    def json(self) -> Any:
        """What a command with `--json` printed: `schema`, `command`, and `result` or `error`."""
        return json.loads(self.stdout)


def program() -> Path:
    """The program's file, as this installation recorded it; never one of `PATH` or of the current folder."""
    try:
        installed = metadata.distribution("parabench")
    except metadata.PackageNotFoundError as error:
        raise FileNotFoundError(
            "the package parabench is not installed; expected `pip install parabench`"
        ) from error
    for file in installed.files or []:
        if file.name in ("parabench", "parabench.exe"):
            path = Path(str(installed.locate_file(file))).resolve()
            if path.is_file():
                return path
    raise FileNotFoundError(
        "the package parabench lacks its program; run `pip install --force-reinstall parabench`"
    )


def run(
    *arguments: Union[str, "os.PathLike[str]"],
    check: bool = True,
    show: bool = False,
    cwd: Optional[Union[str, "os.PathLike[str]"]] = None,
    env: Optional[Mapping[str, str]] = None,
) -> Result:
    """Runs one command, for example `run("compare", "A", "--baseline", "B", "--json").json()`.

    `show` lets the program write to the terminal, with its progress, instead of capturing what it writes. `env` is
    added to the environment. With `check`, a command that failed (any exit code but 0, 3 and 4) raises
    `ParabenchError`.
    """
    words = tuple(os.fspath(argument) for argument in arguments)
    done = subprocess.run(
        [str(program()), *words],
        cwd=cwd,
        env={**os.environ, **env} if env else None,
        stdin=subprocess.DEVNULL,
        capture_output=not show,
        encoding="utf-8",
        check=False,
    )
    result = Result(done.returncode, done.stdout or "", done.stderr or "")
    if check and result.code not in WITH_RESULT:
        raise ParabenchError(words, result.code, result.stderr)
    return result
