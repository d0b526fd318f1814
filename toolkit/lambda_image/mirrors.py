"""Where files come from instead of their own hosts: `[mirrors]` of lambda-image.toml, prefix → prefix. No I/O.

What a mirror gives is checked like everything else: by the checksum that the catalog has of it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

_PREFIX = re.compile(r"^https?://[\w.-]+(:\d+)?(/[\w.+%~-]+)*/?$")
_TARGET = re.compile(r"^https://[\w.-]+(:\d+)?(/[\w.+%~-]+)*/?$")
_FOLDER = re.compile(r"^file:///[^\s?#]*$")


def checked_prefix(text: object) -> str:
    """What a mirror stands for: the beginning of addresses, ended by a slash."""
    if not isinstance(text, str) or not _PREFIX.match(text):
        raise ValueError(
            "a mirror stands for addresses that begin with https://HOST/ or http://HOST/, such as "
            f"{_suggested(str(text))!r}"
        )
    return _ended(text)


def checked_target(text: object) -> str:
    """Where it has them: another beginning, or a folder."""
    text = str(text)
    if text.startswith("http://"):
        raise ValueError("a mirror is reached by https:// or is a folder, file:///FOLDER")
    if "@" in text:
        raise ValueError("a mirror is named without user and password: https://HOST/…")
    if text.startswith("file:") and not _FOLDER.match(text):
        raise ValueError("a folder is named from the root: file:///FOLDER")
    if not (_TARGET.match(text) or _FOLDER.match(text)):
        raise ValueError("a mirror is https://HOST/… or file:///FOLDER")
    return _ended(text)


def _ended(text: str) -> str:
    return text if text.endswith("/") else f"{text}/"


def _suggested(text: str) -> str:
    """The nearest that may stand there."""
    host = re.sub(r"^\w*:?/*", "", text) if ":" in text else text
    host = re.sub(r"[^\w./-]", "", host).strip("/")
    return f"https://{host or 'nodejs.org'}/"


@dataclass(frozen=True)
class Mirrors:
    """All of them."""

    rules: Mapping[str, str] = field(default_factory=dict)

    def __bool__(self) -> bool:
        return bool(self.rules)

    def prefix_of(self, url: str) -> str:
        """The longest prefix that a mirror has of it; empty where none has."""
        return max((prefix for prefix in self.rules if url.startswith(prefix)), key=len, default="")

    def of(self, url: str) -> str:
        """The address in its mirror; empty where no mirror has it."""
        prefix = self.prefix_of(url)
        return self.rules[prefix] + url.removeprefix(prefix) if prefix else ""

    def passed_on(self, url: str) -> str:
        """An address that something else will go to: its mirror's, where that is on the web; else its own."""
        inside = url if url.endswith("/") else f"{url}/"
        instead = self.of(inside)
        if not instead.startswith("https://"):
            return url
        return instead if url.endswith("/") else instead.removesuffix("/")
