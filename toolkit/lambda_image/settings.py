"""What the user has set: an option, else `LAMBDA_IMAGE_*`, else `lambda-image.toml`, else the default.

Words become typed, frozen values here and nowhere else; a path in the file is relative to the file.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from lambda_image import resources
from lambda_image.catalog.models import Model
from lambda_image.catalog.problems import describe
from lambda_image.errors import ConfigurationError
from lambda_image.plan import Certificate
from pydantic import ValidationError

FILE = "lambda-image.toml"
_PREFIX = "LAMBDA_IMAGE_"
_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


class Settings(Model):
    """All settings. Attributes are keys of the file; in the environment in capitals, after the prefix."""

    # PEM bundle that pip and apt trust while building; it leaves no trace in the image.
    ca_bundle: Path | None = None
    # PEM files that go into the image's own trust store.
    certificates: tuple[Path, ...] = ()
    # Folders like base-images/, each adding to those before it.
    overlays: tuple[Path, ...] = ()
    # False leaves AWS's emulator out of images that would have it.
    emulator: bool | None = None
    # Where a root file system comes from: the registry if it answers, else made here; or one of the two.
    root: Literal["auto", "image", "bootstrap"] = "auto"
    # Where a language's runtime comes from: the distribution's packages, its maker's binaries, or compiled from source;
    # else by policy, and what the catalog lets stand in for a maker's host that cannot be reached.
    runtime_from: Literal["auto", "packages", "archive", "source", "stand-in"] = "auto"
    # apt package sources to build with, in deb822 form; else this machine's own where it is Debian, too.
    apt_sources: Path | None = None
    # The same for dnf, yum and microdnf: a file of repositories, beside the distribution's own.
    rpm_repos: Path | None = None

    @property
    def roots(self) -> tuple[Path, ...]:
        """Catalog roots: ours, then the overlays."""
        return (resources.BASE_IMAGES, *self.overlays)

    def image_certificates(self) -> tuple[Certificate, ...]:
        """The certificates for the image's trust store, one a piece: distributions' tools read one a file."""
        return tuple(certificate for path in self.certificates for certificate in _split(path))


def load(
    folder: Path | None = None,
    *,
    environ: Mapping[str, str] | None = None,
    options: Mapping[str, object] | None = None,
) -> Settings:
    """The settings in force in a folder; options that are None were not given."""
    environ = os.environ if environ is None else environ
    given = {key: value for key, value in (options or {}).items() if value is not None}
    return Settings.model_validate({**_from_file(folder or Path.cwd()), **_from_environment(environ), **given})


def _from_file(folder: Path) -> dict[str, object]:
    path = folder / FILE
    if not path.is_file():
        return {}
    try:
        data: dict[str, object] = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: not valid TOML: {error}") from error
    return _checked(str(path), data, base=folder)


def _from_environment(environ: Mapping[str, str]) -> dict[str, object]:
    data: dict[str, object] = {}
    for key, field in Settings.model_fields.items():
        value = environ.get(_PREFIX + key.upper())
        if value:
            data[key] = value.split(os.pathsep) if "tuple" in str(field.annotation) else value
    return _checked("the environment", data, base=Path.cwd())


def _checked(where: str, data: dict[str, object], *, base: Path) -> dict[str, object]:
    """The values of one source, with paths made absolute; mistakes name the source and the key."""
    try:
        settings = Settings.model_validate(data)
    except ValidationError as error:
        message, hint = describe(Path(where), Settings, error)
        raise ConfigurationError(message, hint=hint) from error
    return {key: _absolute(getattr(settings, key), base) for key in data}


def _absolute(value: object, base: Path) -> object:
    if isinstance(value, Path):
        return base / value.expanduser()
    if isinstance(value, tuple):
        return tuple(_absolute(item, base) for item in value)
    return value


def _split(path: Path) -> tuple[Certificate, ...]:
    pieces = certificates_in(path, "certificates")
    stem = re.sub(r"[^a-z0-9]+", "-", path.stem.lower()).strip("-") or "certificate"
    names = [stem] if len(pieces) == 1 else [f"{stem}-{number}" for number in range(1, len(pieces) + 1)]
    return tuple(Certificate(name=name, pem=pem) for name, pem in zip(names, pieces, strict=True))


def certificates_in(path: Path, key: str) -> list[bytes]:
    """The certificates of a PEM file; an error that names the setting if there are none."""
    try:
        pieces = [piece + b"\n" for piece in _CERTIFICATE.findall(path.read_bytes())]
    except OSError as error:
        raise ConfigurationError(f"{key}: {path} cannot be read: {error.strerror}") from error
    if not pieces:
        raise ConfigurationError(
            f"{key}: {path} holds no certificate", hint="it must be PEM: -----BEGIN CERTIFICATE-----"
        )
    return pieces
