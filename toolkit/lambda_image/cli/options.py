"""Options that several commands share, and the selection of images, which is the same everywhere.

Typer reads a command's signature. A command that takes one parameter `selected: Selected` is given the options of a
selection in its place: they are written here once.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Annotated, Any, Literal, TypeVar, get_args

import typer

if TYPE_CHECKING:
    from lambda_image.catalog import Catalog
    from lambda_image.plan import ImagePlan
    from lambda_image.settings import Settings

Format = Annotated[Literal["text", "json"], typer.Option("--format", help="What standard output gets.")]
Depth = Literal["quick", "full", "long"]
Depths = Annotated[Depth, typer.Option("--depth", help="quick shortens holds to a few seconds.")]
ReportOption = Annotated[
    list[str] | None, typer.Option("--report", metavar="FORMAT=PATH", help="json, junit or text; repeatable.")
]
Fresh = Annotated[bool, typer.Option("--fresh", help="Do not use what is remembered.")]

Words = list[str] | None
RuntimeFrom = Literal["auto", "packages", "archive", "source", "stand-in"]
_SELECTION: dict[str, object] = {
    "languages": Annotated[Words, typer.Argument(help="Languages; globs are allowed.", metavar="[LANGUAGE]…")],
    "more_languages": Annotated[Words, typer.Option("--language", help="The same as an option; repeatable, as all.")],
    "versions": Annotated[Words, typer.Option("--version", help="Language version, e.g. 3.13.")],
    "distros": Annotated[Words, typer.Option("--distro", help="Distribution, e.g. debian-13.")],
    "variants": Annotated[Words, typer.Option("--variant", help="standard, slim or build.")],
    "clients": Annotated[Words, typer.Option("--client", help="official, builtin or auto.")],
    "platforms": Annotated[Words, typer.Option("--platform", help="linux/amd64 or linux/arm64.")],
    "runtime_from": Annotated[
        RuntimeFrom | None,
        typer.Option(
            "--runtime-from", help="The distribution's packages, an upstream's archive, or compiled from source."
        ),
    ],
}


@dataclass(frozen=True, kw_only=True)
class Selected:
    """What the options of a selection said."""

    languages: Words = None
    more_languages: Words = None
    versions: Words = None
    distros: Words = None
    variants: Words = None
    clients: Words = None
    platforms: Words = None
    runtime_from: RuntimeFrom | None = None

    def plans(self, settings: Settings) -> tuple[Catalog, tuple[ImagePlan, ...]]:
        """The catalog and the images that the selection means in it; `NothingSelected` where it means none."""
        from lambda_image import catalog as catalogs
        from lambda_image.catalog import Source
        from lambda_image.plan import Selection, plans

        catalog = catalogs.load(settings.roots)
        wanted = self.runtime_from or settings.runtime_from
        selection = Selection(
            languages=(*(self.languages or ()), *(self.more_languages or ())),
            versions=tuple(self.versions or ()),
            distros=tuple(self.distros or ()),
            variants=tuple(self.variants or ()),
            clients=tuple(self.clients or ()),
            platforms=tuple(self.platforms or ()),
            emulator=settings.emulator,
            source=next((source for source in get_args(Source) if source == wanted), None),
            stand_in=wanted == "stand-in",
        )
        return catalog, plans(
            catalog,
            selection,
            certificates=settings.image_certificates(),
            additions=settings.image_additions(),
        )


Command = TypeVar("Command", bound=Callable[..., None])


def selecting(command: Command) -> Command:
    """For a command whose first parameter is `selected: Selected`: it gets the options of a selection."""
    signature = inspect.signature(command, eval_str=True)
    first, *others = signature.parameters.values()
    assert first.annotation is Selected

    @wraps(command)
    def run(**words: Any) -> None:
        command(Selected(**{name: words.pop(name) for name in _SELECTION}), **words)

    options = [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None, annotation=annotation)
        for name, annotation in _SELECTION.items()
    ]
    rest = [one.replace(kind=inspect.Parameter.KEYWORD_ONLY) for one in others]
    run.__signature__ = signature.replace(parameters=[*options, *rest])  # type: ignore[attr-defined]
    run.__annotations__ = {one.name: one.annotation for one in (*options, *rest)}
    return run  # type: ignore[return-value]
