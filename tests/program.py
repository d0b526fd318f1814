"""The program as a user runs it: a process of its own, in a folder of the test's."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

TOOLKIT = Path(__file__).resolve().parents[1] / "toolkit"
COMMAND = (sys.executable, "-m", "lambda_image")


@dataclass(frozen=True)
class Done:
    """How it ended."""

    status: int
    out: str
    err: str


def environment(**variables: str) -> dict[str, str]:
    """This process's environment without what sets the program up, and with this checkout's package."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("LAMBDA_IMAGE_", "PYTEST_"))}
    return {**kept, "PYTHONPATH": str(TOOLKIT), "COLUMNS": "200", **variables}


def run(folder: Path, *words: str, timeout: float = 300, before: Sequence[str] = (), **variables: str) -> Done:
    """Runs it to its end, by the command that stands `before` it. Foreseen errors have no traceback, so none may be on
    standard error."""
    done = subprocess.run(
        [*before, *COMMAND, *words],
        cwd=folder,
        env=environment(**variables),
        capture_output=True,
        text=True,
        timeout=timeout,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return Done(done.returncode, done.stdout, done.stderr)


def refused(folder: Path, *words: str, status: int = 2, **variables: str) -> str:
    """The message of a call that must fail; standard output stays empty."""
    done = run(folder, *words, **variables)
    assert done.status == status, done.err
    assert done.out == ""
    return done.err
