"""The files of an image without unpacking it: layers laid on top of each other, whiteouts carried out."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from lambda_image.image_rules.model import Entry, File, Kind, Layer

WHITEOUT = ".wh."
OPAQUE = ".wh..wh..opq"
_MOST_LINKS = 40  # as Linux follows


@dataclass(slots=True)
class _Node:
    kind: Kind = "directory"
    mode: int = 0o755
    target: str = ""
    head: bytes = b""
    children: dict[str, _Node] = field(default_factory=dict)


class Tree:
    """What a container of the image would see."""

    def __init__(self, layers: Iterable[Layer]) -> None:
        self._root = _Node()
        for layer in layers:
            if layer.content:
                self._apply(layer.content.entries)

    def _apply(self, entries: tuple[Entry, ...]) -> None:
        """Whiteouts first: they mean the layers below, wherever in the tar they stand."""
        added = []
        for entry in entries:
            folder, _, name = entry.path.rpartition("/")
            if not name.startswith(WHITEOUT):
                added.append(entry)
            elif (node := self._walk(folder)) is not None:
                if name == OPAQUE:
                    node.children.clear()
                else:
                    node.children.pop(name.removeprefix(WHITEOUT), None)
        for entry in added:
            self._add(entry)

    def _walk(self, path: str) -> _Node | None:
        """By its parts, following no link."""
        node = self._root
        for part in path.split("/") if path else ():
            found = node.children.get(part)
            if found is None:
                return None
            node = found
        return node

    def _add(self, entry: Entry) -> None:
        parts = entry.path.split("/") if entry.path else []
        if not parts or ".." in parts:
            return
        node, walked = self._root, ""
        for part in parts[:-1]:
            node = node.children.setdefault(part, _Node())
            walked += f"/{part}"
            if node.kind == "link":  # unpackers follow a link that stands for a folder
                node = self._find(walked) or node
        old = node.children.get(parts[-1])
        if entry.kind == "directory" and old is not None and old.kind == "directory":
            old.mode = entry.mode
            return
        node.children[parts[-1]] = self._made(entry)

    def _made(self, entry: Entry) -> _Node:
        link = entry.link.decode("utf-8", "surrogateescape")
        if entry.kind == "hard link":
            return self._find(link, last=False) or _Node(kind="hard link", mode=entry.mode, target=link)
        return _Node(kind=entry.kind, mode=entry.mode, target=link, head=entry.head)

    def _find(self, path: str, *, last: bool = True) -> _Node | None:
        """Links followed, in the last part where `last` says so."""
        parts = [part for part in path.split("/") if part not in ("", ".")][::-1]
        trail = [self._root]
        links = 0
        while parts:
            part = parts.pop()
            if part == "..":
                trail = trail[:-1] or [self._root]
                continue
            node = trail[-1].children.get(part)
            if node is None:
                return None
            if node.kind == "link" and (parts or last):
                links += 1
                if links > _MOST_LINKS:
                    return None
                if node.target.startswith("/"):
                    trail = [self._root]
                parts += [one for one in node.target.split("/") if one not in ("", ".")][::-1]
                continue
            trail.append(node)
        return trail[-1]

    def lookup(self, path: str) -> File | None:
        """What is there; links in all parts but the last are followed."""
        node = self._find(path, last=False)
        return None if node is None else File(path=path, kind=node.kind, mode=node.mode, link_target=node.target)

    def head(self, path: str) -> bytes:
        """The first bytes of a program at that path, links followed; b"" where there is none."""
        node = self._find(path)
        return node.head if node else b""

    def below(self, folder: str) -> Iterator[File]:
        """The folder and all in it; nothing where it is no folder."""
        node = self._find(folder, last=False)
        if node is None or node.kind != "directory":
            return
        waiting = [(folder.rstrip("/"), node)]
        while waiting:
            path, node = waiting.pop()
            yield File(path=path or "/", kind=node.kind, mode=node.mode, link_target=node.target)
            waiting += [(f"{path}/{name}", child) for name, child in sorted(node.children.items(), reverse=True)]
