"""A run of the suite: one engine, one server, one route; a judge for each image; a report at the end."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from datetime import UTC, date, datetime
from types import TracebackType
from typing import Self

import lambda_image
from lambda_image import route as routes
from lambda_image.conformance import requirement
from lambda_image.conformance.finding import Finding
from lambda_image.conformance.judge import Judge
from lambda_image.conformance.lab import Laboratory
from lambda_image.conformance.options import SuiteOptions
from lambda_image.conformance.report import ImageReport, Report
from lambda_image.conformance.selection import select
from lambda_image.conformance.subject import Subject, claimed_profiles, find_handlers
from lambda_image.conformance.verdict import Waiver, apply_waivers, read_waivers, verdicts, waived_with_their_cause
from lambda_image.engine import Engine, Image
from lambda_image.runtime_api import Server
from lambda_image.sandbox import Sandboxes

Shortfalls = Callable[[Image], tuple[Waiver, ...]]
"""What is known that an image does not meet. The suite itself knows of no catalog; its caller may."""


def none_known(_image: Image) -> tuple[Waiver, ...]:
    """Of an image that no catalog describes."""
    return ()


class Suite:
    """A context manager. Judges are made when entered, so that wrong images and options are told at once."""

    def __init__(self, options: SuiteOptions, shortfalls: Shortfalls = none_known) -> None:
        self.options = options
        self._shortfalls = shortfalls
        self.requirements = requirement.load(options.requirements)
        self.begun = datetime.now(UTC)
        self._started = time.monotonic()
        self._stack = ExitStack()
        self.subjects: dict[str, Subject] = {}
        self.judges: dict[str, Judge] = {}
        self._seconds: dict[str, float] = {}
        self._waivers: tuple[Waiver, ...] = ()

    def __enter__(self) -> Self:
        with ExitStack() as stack:
            self._open(stack)
            self._stack = stack.pop_all()
        return self

    def _open(self, stack: ExitStack) -> None:
        options = self.options
        self._waivers = read_waivers(options.waivers, self.requirements) if options.waivers else ()
        engine = stack.enter_context(Engine.connect())
        for reference in options.images:
            image = engine.image(reference)
            self.subjects[reference] = Subject(
                image=image,
                handlers=find_handlers(engine, image, options.handlers, options.roots),
                claimed=claimed_profiles(image, options.profiles),
                known=options.known[reference] if reference in options.known else self._shortfalls(image),
            )
        selected = {
            reference: select(reference, subject.claimed, self.requirements, options.only)
            for reference, subject in self.subjects.items()
        }
        server = stack.enter_context(Server())
        sandboxes = stack.enter_context(Sandboxes(engine))
        self.route = routes.choose(sandboxes)
        stack.callback(self.route.close)
        for reference, subject in self.subjects.items():
            laboratory = Laboratory(
                image=subject.image,
                handlers=subject.handlers,
                engine=engine,
                server=server,
                sandboxes=sandboxes,
                route=self.route,
                depth=options.depth,
            )
            judge = Judge(laboratory, self.requirements, selected[reference], options.workers)
            stack.callback(laboratory.close)
            stack.callback(judge.stop)
            self.judges[reference] = judge

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def soften(self, reference: str, findings: Sequence[Finding]) -> tuple[Finding, ...]:
        """Findings after known shortfalls and waivers."""
        known = apply_waivers(findings, self.subjects[reference].known, date.today())
        return apply_waivers(known, self._waivers, date.today())

    def report(self, findings: dict[str, list[Finding]]) -> Report:
        """The report of what was found, already softened."""
        return Report(
            tool=f"lambda-image {lambda_image.__version__}",
            requirements=self.requirements.name,
            depth=self.options.depth.value,
            route=self.route.kind,
            begun=self.begun.isoformat(timespec="seconds"),
            seconds=time.monotonic() - self._started,
            images=tuple(self._image(reference, findings.get(reference, [])) for reference in self.subjects),
        )

    def _image(self, reference: str, findings: Sequence[Finding]) -> ImageReport:
        subject = self.subjects[reference]
        findings = waived_with_their_cause(findings)
        order = list(self.requirements)
        return ImageReport(
            reference=reference,
            config_digest=subject.image.config_digest,
            size=subject.image.size,
            language=subject.handlers.language,
            capabilities=tuple(sorted(subject.handlers.capabilities)),
            labels=dict(subject.image.config.labels),
            verdicts=verdicts(findings, self.requirements, claimed=subject.claimed, strict=self.options.strict),
            findings=tuple(sorted(findings, key=lambda one: (order.index(one.requirement), one.case))),
            seconds=time.monotonic() - self._started,
            guessed=subject.handlers.guessed,
            emulated=self.judges[reference].laboratory.emulated,
        )
