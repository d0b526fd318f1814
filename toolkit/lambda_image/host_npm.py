"""How npm is configured on this machine, as far as a build needs: registries, tokens, proxies. As npm reads it."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

# What means the same inside a build; `@scope:registry` and `//host/:_authToken` and the like do, too.
_KEYS = ("registry", "strict-ssl", "proxy", "https-proxy", "noproxy")
_PREFIX = "npm_config_"
_VARIABLE = re.compile(r"\$\{([^}]+)\}")


def configuration(
    cert: str | None, environ: Mapping[str, str] | None = None, mirrored: Callable[[str], str] = str
) -> str:
    """An npmrc for the inside of a build, with the certificate bundle at its place there, and registries' mirrors."""
    environ = os.environ if environ is None else environ
    values: dict[str, str] = {}
    for path in _files(environ):
        values |= _read(path, environ)
    values |= _from_environment(environ)
    values = {key: value for key, value in values.items() if key in _KEYS or key.startswith(("@", "//"))}
    values = {key: mirrored(value) if key.endswith("registry") else value for key, value in values.items()}
    if cert:
        values["cafile"] = cert
    fixed = {"audit": "false", "fund": "false", "update-notifier": "false"}
    return "".join(f"{key}={value}\n" for key, value in sorted((values | fixed).items()) if value)


def _from_environment(environ: Mapping[str, str]) -> dict[str, str]:
    named = {key[len(_PREFIX) :]: value for key, value in environ.items() if key.lower().startswith(_PREFIX)}
    return {key if key.startswith("//") else key.lower().replace("_", "-"): value for key, value in named.items()}


def _files(environ: Mapping[str, str]) -> Iterator[Path]:
    """The machine's, then the user's: a later one wins. Where the environment names a file, that one counts."""
    settings = _from_environment(environ)
    home = Path(environ.get("HOME") or "~").expanduser()
    yield from [Path(settings["globalconfig"])] if "globalconfig" in settings else map(Path, _GLOBAL)
    yield Path(settings.get("userconfig") or home / ".npmrc")


_GLOBAL = ("/usr/etc/npmrc", "/usr/local/etc/npmrc", "/etc/npmrc")


def _read(path: Path, environ: Mapping[str, str]) -> dict[str, str]:
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}  # npm itself says so better
    pairs = (line.split("=", 1) for line in lines if "=" in line and not line.lstrip().startswith(("#", ";")))
    return {
        key.strip(): _VARIABLE.sub(lambda found: environ.get(found[1], found[0]), value.strip().strip("\"'"))
        for key, value in pairs
    }
