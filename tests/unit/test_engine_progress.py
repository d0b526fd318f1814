"""Build progress: JSON and plain text of the same build give the same story."""

from __future__ import annotations

import base64
import json

import pytest
from lambda_image.engine.progress import BuildEvent, JsonProgress, PlainProgress, Progress, failed_step

NAME, BAD = "[2/3] RUN make", "[3/3] RUN false"


def status(**parts: object) -> str:
    """As buildx 0.13 writes it: indented; newer ones write a line each."""
    return json.dumps(parts, indent=2) + "\n"


def log(text: str) -> dict[str, object]:
    return {"vertex": "a", "stream": 1, "data": base64.b64encode(text.encode()).decode()}


JSON = (
    status(vertexes=[{"digest": "a", "name": NAME}])
    + status(vertexes=[{"digest": "a", "name": NAME, "started": "2026-01-01T00:00:00.123456789Z"}])
    + status(logs=[log("one\ntw")])
    + status(logs=[log("o\n")])
    + status(
        vertexes=[
            {
                "digest": "a",
                "name": NAME,
                "started": "2026-01-01T00:00:00.123456789Z",
                "completed": "2026-01-01T00:00:01.623456789Z",
            }
        ]
        * 2
    )
    + status(
        vertexes=[
            {"digest": "b", "name": BAD, "started": "2026-01-01T00:00:02Z", "error": "exit code: 1"},
            {"digest": "c", "name": "other", "started": "2026-01-01T00:00:02Z", "error": "context canceled"},
        ]
    )
    + "ERROR: failed to solve\n"
)
PLAIN = f"""#5 {NAME}
#5 0.123 one
#5 0.200 two
#5 DONE 1.5s

#6 {BAD}
#6 ERROR: exit code: 1
------
ERROR: failed to solve
"""


def events(progress: Progress, text: str, size: int) -> list[BuildEvent]:
    pieces = (text[start : start + size] for start in range(0, len(text), size))
    return [event for piece in pieces for event in progress.feed(piece)]


@pytest.mark.parametrize("size", [1, 7, 100_000])
@pytest.mark.parametrize(("kind", "text"), [(JsonProgress, JSON), (PlainProgress, PLAIN)])
def test_both_forms_tell_the_same_in_pieces_of_any_size(
    kind: type[JsonProgress | PlainProgress], text: str, size: int
) -> None:
    progress = kind()
    found = [event for event in events(progress, text, size) if event.step in (NAME, BAD)]
    assert found == [
        BuildEvent(kind="started", step=NAME),
        BuildEvent(kind="log", step=NAME, text="one"),
        BuildEvent(kind="log", step=NAME, text="two"),
        BuildEvent(kind="finished", step=NAME, seconds=1.5),
        BuildEvent(kind="started", step=BAD),
        BuildEvent(kind="error", step=BAD, text="exit code: 1"),
    ]
    assert "ERROR: failed to solve" in progress.messages
    failed = failed_step(progress)
    assert failed
    assert failed.name == BAD


def test_a_step_that_was_only_cancelled_is_not_blamed() -> None:
    progress = JsonProgress()
    cancelled = {"digest": "c", "name": "other", "started": "2026-01-01T00:00:02Z", "error": "context canceled"}
    broken = {"digest": "b", "name": BAD, "started": "2026-01-01T00:00:02Z", "error": "exit code: 1"}
    list(progress.feed(status(vertexes=[cancelled, broken])))
    failed = failed_step(progress)
    assert failed
    assert failed.name == BAD


def test_a_cached_step_is_told_as_cached() -> None:
    step = {"digest": "a", "name": NAME, "started": "2026-01-01T00:00:00Z", "completed": "2026-01-01T00:00:00Z"}
    kinds = [event.kind for event in JsonProgress().feed(status(vertexes=[{**step, "cached": True}]))]
    assert kinds == ["started", "cached"]
    assert [event.kind for event in PlainProgress().feed(f"#5 {NAME}\n#5 CACHED\n")] == ["started", "cached"]
