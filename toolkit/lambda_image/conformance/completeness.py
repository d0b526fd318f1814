"""Whether the suite is whole: a case for every requirement, a requirement and handlers for every case."""

from __future__ import annotations

from collections.abc import Iterator

from lambda_image.conformance import contract, requirement
from lambda_image.conformance.case import all_cases
from lambda_image.conformance.contract import CAPABILITIES


def problems() -> list[str]:
    """Everything that is missing or does not fit, a line each."""
    return [*_requirements(), *_cases()]


def _requirements() -> Iterator[str]:
    rows = requirement.load()
    bound = {row for case in all_cases() for row in case.requirements}
    for row in rows.values():
        if row.id not in bound:
            yield f"{row.id} has no case"
        for word in row.needs:
            if word not in CAPABILITIES:
                yield f"{row.id} needs {word!r}, which is no capability"
        for other in row.depends:
            if other not in rows:
                yield f"{row.id} depends on {other}, which does not exist"


def _cases() -> Iterator[str]:
    rows, names = requirement.load(), contract.contract_names()
    for case in all_cases():
        if not case.sends:
            yield f"the case {case.name} does not say what it sends"
        for row in case.requirements:
            if row not in rows:
                yield f"the case {case.name} checks {row}, which does not exist"
        for handler in case.handlers:
            if handler not in names:
                yield f"the case {case.name} uses the handler {handler}, which is not in the contract"
