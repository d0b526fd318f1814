"""Carries out cases on one image, many at a time, and turns what they find into findings."""

from __future__ import annotations

import threading
import time
import traceback
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field

from lambda_image.conformance.case import Case
from lambda_image.conformance.finding import Finding, NotJudged, Outcome, Violation
from lambda_image.conformance.lab import Depth, Lab, Laboratory
from lambda_image.conformance.requirement import Level, Requirement, Requirements
from lambda_image.errors import LambdaImageError

Findings = tuple[Finding, ...]

_EMULATED_WORKERS = 2


@dataclass
class Judge:
    """One image's cases: the gates first, then the longest, several at once.

    Cases spend most of their time waiting for containers, so more of them run than there are cores; where all is
    emulated, they spend it computing.
    """

    laboratory: Laboratory
    requirements: Requirements
    cases: Sequence[Case]
    workers: int = 6
    _futures: dict[str, Future[Findings]] = field(default_factory=dict)
    _failed: set[str] = field(default_factory=set)
    _gates: dict[str, Findings] = field(default_factory=dict)
    _executor: ThreadPoolExecutor | None = None
    _stopped: threading.Event = field(default_factory=threading.Event)

    def start(self) -> None:
        """Starts all cases; `findings` waits for one of them."""
        if self._executor is not None:
            return
        depth = 0 if self.laboratory.depth is Depth.QUICK else 1
        gates = [case for case in self.cases if case.gate]
        others = sorted((case for case in self.cases if not case.gate), key=lambda case: -case.seconds[depth])
        needed = {
            row for case in self.cases for one in self.rows(case) for row in one.depends if row not in case.requirements
        }
        founding = {case.name for case in self.cases if needed.intersection(case.requirements)}
        # What others depend on is begun before them, so that they can wait for it without holding it up.
        others.sort(key=lambda case: case.name not in founding)
        # Long holds only wait: they get threads of their own, so that they run beside everything else.
        holding = sum(1 for case in others if case.seconds[depth] > 30)
        workers = min(self.workers, _EMULATED_WORKERS) if self.laboratory.emulated else self.workers
        self._executor = ThreadPoolExecutor(workers + holding, thread_name_prefix="case")
        passed_gates: list[Future[Findings]] = []
        for case in gates:
            passed_gates.append(self._submit(case, tuple(passed_gates)))
        founded: dict[str, Future[Findings]] = {}
        for case in others:
            wanted = {row for one in self.rows(case) for row in one.depends}
            before = [future for row, future in founded.items() if row in wanted]
            future = self._submit(case, (*passed_gates, *before))
            if case.name in founding:
                founded.update(dict.fromkeys(case.requirements, future))

    def _submit(self, case: Case, gates: Sequence[Future[Findings]]) -> Future[Findings]:
        assert self._executor is not None
        future = self._executor.submit(self._after, case, gates)
        self._futures[case.name] = future
        return future

    def _after(self, case: Case, gates: Sequence[Future[Findings]]) -> Findings:
        for gate in gates:
            gate.result()
        return self.carry_out(case)

    def findings(self, case: Case) -> Findings:
        """The findings of one case, one for each of its requirements."""
        self.start()
        return self._futures[case.name].result()

    def stop(self) -> None:
        """Cancels what has not begun, takes the containers from what has, and waits for the end of it."""
        self._stopped.set()
        if self._executor is None:
            return
        self._executor.shutdown(wait=False, cancel_futures=True)
        if not all(future.done() for future in self._futures.values()):
            self.laboratory.abandon()
        self._executor.shutdown(wait=True)

    def in_turn(self, case: Case) -> Findings:
        """The findings of one case, carried out here and now, the gates before it: for one of several processes
        that judge a share of the cases each."""
        for gate in self.cases:
            if gate.gate and gate.name not in self._gates:
                self._gates[gate.name] = self.carry_out(gate)
        return self._gates[case.name] if case.name in self._gates else self.carry_out(case)

    def rows(self, case: Case) -> list[Requirement]:
        """The requirements of a case that are in the set."""
        return [self.requirements[row] for row in case.requirements if row in self.requirements]

    def carry_out(self, case: Case) -> Findings:
        """Carries out one case here and now."""
        rows = self.rows(case)
        result: list[Finding] = []
        open_rows: list[Requirement] = []
        for row in rows:
            reason, outcome = self._not_judged(row, case)
            if outcome is None:
                open_rows.append(row)
            else:
                because = tuple(other for other in row.depends if other in self._failed)
                result.append(
                    Finding(requirement=row.id, case=case.name, outcome=outcome, reason=reason, because=because)
                )
        if open_rows:
            result.extend(self._run(case, open_rows))
        self._failed.update(
            finding.requirement for finding in result if finding.outcome in {Outcome.FAIL, Outcome.ERROR}
        )
        return tuple(result)

    def _not_judged(self, row: Requirement, case: Case) -> tuple[str, Outcome | None]:
        handlers = self.laboratory.handlers
        if self._stopped.is_set():
            return "the run was stopped", Outcome.SKIPPED
        missing = sorted(set(row.needs) - handlers.capabilities)
        if missing:
            return f"{handlers.language} has not the capability {', '.join(missing)}", Outcome.NOT_APPLICABLE
        failed = [other for other in row.depends if other in self._failed]
        if failed:
            return f"not judged, since it depends on {', '.join(failed)}, which failed", Outcome.SKIPPED
        if lacking := handlers.lacking(case.handlers):
            return lacking, Outcome.SKIPPED
        return "", None

    def _run(self, case: Case, rows: Sequence[Requirement]) -> Findings:
        lab = Lab(self.laboratory)
        begun = time.monotonic()
        sent = expected = got = reason = ""
        problem: Outcome | None = None
        try:
            case.function(lab)
        except Violation as violation:
            sent, expected, got = violation.sent, violation.expected, violation.got
            problem = Outcome.FAIL
        except NotJudged as skipped:
            reason, problem = skipped.reason, Outcome.SKIPPED
        except LambdaImageError as error:
            reason, problem = str(error), Outcome.ERROR
        except Exception:  # noqa: BLE001 - whatever the suite does wrong is an ERROR, never a verdict
            reason, problem = traceback.format_exc(), Outcome.ERROR
        seconds = time.monotonic() - begun
        transcript = lab.transcript() if problem in {Outcome.FAIL, Outcome.ERROR} else None
        return tuple(
            Finding(
                requirement=row.id,
                case=case.name,
                outcome=_outcome(problem, row),
                sent=sent or (case.sends if problem else ""),
                expected=expected,
                got=got,
                reason=reason,
                log="\n".join(transcript.log) if transcript else "",
                wire=tuple(transcript.wire) if transcript else (),
                shortened=lab.shortened,
                seconds=seconds,
            )
            for row in rows
        )


def _outcome(problem: Outcome | None, row: Requirement) -> Outcome:
    if problem is None:
        return Outcome.PASS
    if problem is Outcome.FAIL and row.level is not Level.MUST:
        return Outcome.DIFFERS
    return problem
