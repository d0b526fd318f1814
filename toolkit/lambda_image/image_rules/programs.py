"""Rules about what is started: the entrypoint, scripts and their interpreters, machine code, and who may read it."""

from __future__ import annotations

import struct
from collections.abc import Iterator

from lambda_image.architectures import ELF_MACHINES
from lambda_image.image_rules.model import Config, File, Files, View, text

_ARCHITECTURES = {machine: name for name, machine in ELF_MACHINES.items()}
FOLDERS = ("/var/task", "/var/runtime", "/var/lang", "/opt")
BOOTSTRAP = "/var/runtime/bootstrap"
LANGUAGE_PROGRAMS = tuple(f"/var/lang/bin/{name}" for name in ("python3", "node", "java", "ruby", "dotnet", "go"))
_LINE = 256  # of a script's first line the kernel looks at
_PT_INTERP = 3


def _entrypoint(config: Config) -> tuple[str, tuple[str, ...]]:
    """The setting that says what is started, and its words."""
    words = config.words("Entrypoint")
    return ("ENTRYPOINT", words) if words else ("CMD", config.words("Cmd"))


def _is_shell(words: tuple[str, ...]) -> bool:
    return words[:2] == ("/bin/sh", "-c")


def _program(view: View) -> str:
    """The entrypoint's path where it can be looked up, else ""."""
    if view.config is None or not view.knows_files:
        return ""
    words = _entrypoint(view.config)[1]
    return words[0] if words and words[0].startswith("/") and not _is_shell(words) else ""


def _found(view: View) -> File | None:
    path = _program(view)
    return view.files.lookup(path) if path else None


def missing(view: View) -> Iterator[str]:
    """Neither setting."""
    if view.config and not view.config.problem and not _entrypoint(view.config)[1]:
        yield "neither ENTRYPOINT nor CMD"


def form(view: View) -> Iterator[str]:
    """The shell form, or a JSON string where a list has to be."""
    if view.config is None:
        return
    name, words = _entrypoint(view.config)
    if _is_shell(words):
        yield f"{name} is in shell form: {list(words)}"
    for setting in ("Entrypoint", "Cmd"):
        value = view.config.settings.get(setting)
        if value is not None and not (isinstance(value, list) and all(isinstance(word, str) for word in value)):
            yield f"{setting} is no array of words: {value!r:.200}"


def relative(view: View) -> Iterator[str]:
    """Of ENTRYPOINT, else of CMD."""
    if view.config:
        name, words = _entrypoint(view.config)
        if words and not words[0].startswith("/"):
            yield f"{name} is {list(words)}"


def absent(view: View) -> Iterator[str]:
    """No such file."""
    path = _program(view)
    if path and view.files.lookup(path) is None:
        yield f"there is no {path}"


def link(view: View) -> Iterator[str]:
    """The last part of the path."""
    found = _found(view)
    if found and found.kind == "link":
        yield f"{found.path} is a symbolic link to {found.link_target}"


def kind(view: View) -> Iterator[str]:
    """A directory, a device …"""
    found = _found(view)
    if found and found.kind not in ("file", "link"):
        yield f"{found.path} is a {found.kind}"


def mode(view: View) -> Iterator[str]:
    """For everybody: Lambda's user is nobody's owner."""
    found = _found(view)
    if found and found.kind == "file" and found.mode & 0o111 != 0o111:
        yield f"{found.path} has mode {found.mode:04o}"


def through_link(view: View) -> Iterator[str]:
    """The folders above the entrypoint."""
    path = _program(view)
    parts = path.split("/")[1:-1]
    for count in range(1, len(parts) + 1):
        folder = "/" + "/".join(parts[:count])
        found = view.files.lookup(folder)
        if found and found.kind == "link":
            yield f"{path}: {folder} is a symbolic link to {found.link_target}"


def cmd_form(view: View) -> Iterator[str]:
    """Where CMD is the entrypoint's arguments; the corrected text beside it."""
    if view.config is None or not view.config.words("Entrypoint"):
        return
    words = view.config.words("Cmd")
    if _is_shell(words):
        meant = " ".join(words[2:]).strip("[] ").replace("'", "").replace('"', "")
        yield f'CMD is {list(words)}; meant is perhaps CMD ["{meant}"]'


def _starts(view: View) -> Iterator[str]:
    """What Lambda or the entrypoint starts, once each."""
    found: dict[str, None] = {}
    if view.config:
        for words in (view.config.words("Entrypoint"), view.config.words("Cmd")):
            found |= {word: None for word in words[:1] if word.startswith("/")}
    yield from (found | {BOOTSTRAP: None}) if view.knows_files else ()


def _first_line(head: bytes) -> bytes | None:
    """Of a script, without `#!`; None for anything else."""
    return head[2:_LINE].split(b"\n", 1)[0] if head.startswith(b"#!") else None


def _interpreter(head: bytes) -> str:
    line = _first_line(head)
    words = line.decode("utf-8", "replace").split() if line is not None else []
    return words[0] if words else ""


def _chain(files: Files, start: str) -> Iterator[tuple[str, bytes]]:
    """A program's path and head, then those of the interpreter its first line names, and so on as Linux does."""
    path = start
    for _ in range(5):
        if files.lookup(path) is None:
            return
        head = files.head(path)
        yield path, head
        path = _interpreter(head)
        if not path:
            return


def line_ends(view: View) -> Iterator[str]:
    """A carriage return becomes a part of the interpreter's name."""
    for start in _starts(view):
        for path, head in _chain(view.files, start):
            if (line := _first_line(head)) is not None and line.endswith(b"\r"):
                yield f"{path}: the first line ends with CR LF"


def interpreter(view: View) -> Iterator[str]:
    """Missing, relative, or not executable."""
    for start in _starts(view):
        for path, head in _chain(view.files, start):
            if (line := _first_line(head)) is None or line.endswith(b"\r"):
                continue
            name = _interpreter(head)
            if not name.startswith("/"):
                yield f"{path}: its first line names {name or 'no interpreter'}"
            elif (problem := _not_executable(view.files, name)) is not None:
                yield f"{path}: {name} {problem}"


def _not_executable(files: Files, path: str) -> str | None:
    found = _resolved(files, path)
    if found is None:
        return "does not exist"
    return (
        None if found.kind == "file" and found.mode & 0o111 == 0o111 else f"is a {found.kind} of mode {found.mode:04o}"
    )


def _resolved(files: Files, path: str) -> File | None:
    """Links in the last part followed too."""
    for _ in range(40):
        found = files.lookup(path)
        if found is None or found.kind != "link":
            return found
        above = path.rpartition("/")[0]
        path = found.link_target if found.link_target.startswith("/") else f"{above}/{found.link_target}"
    return None


def _elf(head: bytes) -> tuple[str, int, int] | None:
    """Byte order, class (1 or 2) and machine of an ELF file."""
    if head[:4] != b"\x7fELF" or len(head) < 20:
        return None
    order = "<" if head[5] == 1 else ">"
    (machine,) = struct.unpack_from(order + "H", head, 18)
    return order, head[4], machine


def _machine(head: bytes) -> str | None:
    """The architecture of an ELF file by the config's name for it; None where it is no ELF file."""
    found = _elf(head)
    if found is None:
        return None
    _, bits, machine = found
    name = _ARCHITECTURES.get(machine, f"machine {machine}")
    return name if bits == 2 else f"{name}, 32 bit"


def _loader(head: bytes) -> str:
    """What PT_INTERP names, where the start of the file holds it."""
    found = _elf(head)
    if found is None or found[1] != 2 or len(head) < 64:
        return ""
    order = found[0]
    (offset,) = struct.unpack_from(order + "Q", head, 32)
    size, count = struct.unpack_from(order + "HH", head, 54)
    for number in range(min(count, 64)):
        start = offset + number * size
        if start + 56 > len(head):
            return ""
        (kind_,) = struct.unpack_from(order + "I", head, start)
        if kind_ == _PT_INTERP:
            (where,) = struct.unpack_from(order + "Q", head, start + 8)
            (length,) = struct.unpack_from(order + "Q", head, start + 32)
            if where + length <= len(head):
                return head[where : where + length].split(b"\0", 1)[0].decode("utf-8", "replace")
    return ""


def loader(view: View) -> Iterator[str]:
    """A musl program in a glibc image, or the other way round, is `not found` though it is there."""
    told: set[str] = set()
    for start in (*_starts(view), *(LANGUAGE_PROGRAMS if view.knows_files else ())):
        for path, head in _chain(view.files, start):
            name = _loader(head)
            if name and path not in told and _resolved(view.files, name) is None:
                told.add(path)
                yield f"{path}: {name} does not exist"


def architecture(view: View) -> Iterator[str]:
    """The entrypoint, the bootstrap, their interpreters, and the language's programs."""
    if view.config is None or not view.knows_files:
        return
    stated = text(view.config.document.get("architecture"))
    if not stated:  # a rule of its own
        return
    told: set[str] = set()
    for start in (*_starts(view), *LANGUAGE_PROGRAMS):
        for path, head in _chain(view.files, start):
            machine = _machine(head)
            if machine not in (None, stated) and path not in told:
                told.add(path)
                yield f"{path} is for {machine}, the config says {stated}"


def libraries(view: View) -> Iterator[str]:
    """Machine code that a function would load."""
    if view.config is None:
        return
    stated = text(view.config.document.get("architecture"))
    if not stated:
        return
    for folder in FOLDERS:
        for found in view.files.below(folder):
            name = found.path.rpartition("/")[2]
            if found.kind == "file" and (name.endswith((".so", ".node")) or ".so." in name):
                machine = _machine(view.files.head(found.path))
                if machine not in (None, stated):
                    yield f"{found.path} is for {machine}, the config says {stated}"


def unreadable(view: View) -> Iterator[str]:
    """Everything in the four folders, and the entrypoint."""
    for folder in FOLDERS:
        for found in view.files.below(folder):
            needed = {"file": 0o004, "directory": 0o005}.get(found.kind, 0)
            if found.mode & needed != needed:
                yield f"{found.path} (mode {found.mode:04o})"
    entry = _found(view)
    inside = entry is not None and entry.path.startswith(tuple(f"{folder}/" for folder in FOLDERS))
    if entry and entry.kind == "file" and not (inside and not entry.mode & 0o004) and entry.mode & 0o005 != 0o005:
        yield f"{entry.path} (mode {entry.mode:04o})"
