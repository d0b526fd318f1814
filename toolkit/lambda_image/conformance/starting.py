"""Whose fault it is that a container does not start: where the engine cannot carry out the image's own program, the
image is wrong; anything else is the engine's matter."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from lambda_image.conformance.finding import violated
from lambda_image.errors import EngineError

_IMAGE_S_FAULT = re.compile(
    r'(exec: "[^"]*": .+?|exec /\S+: .+?|chdir to cwd .+?|no command specified.*?)'
    r"(?:: unknown)?(?:\s*\(status \d+\))?$",
    re.IGNORECASE | re.DOTALL,
)


def fault_of_image(message: str) -> str:
    """What is wrong with the image, in the engine's words; empty where it is not the image's fault."""
    found = _IMAGE_S_FAULT.search(message.strip())
    return found[1] if found else ""


@contextmanager
def starting(entrypoint: Sequence[str], command: Sequence[str]) -> Iterator[None]:
    """Makes a violation of a start that the engine refuses because of the image."""
    try:
        yield
    except EngineError as error:
        fault = fault_of_image(error.message)
        if not fault:
            raise
        violated(
            sent=f"a container was started with ENTRYPOINT {list(entrypoint)} and CMD {list(command)}",
            expected="its program starts",
            got=f"the engine cannot run it: {fault}",
        )
