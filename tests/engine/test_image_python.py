"""The Python images as users meet them: the drop-in's contract, and the slim one's emptiness."""

from __future__ import annotations

import json
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from engine.images import CATALOG, image, plan, run
from lambda_image import secrets, settings
from lambda_image.build import build
from lambda_image.engine import Engine
from lambda_image.plan import Certificate
from lambda_image.settings import certificates_in

pytestmark = pytest.mark.engine

NOBODY = ("--user=993:990", "--read-only", "--cap-drop=ALL", "--security-opt=no-new-privileges", "--tmpfs=/tmp")
BOOTSTRAP = ("--entrypoint=/var/runtime/bootstrap",)
# Nothing listens there: a runtime that gets so far has started.
NOWHERE = ("--env=AWS_LAMBDA_RUNTIME_API=127.0.0.1:9",)


@pytest.fixture(scope="module")
def standard(engine: Engine) -> str:
    return image(engine, "standard").reference


@pytest.fixture(scope="module")
def slim(engine: Engine) -> str:
    return image(engine, "slim").reference


@pytest.fixture(params=["standard", "slim"])
def either(request: pytest.FixtureRequest) -> str:
    name: str = request.getfixturevalue(request.param)
    return name


def test_config_is_that_of_aws(engine: Engine, standard: str) -> None:
    config = engine.image(standard).config
    assert config.entrypoint == ("/lambda-entrypoint.sh",)
    assert config.working_dir == "/var/task"
    assert config.user == ""
    variables = dict(variable.split("=", 1) for variable in config.environment)
    assert variables["LANG"] == "en_US.UTF-8"
    assert variables["TZ"] == ":/etc/localtime"
    assert variables["PATH"] == "/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin"
    assert variables["LAMBDA_TASK_ROOT"] == "/var/task"
    assert variables["LAMBDA_RUNTIME_DIR"] == "/var/runtime"


@pytest.mark.parametrize("arguments", [(), ("a.b", "c.d"), ("",)])
def test_entrypoint_wants_one_handler(standard: str, arguments: tuple[str, ...]) -> None:
    ended = run(standard, *arguments)
    assert ended.status == 142
    assert "CMD" in ended.err
    assert "handler" in ended.err


@pytest.mark.parametrize("arguments", [(), ("a.b", "c.d")])
def test_slim_entrypoint_wants_one_handler(slim: str, arguments: tuple[str, ...]) -> None:
    ended = run(slim, *arguments)
    assert ended.status == 142
    assert "CMD" in ended.err


def test_without_emulator_the_message_names_it_and_the_variable(standard: str) -> None:
    ended = run(standard, "app.handler", options=("--volume=/dev/null:/usr/local/bin/aws-lambda-rie",))
    assert ended.status not in (0, 142)
    assert "AWS_LAMBDA_RUNTIME_API" in ended.err
    assert "aws-lambda-rie" in ended.err


def test_slim_without_runtime_api_names_the_variable_and_the_emulator(slim: str) -> None:
    ended = run(slim, "app.handler")
    assert ended.status not in (0, 142)
    assert "AWS_LAMBDA_RUNTIME_API" in ended.err
    assert "emulator" in ended.err


def test_missing_wrapper_is_127(either: str) -> None:
    options = (*NOBODY, *BOOTSTRAP, "--env=_HANDLER=a.b", "--env=AWS_LAMBDA_EXEC_WRAPPER=/opt/none")
    ended = run(either, options=options)
    assert ended.status == 127
    assert "/opt/none: does not exist" in ended.err


def test_wrapper_that_is_no_program_is_126(either: str) -> None:
    options = (*NOBODY, *BOOTSTRAP, "--env=_HANDLER=a.b", "--env=AWS_LAMBDA_EXEC_WRAPPER=/etc/passwd")
    ended = run(either, options=options)
    assert ended.status == 126
    assert "/etc/passwd: is not an executable" in ended.err


def test_wrapper_gets_the_interpreter_and_its_arguments(either: str, tmp_path: Path) -> None:
    """The wrapper is a Python script: slim has no shell."""
    wrapper = tmp_path / "wrapper"
    wrapper.write_text("#!/usr/bin/python3\nimport os, sys\nprint(sys.argv[1:], os.environ['AWS_EXECUTION_ENV'])\n")
    wrapper.chmod(0o755)
    tmp_path.chmod(0o755)
    options = (*NOBODY, *BOOTSTRAP, "--env=_HANDLER=a.b", "--env=AWS_LAMBDA_EXEC_WRAPPER=/opt/wrapper")
    ended = run(either, options=(*options, f"--volume={tmp_path}:/opt:ro"))
    assert ended.status == 0
    assert "python3.13', '/var/runtime/bootstrap.py'] AWS_Lambda_python3.13" in ended.out


def test_broken_client_is_named(either: str) -> None:
    files = "/var/runtime/runtime_client.cpython-313-x86_64-linux-gnu.so"
    options = (*BOOTSTRAP, *NOWHERE, "--env=_HANDLER=a.b", f"--volume=/dev/null:{files}")
    ended = run(either, options=options)
    assert ended.status == 1
    assert "client cannot be loaded" in ended.err
    assert "runtime_client" in ended.err


SEARCH_PATH = """
import json, runpy, sys
module = runpy.run_path("/var/runtime/bootstrap.py")
sys.path.insert(0, "/var/runtime")
module["set_search_path"]()
print(json.dumps(sys.path))
"""


def search_path(reference: str, folder: Path, *options: str) -> list[str]:
    site = folder / "python/lib/python3.13/site-packages"
    site.mkdir(parents=True)
    (site / "more.pth").write_text("/opt/more\n")
    (folder / "more").mkdir()
    for path in [folder, *folder.rglob("*")]:
        path.chmod(0o755)
    mount = f"--volume={folder}:/opt:ro"
    interpreter = "--entrypoint=/usr/bin/python3.13"
    ended = run(reference, "-c", SEARCH_PATH, options=(interpreter, mount, *options))
    found: list[str] = json.loads(ended.out)
    return found


def test_search_path_is_task_layers_own_packages_runtime(either: str, tmp_path: Path) -> None:
    path = search_path(either, tmp_path)
    first = ["/var/task", "/opt/python/lib/python3.13/site-packages", "/opt/python", "/opt/more"]
    assert path[:4] == first
    assert "/usr/lib/python3.13" in path[4:-1]
    assert path[-1] == "/var/runtime"
    assert path.count("/var/runtime") == 1


def test_layers_are_not_searched_when_pythonpath_is_set(either: str, tmp_path: Path) -> None:
    path = search_path(either, tmp_path, "--env=PYTHONPATH=/srv")
    assert "/opt/python" not in path
    assert path[0] == "/var/task"
    assert "/srv" in path


def test_everything_is_readable_by_anyone(engine: Engine, either: str) -> None:
    with engine.image_files(either) as files:
        for folder in ("/var/task", "/var/runtime", "/var/lang", "/opt"):
            for entry in files.walk(folder):
                wanted = 0o5 if entry.kind == "directory" else 0o4
                assert entry.kind == "link" or entry.mode & wanted == wanted, entry


def test_a_file_of_the_client_that_a_derived_image_replaces_counts(built: Callable[..., str], tmp_path: Path) -> None:
    builtin = built("python", variant="standard", client="builtin")
    changed = tmp_path / "__init__.py"
    changed.write_text("raise SystemExit(7)\n")
    changed.chmod(0o644)
    mount = f"--volume={changed}:/var/runtime/lambda_image_client/__init__.py:ro"
    ended = run(builtin, "app.handler", options=(mount, *NOWHERE))
    assert ended.status == 7, ended


@pytest.fixture
def function(tmp_path: Path) -> Path:
    (tmp_path / "app.py").write_text(
        "def handler(event, context):\n"
        "    if event == 'raise':\n"
        "        raise ValueError('no')\n"
        "    return {'event': event, 'arn': context.invoked_function_arn}\n"
    )
    tmp_path.chmod(0o755)
    (tmp_path / "app.py").chmod(0o644)
    return tmp_path


@pytest.fixture
def emulator(standard: str, function: Path) -> Iterator[str]:
    """The URL of the embedded emulator, in a container as a developer starts it."""
    command = ["docker", "run", "--detach", "--rm", "--publish=127.0.0.1::8080", f"--volume={function}:/var/task:ro"]
    done = subprocess.run([*command, standard, "app.handler"], capture_output=True, text=True, check=True)
    container = done.stdout.strip()
    try:
        port = subprocess.run(["docker", "port", container, "8080"], capture_output=True, text=True, check=True)
        yield f"http://{port.stdout.split()[0]}/2015-03-31/functions/function/invocations"
    finally:
        subprocess.run(["docker", "kill", container], capture_output=True, check=False)


def post(url: str, body: bytes) -> bytes:
    for _ in range(50):
        try:
            with urllib.request.urlopen(url, data=body, timeout=10) as answer:
                content: bytes = answer.read()
                return content
        except OSError:
            time.sleep(0.1)
    raise AssertionError("the emulator does not answer")


def test_emulator_answers_like_curl_in_the_guide(emulator: str) -> None:
    assert json.loads(post(emulator, b'{"a": 1}'))["event"] == {"a": 1}
    assert json.loads(post(emulator, b'{"a": 2}'))["event"] == {"a": 2}
    assert json.loads(post(emulator, b'"raise"'))["errorType"] == "ValueError"


def test_locale_and_time_zones_work(standard: str) -> None:
    script = "import locale, time; print(locale.setlocale(locale.LC_ALL, ''), time.tzname)"
    command = ("-c", script)
    ended = run(standard, *command, options=("--entrypoint=python3",))
    assert ended.out.split()[0] == "en_US.UTF-8"
    assert "UTC" in ended.out
    ended = run(standard, *command, options=("--entrypoint=python3", "--env=TZ=Europe/Paris"))
    assert "CET" in ended.out


def test_system_programs_load_the_distribution_s_libraries(standard: str, tmp_path: Path) -> None:
    """Whatever a layer brings: its own libssl is not one for the distribution's programs."""
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib/libssl.so.3").write_bytes(b"not a library")
    options = ("--entrypoint=openssl", f"--volume={tmp_path}:/opt:ro")
    assert run(standard, "version", options=options).status == 0


def test_package_source_is_the_distribution_s_own(engine: Engine, standard: str) -> None:
    with engine.image_files(standard) as files:
        text = files.read("/etc/apt/sources.list.d/debian.sources").decode()
    assert "Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg" in text
    assert "Suites: trixie trixie-updates" in text


@pytest.fixture(scope="module")
def company(engine: Engine) -> Iterator[str]:
    """A standard image that trusts what this machine trusts."""
    found = secrets.ca_bundle(settings.Settings(), {})
    pieces = certificates_in(found.path, "ca") if found else []
    certificates = tuple(Certificate(name=f"company-{n}", pem=pem) for n, pem in enumerate(pieces))
    tag = "lambda-image/test:company"
    trusting = replace(plan("standard"), tags=(tag,), certificates=certificates)
    yield build(trusting, engine, settings.Settings(), catalog=CATALOG).reference
    engine.remove_image(tag)


def test_the_usual_dockerfile_builds_behind_a_tls_proxy(company: str, tmp_path: Path) -> None:
    """FROM, COPY, RUN pip install: nothing of certificates in it; pip can replace itself, too."""
    (tmp_path / "requirements.txt").write_text("simplejson\n")
    (tmp_path / "app.py").write_text("import simplejson\n")
    lines = [
        f"FROM {company}",
        "COPY app.py requirements.txt ./",
        "RUN pip install -r requirements.txt",
        "RUN pip install --upgrade pip && pip install -r requirements.txt -t /var/task",
        "RUN python3 -m venv /tmp/v && /tmp/v/bin/pip install simplejson",
        'RUN python -c "import app; print(app.simplejson.__file__)" | grep /var/task/',
        'CMD ["app.handler"]',
    ]
    (tmp_path / "Dockerfile").write_text("\n".join(lines))
    command = ["docker", "buildx", "build", "--no-cache", "--progress=plain", "--output=type=cacheonly", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]


def test_distribution_s_packages_install_on_top(standard: str) -> None:
    script = "apt-get update -qq && apt-get install -qq -y --no-install-recommends bzip2 && bzip2 --version"
    ended = run(standard, "-c", script, options=("--entrypoint=sh",))
    assert ended.status == 0, ended.err[-2000:]


def test_slim_is_under_55_megabytes(engine: Engine, slim: str) -> None:
    assert engine.image(slim).size < 55_000_000


def test_slim_has_no_shell_and_no_package_manager(engine: Engine, slim: str) -> None:
    with engine.image_files(slim) as files:
        names = {entry.path.rsplit("/", 1)[-1] for folder in ("/usr/bin", "/usr/sbin") for entry in files.walk(folder)}
        assert {name for name in names if not name.startswith("python")} <= {"bin", "sbin"}
        assert files.stat("/usr/local/bin/aws-lambda-rie") is None
        assert files.stat("/usr/lib/python3/dist-packages/pip") is None


def test_slim_s_package_database_has_what_is_in_it(engine: Engine, slim: str) -> None:
    with engine.image_files(slim) as files:
        status = files.read("/var/lib/dpkg/status").decode()
    packages = {line.removeprefix("Package: ") for line in status.splitlines() if line.startswith("Package: ")}
    assert {"python3.13", "libpython3.13-stdlib", "ca-certificates", "tzdata", "libc6", "libstdc++6"} <= packages
    assert not packages & {"bash", "dash", "apt", "dpkg", "perl-base", "coreutils", "openssl"}


SLIM_PYTHON = """
import bz2, ctypes, hashlib, lzma, sqlite3, ssl, time, zlib, zoneinfo
assert ssl.create_default_context().cert_store_stats()["x509_ca"] > 50
assert zoneinfo.ZoneInfo("Europe/Berlin")
import os, pwd, tempfile
assert pwd.getpwnam("root")
assert os.stat("/tmp").st_mode & 0o7777 == 0o1777
assert open("/etc/os-release").read()
print("ä".encode())
"""


def test_slim_s_python_is_whole(slim: str) -> None:
    ended = run(slim, "-c", SLIM_PYTHON, options=("--entrypoint=/usr/bin/python3.13", "--user=993:990", "--read-only"))
    assert (ended.status, ended.err) == (0, "")
