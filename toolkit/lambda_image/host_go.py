"""How go is configured on this machine, as far as a build needs: proxies, checksums, private modules."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Mapping
from pathlib import Path

# What means the same inside a build.
_KEYS = ("GOPROXY", "GOPRIVATE", "GONOPROXY", "GONOSUMDB", "GOSUMDB", "GOINSECURE")
# Of a list of them, with commas or bars between.
_PROXY = re.compile(r"[^,|]+")


def configuration(environ: Mapping[str, str] | None = None, mirrored: Callable[[str], str] = str) -> str:
    """A file for GOENV inside of a build: the environment wins over what `go env -w` wrote; with mirrors."""
    environ = os.environ if environ is None else environ
    values = _written(environ) | {key: environ[key] for key in _KEYS if environ.get(key)}
    if "GOPROXY" in values:
        values["GOPROXY"] = _PROXY.sub(lambda found: mirrored(found[0]), values["GOPROXY"])
    return "".join(f"{key}={value}\n" for key, value in sorted(values.items()) if key in _KEYS)


def _written(environ: Mapping[str, str]) -> dict[str, str]:
    named = environ.get("GOENV")
    if named == "off":
        return {}
    home = Path(environ.get("HOME") or "~").expanduser()
    path = Path(named) if named else Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "go" / "env"
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}  # go itself says so better
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.lstrip().startswith("#"))
    return {key.strip(): value.strip() for key, value in pairs}
