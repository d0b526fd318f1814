"""How pip is configured on this machine, as far as a build needs: index, trust, proxy. As pip reads it."""

from __future__ import annotations

import configparser
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

_SECTIONS = ("global", "install", "download", ":env:")


@dataclass(frozen=True, kw_only=True)
class PipConfiguration:
    """What is set; paths of this machine other than the certificate bundle mean nothing in a build."""

    index_url: str | None = None
    extra_index_url: str | None = None
    trusted_host: str | None = None
    proxy: str | None = None
    cert: str | None = None

    def mirrored(self, address: Callable[[str], str]) -> PipConfiguration:
        """The same with the indexes' mirrors."""
        one = address(self.index_url) if self.index_url else None
        more = " ".join(map(address, self.extra_index_url.split())) if self.extra_index_url else None
        return replace(self, index_url=one, extra_index_url=more)

    def for_build(self, cert: str | None) -> str:
        """A pip.conf for the inside of a build, with the certificate bundle at its place there."""
        values = {
            "index-url": self.index_url,
            "extra-index-url": self.extra_index_url,
            "trusted-host": self.trusted_host,
            "proxy": self.proxy,
            "cert": cert,
            "timeout": "60",
            "disable-pip-version-check": "true",
        }
        lines = [f"{key} = {' '.join(value.split())}" for key, value in values.items() if value]
        return "\n".join(["[global]", *lines, ""])


def configuration(environ: Mapping[str, str] | None = None) -> PipConfiguration:
    """The environment wins over files, a later file over an earlier, a command's section over `global`."""
    environ = os.environ if environ is None else environ
    values: dict[str, str] = {}
    for path in _files(environ):
        values |= _read(path)
    values |= {key[4:].lower().replace("_", "-"): value for key, value in environ.items() if key.startswith("PIP_")}
    return PipConfiguration(
        index_url=values.get("index-url"),
        extra_index_url=values.get("extra-index-url"),
        trusted_host=values.get("trusted-host"),
        proxy=values.get("proxy"),
        cert=values.get("cert"),
    )


def _files(environ: Mapping[str, str]) -> Iterator[Path]:
    named = environ.get("PIP_CONFIG_FILE")
    if named == os.devnull:
        return
    home = Path(environ.get("HOME") or "~").expanduser()
    config_folders = (environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(":")
    yield from (Path(folder) / "pip" / "pip.conf" for folder in config_folders)
    yield Path("/etc/pip.conf")
    if sys.platform == "darwin":
        yield Path("/Library/Application Support/pip/pip.conf")
        yield home / "Library/Application Support/pip/pip.conf"
    yield home / ".pip" / "pip.conf"
    yield Path(environ.get("XDG_CONFIG_HOME") or home / ".config") / "pip" / "pip.conf"
    yield Path(sys.prefix) / "pip.conf"
    if named:
        yield Path(named)


def _read(path: Path) -> dict[str, str]:
    parser = configparser.RawConfigParser()
    try:
        parser.read(path, encoding="utf-8")
    except (configparser.Error, UnicodeDecodeError):
        return {}  # pip itself says so better
    values: dict[str, str] = {}
    for section in _SECTIONS:
        if parser.has_section(section):
            values |= {key.replace("_", "-"): value for key, value in parser.items(section)}
    return values
