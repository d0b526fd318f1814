"""Handlers that are compiled: how their conformance.toml says so, and what their volume depends on."""

from __future__ import annotations

from dataclasses import replace

import pytest
from lambda_image.conformance import contract
from lambda_image.errors import ConfigurationError

TEXT = 'language = "go"\nhandler = "{name}"\n'


def parsed(more: str) -> contract.Handlers:
    return contract.parse(TEXT + more, origin="handlers/conformance.toml", files={"main.go": b"package main"})


def test_command_is_read() -> None:
    assert parsed('[build]\ncommand = ["/bin/sh", "build.sh", "{target}"]').build == ("/bin/sh", "build.sh", "{target}")
    assert parsed("").build == ()
    assert parsed('[build]\ncommand = ["make"]\necho = ["make", "echo"]').build_echo == ("make", "echo")
    assert parsed('[build]\ncommand = ["make"]').build_echo == ()


@pytest.mark.parametrize(
    "wrong",
    [
        'build = "make"',
        "[build]",
        '[build]\ncommand = "make"',
        '[build]\ncommand = ["make"]\nimage = "x"',
        '[build]\necho = ["make"]',
        '[build]\ncommand = ["make"]\necho = "make"',
    ],
)
def test_wrong_commands_are_told(wrong: str) -> None:
    with pytest.raises(ConfigurationError, match="build"):
        parsed(wrong)


def test_volume_depends_on_what_compiles() -> None:
    plain = parsed('[build]\ncommand = ["make"]')
    compiled = replace(plain, builder="lambda-image/go:build", builder_id="sha256:1", client="builtin")
    others = {
        plain.digest,
        replace(compiled, builder_id="sha256:2").digest,
        replace(compiled, client="official").digest,
        replace(compiled, build=("cc",)).digest,
    }
    assert compiled.digest not in others
    assert len(others) == 4
    assert compiled.source_digest == plain.source_digest == plain.digest
