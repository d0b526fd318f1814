"""In which language an image without a label is taken to be: what it starts tells it, not what lies in it."""

from __future__ import annotations

from types import SimpleNamespace
from typing import TYPE_CHECKING, cast

import pytest
from lambda_image.conformance import guess

if TYPE_CHECKING:
    from lambda_image.engine import ImageConfig, ImageFiles

PYTHON, NODE, RUBY = "/usr/bin/python3", "/usr/bin/node", "/usr/bin/ruby"
ELF = b"\x7fELF\x02\x01\x01"


class Files:
    """An image's files, as texts."""

    def __init__(self, files: dict[str, bytes]) -> None:
        self._files = files

    def stat(self, path: str) -> object:
        if path not in self._files:
            return None
        return SimpleNamespace(kind="file", size=len(self._files[path]))

    def read(self, path: str) -> bytes:
        return self._files[path]


def guessed(entrypoint: list[str], cmd: list[str] | None = None, **scripts: str) -> guess.Guess:
    files = dict.fromkeys((PYTHON, NODE, RUBY, "/usr/bin/perl"), ELF)
    files |= {f"/{name}": text.encode() for name, text in scripts.items()}
    config = SimpleNamespace(entrypoint=tuple(entrypoint), cmd=tuple(cmd or ()))
    return guess.language(cast("ImageFiles", Files(files)), cast("ImageConfig", config))


@pytest.mark.parametrize(
    ("program", "language"),
    [
        ("#!/usr/bin/python3 -u\nimport os\n", "python"),
        ("#!/usr/bin/env python3\n", "python"),
        ("#!/usr/bin/python3.13\n", "python"),
        ("#!/usr/bin/env node\n", "nodejs"),
        ("#!/usr/bin/ruby\n", "ruby"),
        ('#!/bin/sh\nset -e\nexec /usr/bin/node /var/runtime/index.mjs "$@"\n', "nodejs"),
        ("#!/bin/sh\nLANG=C exec_it=1 python3 /app.py\n", "python"),
        ("#!/bin/sh\nexec env A=b ruby /app.rb\n", "ruby"),
    ],
)
def test_what_the_entrypoint_is_tells_the_language(program: str, language: str) -> None:
    assert guessed(["/boot"], boot=program).language == language


def test_a_script_is_followed_to_what_it_starts() -> None:
    found = guessed(
        ["/entry"], entry='#!/bin/bash\nexport _HANDLER="$1"\nexec /boot "$@"\n', boot="#!/usr/bin/python3\n"
    )
    assert found == guess.Guess("python", "/boot begins with #!/usr/bin/python3")


def test_an_interpreter_that_is_started_itself_tells_it() -> None:
    assert guessed([NODE, "/app.js"]).language == "nodejs"
    assert guessed([], [PYTHON, "/app.py"]).language == "python"


@pytest.mark.parametrize(
    "program",
    [
        "#!/usr/bin/perl\nprint 1;\n",
        "#!/bin/bash\nwhile :; do curl http://x; done\n",
        "#!/bin/bash\n# python3 would do as well\nvalue=$(echo '{}' | python3 -c 'import json')\n",
        "\x7fELF",
    ],
)
def test_an_interpreter_that_only_lies_there_or_only_helps_tells_nothing(program: str) -> None:
    assert guessed(["/boot"], boot=program).language == ""


def test_two_languages_are_none() -> None:
    found = guessed(["/entry"], entry="#!/bin/sh\nnode /a.js\nexec python3 /b.py\n")
    assert found.language == ""
    assert "node" in found.why
    assert "python3" in found.why


def test_a_missing_entrypoint_is_no_error() -> None:
    assert guessed(["/nowhere", "handler"], ["x"]) == guess.NOTHING


def test_what_handlers_would_hide_is_judged_without_them() -> None:
    found = guessed(["/var/task/bootstrap"], **{"var/task/bootstrap": "#!/usr/bin/python3\n"})
    assert found.language == ""
    assert "/var/task/bootstrap" in found.why
