"""Which cases a run carries out on an image: those of the profiles it claims, and of these the ones asked for."""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase

from lambda_image.conformance.case import Case, all_cases
from lambda_image.conformance.requirement import Profile, Requirements
from lambda_image.errors import NothingSelected
from lambda_image.nearest import nearest


def select(
    reference: str, claimed: frozenset[Profile], requirements: Requirements, only: Sequence[str] = ()
) -> tuple[Case, ...]:
    """The cases of an image's profiles, or those of them that a name or glob means, with the gates before them.

    Raises `NothingSelected` for a name that means none, and where nothing is left to judge.
    """
    cases = [case for case in all_cases() if _profiles(case, requirements) & claimed]
    for pattern in only:
        if not any(_is_called(case, pattern) for case in cases):
            raise _nothing(reference, pattern, cases, claimed, requirements)
    if only:
        cases = [case for case in cases if case.gate or any(_is_called(case, pattern) for pattern in only)]
    if not cases:
        raise NothingSelected(
            f"nothing to judge in {reference}: no case is of the profiles {_names(claimed)}",
            hint="name others with --profile",
        )
    return tuple(cases)


def _nothing(
    reference: str, pattern: str, cases: Sequence[Case], claimed: frozenset[Profile], requirements: Requirements
) -> NothingSelected:
    elsewhere = {
        profile
        for case in all_cases()
        if _is_called(case, pattern)
        for profile in _profiles(case, requirements) - claimed
    }
    if elsewhere:
        return NothingSelected(
            f"{pattern!r} means nothing that is judged in {reference}: it is of the profile {_names(elsewhere)}, "
            f"and the image is judged on {_names(claimed)}",
            hint=f"add --profile {min(elsewhere).value}",
        )
    rows = dict.fromkeys(row for case in cases for row in case.requirements)
    near = nearest(pattern, [*rows, *(case.name for case in cases)], most=3, otherwise=0)
    return NothingSelected(
        f"no requirement or case of {reference} is called {pattern!r}",
        hint=(f"did you mean {near}? " if near else "")
        + "Give a requirement (RAPI-NEXT-001), a case, or a glob of them (RAPI-NEXT-*)",
    )


def _profiles(case: Case, requirements: Requirements) -> set[Profile]:
    return {requirements[row].profile for row in case.requirements if row in requirements}


def _is_called(case: Case, pattern: str) -> bool:
    names = (*case.requirements, case.name, case.id)
    return any(fnmatchcase(name.lower(), pattern.lower()) for name in names)


def _names(profiles: frozenset[Profile] | set[Profile]) -> str:
    return ", ".join(profile.value for profile in Profile if profile in profiles)
