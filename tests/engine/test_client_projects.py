"""The own tests of clients that are compiled, in the image that compiles functions: no JDK or .NET is needed here."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from engine.images import run
from lambda_image import resources

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.engine

SCRIPTS = {
    "java": "/src/languages/java/client/test.sh /src/languages/java/client /src/vectors",
    "dotnet": "/src/languages/dotnet/client/test.sh",
}
LAST = {"java": ", 0 failed", "dotnet": "all passed\n"}


@pytest.mark.parametrize("language", SCRIPTS)
def test_client_is_in_order_and_passes_its_own_tests(built: Callable[..., str], language: str) -> None:
    """With nothing but the build image: no warning of the compiler, the shared vectors, types and methods of every
    kind."""
    image = built(language, variant="build", client="builtin")
    options = ("--entrypoint=/bin/sh", "--network=none", f"--volume={resources.BASE_IMAGES}:/src:ro")
    ended = run(image, *SCRIPTS[language].split(), options=options)
    assert ended.status == 0, ended.out + ended.err
    assert LAST[language] in ended.out
