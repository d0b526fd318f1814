"""What the suite must know of a language and cannot know itself: the further keys of a `conformance.toml`.

All are optional; a case that needs one that is missing says so and is not judged. In texts `{name}`, `{origin}`
and `{version}` stand for what the suite puts in; `{version}` is what the handler `version` answers.

    forms = ["folder/module.handler"]      # handler strings that AWS's client takes, each of an echo     HND-002
    module_systems = ["a.handler", …]      # an echo in each module system                                HND-005
    interpreter_flag = "-B"                # an interpreter's argument that changes nothing here          WRAP-002
    runtime_modules = ["x"]                # modules that the client ships too, and does not load itself   HND-003
    [logger]                               # the standard logger's own words                              LOG
    levels = { warn = "WARNING" }
    request_id = "requestId"
    tenant_id = "tenantId"
    [[hooks]]                              # variables that the language itself heeds                     ENV-008
    variable = "X_OPTIONS"                 # so set, CONFORMANCE_HOOK=X_OPTIONS comes into the environment
    value = "--load=/var/task/hook"
    [module]                               # a module whose ORIGIN is {origin}                            LAYER
    file = "{name}.x"
    content = "ORIGIN = '{origin}'"        # or: source = "layers/{name}-{origin}.jar", a file of the handlers or of
                                           # what they are compiled to. Compiled handlers bring conformance_beside and
                                           # runtime_modules, each with the ORIGIN function, beside the function itself
    [[layers]]                             # folders of /opt that are searched, the first found first
    folder = "x/{version}/modules"
    through = { "x/more.txt" = "/opt/more" }   # files that make the folder one that is searched
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields

from lambda_image.errors import ConfigurationError
from lambda_image.nearest import nearest

# Lambda's own names of levels, from the least (G-LOGL).
LEVELS = ("trace", "debug", "info", "warn", "error", "fatal")


@dataclass(frozen=True, kw_only=True)
class Logger:
    """How the language's standard logger names levels, and the members of a JSON record."""

    levels: Mapping[str, str] = field(default_factory=dict)
    request_id: str = "requestId"
    tenant_id: str = "tenantId"

    def names(self, level: str) -> frozenset[str]:
        """What a record of that level may call it, in upper case."""
        return frozenset({level.upper(), self.levels.get(level, level).upper()})


@dataclass(frozen=True, kw_only=True)
class Hook:
    """A variable that the language heeds; so set, CONFORMANCE_HOOK holds the variable's name."""

    variable: str
    value: str


@dataclass(frozen=True, kw_only=True)
class Module:
    """How a module is written that says where it comes from."""

    file: str
    content: str = ""
    source: str = ""


@dataclass(frozen=True, kw_only=True)
class Place:
    """A folder below /opt in which the language finds modules."""

    folder: str
    through: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Language:
    """All of it."""

    forms: tuple[str, ...] = ()
    module_systems: tuple[str, ...] = ()
    interpreter_flag: str = ""
    runtime_modules: tuple[str, ...] = ()
    logger: Logger = field(default_factory=Logger)
    hooks: tuple[Hook, ...] = ()
    module: Module | None = None
    layers: tuple[Place, ...] = ()


KEYS = frozenset(one.name for one in fields(Language))
_PARTS: Mapping[str, type[Logger | Module]] = {"logger": Logger, "module": Module}
_LISTS: Mapping[str, type[Hook | Place]] = {"hooks": Hook, "layers": Place}


def parse(values: Mapping[str, object], origin: str) -> Language:
    """The language's own keys; unknown ones and wrong types are errors."""
    found: dict[str, object] = {}
    for key in KEYS & values.keys():
        value = values[key]
        where = f"{origin}: {key}"
        if key in _PARTS:
            found[key] = _part(_PARTS[key], value, where)
        elif key in _LISTS:
            found[key] = tuple(_part(_LISTS[key], one, where) for one in _list(value, where))
        elif key in ("forms", "module_systems", "runtime_modules"):
            found[key] = tuple(_text(one, where) for one in _list(value, where))
        else:
            found[key] = _text(value, where)
    return Language(**found)  # type: ignore[arg-type]


def _part(kind: type[Logger | Module | Hook | Place], value: object, where: str) -> object:
    if not isinstance(value, dict):
        raise ConfigurationError(f"{where} is {value!r}, not a table")
    known = {one.name for one in fields(kind)}
    for key in value.keys() - known:
        raise ConfigurationError(f"{where}: unknown key {key!r}", hint=f"did you mean {nearest(key, known)}?")
    for key, one in value.items():
        texts = one.values() if key in ("levels", "through") and isinstance(one, dict) else [one]
        for text in texts:
            _text(text, f"{where}.{key}")
    try:
        return kind(**value)
    except TypeError as error:
        raise ConfigurationError(f"{where}: {error}") from None


def _list(value: object, where: str) -> list[object]:
    if not isinstance(value, list):
        raise ConfigurationError(f"{where} is {value!r}, not a list")
    return value


def _text(value: object, where: str) -> str:
    if not isinstance(value, str):
        raise ConfigurationError(f"{where} is {value!r}, not a text")
    return value


def filled(text: str, **values: str) -> str:
    """The text with `{name}` and the like put in; other braces stay, since the text may be code."""
    for name, value in values.items():
        text = text.replace("{" + name + "}", value)
    return text
