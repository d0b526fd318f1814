"""The program on a real engine: wrong words, results apart from progress, reports, memory, and Ctrl-C."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from lambda_image.conformance.report import Report
from lambda_image.engine import Engine
from lambda_image.engine.leftovers import LABEL
from lambda_image.sandbox.run import RUN_LABEL
from program import COMMAND, environment, refused, run

pytestmark = pytest.mark.engine

ONE = ("--quick", "--only", "RAPI-NEXT-004")
# A row of a profile that the official client does not claim and does not meet.
FAILING = ("--quick", "--fresh", "--profile", "streaming", "--only", "RAPI-STREAM-001")


class TestWrongWords:
    @pytest.mark.parametrize("reference", ["nosuch:image", "UPPER/case", "", "a b"])
    def test_an_image_that_is_not_there(self, tmp_path: Path, reference: str) -> None:
        message = refused(tmp_path, "test", reference)
        assert f"'{reference}'" in message
        assert "docker pull" in message

    def test_one_wrong_image_among_several_is_told_before_any_is_judged(
        self, tmp_path: Path, python_image: str
    ) -> None:
        assert "'nosuch:image'" in refused(tmp_path, "test", python_image, "nosuch:image", *ONE)

    @pytest.mark.parametrize(
        ("words", "told"),
        [
            (["--profile", "cor"], ["'cor'", "'core'"]),
            (["--requirements", "2020.1"], ["'2020.1'", "2026.12"]),
            (["--only", "nothing"], ["'nothing'", "RAPI-NEXT-*"]),
            (["--only", "RAPI-NEXT-4"], ["'RAPI-NEXT-4'", "'RAPI-NEXT-004'"]),
            (["--only", "RAPI-STREAM-001"], ["streaming", "--profile streaming"]),
            (["--waivers", "nosuch.toml"], ["nosuch.toml", "cannot read"]),
            (["--handlers", "."], ["conformance.toml"]),
            (["--report", "jnit=x"], ["'jnit=x'", "'junit'"]),
            (["--report", "json=/dev/null/x"], ["/dev/null/x", "cannot write"]),
        ],
        ids=lambda value: " ".join(value) if isinstance(value, list) and value[0].startswith("--") else "",
    )
    def test_a_wrong_option_is_told_with_what_works(
        self, tmp_path: Path, python_image: str, words: list[str], told: list[str]
    ) -> None:
        message = refused(tmp_path, "test", python_image, *words)
        assert all(word in message for word in told), message
        assert len(message.splitlines()) <= 3


class TestWaivers:
    def waived(self, folder: Path, image: str, expires: str) -> tuple[int, str]:
        text = f'[[waiver]]\nrequirement = "RAPI-STREAM-001"\nreason = "not yet"\nexpires = {expires}\n'
        (folder / "waivers.toml").write_text(text)
        done = run(folder, "test", image, *FAILING, "--waivers", "waivers.toml")
        return done.status, done.out

    def test_one_that_holds_is_no_failure_and_does_not_hide_in_the_pass(
        self, tmp_path: Path, python_image: str
    ) -> None:
        status, out = self.waived(tmp_path, python_image, "2999-01-01")
        assert status == 0
        assert "WAIVED RAPI-STREAM-001" in out
        assert "streaming PASS with 1 WAIVED" in out

    def test_one_that_expired_fails_and_says_so(self, tmp_path: Path, python_image: str) -> None:
        status, out = self.waived(tmp_path, python_image, "2020-01-01")
        assert status == 1
        assert "FAIL RAPI-STREAM-001" in out
        assert "expired on 2020-01-01 (not yet)" in out


class TestResults:
    def test_json_is_all_of_standard_output(self, tmp_path: Path, python_image: str) -> None:
        done = run(tmp_path, "test", python_image, *ONE, "--fresh", "--format", "json")
        assert done.status == 0
        assert json.loads(done.out)["schema_version"] == 1
        assert Report.from_json(done.out).images[0].reference == python_image
        assert f"{python_image}: core PASS (quick)" in done.err

    def test_text_is_the_report_and_progress_stands_apart(self, tmp_path: Path, python_image: str) -> None:
        done = run(tmp_path, "test", python_image, *FAILING)
        assert done.out.splitlines()[-1] == f"{python_image}: streaming FAIL (quick)"
        progress = re.compile(r"^ *[\d.]+s \d+/\d+ .*FAIL.* RAPI-STREAM-001/", re.MULTILINE)
        assert progress.search(done.err)
        assert not progress.search(done.out)

    def test_reports_are_written_and_agree(self, tmp_path: Path, python_image: str) -> None:
        words = [word for kind in ("json", "junit", "text") for word in ("--report", f"{kind}=out/report.{kind}")]
        done = run(tmp_path, "test", python_image, *ONE, *words)
        assert done.status == 0
        report = Report.from_json((tmp_path / "out" / "report.json").read_text())
        suite = ET.parse(tmp_path / "out" / "report.junit").getroot()[0]
        assert int(suite.get("tests", "")) == len(report.images[0].findings)
        assert suite.get("failures") == "0"
        assert (tmp_path / "out" / "report.text").read_text() in done.out

    def test_a_report_of_a_failure_is_written_too(self, tmp_path: Path, python_image: str) -> None:
        done = run(tmp_path, "test", python_image, *FAILING, "--report", "junit=report.xml")
        assert done.status == 1
        assert ET.parse(tmp_path / "report.xml").getroot()[0].get("failures") == "1"

    def test_a_verdict_on_an_unchanged_image_is_remembered_until_fresh(self, tmp_path: Path, python_image: str) -> None:
        words = ("test", python_image, *ONE)
        cache = str(tmp_path / "cache")
        first = run(tmp_path, *words, LAMBDA_IMAGE_CACHE=cache)
        again = run(tmp_path, *words, LAMBDA_IMAGE_CACHE=cache)
        fresh = run(tmp_path, *words, "--fresh", LAMBDA_IMAGE_CACHE=cache)
        assert ["remembered" in done.out for done in (first, again, fresh)] == [False, True, False]
        assert {done.status for done in (first, again, fresh)} == {0}
        assert again.err == ""

    def test_what_was_not_met_is_judged_anew(self, tmp_path: Path, python_image: str) -> None:
        words = ("test", python_image, *(word for word in FAILING if word != "--fresh"))
        cache = str(tmp_path / "cache")
        done = [run(tmp_path, *words, LAMBDA_IMAGE_CACHE=cache) for _ in range(2)]
        assert [one.status for one in done] == [1, 1]
        assert "remembered" not in done[1].out


LONG = ("--fresh", "--only", "RAPI-NEXT-002", "--only", "RAPI-SNAP-004")


@pytest.mark.parametrize(
    ("number", "before_it"),
    [(signal.SIGINT, ""), (signal.SIGTERM, ""), (signal.SIGTERM, "trap '' INT; ")],
    ids=["interrupt", "terminate", "terminate in the background of a script"],
)
def test_a_run_that_is_stopped_ends_soon_with_130_and_leaves_nothing(
    tmp_path: Path,
    engine: Engine,
    built: Callable[..., str],
    number: signal.Signals,
    before_it: str,
) -> None:
    """In full depth, where a case holds its connection for two minutes, and another lets these pass with a frozen
    container."""
    image = built("python", variant="standard", client="builtin")
    with subprocess.Popen(
        ["sh", "-c", before_it + 'exec "$@"', "sh", *COMMAND, "test", image, *LONG],
        cwd=tmp_path,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as child:
        wait_until(lambda: runs_below(child.pid, engine))
        mine = runs_below(child.pid, engine)
        time.sleep(6)  # for both to be where they wait
        child.send_signal(number)
        _, said = child.communicate(timeout=20)
    assert child.returncode == 130
    assert "Traceback" not in said
    assert "interrupted" in said
    assert not mine & set(runs(engine))


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def runs(engine: Engine) -> dict[str, int]:
    """The runs that have containers now, each with the number of its process."""
    labelled = engine.containers.labelled(RUN_LABEL).values()
    return {labels[RUN_LABEL]: int(labels[LABEL].split()[1]) for labels in labelled}


def runs_below(process: int, engine: Engine) -> set[str]:
    """Those of a process's children: other tests run beside this one."""
    children = Path(f"/proc/{process}/task/{process}/children").read_text().split()
    return {run for run, owner in runs(engine).items() if str(owner) in children}
