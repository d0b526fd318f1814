"""Mutants before the judge: their images are built and judged, many in one engine session.

A mutant is caught where a case of its own requirement says FAIL or DIFFERS; a stray is a row that is not
related to it and does not say PASS all the same.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from lambda_image.conformance import mutation
from lambda_image.conformance.finding import Finding, Outcome
from lambda_image.conformance.mutation import Mutant, Rows, changed, write_context
from lambda_image.conformance.options import SuiteOptions
from lambda_image.conformance.suite import Suite
from lambda_image.conformance.verdict import by_requirement
from lambda_image.engine.image import Manifest
from lambda_image.engine.removal import remove_together

if TYPE_CHECKING:
    from lambda_image.conformance.judge import Judge
    from lambda_image.conformance.requirement import Requirements
    from lambda_image.engine import Engine, Image

CAUGHT = frozenset({Outcome.FAIL, Outcome.DIFFERS})
AS_BEFORE = frozenset({Outcome.PASS, Outcome.NOT_APPLICABLE})
ALL_PROFILES = "core container parity streaming snapstart concurrency tenancy runtime"
_BUILDS = 2


@dataclass(frozen=True, kw_only=True)
class Result:
    """What the suite said of one mutant."""

    mutant: Mutant
    findings: tuple[Finding, ...]
    strays: Mapping[str, Outcome]

    @property
    def outcomes(self) -> dict[str, Outcome]:
        """The outcome of each row judged."""
        return by_requirement(self.findings)

    @property
    def caught(self) -> bool:
        """Whether the own requirement's case saw it."""
        return self.outcomes.get(self.mutant.requirement) in CAUGHT

    def as_json(self) -> dict[str, object]:
        """One line of the matrix: plain data, kept with date and commit by who asked for it. `outcomes` are those
        that differ from the correct runtime's, which are all PASS or NOT_APPLICABLE; `judged` counts all."""
        return {
            "mutant": self.mutant.id,
            "requirement": self.mutant.requirement,
            "change": self.mutant.change,
            "caught": self.caught,
            "strays": {row: outcome.value for row, outcome in sorted(self.strays.items())},
            "judged": len(self.outcomes),
            "outcomes": {
                row: outcome.value for row, outcome in sorted(self.outcomes.items()) if outcome not in AS_BEFORE
            },
        }


def build_reference(engine: Engine, base: str, runtime: Path) -> str:
    """The image of the reference runtime: a base image of the project, its client replaced."""
    with tempfile.TemporaryDirectory(prefix="lambda-image-reference-") as folder:
        write_context(
            Path(folder),
            mutation.sources(runtime),
            base=base,
            before=["RUN find /var/runtime -mindepth 1 ! -name bootstrap ! -name runtime.sh -delete"],
            after=[f'LABEL lambda-image.client="reference" lambda-image.profiles="{ALL_PROFILES}"'],
        )
        engine.build(Path(folder), tags=[mutation.REFERENCE])
    return mutation.REFERENCE


def build_mutants(engine: Engine, mutants: Sequence[Mutant], runtime: Path) -> None:
    """One layer each on top of the reference's image."""
    files = mutation.sources(runtime)
    contents = {mutant.id: changed(mutant, files) for mutant in mutants}  # all errors of data first

    def build(mutant: Mutant) -> None:
        with tempfile.TemporaryDirectory(prefix="lambda-image-mutant-") as folder:
            after = [*mutant.dockerfile, f'LABEL lambda-image.mutant="{mutant.id}"']
            write_context(Path(folder), contents[mutant.id], base=mutation.REFERENCE, after=after)
            engine.build(Path(folder), tags=[mutant.reference])

    with ThreadPoolExecutor(_BUILDS) as executor:
        for _ in executor.map(build, mutants):
            pass


def remove_mutants(engine: Engine, mutants: Sequence[Mutant]) -> None:
    """Takes their images away."""
    remove_together(engine.remove_image, [mutant.reference for mutant in mutants])


def judge_mutants(
    mutants: Sequence[Mutant],
    *,
    rows: Rows,
    handlers: Path,
    at_once: int = 3,
    on_result: Callable[[Result], None] = lambda _: None,
) -> tuple[Result, ...]:
    """Has each mutant judged by the cases of the rows it is asked for, several mutants at once."""
    references = tuple(mutant.reference for mutant in mutants)
    options = SuiteOptions(images=references, handlers=handlers, workers=4)
    results: dict[str, Result] = {}
    with Suite(options) as suite, ThreadPoolExecutor(at_once) as executor:
        waiting = [
            executor.submit(_judge, mutant, suite.judges[mutant.reference], rows(mutant), suite.requirements)
            for mutant in mutants
        ]
        for future in as_completed(waiting):
            result = future.result()
            results[result.mutant.id] = result
            on_result(result)
    return tuple(results[mutant.id] for mutant in mutants)


def _judge(mutant: Mutant, judge: Judge, rows: frozenset[str], requirements: Requirements) -> Result:
    judge.laboratory.image = _pretend(judge.laboratory.image, mutant)
    judge.cases = [case for case in judge.cases if case.gate or rows & set(case.requirements)]
    findings = tuple(finding for case in judge.cases for finding in judge.findings(case))
    judge.stop()
    judge.laboratory.close()
    return Result(mutant=mutant, findings=findings, strays=dict(_strays(mutant, findings, requirements)))


def _strays(mutant: Mutant, findings: Sequence[Finding], requirements: Requirements) -> Iterator[tuple[str, Outcome]]:
    for row, outcome in by_requirement(findings).items():
        if outcome not in AS_BEFORE and not mutant.breaks(row, requirements):
            yield row, outcome


def _pretend(image: Image, mutant: Mutant) -> Image:
    """The image with the facts that the mutant states instead of its own."""
    facts = mutant.image
    if not facts:
        return image
    archive = image.archive
    if "size" in facts:
        layers = (replace(archive.layers[0], size=int(str(facts["size"]))), *archive.layers[1:])
        archive = replace(archive, layers=layers)
    if facts.get("attestation"):
        extra = Manifest(
            media_type="application/vnd.oci.image.manifest.v1+json",
            digest="sha256:" + "0" * 64,
            platform="unknown/unknown",
            attestation=True,
        )
        archive = replace(archive, manifests=(*archive.manifests, extra))
    architecture = str(facts.get("architecture", image.architecture))
    return replace(image, architecture=architecture, read_archive=lambda: archive)
