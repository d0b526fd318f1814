"""The suite and the fixtures in a stranger's repository, with settings, markers and files of its own."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from lambda_image import catalog as catalogs
from lambda_image.conformance import requirement
from lambda_image.conformance.requirement import Profile
from lambda_image.engine import Engine
from program import environment, run

pytestmark = pytest.mark.engine

FUNCTION = "lambda-image-test/orders:1"
INI = """
[pytest]
python_files = check_*.py
python_functions = check_*
addopts = --strict-markers
filterwarnings = error
"""
CONFTEST = """
import pytest

def pytest_configure(config):
    config.addinivalue_line("markers", "slow: theirs")

@pytest.fixture
def greeting():
    return "hello"
"""
OWN = """
import pytest

def check_own(greeting):
    assert greeting == "hello"

@pytest.mark.slow
def check_slow():
    pass

def test_not_collected():
    assert False
"""
FIXTURES = """
import http.client, threading
import pytest

IMAGE = "lambda-image-test/orders:1"

def check_invoke(lambda_invoke):
    assert lambda_invoke(IMAGE, {"name": "Ada"}) == {"greeting": "Hello, Ada", "calls": 1}

def check_an_error_shows_itself_and_the_log(lambda_invoke):
    with pytest.raises(AssertionError) as caught:
        lambda_invoke(IMAGE, {})
    assert "KeyError" in str(caught.value)
    assert "about to greet" in str(caught.value)

def check_sandbox(lambda_sandbox):
    function = lambda_sandbox(IMAGE, environment={"WORD": "Hi"}, memory_mb=256)
    assert [function.invoke({"name": name})["calls"] for name in "abc"] == [1, 2, 3]
    assert function.invoke({"name": "x"})["greeting"] == "Hi, x"
    function.wait_for_log("about to greet", times=4)
    assert function.log.count("about to greet") == 4
    with pytest.raises(AssertionError, match="0 times in the log"):
        function.wait_for_log("never said", timeout=0.1)

def check_runtime_api(lambda_runtime_api):
    from lambda_image.runtime_api import Event
    host, port = lambda_runtime_api.address
    invocation = lambda_runtime_api.invoke(Event(payload=b"[1]"))
    api = http.client.HTTPConnection(host, port)
    api.request("GET", "/2018-06-01/runtime/invocation/next")
    answer = api.getresponse()
    name = answer.getheader("Lambda-Runtime-Aws-Request-Id")
    api.request("POST", f"/2018-06-01/runtime/invocation/{name}/response", answer.read())
    assert api.getresponse().status == 202
    assert invocation.result(5).json() == [1]
    api.close()
"""
APP = """
import os
calls = 0

def handler(event, context):
    global calls
    calls += 1
    print("about to greet")
    return {"greeting": f"{os.environ.get('WORD', 'Hello')}, {event['name']}", "calls": calls}
"""


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    (tmp_path / "pytest.ini").write_text(INI)
    (tmp_path / "conftest.py").write_text(CONFTEST)
    (tmp_path / "check_own.py").write_text(OWN)
    return tmp_path


@pytest.fixture(scope="module")
def function_image(engine: Engine, python_image: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    context = tmp_path_factory.mktemp("orders")
    (context / "app.py").write_text(APP)
    (context / "Dockerfile").write_text(f'FROM {python_image}\nCOPY app.py ./\nCMD ["app.handler"]\n')
    engine.build(context, tags=[FUNCTION])
    yield FUNCTION
    engine.remove_image(FUNCTION)


def theirs(folder: Path, *words: str, status: int = 0) -> str:
    """Their pytest, with all the plugins of the environment."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-v", *words],
        cwd=folder,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == status, done.stdout + done.stderr
    return done.stdout


def passed(out: str) -> set[str]:
    lines = re.findall(r"^(\S+::\S+) PASSED", out, re.MULTILINE)
    lines += re.findall(r"^\[gw\d\] \[ *\d+%\] PASSED (\S+::\S+)", out, re.MULTILINE)
    return {line.rpartition("::")[2] for line in lines}


CASE = "RAPI-NEXT-004/any_json_value_reaches_the_handler"


def test_cases_stand_beside_their_own_tests(repository: Path, python_image: str) -> None:
    out = theirs(repository, "--lambda-image", python_image, "-k", "RAPI-NEXT-004 or RAPI-NEXT-001 or check_own")
    assert {"check_own", CASE} <= passed(out)
    assert "test_not_collected" not in out
    assert "conformance" in out
    assert "core         PASS" in out


def test_marks_select_among_both(repository: Path, python_image: str) -> None:
    words = ("--lambda-image", python_image, "--collect-only", "-qq")
    both = theirs(repository, *words)
    assert CASE in both
    assert "check_slow" in both
    assert "lambda-image::" not in theirs(repository, *words, "-m", "slow")
    cases = theirs(repository, *words, "-m", "lambda_image")
    assert CASE in cases
    assert "check_" not in cases
    parity = theirs(repository, *words, "-k", "parity")
    assert "lambda-image::" in parity
    assert CASE not in parity


def test_the_same_verdicts_under_xdist(repository: Path, python_image: str) -> None:
    chosen = "RAPI-NEXT-001 or RAPI-NEXT-004 or RAPI-NEXT-005 or RAPI-RESP-003 or IMG-005 or check_own"
    found = []
    for more in ((), ("-n", "2")):
        report = repository / "report.json"
        words = ("--lambda-image", python_image, "-k", chosen, "--lambda-image-report", f"json={report}")
        out = theirs(repository, *words, *more)
        assert "core         PASS" in out
        assert "check_own" in passed(out)
        (image,) = json.loads(report.read_text())["images"]
        findings = sorted((one["requirement"], one["case"], one["outcome"]) for one in image["findings"])
        found.append((findings, [one["verdict"] for one in image["verdicts"]]))
        report.unlink()
    assert found[0] == found[1]


def test_a_case_that_fails_shows_its_finding(repository: Path, engine: Engine, python_image: str) -> None:
    """Judged on what it does not claim: the official client streams nothing."""
    out = theirs(
        repository,
        *("--lambda-image", python_image, "--lambda-image-profile", "streaming", "-k", "RAPI-STREAM-001"),
        status=1,
    )
    assert "FAIL RAPI-STREAM-001" in out
    for word in ("source", "sent", "expected", "got"):
        assert re.search(rf"^  {word} ", out, re.MULTILINE)


def test_known_shortfalls_of_the_client_are_no_failures_here_either(repository: Path, python_image: str) -> None:
    catalog = catalogs.load()
    client = catalog.languages["python"].find_client("official")
    assert client is not None
    row = requirement.load()[client.known_shortfalls[0].requirement]
    assert row.profile is Profile.CORE
    out = theirs(repository, "--lambda-image", python_image, "-k", f"{row.id} or RAPI-NEXT-001")
    assert f"WAIVED {row.id}" in out


def test_an_image_that_is_not_there_is_a_usage_error(repository: Path) -> None:
    theirs(repository, "--lambda-image", "nosuch:image", status=4)


def test_fixtures_run_their_own_functions(repository: Path, function_image: str) -> None:
    (repository / "check_own.py").unlink()
    (repository / "check_fixtures.py").write_text(FIXTURES)
    out = theirs(repository)
    assert passed(out) == {
        "check_invoke",
        "check_an_error_shows_itself_and_the_log",
        "check_sandbox",
        "check_runtime_api",
    }


def test_without_the_option_nothing_changes_and_nothing_heavy_is_imported(repository: Path) -> None:
    (repository / "check_modules.py").write_text(
        "import sys\n"
        "def check_modules():\n"
        "    ours = {name for name in sys.modules if name.split('.')[0] == 'lambda_image'}\n"
        "    assert ours == {'lambda_image', 'lambda_image.pytest_plugin'}\n"
        "    assert not {'docker', 'pydantic', 'requests'} & set(sys.modules)\n"
    )
    out = theirs(repository)
    assert passed(out) == {"check_own", "check_slow", "check_modules"}
    assert "conformance" not in out
    assert "lambda_image:" not in theirs(repository, "--markers")


def test_the_program_works_in_a_folder_whose_own_pytest_is_broken(tmp_path: Path, python_image: str) -> None:
    (tmp_path / "conftest.py").write_text("raise RuntimeError('not for you')\n")
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = --no-such-option\nminversion = 999\n")
    (tmp_path / "pytest.py").write_text("raise RuntimeError('nor is this')\n")
    (tmp_path / "sitecustomize.py").write_text("raise RuntimeError('nor this')\n")
    words = ("test", python_image, "--quick", "--fresh", "--only", "RAPI-NEXT-004")
    done = run(tmp_path, *words, PYTEST_ADDOPTS="--no-such-option", PYTEST_PLUGINS="nosuch")
    assert done.status == 0, done.err
    assert "core         PASS" in done.out
    assert not (tmp_path / ".pytest_cache").exists()
