"""The lock's file: a fact a line, words apart by single blanks, sorted; read and written without loss.

A line is a kind, the words that name the fact, and the words that it says. What images share stands there once: a
package's version for a distribution, what installing a set of packages brings along, a client's files.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType

from lambda_image.errors import ConfigurationError
from lambda_image.nearest import nearest

FILE = "lambda-image.lock"
FORMAT = 1
_BEGINNING = "# lambda-image.lock, format "
_HEADER = f"{_BEGINNING}{FORMAT}: what images are made of. `lambda-image lock` writes it; review it like code."

# How many words name a fact of each kind.
KINDS: Mapping[str, tuple[str, ...]] = {
    "archive": ("language", "version", "architecture", "name"),
    "client": ("language", "version", "architecture", "client", "package"),
    "created": (),
    "emulator": ("architecture", "name"),
    "image": ("language", "version", "distro", "variant", "client", "architecture", "source"),
    "install": ("distro", "architecture", "packages"),
    "manager": ("language", "version", "architecture", "package"),
    "package": ("distro", "architecture", "package"),
    "root": ("distro", "architecture"),
    "virtual": ("distro", "architecture", "name"),
}
# What stands in commands of a Dockerfile is of the letters that packages and versions have, and no others.
_PACKAGE, _VERSION = r"[A-Za-z0-9][A-Za-z0-9+._-]*", r"[A-Za-z0-9][A-Za-z0-9+.:~^_-]*"
_SAID: Mapping[str, tuple[re.Pattern[str], str]] = {
    "created": (re.compile(r"[0-9]+"), "SECONDS"),
    "image": (re.compile(r"sha256:[0-9a-f]+"), "DIGEST"),
    "install": (re.compile(rf"(\^?{_PACKAGE}( \^?{_PACKAGE})*)?"), "PACKAGE …"),
    "package": (re.compile(_VERSION), "VERSION"),
    "root": (re.compile(r"(image|made) [^ ]+ sha256:[0-9a-f]+( [^ ]+)*"), "image|made REFERENCE DIGEST …"),
    "virtual": (re.compile(_PACKAGE), "PACKAGE"),
}


@dataclass(frozen=True, order=True)
class Entry:
    """One fact: what it is of, and what it says."""

    kind: str
    key: tuple[str, ...]
    value: tuple[str, ...]

    @property
    def name(self) -> str:
        """What names it."""
        return " ".join((self.kind, *self.key))

    @property
    def said(self) -> str:
        """What it says."""
        return " ".join(self.value)

    def __str__(self) -> str:
        return " ".join((self.kind, *self.key, *self.value))


Key = tuple[str, tuple[str, ...]]


@dataclass(frozen=True)
class Lock:
    """All facts, by kind and key."""

    entries: Mapping[Key, Entry] = field(default_factory=dict)

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> Lock:
        """The facts as a lock; of two of the same name the last counts."""
        return cls(MappingProxyType({(one.kind, one.key): one for one in entries}))

    def __iter__(self) -> Iterator[Entry]:
        return iter(sorted(self.entries.values()))

    def __contains__(self, entry: object) -> bool:
        return isinstance(entry, Entry) and self.entries.get((entry.kind, entry.key)) == entry

    def __bool__(self) -> bool:
        return bool(self.entries)

    def find(self, kind: str, *key: str) -> Entry | None:
        """The fact of that name."""
        return self.entries.get((kind, key))

    def of_kind(self, kind: str) -> Iterator[Entry]:
        """Those of a kind, sorted."""
        return (entry for entry in self if entry.kind == kind)

    @property
    def created(self) -> int | None:
        """The time that images get, in seconds since 1970."""
        entry = self.find("created")
        return int(entry.value[0]) if entry else None


def text(lock: Lock) -> str:
    """The file."""
    return "".join(f"{line}\n" for line in (_HEADER, *map(str, lock)))


def parse(content: str, origin: str = FILE) -> Lock:
    """The facts of a file; anything that `text` would not have written is an error that names its line."""
    first, *lines = content.split("\n")
    if first != _HEADER:
        raise _unlike(first, origin)
    entries: dict[Key, Entry] = {}
    for number, line in enumerate(lines, 2):
        if line == "" and number == len(lines) + 1:
            continue
        entry = _entry(line, f"{origin}, line {number}")
        if (entry.kind, entry.key) in entries:
            raise ConfigurationError(f"{origin}, line {number}: {entry.name!r} is there twice", hint=_AGAIN)
        entries[entry.kind, entry.key] = entry
    return Lock(MappingProxyType(entries))


_AGAIN = "take the file as it was committed, or remove the line and run `lambda-image lock`"


def _unlike(first: str, origin: str) -> ConfigurationError:
    number = first.removeprefix(_BEGINNING).split(":")[0]
    if first.startswith(_BEGINNING) and number.isdecimal() and int(number) != FORMAT:
        return ConfigurationError(
            f"{origin} has format {number}, this program reads {FORMAT}",
            hint="take the version of lambda-image that wrote it, or remove the file and run `lambda-image lock`",
        )
    return ConfigurationError(f"{origin} is no lock: its first line is not that of one", hint=_AGAIN)


def _entry(line: str, where: str) -> Entry:
    kind, *words = line.split(" ")
    if kind not in KINDS:
        raise ConfigurationError(f"{where}: {kind!r} is no kind of fact", hint=f"nearest: {nearest(kind, KINDS)}")
    count = len(KINDS[kind])
    entry = Entry(kind, tuple(words[:count]), tuple(words[count:]))
    said, shape = _SAID.get(kind, (re.compile(r".+"), "…"))
    if "" in words or len(words) < count or not said.fullmatch(entry.said) or not _is_named_well(entry):
        named = " ".join((kind, *map(str.upper, KINDS[kind]), shape))
        raise ConfigurationError(f"{where}: a line of this kind is `{named}`, not {line!r}", hint=_AGAIN)
    return entry


def _is_named_well(entry: Entry) -> bool:
    return entry.kind != "package" or re.fullmatch(_PACKAGE, entry.key[-1]) is not None


def read(path: Path) -> Lock | None:
    """The lock of a file; None where there is no such file."""
    try:
        return parse(path.read_text(encoding="utf-8"), str(path))
    except FileNotFoundError:
        return None
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"{path} is no lock: {error}", hint=_AGAIN) from error
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from error


def write(lock: Lock, path: Path) -> None:
    """Whole or not at all."""
    try:
        with tempfile.NamedTemporaryFile(
            "w", encoding="utf-8", newline="\n", dir=path.parent, prefix=f".{path.name}.", delete=False
        ) as file:
            file.write(text(lock))
        written = Path(file.name)
        written.chmod(0o644)
        written.replace(path)
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be written: {error.strerror}") from error
