"""The image under judgement: which profiles it claims, in which language its handlers are, what is known of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lambda_image import resources
from lambda_image.conformance import compiling, contract, guess
from lambda_image.conformance.contract import Handlers
from lambda_image.conformance.requirement import Profile
from lambda_image.conformance.verdict import Waiver
from lambda_image.errors import ConfigurationError
from lambda_image.nearest import nearest

if TYPE_CHECKING:
    from lambda_image.engine import Engine, Image

LABEL = "lambda-image."
UNLABELLED_CLAIM = frozenset({Profile.CORE, Profile.CONTAINER})
BAKED = f"/var/task/{contract.FILE_NAME}"


@dataclass(frozen=True, kw_only=True)
class Subject:
    """One image, ready to be judged."""

    image: Image
    handlers: Handlers
    claimed: frozenset[Profile]
    known: tuple[Waiver, ...] = ()


def profiles(words: Iterable[str]) -> frozenset[Profile]:
    """Profiles by name; a wrong one is an error that names the nearest."""
    found = set()
    for word in words:
        if word not in set(Profile):
            raise ConfigurationError(
                f"there is no profile {word!r}", hint=f"did you mean {nearest(word, set(Profile))}?"
            )
        found.add(Profile(word))
    return frozenset(found)


def claimed_profiles(image: Image, override: Iterable[str] = ()) -> frozenset[Profile]:
    """What the user asks for, else what the image's label claims, else core and container."""
    asked = profiles(override)
    if asked:
        return asked
    label = image.config.labels.get(f"{LABEL}profiles", "")
    return profiles(label.split()) or UNLABELLED_CLAIM


def find_handlers(
    engine: Engine, image: Image, folder: Path | None = None, roots: Sequence[Path] = (resources.BASE_IMAGES,)
) -> Handlers:
    """The handlers to judge an image with, and what compiles them: those of the folder given, those that the image
    carries in /var/task, or those that a root of the catalog has for the language that its label names, or that what it
    starts is written in."""
    return compiling.with_builder(_sources(engine, image, folder, roots), image, engine)


def _sources(engine: Engine, image: Image, folder: Path | None, roots: Sequence[Path]) -> Handlers:
    if folder is not None:
        return contract.load(folder)
    label = image.config.labels.get(f"{LABEL}language", "")
    with engine.image_files(image.reference) as files:
        if files.stat(BAKED) is not None:
            text = files.read(BAKED).decode("utf-8", "replace")
            return contract.parse(text, origin=f"{image.reference}:{BAKED}", files=None)
        guessed = guess.NOTHING if label else guess.language(files, image.config)
    language = label or guessed.language
    handlers = contract.of_language(language, roots) if language else None
    if handlers is None:
        what = f"its language is {language!r}" if language else guessed.why
        return contract.unknown(
            f"no handlers for {image.reference}: {what}. Give a folder that has them (--handlers DIR; "
            f"docs/judge-your-image.md shows how), or put them into the image with {BAKED}"
        )
    return handlers if label else replace(handlers, guessed=guessed.why)
