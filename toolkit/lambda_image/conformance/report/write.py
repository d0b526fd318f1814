"""Writes a report in one of its forms to a file."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from lambda_image.conformance.report.junit import junit
from lambda_image.conformance.report.model import Report
from lambda_image.conformance.report.text import text
from lambda_image.errors import ConfigurationError
from lambda_image.nearest import nearest

FORMATS: dict[str, Callable[[Report], str]] = {"json": Report.to_json, "junit": junit, "text": text}


def parse(words: str) -> tuple[str, Path]:
    """`FORMAT=PATH` as it stands on a command line."""
    kind, equals, path = words.partition("=")
    if kind not in FORMATS or not equals or not path:
        raise ConfigurationError(
            f"cannot write the report {words!r}",
            hint=f"give FORMAT=PATH; formats: {', '.join(FORMATS)}"
            + ("" if kind in FORMATS else f"; did you mean {nearest(kind, FORMATS)}?"),
        )
    return kind, Path(path)


def write(report: Report, kind: str, path: Path) -> None:
    """Writes one form; the folder is made if it is not there."""
    text = FORMATS[kind](report)
    with _writing(path):
        path.write_text(text, encoding="utf-8")


def check_writable(path: Path) -> None:
    """Raises before a long run what would be wrong after it; an earlier report stays as it is."""
    there = path.exists()
    with _writing(path):
        path.open("a").close()
        if not there:
            path.unlink()


@contextmanager
def _writing(path: Path) -> Iterator[None]:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        yield
    except OSError as error:
        raise ConfigurationError(f"cannot write the report {path}: {error.strerror}") from None
