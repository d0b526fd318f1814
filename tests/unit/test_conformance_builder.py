"""What compiles handlers, and which of them are of use where that is another system than the image's."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

import pytest
from lambda_image.conformance import contract
from lambda_image.conformance.compiling import with_builder

HANDLERS = contract.parse(
    'language = "go"\nhandler = "{name}"\nnative = ["dlopen"]\n[build]\ncommand = ["sh", "build.sh", "{target}"]\n',
    origin="conformance.toml",
    files={"main.go": b""},
)
MUSL = "/lib/ld-musl-x86_64.so.1"


class Machine:
    """What is asked of an engine whose only build image is Debian's."""

    def __init__(self, image: str, files: set[str]) -> None:
        self._files = {image: files, "build": set[str]()}
        self._images = {name: self._image(name, image) for name in self._files}

    @staticmethod
    def _image(name: str, image: str) -> SimpleNamespace:
        distro = "debian-13" if name == "build" else image
        variant = "build" if name == "build" else "standard"
        labels = {f"lambda-image.{key}": value for key, value in (("distro", distro), ("variant", variant))}
        labels["lambda-image.client"] = "builtin"
        return SimpleNamespace(reference=name, architecture="amd64", config=SimpleNamespace(labels=labels))

    def image(self, reference: str) -> Any:
        return self._images[reference]

    def images(self, _: str) -> list[str]:
        return list(self._files)

    def id_of(self, reference: str) -> str:
        return reference

    @contextmanager
    def image_files(self, reference: str) -> Iterator[Any]:
        files = self._files[reference]
        yield SimpleNamespace(stat=lambda path: path if path in files else None)


@pytest.mark.parametrize(
    ("image", "files", "judged"),
    [("debian-13", {MUSL}, True), ("debian-12", set(), True), ("alpine-3.23", {MUSL}, False)],
)
def test_what_is_linked_to_another_c_library_is_not_held_against_an_image(
    image: str, files: set[str], *, judged: bool
) -> None:
    machine: Any = Machine(image, files)
    found = with_builder(HANDLERS, machine.image(image), machine)
    assert found.builder == "build"
    assert found.lacking(["echo"]) == ""
    assert (found.lacking(["dlopen", "echo"]) == "") is judged
    if not judged:
        assert "another C library than this image" in found.lacking(["dlopen"])
