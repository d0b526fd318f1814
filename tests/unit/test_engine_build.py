"""What is said to the build program, and to whom no secret is told."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
from lambda_image.engine.api import is_disk_full
from lambda_image.engine.build import BuildRequest, Builds, Buildx, command_line, platforms, run
from lambda_image.engine.leftovers import is_dead, owner
from lambda_image.errors import BuildFailed, Interrupted

NEW = Buildx(program=("docker",), builder="default", version="v0.13.1", options="--provenance --sbom")
OLD = Buildx(program=("docker",), builder="default", version="v0.9.1", options="--provenance")


def words(buildx: Buildx, **options: object) -> tuple[str, ...]:
    request = BuildRequest(context=Path("/c"), **options)  # type: ignore[arg-type]
    return command_line(buildx, request, Path("/m"))


def test_attestations_are_always_off_where_there_is_such_an_option() -> None:
    """They would make an index of the image, and Lambda refuses an index."""
    assert {"--provenance=false", "--sbom=false"} <= set(words(NEW))
    assert "--provenance=false" in words(OLD)
    assert "--sbom=false" not in words(OLD)


def test_values_of_build_arguments_are_not_on_the_command_line() -> None:
    """A proxy's address may hold a password, and every user can list command lines."""
    line = words(NEW, build_args={"HTTPS_PROXY": "http://u:secret@proxy"})
    assert "--build-arg=HTTPS_PROXY" in line
    assert "secret" not in " ".join(line)


@pytest.mark.parametrize(
    ("version", "options", "json"),
    [
        ("v0.13.1", "", True),
        ("0.13.1+ds1", "", True),
        ("v0.12.0", "", False),
        ("v0.0.0+unknown", "rawjson", True),
        ("v0.0.0+unknown", "", False),
    ],
)
def test_json_progress_is_asked_for_where_it_exists(version: str, options: str, *, json: bool) -> None:
    buildx = Buildx(program=("docker",), builder="default", version=version, options=options)
    assert buildx.has_json_progress is json


def test_a_full_disk_is_recognised_however_it_is_said() -> None:
    assert is_disk_full("write /var/lib/x: no space left on device")
    assert is_disk_full("cp: error writing 'x': No space left on device")
    assert not is_disk_full("no such file or directory")


def test_this_process_is_alive_and_its_predecessor_is_dead() -> None:
    """The start time tells them apart when the system gives a number out again."""
    host, _, process = owner().rpartition(" ")[0].rpartition(" ")
    assert not is_dead(owner())
    assert is_dead(f"{host} {process} 1")
    assert is_dead(f"{host} 999999999 1")


def test_an_owner_somewhere_else_is_never_called_dead() -> None:
    assert not is_dead("another-host/boot/space 1 1")
    assert not is_dead("nonsense")


def test_an_owner_before_the_machine_started_anew_is_dead() -> None:
    host = owner().split("/")[0]
    assert is_dead(f"{host}/an-earlier-boot/space 1 1")


def inspected(folder: Path, says: str) -> Buildx:
    """A program whose `buildx inspect` says this."""
    program = folder / "docker"
    program.write_text(f"#!/bin/sh\ncat <<'.'\n{says}\n.\n")
    program.chmod(0o755)
    return Buildx(program=(str(program),), builder="default", version="v0.13.1", options="")


def test_the_builder_s_platforms_are_read_whatever_marks_they_bear(tmp_path: Path) -> None:
    """A star is what the builder was told rather than found, and machines differ in levels that nobody asks for."""
    says = "Name: default\nNodes:\nPlatforms:  linux/amd64, linux/amd64/v2, linux/arm64*"
    assert platforms(inspected(tmp_path, says)) == {"linux/amd64", "linux/amd64/v2", "linux/arm64"}


def test_a_builder_that_tells_no_platforms_is_believed_to_have_them(tmp_path: Path) -> None:
    assert platforms(inspected(tmp_path, "Name: default")) == frozenset()
    assert platforms(Buildx(program=("/none",), builder="default", version="1", options="")) == frozenset()


def test_builds_are_ended_from_another_thread_and_none_is_begun_later(tmp_path: Path) -> None:
    """The program that builds is asked to end, which cancels the build at the engine."""
    program = tmp_path / "docker"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    buildx = Buildx(program=(str(program),), builder="default", version="v0.13.1", options="")
    builds = Builds()

    def build() -> None:
        run(buildx, BuildRequest(context=tmp_path), lambda _: None, builds)

    began = time.monotonic()
    threading.Timer(0.5, builds.end).start()
    with pytest.raises(BuildFailed):
        build()
    with pytest.raises(Interrupted):
        build()
    assert time.monotonic() - began < 10
