"""Handlers of a compiled language become programs, in a container of that language's `build` image.

The build image is found by its labels: of the same client as the image under judgement, and best of the same version
and distribution. The result is a volume, made once for its sources and that image; nothing of it goes through here.

    [build]
    command = ["/bin/sh", "build.sh", "{target}"]     # run in the folder of the sources, which is read-only

LAMBDA_IMAGE_CLIENT says to the command for which client: `builtin` or `official`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from lambda_image.architectures import KERNEL_NAMES
from lambda_image.errors import ConfigurationError
from lambda_image.sandbox import FileEntry, volumes

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lambda_image.conformance.contract import Handlers
    from lambda_image.engine import Engine, Image
    from lambda_image.sandbox import Sandboxes

_LABEL = "lambda-image."
_SAME = ("client", "version", "distro")
_SOURCE, _TARGET = "/source", "/target"
_MINUTES = 10


def with_builder(handlers: Handlers, image: Image, engine: Engine) -> Handlers:
    """The handlers together with the image that compiles them; unchanged where nothing is compiled."""
    if not handlers.build or handlers.files is None:
        return handlers
    wanted = {name: image.config.labels.get(_LABEL + name, "") for name in ("client", "version", "distro")}
    found = [
        (reference, engine.image(reference).config.labels)
        for reference in sorted(engine.images(f"{_LABEL}language={handlers.language}"))
    ]
    builders = [
        (reference, labels)
        for reference, labels in found
        if labels.get(f"{_LABEL}variant") == "build"
        and wanted["client"] in ("", labels.get(f"{_LABEL}client"))
        and engine.image(reference).architecture == image.architecture
    ]
    if not builders:
        client = wanted["client"] or "builtin"
        raise ConfigurationError(
            f"the handlers of {handlers.language} are compiled in its build image with the client {client}, "
            "and the engine has none",
            hint=f"lambda-image build {handlers.language} --variant build --client {client}",
        )
    reference, labels = max(builders, key=lambda one: _likeness(one[1], wanted))
    # To look into both images costs a container each: only where something depends on it.
    unsure = handlers.native and labels.get(f"{_LABEL}distro") != wanted["distro"]
    foreign = unsure and _has_musl(engine, reference) != _has_musl(engine, image.reference)
    why = f"it uses a program that was compiled in {reference}, which has another C library than this image"
    return replace(
        handlers,
        why_not_native=why if foreign else "",
        builder=reference,
        builder_id=engine.id_of(reference) or "",
        client=labels.get(f"{_LABEL}client", ""),
    )


def _has_musl(engine: Engine, reference: str) -> bool:
    architecture = KERNEL_NAMES.get(engine.image(reference).architecture, "")
    with engine.image_files(reference) as files:
        return files.stat(f"/lib/ld-musl-{architecture}.so.1") is not None


def _likeness(labels: Mapping[str, str], wanted: Mapping[str, str]) -> tuple[bool, ...]:
    return tuple(labels.get(_LABEL + name) == wanted[name] for name in _SAME)


def task_volume(handlers: Handlers, sandboxes: Sandboxes) -> str | None:
    """The name of a volume for /var/task: the files as they are, or what they are compiled to."""
    if handlers.files is None:
        return None
    entries = {path: FileEntry(content, 0o644) for path, content in handlers.files.items()}
    if not handlers.builder:
        return sandboxes.volume(entries, handlers.digest)
    source = sandboxes.volume(entries, handlers.source_digest)
    engine = sandboxes.engine
    return volumes.made(engine, handlers.digest, lambda target: _compile(handlers, source, target, engine))


def _compile(handlers: Handlers, source: str, target: str, engine: Engine) -> None:
    command = [word.replace("{target}", _TARGET) for word in handlers.build]
    mounts = [
        {"Type": "volume", "Source": source, "Target": _SOURCE, "ReadOnly": True},
        {"Type": "volume", "Source": target, "Target": _TARGET, "VolumeOptions": {"NoCopy": True}},
    ]
    container = engine.containers.create(
        {
            "Image": handlers.builder,
            "Entrypoint": command[:1],
            "Cmd": command[1:],
            "Env": [f"LAMBDA_IMAGE_CLIENT={handlers.client}"],
            "WorkingDir": _SOURCE,
            "NetworkDisabled": True,
            "Labels": engine.owner_label,
            "HostConfig": {"Mounts": mounts},
        }
    )
    try:
        said = engine.containers.attach(container)
        engine.containers.start(container)
        output = b"".join(data for _, data in said).decode("utf-8", "replace")
        status = engine.containers.wait(container, _MINUTES * 60)
    finally:
        engine.containers.remove(container)
    if status != 0:
        raise ConfigurationError(
            f"the handlers of {handlers.language} do not compile in {handlers.builder} (status {status}):\n"
            f"{output.strip()[-4000:]}",
            hint=f"see [build] in {handlers.origin}",
        )
