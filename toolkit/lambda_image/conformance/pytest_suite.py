"""The suite inside pytest: its cases become items, whatever the user's `python_files` says, and their findings a
report at the end. Under pytest-xdist each worker judges its share, and the controller makes the report."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from lambda_image import resources
from lambda_image.conformance.case import Case
from lambda_image.conformance.finding import Finding, Outcome
from lambda_image.conformance.judge import Judge
from lambda_image.conformance.lab import Depth
from lambda_image.conformance.options import SuiteOptions
from lambda_image.conformance.report import write
from lambda_image.conformance.report.text import text
from lambda_image.conformance.report.write import check_writable
from lambda_image.conformance.report.write import parse as parse_report
from lambda_image.conformance.requirement import CURRENT_SET
from lambda_image.conformance.suite import Shortfalls, Suite, none_known
from lambda_image.errors import LambdaImageError

_PROPERTY = "lambda-image-finding"


class CaseFailedError(Exception):
    """Carries the findings of a failed case to the report of its item."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        super().__init__(f"{len(findings)} findings")
        self.findings = findings


class SuitePlugin:
    """Collects cases as items and reports their findings."""

    def __init__(self, options: SuiteOptions, shortfalls: Shortfalls = none_known) -> None:
        self.options = options
        self.shortfalls = shortfalls
        self.suite: Suite | None = None
        self.findings: dict[str, list[Finding]] = {}
        self._selected = 0
        self._done = 0
        self._has_terminal = True

    @classmethod
    def from_config(
        cls,
        config: pytest.Config,
        roots: tuple[Path, ...] = (resources.BASE_IMAGES,),
        shortfalls: Shortfalls = none_known,
    ) -> SuitePlugin:
        """From pytest's options, and what the catalog knows; foreseen errors end pytest as a usage error."""
        get = config.getoption
        try:
            if get("--lambda-image-options"):
                text_ = Path(get("--lambda-image-options")).read_text(encoding="utf-8")
                return cls(SuiteOptions.from_json(text_))
            return cls(
                SuiteOptions(
                    images=tuple(get("--lambda-image")),
                    handlers=_path(get("--lambda-image-handlers")),
                    profiles=tuple(get("--lambda-image-profile")),
                    depth=Depth(get("--lambda-image-depth")),
                    strict=get("--lambda-image-strict"),
                    waivers=_path(get("--lambda-image-waivers")),
                    requirements=get("--lambda-image-requirements") or CURRENT_SET,
                    reports=tuple(_report(words) for words in get("--lambda-image-report")),
                    roots=roots,
                ),
                shortfalls,
            )
        except LambdaImageError as error:
            raise pytest.UsageError(str(error)) from None

    def pytest_configure(self, config: pytest.Config) -> None:
        """Makes the marker known, so that `-m lambda_image` and `--strict-markers` work."""
        config.addinivalue_line("markers", "lambda_image: a case of the conformance suite")

    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Under pytest-xdist the controller collects nothing, and yet makes the report."""
        if session.config.pluginmanager.hasplugin("dsession"):
            self._open(session.config)

    def _open(self, config: pytest.Config) -> Suite:
        try:
            self.suite = Suite(self.options, self.shortfalls).__enter__()
        except LambdaImageError as error:
            raise pytest.UsageError(str(error)) from None
        config.add_cleanup(self._close)
        return self.suite

    @pytest.hookimpl(tryfirst=True)
    def pytest_collection_modifyitems(self, session: pytest.Session, items: list[pytest.Item]) -> None:
        """Adds the cases before others select among the items."""
        self._has_terminal = session.config.pluginmanager.hasplugin("terminalreporter")
        for reference, judge in self._open(session.config).judges.items():
            parent = ImageNode.from_parent(session, name=reference, nodeid=f"lambda-image::{reference}")
            items.extend(
                CaseItem.from_parent(parent, name=case.id, case=case, judge=judge, plugin=self) for case in judge.cases
            )

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Leaves to the judges what was selected."""
        if self.suite is None:
            return
        selected = [item for item in session.items if isinstance(item, CaseItem)]
        self._selected = len(selected)
        for judge in self.suite.judges.values():
            judge.cases = [item.case for item in selected if item.judge is judge]

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Gathers findings, in a controller those of its workers too."""
        for name, value in report.user_properties:
            if name == _PROPERTY and report.when == "call" and isinstance(value, list | tuple):
                finding = Finding.from_json(value[1])
                self.findings.setdefault(str(value[0]), []).append(finding)
        if report.when == "call" and not self._has_terminal:
            self._say(report)

    def _say(self, report: pytest.TestReport) -> None:
        """A line for the program that runs pytest as its child."""
        outcomes = [Finding.from_json(value[1]).outcome.value for _, value in report.user_properties]  # type: ignore[index]
        self._done += 1
        name = report.nodeid.rpartition("::")[2]
        print(f"{self._done}/{self._selected} {' '.join(outcomes)} {name} {report.duration:.1f} s", flush=True)

    @pytest.hookimpl(trylast=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        """Writes the reports; a worker leaves that to the controller."""
        if self.suite is None or hasattr(session.config, "workerinput") or not self.findings:
            return
        for kind, path in self.options.reports:
            write(self.suite.report(self.findings), kind, path)

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        """Prints the report."""
        if self.suite is not None and self.findings:
            terminalreporter.section("conformance")
            terminalreporter.write(text(self.suite.report(self.findings)))

    def _close(self) -> None:
        if self.suite is not None:
            self.suite.__exit__(None, None, None)
            self.suite = None


class ImageNode(pytest.Collector):
    """Parent of an image's items."""

    def collect(self) -> Iterator[pytest.Item]:
        """Its items are made by the plugin."""
        yield from ()


class CaseItem(pytest.Item):
    """One case on one image."""

    def __init__(self, *, case: Case, judge: Judge, plugin: SuitePlugin, **kwargs: object) -> None:
        super().__init__(**kwargs)  # type: ignore[arg-type]
        self.case = case
        self.judge = judge
        self.plugin = plugin
        self.add_marker("lambda_image")
        for row in judge.rows(case):
            self.extra_keyword_matches.update({row.id, row.profile.value})

    def runtest(self) -> None:
        """Waits for the judge, who works ahead, and turns findings into pytest's outcomes."""
        assert self.plugin.suite is not None
        reference = self.parent.name if self.parent is not None else ""
        worker = hasattr(self.config, "workerinput")
        found = self.judge.in_turn(self.case) if worker else self.judge.findings(self.case)
        findings = self.plugin.suite.soften(reference, found)
        for finding in findings:
            self.user_properties.append((_PROPERTY, (reference, finding.as_json())))
        self._conclude(findings)

    def _conclude(self, findings: Sequence[Finding]) -> None:
        outcomes = {finding.outcome for finding in findings}
        failing = {Outcome.FAIL, Outcome.ERROR} | ({Outcome.DIFFERS} if self.plugin.options.strict else set())
        if outcomes & failing:
            raise CaseFailedError([finding for finding in findings if finding.outcome in failing])
        words = "; ".join(
            f"{finding.outcome.value} {finding.requirement}: {finding.reason or finding.got}"
            for finding in findings
            if finding.outcome is not Outcome.PASS
        )
        if Outcome.DIFFERS in outcomes:
            pytest.xfail(words)
        if outcomes <= {Outcome.SKIPPED, Outcome.WAIVED, Outcome.NOT_APPLICABLE}:
            pytest.skip(words)

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException]) -> str:  # type: ignore[override]
        """The findings; the traceback only of what is not one."""
        if isinstance(excinfo.value, CaseFailedError):
            return "\n".join(
                f"{finding.outcome.value} {finding.requirement}: sent {finding.sent}; expected {finding.expected}; "
                f"got {finding.got} {finding.reason}"
                for finding in excinfo.value.findings
            )
        return str(super().repr_failure(excinfo))

    def reportinfo(self) -> tuple[str, None, str]:
        """Where pytest says that the item is."""
        return "lambda-image", None, self.name


def _report(words: str) -> tuple[str, Path]:
    kind, path = parse_report(words)
    check_writable(path)
    return kind, path


def _path(value: str | None) -> Path | None:
    return Path(value) if value else None
