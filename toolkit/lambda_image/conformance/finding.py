"""What a case found out about one requirement, and how a case says so."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field, replace
from enum import StrEnum
from typing import NoReturn


class Outcome(StrEnum):
    """The outcomes of a requirement. None but PASS is a pass; ERROR is never a verdict on the image."""

    PASS = "PASS"  # noqa: S105 - a word, not a password
    FAIL = "FAIL"  # a MUST not met
    DIFFERS = "DIFFERS"  # a SHOULD or MAY not met
    NOT_APPLICABLE = "NOT_APPLICABLE"  # needs a capability that the image's language has not
    WAIVED = "WAIVED"  # not met, and a waiver that has not expired says why that is accepted
    SKIPPED = "SKIPPED"  # could not be judged, for the reason given
    ERROR = "ERROR"  # the suite or the engine broke


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One requirement judged by one case on one image."""

    requirement: str
    case: str
    outcome: Outcome
    sent: str = ""
    expected: str = ""
    got: str = ""
    reason: str = ""
    log: str = ""
    wire: tuple[str, ...] = ()
    shortened: str = ""
    seconds: float = 0.0
    # The requirements whose failure kept this one from being judged.
    because: tuple[str, ...] = ()

    def with_outcome(self, outcome: Outcome, reason: str) -> Finding:
        """The same observation under another outcome, as a waiver gives it."""
        return replace(self, outcome=outcome, reason=reason)

    def as_json(self) -> dict[str, object]:
        """Plain values, for a report or another process (pytest-xdist carries no enums)."""
        return {**asdict(self), "outcome": self.outcome.value}

    @classmethod
    def from_json(cls, values: dict[str, object]) -> Finding:
        """The inverse of `as_json`."""
        plain = dict(values)
        plain["outcome"] = Outcome(str(plain["outcome"]))
        for name in ("wire", "because"):
            lines = plain.get(name, ())
            plain[name] = tuple(str(line) for line in lines) if isinstance(lines, list | tuple) else ()
        return cls(**plain)  # type: ignore[arg-type]


class Violation(Exception):  # noqa: N818 - what the image did, not an error of ours
    """The image does not meet the requirement: what was sent, what was expected, what came."""

    def __init__(self, *, sent: str, expected: str, got: str) -> None:
        super().__init__(f"expected {expected}; got {got}")
        self.sent, self.expected, self.got = sent, expected, got


class NotJudged(Exception):  # noqa: N818
    """The case could not be carried out here; `reason` says what is missing."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass
class Transcript:
    """What a case's containers said and sent, collected for the report of a failure."""

    log: list[str] = field(default_factory=list)
    wire: list[str] = field(default_factory=list)


_SHOWN = 300


def short(value: object, limit: int = _SHOWN) -> str:
    """A value as it is shown in a message: whole where it is short, else both ends and its length."""
    text = value if isinstance(value, str) else repr(value)
    if len(text) <= limit:
        return text
    half = limit // 2
    return f"{text[:half]} … {text[-half:]} ({len(text):,} characters)"


def violated(*, sent: str, expected: str, got: object) -> NoReturn:
    """Ends the case: the requirement is not met."""
    raise Violation(sent=sent, expected=expected, got=short(got, limit=440))


def expect(condition: object, *, sent: str, expected: str, got: object) -> None:
    """Ends the case as a violation unless the condition holds."""
    if not condition:
        violated(sent=sent, expected=expected, got=got)


def expect_equal(got: object, expected: object, *, sent: str, what: str = "") -> None:
    """Ends the case as a violation unless both are equal; booleans and numbers are not mixed up."""
    if got != expected or isinstance(got, bool) != isinstance(expected, bool):
        label = f"{what} " if what else ""
        shown = short(repr(got)) + _difference(repr(expected), repr(got))
        raise Violation(sent=sent, expected=label + short(repr(expected)), got=shown)


def _difference(expected: str, got: str) -> str:
    """Where two long values part: the middle of neither is shown."""
    if max(len(expected), len(got)) <= _SHOWN:
        return ""
    same = (one == other for one, other in zip(expected, got, strict=False))
    at = next((number for number, equal in enumerate(same) if not equal), min(len(expected), len(got)))
    begin = max(at - 10, 0)
    return f"; they part at character {at:,}: {expected[begin : at + 20]} became {got[begin : at + 20]}"
