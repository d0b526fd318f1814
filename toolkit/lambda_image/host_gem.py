"""How RubyGems is configured on this machine, as far as a build needs: sources, proxy. As gem reads it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

# A gemrc is YAML, of which these files use a line a setting, and a list a source.
_SETTING = re.compile(r"^:(\w+):\s*(.*?)\s*$")
_ITEM = re.compile(r"^\s*-\s+(.*?)\s*$")
# What means the same inside a build; a client certificate, say, is a path of this machine.
_KEYS = ("http_proxy",)
# Bundler's name for a mirror of the public registry: each letter but letters and digits is an underscore, or three.
_MIRROR = re.compile(r"^BUNDLE_MIRROR__(ALL|HTTPS?:\W*RUBYGEMS(__|\.)ORG/?)$")


def configuration(
    cert: str | None, environ: Mapping[str, str] | None = None, mirrored: Callable[[str], str] = str
) -> str:
    """A gemrc for the inside of a build, with the certificate bundle at its place there, and the sources' mirrors."""
    environ = os.environ if environ is None else environ
    sources: list[str] = []
    values: dict[str, str] = {}
    for path in _files(environ):
        found, named = _read(path)
        values |= found
        sources = named or sources
    sources = [value for key, value in sorted(environ.items()) if _MIRROR.match(key) and value] or sources
    lines = [f":{key}: {value}\n" for key, value in sorted(values.items())]
    if sources:
        lines += [":sources:\n", *(f"- {mirrored(source)}\n" for source in sources)]
    if cert:
        lines.append(f":ssl_ca_cert: {cert}\n")
    return "".join(lines)


def _files(environ: Mapping[str, str]) -> Iterator[Path]:
    """The machine's, the user's, then those that the environment names: a later one wins."""
    yield Path("/etc/gemrc")
    home = Path(environ.get("HOME") or "~").expanduser()
    own = home / ".gemrc"
    config = Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "gem/gemrc"
    yield own if own.exists() else config
    yield from (Path(name) for name in environ.get("GEMRC", "").replace(";", ":").split(":") if name)


def _read(path: Path) -> tuple[dict[str, str], list[str]]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}, []  # gem itself says so better
    values: dict[str, str] = {}
    sources: list[str] = []
    key = ""
    for line in lines:
        if setting := _SETTING.match(line):
            key, value = setting[1], _unquoted(setting[2])
            if key in _KEYS and value:
                values[key] = value
        elif key == "sources" and (item := _ITEM.match(line)):
            sources.append(_unquoted(item[1]))
    return values, sources


def _unquoted(text: str) -> str:
    return text.strip("\"'")
