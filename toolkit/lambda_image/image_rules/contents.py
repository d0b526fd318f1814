"""Rules about a layer's tar: what Docker's unpacker mends in silence and others do not."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lambda_image.image_rules.model import Entry, Layer, View
from lambda_image.image_rules.tree import OPAQUE, WHITEOUT

FUNCTION_FOLDERS = ("var/task", "var/runtime", "var/lang", "opt")
_LONGEST_PART, _LONGEST_NAME = 255, 4095


def _entries(view: View) -> Iterator[tuple[Layer, Entry]]:
    for layer in view.layers:
        for entry in layer.content.entries if layer.content else ():
            yield layer, entry


def _shown(layer: Layer, entry: Entry) -> str:
    return f"{layer.name}: {entry.name.decode('utf-8', 'backslashreplace')}"


def broken(view: View) -> Iterator[str]:
    """Whatever kept it from being read."""
    for layer in view.layers:
        if layer.content and layer.content.broken:
            yield f"{layer.name}: {layer.content.broken}"


def _parents(path: str) -> Iterator[str]:
    """From the outermost in."""
    parts = path.split("/")[:-1]
    for count in range(1, len(parts) + 1):
        yield "/".join(parts[:count])


def _without_parent(view: View, *, elsewhere: bool) -> Iterator[str]:
    """One line for each directory that is missing, with the first entry that lacks it."""
    below: set[str] = set()
    whole = True
    for layer in view.layers:
        entries = layer.content.entries if layer.content else ()
        all_here = {entry.path for entry in entries if entry.kind in ("directory", "link")}
        seen: set[str] = set()
        told: set[str] = set()
        for entry in entries:
            for parent in _parents(entry.path):
                if parent in seen or parent in told or ".." in parent.split("/"):
                    continue
                told.add(parent)
                somewhere = parent in all_here or parent in below
                if somewhere == elsewhere and (somewhere or whole):
                    where = (
                        " (it stands later)" if parent in all_here else " (a layer below has it)" if somewhere else ""
                    )
                    yield f"{_shown(layer, entry)}: no entry for {parent}{where}"
            if entry.kind in ("directory", "link"):
                seen.add(entry.path)
        below |= all_here
        whole = whole and is_whole(layer)


def is_whole(layer: Layer) -> bool:
    """Whether what is not among its entries is not in the layer."""
    return layer.content is not None and not (layer.content.broken or layer.content.unread)


def missing_parent(view: View) -> Iterator[str]:
    """Nowhere at all."""
    return _without_parent(view, elsewhere=False)


def parent_elsewhere(view: View) -> Iterator[str]:
    """Later in the layer, or only in one below."""
    return _without_parent(view, elsewhere=True)


def name_absolute(view: View) -> Iterator[str]:
    """Of entries and of hard links' targets."""
    for layer, entry in _entries(view):
        if entry.name.startswith(b"/") or (entry.kind == "hard link" and entry.link.startswith(b"/")):
            yield _shown(layer, entry)


def name_dotdot(view: View) -> Iterator[str]:
    """Of entries and of hard links' targets; symbolic links may point upwards."""
    for layer, entry in _entries(view):
        names = (entry.name, entry.link if entry.kind == "hard link" else b"")
        if any(b".." in name.split(b"/") for name in names):
            yield _shown(layer, entry)


def name_empty(view: View) -> Iterator[str]:
    """Nothing, or nothing but slashes and dots for anything but a directory."""
    for layer, entry in _entries(view):
        if not entry.name or (not entry.path and entry.kind != "directory"):
            yield f"{layer.name}: a {entry.kind} named {entry.name.decode('utf-8', 'backslashreplace')!r}"


def name_slash(view: View) -> Iterator[str]:
    """A file, link or device."""
    for layer, entry in _entries(view):
        if entry.kind != "directory" and entry.name.endswith(b"/"):
            yield f"{_shown(layer, entry)} ({entry.kind})"


def name_encoding(view: View) -> Iterator[str]:
    """Of entries and of what links name."""
    for layer, entry in _entries(view):
        try:
            entry.name.decode()
            entry.link.decode()
        except UnicodeDecodeError:
            yield _shown(layer, entry)


def name_long(view: View) -> Iterator[str]:
    """In bytes."""
    for layer, entry in _entries(view):
        longest = max(map(len, entry.name.split(b"/")))
        if longest > _LONGEST_PART or len(entry.name) > _LONGEST_NAME:
            yield f"{layer.name}: {entry.name[:60].decode('utf-8', 'replace')}… ({len(entry.name):,} bytes)"


def name_backslash(view: View) -> Iterator[str]:
    """Legal, and rarely meant."""
    for layer, entry in _entries(view):
        if b"\\" in entry.name:
            yield _shown(layer, entry)


def duplicate(view: View) -> Iterator[str]:
    """A directory that is told twice in the same way does no harm."""
    for layer in view.layers:
        seen: dict[str, Entry] = {}
        for entry in layer.content.entries if layer.content else ():
            other = seen.get(entry.path)
            if other is not None and entry.path and not _same_directory(other, entry):
                yield f"{_shown(layer, entry)} ({other.kind}, then {entry.kind})"
            seen[entry.path] = entry


def _same_directory(one: Entry, other: Entry) -> bool:
    return one.kind == other.kind == "directory" and one.mode == other.mode


def whiteout(view: View) -> Iterator[str]:
    """Docker's kind only; overlay's are devices, and aufs has a few of its own."""
    for layer, entry in _entries(view):
        name = entry.path.rpartition("/")[2]
        if entry.kind == "device" and entry.device == (0, 0):
            yield f"{_shown(layer, entry)}: a device 0/0, as overlay marks what is deleted"
        if not name.startswith(WHITEOUT):
            continue
        hidden = name.removeprefix(WHITEOUT)
        if entry.kind != "file":
            yield f"{_shown(layer, entry)}: a {entry.kind}"
        elif entry.size:
            yield f"{_shown(layer, entry)}: {entry.size:,} bytes of content"
        elif hidden in ("", ".", ".."):
            yield f"{_shown(layer, entry)}: it names nothing"
        elif hidden.startswith(WHITEOUT) and name != OPAQUE:
            yield f"{_shown(layer, entry)}: unknown"


def _hard_links(view: View) -> Iterator[tuple[Layer, Entry, bool]]:
    """Each with whether its target has been seen, or may have been in a layer that could not be read."""
    seen: set[str] = set()
    whole = True
    for layer in view.layers:
        for entry in layer.content.entries if layer.content else ():
            if entry.kind == "hard link":
                yield layer, entry, not whole or _path(entry.link) in seen
            seen.add(entry.path)
        whole = whole and is_whole(layer)


def _path(link: bytes) -> str:
    return Entry(link, "other").path


def hard_link_target(view: View) -> Iterator[str]:
    """Nowhere before it."""
    for layer, entry, found in _hard_links(view):
        if not found:
            yield f"{_shown(layer, entry)} → {entry.link.decode('utf-8', 'backslashreplace')}"


def hard_link(view: View) -> Iterator[str]:
    """In the folders that are the function's and the runtime's."""
    for layer, entry, _ in _hard_links(view):
        if _inside(entry.path, FUNCTION_FOLDERS):
            yield f"{_shown(layer, entry)} → {entry.link.decode('utf-8', 'backslashreplace')}"


def _inside(path: str, folders: Iterable[str]) -> bool:
    return any(path.startswith(f"{folder}/") for folder in folders)
