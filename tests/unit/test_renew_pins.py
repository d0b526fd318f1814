"""tools/renew-pins: a pin changes as a whole, in its own lines, and never has fewer checksums than before. A stand-in
answers for the registries."""

from __future__ import annotations

import tomllib
from collections.abc import Callable
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import Any

import pytest
from lambda_image import catalog as catalogs

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = ROOT / "base-images/languages"
_LOADER = SourceFileLoader("renew_pins", str(ROOT / "tools/renew-pins"))


@pytest.fixture(scope="module")
def tool() -> Any:
    import sys

    spec = spec_from_loader("renew_pins", _LOADER)
    assert spec is not None
    module = module_from_spec(spec)
    sys.modules["renew_pins"] = module  # dataclasses look their module up
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        _LOADER.exec_module(module)
    finally:
        sys.dont_write_bytecode = before
    return module


def find(tool: Any, language: str, name: str) -> Any:
    return next(pin for pin in tool.pins(LANGUAGES / language / "language.toml") if pin.name == name)


def made_up(pin: Any) -> list[dict[str, str]]:
    """Other checksums of the same kinds."""
    forms = {
        "sha256": "ab" * 32,
        "integrity": f"sha512-{'A' * 86}==",
        "h1": f"h1:{'B' * 43}=",
        "h1_mod": f"h1:{'C' * 43}=",
    }
    return [{kind: forms[kind] for kind in row if kind in forms} for row in pin.rows]


@pytest.mark.parametrize("language", sorted(path.parent.name for path in LANGUAGES.glob("*/language.toml")))
def test_it_finds_the_pins_that_the_catalog_has(tool: Any, language: str) -> None:
    entry = catalogs.load().languages[language]
    known = [(pin.name, pin.version, len(pin.hashes)) for client in entry.client for pin in client.pin]
    known += [(pin.name, pin.version, len(pin.hashes)) for pin in entry.package_manager]
    found = [(pin.name, pin.version, len(pin.rows)) for pin in tool.pins(LANGUAGES / language / "language.toml")]
    assert sorted(found) == sorted(known)


@pytest.mark.parametrize(
    ("language", "name", "version"),
    [
        ("python", "simplejson", "9.9.9"),
        ("python", "awslambdaric", "9.9.9"),
        ("nodejs", "aws-lambda-ric", "9.9.9"),
        ("go", "github.com/aws/aws-lambda-go", "v9.9.9"),
    ],
)
def test_a_renewed_pin_differs_in_its_version_and_all_its_checksums(
    tool: Any, monkeypatch: pytest.MonkeyPatch, language: str, name: str, version: str
) -> None:
    pin = find(tool, language, name)
    monkeypatch.setitem(tool.SOURCES, pin.ecosystem, lambda one, wanted: (version, tuple(made_up(one))))
    line, text = tool.renew(pin, "")
    assert f"{pin.version} → {version}, {len(pin.rows)} checksums" in line
    client = next(one for one in tomllib.loads(text)["client"] if any(p["name"] == name for p in one.get("pin", ())))
    (now,) = (one for one in client["pin"] if one["name"] == name)
    assert now["version"] == version
    assert [{kind: row[kind] for kind in new} for row, new in zip(now["hashes"], made_up(pin), strict=True)] == made_up(
        pin
    )
    before = tomllib.loads(pin.path.read_text())
    if client["package"] == name:
        assert client["version"] == version.removeprefix("v")
    others = [one for one in before["client"] if one["name"] != client["name"]]
    assert all(one in tomllib.loads(text)["client"] for one in others)
    assert {key: value for key, value in tomllib.loads(text).items() if key != "client"} == {
        key: value for key, value in before.items() if key != "client"
    }


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (lambda pin: ("9.9.9", tuple({**row, next(iter(row)): ""} for row in made_up(pin))), "no sha256 was found"),
        (lambda pin: ("9.9.9", tuple(made_up(pin)[1:])), "were found"),
        (lambda pin: (pin.version, tuple(made_up(pin))), "other bytes than were pinned"),
    ],
    ids=["no checksum", "fewer checksums", "other bytes of the same version"],
)
def test_a_checksum_is_never_lowered(
    tool: Any, monkeypatch: pytest.MonkeyPatch, found: Callable[[Any], Any], why: str
) -> None:
    pin = find(tool, "python", "simplejson")
    monkeypatch.setitem(tool.SOURCES, pin.ecosystem, lambda one, wanted: found(one))
    with pytest.raises(tool.CannotRenew, match=why):
        tool.renew(pin, "")


def test_a_registry_that_nothing_fetches_from_is_said(tool: Any) -> None:
    with pytest.raises(tool.CannotRenew, match="maven"):
        tool.renew(find(tool, "java", "com.amazonaws:aws-lambda-java-core"), "")


def test_a_failing_program_s_last_words_are_shown(tool: Any) -> None:
    with pytest.raises(tool.CannotRenew, match="failed: no such thing"):
        tool.output("sh", "-c", "echo no such thing >&2; exit 1")
