"""In which language the runtime of an image without a label is written: what the image starts tells it.

That an interpreter lies in the image says nothing: a runtime in shell or Perl may well have Python beside it, and
handlers in a language that is not the runtime's make every requirement fail.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from lambda_image.errors import EngineError

if TYPE_CHECKING:
    from lambda_image.engine import ImageConfig, ImageFiles

_INTERPRETERS = {"python": r"python(?:3(?:\.\d+)?)?", "nodejs": r"node(?:js)?", "ruby": r"ruby(?:\d\.\d)?"}
# A command at the start of a line of shell, after `exec`, `env` and variables set for it alone.
_COMMAND = r"^\s*(?:exec\s+)?(?:env\s+)?(?:[A-Za-z_]\w*=\S*\s+)*[\"']?(?:/[\w./-]*/)?{name}(?=[\s\"']|$)"
# AWS's layout has there what the image is for.
_LANGUAGE_FOLDER = {"python": "/var/lang/bin/python3", "nodejs": "/var/lang/bin/node", "ruby": "/var/lang/bin/ruby"}
_PATH = re.compile(r"/[A-Za-z0-9_][\w./-]*")
_SHELLS = frozenset({"sh", "bash", "dash", "ash", "busybox"})
_LARGEST = 64 * 1024
_MOST_FILES = 12


@dataclass(frozen=True)
class Guess:
    """A language, empty where none can be told, and what was seen."""

    language: str
    why: str


NOTHING = Guess("", "nothing in it tells its language")


def language(files: ImageFiles, config: ImageConfig) -> Guess:
    """The language of what ENTRYPOINT and CMD start, through scripts that start it."""
    words = [*config.entrypoint, *config.cmd]
    if hidden := next((word for word in words if word.startswith("/var/task/")), ""):
        return Guess("", f"it starts {hidden}, which handlers mounted at /var/task would hide")
    found: dict[str, str] = {}
    for one in _started(files, words):
        found.setdefault(one.language, one.why)
    if not found:
        there = {name: path for name, path in _LANGUAGE_FOLDER.items() if files.stat(path) is not None}
        found = {name: f"it has {path}" for name, path in there.items()}
    if len(found) > 1:
        return Guess("", f"its language is not to be told: {'; '.join(found.values())}")
    return next((Guess(name, why) for name, why in found.items()), NOTHING)


def _started(files: ImageFiles, words: list[str]) -> Iterator[Guess]:
    waiting = deque(words)
    seen: set[str] = set()
    while waiting and len(seen) < _MOST_FILES:
        path = waiting.popleft()
        if path in seen or (not path.startswith("/") and path not in words):
            continue
        seen.add(path)
        if name := _interpreter(path):
            yield Guess(name, f"it starts {path}")
            continue
        first, text = _script(files, path)
        if name := next((name for word in first if (name := _interpreter(word))), ""):
            yield Guess(name, f"{path} begins with #!{' '.join(first)}")
        elif first and first[0].rpartition("/")[2] in _SHELLS | {"env"}:
            for name, pattern in _INTERPRETERS.items():
                if line := re.search(_COMMAND.format(name=pattern), text, re.MULTILINE):
                    yield Guess(name, f"{path} has the command {line[0].strip()}")
            waiting.extend(_PATH.findall(text))


def _interpreter(path: str) -> str:
    base = path.rpartition("/")[2]
    return next((name for name, pattern in _INTERPRETERS.items() if re.fullmatch(pattern, base)), "")


def _script(files: ImageFiles, path: str) -> tuple[list[str], str]:
    """The words after #! and the text without its comments; nothing of what is no script."""
    try:
        found = files.stat(path) if path.startswith("/") else None
        if found is None or found.kind == "directory" or (found.kind == "file" and found.size > _LARGEST):
            return [], ""
        content = files.read(path)[:_LARGEST]
    except (EngineError, FileNotFoundError):
        return [], ""
    if not content.startswith(b"#!"):
        return [], ""
    first, _, text = content.decode("utf-8", "replace").partition("\n")
    return first[2:].split(), re.sub(r"^\s*#.*$", "", text, flags=re.MULTILINE)
