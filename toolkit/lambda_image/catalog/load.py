"""Reads catalog roots: ours, then the user's overlays, each adding to those before it.

A later root adds entries; to replace one of the same name it must say `replaces = true`. Mistakes are
reported by file and key, with the nearest key that exists.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from lambda_image import resources
from lambda_image.catalog.models import Distro, Emulator, Entry, Language, Variant
from lambda_image.catalog.problems import describe
from lambda_image.errors import ConfigurationError
from lambda_image.nearest import nearest
from pydantic import ValidationError

E = TypeVar("E", bound=Entry)


@dataclass(frozen=True, kw_only=True)
class Catalog:
    """Everything that images can be made of."""

    roots: tuple[Path, ...]
    distros: Mapping[str, Distro]
    languages: Mapping[str, Language]
    variants: Mapping[str, Variant]
    emulators: Mapping[str, Emulator]

    @property
    def emulator(self) -> Emulator:
        """AWS's emulator."""
        return self.emulators["aws-lambda-rie"]

    @property
    def distros_run_first(self) -> tuple[Distro, ...]:
        """All distributions, those that this project runs before others."""
        return tuple(sorted(self.distros.values(), key=lambda distro: bool(distro.not_run)))

    def like(self, distro: Distro) -> tuple[Distro, ...]:
        """The distribution, then the one whose packages it has."""
        return (distro,) if distro.like is None else (distro, *self.like(self.distros[distro.like]))

    def fetching(self, distro: Distro) -> Distro:
        """The distribution on whose root stages that only fetch stand."""
        return distro if distro.fetch_on is None else self.distros[distro.fetch_on]

    def extended(self, variant: str) -> tuple[str, ...]:
        """The variant's name, then that of the one it extends: what is said of this one holds for it, too."""
        base = self.variants[variant].extends
        return (variant,) if base is None else (variant, *self.extended(base))


def load(roots: Sequence[Path] = (resources.BASE_IMAGES,)) -> Catalog:
    """Read all roots; a later one adds."""
    for root in roots:
        if not root.is_dir():
            raise ConfigurationError(
                f"no catalog folder {root}", hint="an overlay folder holds distros/ and languages/"
            )
    catalog = Catalog(
        roots=tuple(roots),
        distros=_merged(_each(root.glob("distros/*.toml"), Distro) for root in roots),
        languages=_merged(_each(root.glob("languages/*/language.toml"), Language) for root in roots),
        variants=_merged(_rows(root / "variants.toml", "variant", Variant) for root in roots),
        emulators=_merged(_each(root.glob("emulator.toml"), Emulator) for root in roots),
    )
    _check_references(catalog)
    return catalog


def _read(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigurationError(f"{path}: not valid TOML: {error}") from error


def _entry(model: type[E], path: Path, data: dict[str, object]) -> E:
    if "origin" in data:
        raise ConfigurationError(f"{path}: unknown key 'origin'", hint="where an entry comes from is found, not said")
    try:
        return model.model_validate({**data, "origin": path})
    except ValidationError as error:
        message, hint = describe(path, model, error)
        raise ConfigurationError(message, hint=hint) from error


def _each(paths: Iterable[Path], model: type[E]) -> Iterator[E]:
    for path in sorted(paths):
        yield _entry(model, path, _read(path))


def _rows(path: Path, key: str, model: type[E]) -> Iterator[E]:
    if not path.exists():
        return
    data = _read(path)
    for wrong in data.keys() - {key}:
        raise ConfigurationError(f"{path}: unknown key {wrong!r}", hint=f"nearest: {key!r}")
    rows = data.get(key)
    for row in rows if isinstance(rows, list) else []:
        yield _entry(model, path, row)


def _merged(roots: Iterable[Iterable[E]]) -> Mapping[str, E]:
    entries: dict[str, E] = {}
    for root in roots:
        for entry in root:
            before = entries.get(entry.name)
            if before is not None and not entry.replaces:
                raise ConfigurationError(
                    f"{entry.origin}: {entry.name!r} is there already, from {before.origin}",
                    hint="give it another name, or say `replaces = true`",
                )
            entries[entry.name] = entry
    return MappingProxyType(entries)


def _check_references(catalog: Catalog) -> None:
    """Names that point at other entries must find them."""
    for distro in catalog.distros.values():
        _check_distro(catalog, distro)
    for variant in catalog.variants.values():
        if variant.extends is not None:
            _must_exist(variant.origin, f"{variant.name}: extends", variant.extends, catalog.variants)
    for language in catalog.languages.values():
        _check_language(catalog, language)


def _check_distro(catalog: Catalog, distro: Distro) -> None:
    _must_have_template(catalog, distro, "families", "family", distro.family)
    for key, other in (("like", distro.like), ("fetch_on", distro.fetch_on)):
        if other is not None:
            _must_exist(distro.origin, key, other, catalog.distros)
    for variant in distro.common:
        _must_exist(distro.origin, "common", variant, catalog.variants)
    for row in distro.runtime:
        _must_exist(distro.origin, "runtime: language", row.language, catalog.languages)
        versions = {version.name: version for version in catalog.languages[row.language].version}
        _must_exist(distro.origin, f"runtime: {row.language} version", row.version, versions)
        for variant in row.packages:
            _must_exist(distro.origin, f"runtime {row.language} {row.version}: packages", variant, catalog.variants)


def _must_have_template(catalog: Catalog, entry: Entry, folder: str, key: str, name: str) -> None:
    """A template that a name stands for lies in an overlay's folder of templates, or in the project's."""
    folders = [*(root / "templates" for root in catalog.roots), resources.TEMPLATES]
    there = sorted({path.stem for one in folders for path in (one / folder).glob("*.j2")})
    if name not in there:
        raise ConfigurationError(
            f"{entry.origin}: {key}: there is no template templates/{folder}/{name}.j2",
            hint=f"there are {', '.join(there)}; a new one lies in the overlay, beside distros/ and languages/",
        )


def _check_language(catalog: Catalog, language: Language) -> None:
    _must_have_template(catalog, language, "languages", "name", language.name)
    versions = {version.name: version for version in language.version}
    clients: dict[str, object] = {client.name: client for client in language.client}
    _must_exist(language.origin, "default_version", language.default_version, versions)
    _must_exist(language.origin, "default_distro", language.default_distro, catalog.distros)
    for client in language.client:
        for variant in client.profiles:
            _must_exist(language.origin, f"client {client.name}: profiles", variant, catalog.variants)
        for path in (*client.files.values(), *((client.module,) if client.module else ())):
            _must_be_there(language, f"client {client.name}: files", path)
    for version in language.version:
        for runtime in version.runtime:
            where = f"version {version.name}: runtime"
            for distro in runtime.distros:
                _must_exist(language.origin, f"{where}.distros", distro, catalog.distros)
            for variant in runtime.packages:
                _must_exist(language.origin, f"{where}.packages", variant, catalog.variants)
            for chosen in (*runtime.clients.values(), *runtime.client_tools):
                _must_exist(language.origin, f"{where}: clients", chosen, clients)


def _must_exist(path: Path, key: str, name: str, entries: Mapping[str, object]) -> None:
    if name not in entries:
        raise ConfigurationError(
            f"{path}: {key}: there is no {name!r}", hint=f"nearest: {nearest(name, entries) or 'none'}"
        )


def _must_be_there(language: Language, key: str, path: str) -> None:
    if not (language.folder / path).exists():
        raise ConfigurationError(f"{language.origin}: {key}: there is no {path!r}", hint=f"looked in {language.folder}")
