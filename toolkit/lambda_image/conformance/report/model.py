"""A report as frozen values, and as JSON with a schema version."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass

from lambda_image.conformance.finding import Finding, Outcome
from lambda_image.conformance.requirement import Profile, Requirements, load
from lambda_image.conformance.verdict import ProfileVerdict, Verdict

SCHEMA_VERSION = 1


@dataclass(frozen=True, kw_only=True)
class ImageReport:
    """One image's verdicts and findings. `config_digest` says which image it was, whatever its tag says later."""

    reference: str
    config_digest: str
    size: int
    language: str
    capabilities: tuple[str, ...]
    labels: Mapping[str, str]
    verdicts: tuple[ProfileVerdict, ...]
    findings: tuple[Finding, ...]
    seconds: float
    # Why the handlers were taken to be of the image's language, where nothing says so.
    guessed: str = ""
    # Its programs are of another architecture than the machine's, so that each wait was longer.
    emulated: bool = False

    @property
    def worst(self) -> Verdict:
        """The worst verdict among the profiles that the image claims."""
        order = (Verdict.FAIL, Verdict.ERROR, Verdict.SKIPPED, Verdict.DIFFERS, Verdict.PASS)
        claimed = [one.verdict for one in self.verdicts if one.verdict is not Verdict.NOT_CLAIMED]
        return min(claimed, key=order.index) if claimed else Verdict.NOT_CLAIMED


@dataclass(frozen=True, kw_only=True)
class Report:
    """A run of the suite."""

    tool: str
    requirements: str
    depth: str
    route: str
    begun: str
    seconds: float
    images: tuple[ImageReport, ...]

    @property
    def rows(self) -> Requirements:
        """The requirements that the report speaks of."""
        return load(self.requirements)

    def to_json(self) -> str:
        """The report as JSON."""
        plain = {"schema_version": SCHEMA_VERSION, **asdict(self)}
        return json.dumps(plain, indent=1, ensure_ascii=False, default=str)

    @classmethod
    def from_json(cls, text: str) -> Report:
        """The inverse of `to_json`; ValueError for another schema version."""
        plain = json.loads(text)
        version = plain.pop("schema_version", None)
        if version != SCHEMA_VERSION:
            raise ValueError(f"schema version {version}, where this program reads {SCHEMA_VERSION}")
        images = tuple(_image(one) for one in plain.pop("images"))
        return cls(**plain, images=images)


def _image(plain: dict[str, object]) -> ImageReport:
    def rows(key: str) -> list[dict[str, object]]:
        value = plain.pop(key)
        return value if isinstance(value, list) else []

    verdicts = tuple(
        ProfileVerdict(
            profile=Profile(str(one["profile"])),
            verdict=Verdict(str(one["verdict"])),
            counts={Outcome(name): int(count) for name, count in dict(one["counts"]).items()},  # type: ignore[call-overload]
            shortened=int(str(one["shortened"])),
        )
        for one in rows("verdicts")
    )
    findings = tuple(Finding.from_json(one) for one in rows("findings"))
    capabilities = tuple(str(word) for word in plain.pop("capabilities"))  # type: ignore[attr-defined]
    return ImageReport(**plain, verdicts=verdicts, findings=findings, capabilities=capabilities)  # type: ignore[arg-type]
