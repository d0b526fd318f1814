"""A folder with a Go module becomes what a module proxy serves of it: the files of a GOPROXY of the file system.

Pure: same folder, same bytes. The archive is stored, not compressed, and all its times are the same. Tests stay out:
what they read lies outside the module.
"""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Mapping
from pathlib import Path

_LONG_AGO = (1980, 1, 1, 0, 0, 0)


def files(folder: Path, version: str) -> Mapping[str, bytes]:
    """The files by their paths below the proxy's root; the version is without Go's `v`."""
    description = (folder / "go.mod").read_bytes()
    module = description.decode().split("\n", 1)[0].removeprefix("module ").strip()
    name = f"v{version}"
    return {
        f"{module}/@v/list": f"{name}\n".encode(),
        f"{module}/@v/{name}.info": json.dumps({"Version": name}).encode(),
        f"{module}/@v/{name}.mod": description,
        f"{module}/@v/{name}.zip": _archive(folder, f"{module}@{name}"),
    }


def _archive(folder: Path, prefix: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(folder.rglob("*")):
            inner = path.relative_to(folder)
            if (
                path.is_file()
                and not path.name.endswith("_test.go")
                and not any(p.startswith(".") for p in inner.parts)
            ):
                entry = zipfile.ZipInfo(f"{prefix}/{inner.as_posix()}", _LONG_AGO)
                entry.create_system = 3  # the same wherever it is made
                archive.writestr(entry, path.read_bytes())
    return content.getvalue()
