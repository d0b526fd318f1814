"""`lambda-image bench server` without an engine: what it calls, and what it makes of the figures."""

from __future__ import annotations

import json
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pytest
from lambda_image.bench.server import Sample, measure, summarise
from lambda_image.errors import MachineError
from lambda_image.runtime_api import Server
from unit.runtime_api_helpers import RawClient

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lambda_image.bench.server import Name


@contextmanager
def contender(*, echo: bool = True) -> Iterator[tuple[str, int]]:
    """Our server with a runtime by hand in a thread."""
    with Server() as server:
        environment = server.environment(record=False)

        def serve() -> None:
            with RawClient(environment.address) as client:
                try:
                    while True:
                        event = client.next()
                        name = event.headers["lambda-runtime-aws-request-id"]
                        client.post(f"/invocation/{name}/response", event.body if echo else b"1")
                except (ConnectionError, TimeoutError):
                    return

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield server.frontend(environment).address
        finally:
            server.close()
            thread.join()


def sample(contender: Name, number: int, rate: float) -> Sample:
    return Sample(contender=contender, round=number, invocations=10, per_second=rate, p50_us=1, p99_us=2)


def test_both_are_called_in_every_round() -> None:
    """Two contenders of the same kind: all samples kept, the order changing."""
    result = measure(contender, contender, rounds=2, invocations=50)
    assert [one.contender for one in result.samples] == ["ours", "emulator", "emulator", "ours"]
    assert result.ratio_lowest <= result.ratio <= result.ratio_highest
    assert all(0 < one.p50_us <= one.p99_us for one in result.samples)
    assert "ratio" in result.text()
    assert json.loads(result.json())["schema_version"] == 1


def test_contender_that_does_not_echo_is_no_contender() -> None:
    """A fast wrong answer counts for nothing."""
    with pytest.raises(MachineError, match="calling ours=") as failed:
        measure(lambda: contender(echo=False), contender, rounds=1, invocations=10)
    assert "not the event came back" in failed.value.hint


def test_figure_is_the_median_of_the_rounds_ratios() -> None:
    """Not the ratio of medians: each round is compared with itself."""
    rates = [(100.0, 50.0), (40.0, 40.0), (300.0, 100.0)]
    samples = [
        sample(name, at, pair[i]) for at, pair in enumerate(rates) for i, name in enumerate(("ours", "emulator"))
    ]  # type: ignore[arg-type]
    result = summarise(samples)
    assert (result.ratio, result.ratio_lowest, result.ratio_highest) == (2.0, 1.0, 3.0)
    assert result.reached
