"""What a company's `lambda-image.toml` adds to images beside the catalog: packages, variables, labels, scripts."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

Words = tuple[str, ...]
Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True, kw_only=True)
class Script:
    """A program that runs as root while the image is built; `name` is that of its file."""

    name: str
    content: bytes = field(repr=False)


@dataclass(frozen=True, kw_only=True)
class Addition:
    """Additions to the images whose language, distribution and variant it names: words or globs; left empty, all."""

    languages: Words = ()
    distros: Words = ()
    variants: Words = ()
    packages: Words = ()
    environment: Pairs = ()
    labels: Pairs = ()
    scripts: tuple[Script, ...] = ()

    def concerns(self, language: str, distro: str, variant: str) -> bool:
        """Whether an image gets it."""
        return all(
            not words or any(fnmatchcase(name, word) for word in words)
            for name, words in ((language, self.languages), (distro, self.distros), (variant, self.variants))
        )


def merged(additions: Iterable[Addition]) -> Addition:
    """Several as one, in their order; of two values for a variable or a label the later one counts."""
    found = tuple(additions)
    return Addition(
        packages=tuple(dict.fromkeys(package for one in found for package in one.packages)),
        environment=tuple({name: value for one in found for name, value in one.environment}.items()),
        labels=tuple({name: value for one in found for name, value in one.labels}.items()),
        scripts=tuple(dict.fromkeys(script for one in found for script in one.scripts)),
    )
