"""What the user has set: an option, else `LAMBDA_IMAGE_*`, else `lambda-image.toml`, else the default.

Words become typed, frozen values here and nowhere else; a path in the file is relative to the file.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Literal

from lambda_image import resources
from lambda_image.additions import Addition, Script
from lambda_image.catalog.models import LabelText, Model, Package, Variable
from lambda_image.catalog.problems import describe
from lambda_image.errors import ConfigurationError
from lambda_image.mirrors import Mirrors, checked_prefix, checked_target
from lambda_image.plan import Certificate
from pydantic import AfterValidator, BeforeValidator, Field, JsonValue, StringConstraints, ValidationError

FILE = "lambda-image.toml"
_PREFIX = "LAMBDA_IMAGE_"
_TABLES = ("addition", "mirrors")
_CERTIFICATE = re.compile(rb"-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----", re.DOTALL)


def _unreserved(name: str) -> str:
    if name.startswith(("AWS_LAMBDA_", "LAMBDA_")) or name in {"_HANDLER", "PATH", "LD_LIBRARY_PATH"}:
        raise ValueError(f"{name} is Lambda's, or the image's own")
    return name


def _not_ours(key: str) -> str:
    if key.startswith("lambda-image."):
        raise ValueError(f"{key}: lambda-image.* are the labels of this program")
    return key


LabelKey = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+([._-][a-z0-9]+)*$"), AfterValidator(_not_ours)]


class ImageAddition(Model):
    """A table [[addition]]: what the images get that it names; without names, all images."""

    # Words or globs, e.g. ["python", "node*"].
    languages: tuple[str, ...] = ()
    distros: tuple[str, ...] = ()
    variants: tuple[str, ...] = ()
    # Of the distribution's package manager.
    packages: tuple[Package, ...] = ()
    environment: dict[Annotated[Variable, AfterValidator(_unreserved)], LabelText] = Field(default_factory=dict)
    labels: dict[LabelKey, LabelText] = Field(default_factory=dict)
    # Programs that run as root at the end of the build, in this order; not in slim images, which keep packages alone.
    scripts: tuple[Path, ...] = ()

    def read(self) -> Addition:
        """The same with its scripts' contents."""
        return Addition(
            languages=self.languages,
            distros=self.distros,
            variants=self.variants,
            packages=self.packages,
            environment=tuple(self.environment.items()),
            labels=tuple(self.labels.items()),
            scripts=tuple(map(_script, self.scripts)),
        )


Prefix = Annotated[str, BeforeValidator(checked_prefix)]
Target = Annotated[str, BeforeValidator(checked_target)]
# What a schema can say of them.
_MIRRORS: dict[str, JsonValue] = {
    "propertyNames": {"pattern": "^https?://[^/]"},
    "additionalProperties": {"type": "string", "pattern": "^(https://[^/@]+|file://)(/|$)"},
}


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
    # What images get beside what the catalog says.
    addition: tuple[ImageAddition, ...] = ()
    # apt package sources to build with, in deb822 form; else this machine's own where it is Debian, too.
    apt_sources: Path | None = None
    # The same for dnf, yum and microdnf: a file of repositories, beside the distribution's own.
    rpm_repos: Path | None = None
    # The same for apk: /etc/apk/repositories, instead of the distribution's own.
    apk_repositories: Path | None = None

    # Where files come from instead of their own hosts: prefix of an address = https://… or file:///FOLDER; the longest
    # prefix counts. They are checked by the catalog's checksums all the same.
    mirrors: dict[Prefix, Target] = Field(default_factory=dict, json_schema_extra=_MIRRORS)
    # A folder that `lambda-image fetch` filled: builds take everything from there, and have no network.
    offline: Path | None = None

    @property
    def mirror(self) -> Mirrors:
        """What `[mirrors]` says."""
        return Mirrors(self.mirrors)

    @property
    def roots(self) -> tuple[Path, ...]:
        """Catalog roots: ours, then the overlays."""
        return (resources.BASE_IMAGES, *self.overlays)

    def image_additions(self) -> tuple[Addition, ...]:
        """What `[[addition]]` says, with the scripts read."""
        return tuple(one.read() for one in self.addition)

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
        if value and key in _TABLES:
            raise ConfigurationError(f"{_PREFIX}{key.upper()}: tables are said in {FILE}, not by a variable")
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
    if isinstance(value, ImageAddition):
        return value.model_copy(update={"scripts": _absolute(value.scripts, base)})
    return value


def _script(path: Path) -> Script:
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", path.name):
        raise ConfigurationError(f"scripts: {path.name!r} has more than letters, digits, '.', '_' and '-' in its name")
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"scripts: {path} cannot be read: {error.strerror}") from error
    if not content.startswith(b"#!"):
        raise ConfigurationError(
            f"scripts: {path} does not say in its first line what runs it", hint="for example: #!/bin/sh -eu"
        )
    return Script(name=path.name, content=content)


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
