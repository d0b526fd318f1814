"""The own tests of the built-in clients, in the project's own images: no language has to be on this machine."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import pytest
from engine.images import run
from lambda_image import resources

if TYPE_CHECKING:
    from collections.abc import Callable

pytestmark = pytest.mark.engine

# The client and the image's launcher together: what they import of the standard library is compiled once.
GO = """
export GOWORK=off
for project in . ../launcher; do
    cd $project
    test -z "$(gofmt -l . | tee /dev/stderr)"
    go vet ./...
    go test ./...
done
echo passed
"""


@dataclass(frozen=True, kw_only=True)
class Project:
    """What a shell does in the client's folder, and how its output ends where all is well."""

    script: str
    ends_with: str
    # What is compiled needs the image that compiles functions.
    variant: str = "build"


PROJECTS = {
    "go": Project(script=GO, ends_with="passed\n"),
    "java": Project(script="sh test.sh . /src/vectors", ends_with=", 0 failed\n"),
    "dotnet": Project(script="sh test.sh", ends_with="all passed\n"),
    "python": Project(variant="standard", script="python3 -m unittest; echo passed", ends_with="passed\n"),
    "nodejs": Project(variant="standard", script="node --test; echo passed", ends_with="passed\n"),
    "ruby": Project(variant="standard", script="rake; echo passed", ends_with="passed\n"),
}


@pytest.mark.parametrize("language", PROJECTS)
def test_client_is_in_order_and_passes_its_own_tests(built: Callable[..., str], language: str) -> None:
    """With nothing but the image and no network: no warning of the compiler, the shared vectors, types and methods
    of every kind."""
    project = PROJECTS[language]
    image = built(language, variant=project.variant, client="builtin")
    options = ("--entrypoint=/bin/sh", "--network=none", f"--volume={resources.BASE_IMAGES}:/src:ro")
    ended = run(image, "-ec", f"cd /src/languages/{language}/client\n{project.script}", options=options, seconds=600)
    assert ended.status == 0, ended.out[-6000:] + ended.err[-3000:]
    assert ended.out.endswith(project.ends_with), ended.out[-600:]
