"""What a run of the suite was asked for, however it was asked: by the program, by pytest's options, by a test."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path

from lambda_image import resources
from lambda_image.conformance.lab import Depth
from lambda_image.conformance.requirement import CURRENT_SET
from lambda_image.conformance.verdict import Waiver


@dataclass(frozen=True, kw_only=True)
class SuiteOptions:
    """A run of the suite. `known` are the shortfalls that an image's catalog entry states, by
    reference; `roots` are those of the catalog, each of which may have handlers of a language."""

    images: tuple[str, ...]
    handlers: Path | None = None
    profiles: tuple[str, ...] = ()
    depth: Depth = Depth.QUICK
    strict: bool = False
    waivers: Path | None = None
    requirements: str = CURRENT_SET
    only: tuple[str, ...] = ()
    workers: int = 6
    reports: tuple[tuple[str, Path], ...] = ()
    known: dict[str, tuple[Waiver, ...]] = field(default_factory=dict)
    roots: tuple[Path, ...] = (resources.BASE_IMAGES,)

    def as_json(self) -> str:
        """For a child process."""
        plain = asdict(self)
        plain["known"] = {image: [asdict(one) for one in found] for image, found in self.known.items()}
        return json.dumps(plain, default=str)

    @classmethod
    def from_json(cls, text: str) -> SuiteOptions:
        """The inverse of `as_json`."""
        plain = json.loads(text)
        return cls(
            images=tuple(plain["images"]),
            handlers=Path(plain["handlers"]) if plain["handlers"] else None,
            profiles=tuple(plain["profiles"]),
            depth=Depth(plain["depth"]),
            strict=plain["strict"],
            waivers=Path(plain["waivers"]) if plain["waivers"] else None,
            requirements=plain["requirements"],
            only=tuple(plain["only"]),
            workers=plain["workers"],
            reports=tuple((kind, Path(path)) for kind, path in plain["reports"]),
            roots=tuple(map(Path, plain["roots"])),
            known={
                image: tuple(
                    Waiver(requirement=one["requirement"], reason=one["reason"], source=one["source"]) for one in found
                )
                for image, found in plain["known"].items()
            },
        )
