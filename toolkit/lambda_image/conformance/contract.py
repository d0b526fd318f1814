"""The handler contract: named handlers with exact events and results, and how one language provides them.

`handlers.toml` beside this module is the contract. A language's folder of handlers has a `conformance.toml`
that says how a name becomes a handler string, which capabilities the language has, which handlers it lacks, and
what else the suite must know of the language (`language.py`).
"""

from __future__ import annotations

import hashlib
import tomllib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeGuard

from lambda_image import resources
from lambda_image.conformance import language
from lambda_image.conformance.language import Language
from lambda_image.errors import ConfigurationError
from lambda_image.nearest import nearest

FILE_NAME = "conformance.toml"

# What a language may have; a requirement that needs another word is a mistake in the data.
CAPABILITIES = frozenset(
    {
        "lookup",  # the runtime finds the handler by name; a linked program has it inside
        "source-handlers",  # handlers are source files, so a file can fail to parse
        "async",  # the language has asynchronous handlers
        "errors",  # a handler can fail by an exception with a type of its own
        "loose-json",  # a handler can return a value that JSON has no form for
        "undefined-result",  # a handler can return nothing at all
        "stack",  # errors carry a stack trace that names files
        "signal-hook",  # code of the function can react to SIGTERM
        "logger",  # the language has a standard logger that the client configures
        "hooks",  # SnapStart hooks can be registered
        "process-workers",  # concurrent invocations are handled by processes
        "module-systems",  # the language has two module systems
        "interpreter",  # an interpreter or virtual machine runs the function; a linked program is run as it is
        "layers",  # modules are searched on /opt
        "layers-python",
        "layers-nodejs",
        "layers-java",
        "layers-ruby",
        "provided",  # the function brings its own bootstrap
    }
)


@dataclass(frozen=True, kw_only=True)
class Handlers:
    """One language's implementation of the contract.

    `files` is what goes onto /var/task (path → bytes), or None where the image carries them itself. Where the language
    compiles them, `build` is the command that does, and `builder` the image that it runs in (`compiling.py`);
    `build_echo` compiles a program that has nothing but `echo` in it, to be measured.
    """

    language: str
    pattern: str
    names: Mapping[str, str] = field(default_factory=dict)
    capabilities: frozenset[str] = frozenset()
    lacks: frozenset[str] = frozenset()
    files: Mapping[str, bytes] | None = None
    origin: str = ""
    why_lacking: str = ""
    # Why these are taken to be the right ones, where nothing says so.
    guessed: str = ""
    facts: Language = field(default_factory=Language)
    # Those that use a program linked to the C library of the image that compiled them; and why they cannot, if so.
    native: frozenset[str] = frozenset()
    why_not_native: str = ""
    build: tuple[str, ...] = ()
    build_echo: tuple[str, ...] = ()
    builder: str = ""
    builder_id: str = ""
    client: str = ""

    def handler(self, name: str) -> str:
        """The handler string of a name of the contract, e.g. `handlers.log_exception` for `log-exception`."""
        return self.names.get(name) or self.pattern.format(name=name.replace("-", "_"))

    def lacking(self, names: Iterable[str]) -> str:
        """Why a case that uses these handlers cannot be judged, or an empty string where it can."""
        names = set(names)
        if self.why_not_native and names & self.native:
            return self.why_not_native
        lacking = sorted(names & self.lacks)
        if not lacking:
            return ""
        return self.why_lacking or f"the handlers of {self.language} lack {', '.join(lacking)}"

    @property
    def digest(self) -> str:
        """SHA-256 over all that /var/task depends on, so that a volume is filled once per content."""
        if not self.builder:
            return self.source_digest
        parts = [self.source_digest, *self.build, self.builder_id, self.client]
        return hashlib.sha256("\0".join(parts).encode()).hexdigest()

    @property
    def source_digest(self) -> str:
        """SHA-256 over the files."""
        digest = hashlib.sha256()
        for path, content in sorted((self.files or {}).items()):
            digest.update(f"{path}\0{len(content)}\0".encode() + content)
        return digest.hexdigest()


def contract_names() -> frozenset[str]:
    """All names of the contract."""
    return frozenset(tomllib.loads(resources.HANDLER_CONTRACT.read_text(encoding="utf-8"))["handler"])


def unknown(why: str) -> Handlers:
    """No handlers at all: the image is started as it is, and only what needs no handler is judged."""
    return Handlers(
        language="unknown",
        pattern="{name}",
        capabilities=CAPABILITIES,
        lacks=contract_names(),
        why_lacking=why,
    )


_TYPES: Mapping[str, tuple[type, str]] = {
    "language": (str, "a text"),
    "handler": (str, "a text"),
    "names": (dict, "a table"),
    "capabilities": (list, "a list"),
    "lacks": (list, "a list"),
    "native": (list, "a list"),
    "build": (dict, "a table"),
}


def parse(text: str, *, origin: str, files: Mapping[str, bytes] | None) -> Handlers:
    """The handlers that a `conformance.toml` describes; unknown keys, names and capabilities are errors."""
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{origin}: not TOML: {error}") from None
    keys = {"language", "handler", "names", "capabilities", "lacks", "native", "build", *language.KEYS}
    for key in values.keys() - keys:
        raise ConfigurationError(f"{origin}: unknown key {key!r}", hint=f"did you mean {nearest(key, keys)}?")
    for key in {"language", "handler"} - values.keys():
        raise ConfigurationError(f"{origin}: {key!r} is missing", hint='for example: handler = "handlers.{name}"')
    _check_types(values, origin)
    _only(values.get("capabilities", []), CAPABILITIES, f"{origin}: unknown capability")
    build = _commands(values.get("build"), origin)
    handlers = [*values.get("lacks", []), *values.get("native", []), *values.get("names", {})]
    _only(handlers, contract_names(), f"{origin}: unknown handler")
    return Handlers(
        language=values["language"],
        pattern=values["handler"],
        names=values.get("names", {}),
        capabilities=frozenset(values.get("capabilities", [])),
        lacks=frozenset(values.get("lacks", [])),
        native=frozenset(values.get("native", [])),
        files=files,
        origin=origin,
        facts=language.parse(values, origin),
        build=build.get("command", ()),
        build_echo=build.get("echo", ()),
    )


def _commands(build: Mapping[str, object] | None, origin: str) -> Mapping[str, tuple[str, ...]]:
    """`command`, which there has to be, and `echo`, which there may be."""
    if build is None:
        return {}
    commands = {key: tuple(words) for key, words in build.items() if _is_command(words)}
    if commands.keys() != build.keys() or not {"command"} <= build.keys() <= {"command", "echo"}:
        raise ConfigurationError(
            f"{origin}: [build] is {build!r}, not a table with a command (and another one for an echo alone)",
            hint='for example: command = ["/bin/sh", "build.sh", "{target}"]',
        )
    return commands


def _is_command(words: object) -> TypeGuard[list[str]]:
    return isinstance(words, list) and all(isinstance(word, str) for word in words)


def _check_types(values: Mapping[str, object], origin: str) -> None:
    for key, (kind, words) in _TYPES.items():
        if key in values and not isinstance(values[key], kind):
            raise ConfigurationError(f"{origin}: {key!r} is {values[key]!r}, not {words}")
    names = values.get("names", {})
    for name, handler in names.items() if isinstance(names, dict) else ():
        if not isinstance(handler, str):
            raise ConfigurationError(f"{origin}: the handler of {name!r} is {handler!r}, not a text")
    try:
        str(values["handler"]).format(name="echo")
    except (KeyError, IndexError, ValueError):
        raise ConfigurationError(
            f"{origin}: 'handler' is {values['handler']!r}, in which more than {{name}} stands in braces",
            hint='for example: handler = "handlers.{name}"; {{ and }} are braces',
        ) from None


def _only(words: list[str], valid: frozenset[str], message: str) -> None:
    for word in words:
        if word not in valid:
            raise ConfigurationError(f"{message} {word!r}", hint=f"did you mean {nearest(word, valid)}?")


def load(folder: Path) -> Handlers:
    """The handlers of a folder, all its files read into memory.

    Raises `ConfigurationError` where the folder or its `conformance.toml` is missing or wrong.
    """
    description = folder / FILE_NAME
    if not description.is_file():
        raise ConfigurationError(
            f"{folder} has no {FILE_NAME}, so it is no folder of handlers",
            hint="docs/judge-your-image.md shows one; the project's own are in base-images/languages/*/handlers",
        )
    files = {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and "__pycache__" not in path.parts
    }
    return parse(description.read_text(encoding="utf-8", errors="replace"), origin=str(description), files=files)


def of_language(language: str, roots: Sequence[Path] = (resources.BASE_IMAGES,)) -> Handlers | None:
    """The handlers of a language in the last catalog root that has them; None where none has."""
    folders = (root / "languages" / language / "handlers" for root in reversed(roots))
    return next((load(folder) for folder in folders if (folder / FILE_NAME).is_file()), None)
