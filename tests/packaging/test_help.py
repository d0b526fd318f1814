"""`--help` answers at once: a command imports what it needs when it runs, and the plugin when it is asked for."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

# Typer itself may use pydantic for the words of a command; none of ours that does is imported.
HEAVY = {"docker", "jinja2", "pytest", "requests"}
LIGHT = {"lambda_image", "lambda_image.errors"}


def ours(modules: set[str]) -> set[str]:
    return {name for name in modules if name.split(".")[0] == "lambda_image" and "lambda_image.cli" not in name}


COMMANDS = (
    (),
    ("list",),
    ("plan",),
    ("render",),
    ("build",),
    ("test",),
    ("lint",),
    ("fetch",),
    ("lock",),
    ("stale",),
    ("matrix",),
    ("schema",),
    ("test-server",),
    ("doctor",),
    ("bench",),
    ("bench", "server"),
    ("bench", "client"),
    ("dev",),
    ("dev", "check-suite"),
)
# Runs the program, then tells on standard error which modules it has loaded.
PROGRAM = """
import json, sys
sys.path.insert(0, {toolkit!r})
from lambda_image.cli import main
sys.argv[0] = "lambda-image"
try:
    main()
except SystemExit as end:
    status = end.code
print(json.dumps([status, sorted(sys.modules)]), file=sys.stderr)
"""


def loaded(program: str, *words: str) -> tuple[int, set[str], str]:
    done = subprocess.run([sys.executable, "-c", program, *words], capture_output=True, text=True, check=True)
    status, modules = json.loads(done.stderr.splitlines()[-1])
    return status or 0, set(modules), done.stdout


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_help_answers_without_anything_heavy(root: Path, command: tuple[str, ...]) -> None:
    status, modules, out = loaded(PROGRAM.format(toolkit=str(root / "toolkit")), *command, "--help")
    assert status == 0
    assert "Usage: lambda-image" in out
    assert not sorted(modules & HEAVY)
    assert ours(modules) == LIGHT


def test_every_command_stands_in_this_list(root: Path) -> None:
    program = (
        "import sys; sys.path.insert(0, sys.argv[1]); from lambda_image.cli import app\n"
        "from typer.main import get_command\n"
        "def walk(group, path=()):\n"
        "    yield path\n"
        "    for name, command in getattr(group, 'commands', {}).items(): yield from walk(command, (*path, name))\n"
        "import json; print(json.dumps(list(walk(get_command(app)))))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(root / "toolkit")], capture_output=True, text=True, check=True
    )
    assert {tuple(path) for path in json.loads(done.stdout)} == set(COMMANDS)


def test_the_plugin_imports_nothing_heavy_until_it_is_asked(root: Path) -> None:
    program = (
        "import json, sys; sys.path.insert(0, sys.argv[1]); import lambda_image.pytest_plugin\n"
        "print(json.dumps([0, sorted(sys.modules)]), file=sys.stderr)"
    )
    _, modules, _ = loaded(program, str(root / "toolkit"))
    assert not sorted(modules & (HEAVY - {"pytest"}))
    assert ours(modules) == {"lambda_image", "lambda_image.pytest_plugin"}
