"""Images of strangers, each wrong in a way of its own: the verdict names the requirement, and the cause in words
that someone who has not read the requirements understands."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from lambda_image.engine import Engine
from program import run

pytestmark = pytest.mark.engine

SOURCES = Path(__file__).parent / "strangers"
# An image that does not say whose it is: labels are inherited and can only be emptied.
UNLABELLED = "LABEL " + " ".join(f'lambda-image.{name}=""' for name in ("language", "client", "profiles", "plan"))

Make = Callable[..., str]


@pytest.fixture
def make_image(engine: Engine, python_image: str, tmp_path: Path) -> Iterator[Make]:
    """Builds an image whose program is one of the folder `strangers`; further lines of its Dockerfile follow."""
    made: list[str] = []

    def image(program: str, *lines: str, base: str = python_image, entrypoint: str = "/var/runtime/client.py") -> str:
        context = tmp_path / program
        context.mkdir()
        for path in SOURCES.glob("*.py"):
            shutil.copy(path, context)
            (context / path.name).chmod(0o755)
        text = [f"FROM {base}", UNLABELLED, "COPY echoes.py /var/runtime/", f"COPY {program}.py /var/runtime/client.py"]
        text += [*lines, f'ENTRYPOINT ["{entrypoint}"]', 'CMD ["app.handler"]']
        (context / "Dockerfile").write_text("\n".join(text) + "\n")
        tag = f"lambda-image-test/stranger:{program.replace('_', '-')}"
        engine.build(context, tags=[tag])
        made.append(tag)
        return tag

    yield image
    for tag in made:
        engine.remove_image(tag)


@dataclass(frozen=True)
class Judged:
    status: int
    text: str
    findings: dict[str, list[dict[str, str]]]

    def failed(self, requirement: str) -> str:
        """What the report says of a requirement that is not met."""
        (finding,) = (one for one in self.findings[requirement] if one["outcome"] == "FAIL")
        assert f"FAIL {requirement} (MUST" in self.text
        assert finding["got"] in self.text
        return f"{finding['sent']} | {finding['expected']} | {finding['got']} | {finding['log']}"


def judge(image: str, folder: Path, *only: str) -> Judged:
    report = folder / "report.json"
    words = [f"--only={one}" for one in only]
    done = run(folder, "test", image, "--quick", "--fresh", "--report", f"json={report}", *words)
    findings: dict[str, list[dict[str, str]]] = {}
    for one in json.loads(report.read_text())["images"][0]["findings"]:
        findings.setdefault(one["requirement"], []).append(one)
    return Judged(done.status, done.out, findings)


@pytest.mark.long
def test_one_that_never_asks_for_work(make_image: Make, tmp_path: Path) -> None:
    judged = judge(make_image("never_asks"), tmp_path, "RAPI-NEXT-001")
    assert judged.status == 1
    said = judged.failed("RAPI-NEXT-001")
    assert "GET /2018-06-01/runtime/invocation/next" in said
    assert "it is still running" in said
    assert "no request came to the Runtime API" in said
    assert "listening on port 8080" in said


@pytest.mark.long
def test_one_that_ends_at_once(make_image: Make, tmp_path: Path) -> None:
    judged = judge(make_image("ends_at_once"), tmp_path, "RAPI-NEXT-001")
    assert judged.status == 1
    said = judged.failed("RAPI-NEXT-001")
    assert "it exited with status 3" in said
    assert "DATABASE_URL is not set" in said


@pytest.mark.long
def test_one_that_needs_root(make_image: Make, tmp_path: Path) -> None:
    judged = judge(make_image("needs_root"), tmp_path, "RAPI-NEXT-001", "IMG-012")
    assert judged.status == 1
    said = judged.failed("RAPI-NEXT-001")
    assert "it exited with status 1" in said
    assert "/var/log/client.log" in said
    assert "Lambda does not run it so" in said
    # The row of its own is not judged for want of a start, and says why.
    assert [one["outcome"] for one in judged.findings["IMG-012"]] == ["SKIPPED"] or judged.failed("IMG-012")


@pytest.mark.long
def test_one_whose_entrypoint_is_a_symbolic_link(make_image: Make, tmp_path: Path) -> None:
    image = make_image("echoes", "RUN ln -s /var/runtime/client.py /start", entrypoint="/start")
    judged = judge(image, tmp_path, "IMG-005")
    assert judged.status == 1
    said = judged.failed("IMG-005")
    assert "/start" in said
    assert "a symbolic link to /var/runtime/client.py" in said


@pytest.mark.long
def test_one_whose_entrypoint_is_not_there(make_image: Make, tmp_path: Path) -> None:
    judged = judge(make_image("echoes", entrypoint="/var/runtime/nosuch"), tmp_path, "RAPI-NEXT-001", "IMG-005")
    assert judged.status == 1
    assert "/var/runtime/nosuch" in judged.failed("IMG-005")
    assert "/var/runtime/nosuch" in judged.failed("RAPI-NEXT-001")


def test_one_that_answers_in_xml(make_image: Make, tmp_path: Path) -> None:
    judged = judge(make_image("answers_xml"), tmp_path, "RAPI-RESP-003")
    assert judged.status == 1
    said = judged.failed("RAPI-RESP-003")
    assert "JSON" in said
    assert "<result>" in said


def test_one_that_answers_twice(make_image: Make, tmp_path: Path) -> None:
    judged = judge(make_image("answers_twice"), tmp_path, "RAPI-RESP-002")
    assert judged.status == 1
    assert "exactly one" in judged.failed("RAPI-RESP-002")


def test_one_that_is_correct_as_far_as_it_is_asked(make_image: Make, tmp_path: Path) -> None:
    judged = judge(make_image("echoes"), tmp_path, "RAPI-NEXT-00[145]", "RAPI-RESP-00[12]", "IMG-005")
    assert judged.status == 0, judged.text
    assert "core         PASS" in judged.text
    assert "container    PASS" in judged.text


@pytest.mark.long
def test_one_in_a_language_that_nobody_knows_is_told_how_to_give_handlers(make_image: Make, tmp_path: Path) -> None:
    """Its program is started by none that is known, so nothing tells the suite what it is written in."""
    image = make_image(
        "echoes",
        "RUN mv /var/lang /opt/ours && ln -s /opt/ours /var/elsewhere && mv /usr/bin/python3 /usr/bin/ours",
        "RUN sed -i '1s,.*,#!/usr/bin/ours,' /var/runtime/client.py",
    )
    judged = judge(image, tmp_path, "RAPI-NEXT-00[14]")
    assert judged.status == 1
    assert "no handlers for " in judged.text
    assert "--handlers DIR" in judged.text
    assert "/var/task/conformance.toml" in judged.text


@pytest.mark.long
def test_handlers_in_the_image_are_used(make_image: Make, tmp_path: Path) -> None:
    text = 'language = "ours"\\nhandler = "{name}"\\nlacks = ["raise"]\\n'
    image = make_image("echoes", f"RUN mkdir -p /var/task && printf '{text}' > /var/task/conformance.toml")
    judged = judge(image, tmp_path, "RAPI-NEXT-00[14]", "RAPI-RESP-001")
    assert "handlers ours" in judged.text
    assert {one["outcome"] for rows in judged.findings.values() for one in rows} == {"PASS"}
    assert judged.status == 0
