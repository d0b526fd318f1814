"""The program as a user runs it: wrong words give one clear message, the right exit code, and no traceback."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from lambda_image.lock import Lock, text
from program import COMMAND, environment, refused, run


@pytest.mark.parametrize(
    ("words", "wrong", "works"),
    [
        (["plan", "pyhton"], "'pyhton'", "'python'"),
        (["build", "pyhton"], "'pyhton'", "'python'"),
        (["plan", "python", "--version", "3.7"], "'3.7'", "'3.8'"),
        (["plan", "python", "--distro", "foo"], "'foo'", "'debian-13'"),
        (["plan", "python", "--distro", "debian13"], "'debian13'", "'debian-13'"),
        (["plan", "python", "--variant", "tiny"], "'tiny'", "'slim'"),
        (["plan", "python", "--client", "offical"], "'offical'", "'official'"),
        (["plan", "python", "--platform", "linux/arm"], "'linux/arm'", "'linux/arm64'"),
        (["render", "python", "--variant", "tiny"], "'tiny'", "'slim'"),
        (["test", "x", "--report", "juint=a.xml"], "'juint=a.xml'", "'junit'"),
    ],
)
def test_a_wrong_word_is_named_with_the_nearest_that_works(
    tmp_path: Path, words: list[str], wrong: str, works: str
) -> None:
    message = refused(tmp_path, *words)
    assert wrong in message
    assert works in message
    assert len(message.splitlines()) <= 3


@pytest.mark.parametrize(
    "words",
    [["nosuch"], ["plan", "--format", "yaml"], ["test"], ["build", "--nosuch"], ["test", "x", "--depth", "deep"]],
)
def test_what_is_no_command_or_option_is_usage(tmp_path: Path, words: list[str]) -> None:
    assert "Usage: " in refused(tmp_path, *words)


def test_a_glob_that_matches_nothing_is_an_error(tmp_path: Path) -> None:
    assert "'x*'" in refused(tmp_path, "plan", "x*")


def test_one_dockerfile_goes_to_standard_output(tmp_path: Path) -> None:
    assert "--output" in refused(tmp_path, "render", "python", "--variant", "s*")


class TestLocks:
    @pytest.mark.parametrize("words", [["stale"], ["build", "python", "--locked"]])
    def test_without_a_lock_it_is_said_how_to_get_one(self, tmp_path: Path, words: list[str]) -> None:
        message = refused(tmp_path, *words)
        assert "there is no lambda-image.lock" in message
        assert "`lambda-image lock LANGUAGE`" in message

    @pytest.mark.parametrize("words", [["stale"], ["lock"], ["build", "python", "--locked"]])
    def test_a_lock_that_git_left_in_conflict_is_told_by_its_line(self, tmp_path: Path, words: list[str]) -> None:
        head = text(Lock()).strip()
        (tmp_path / "lambda-image.lock").write_text(f"{head}\n<<<<<<< HEAD\n")
        assert "lambda-image.lock, line 2: '<<<<<<<'" in refused(tmp_path, *words)

    @pytest.mark.parametrize("output", ["x.tar", "tar:x", "oci-archive:"])
    def test_an_output_is_an_archive(self, tmp_path: Path, output: str) -> None:
        assert "oci-archive:FILE" in refused(tmp_path, "build", "python", "--output", output)

    def test_an_archive_holds_one_image(self, tmp_path: Path) -> None:
        assert "holds one" in refused(tmp_path, "build", "python", "--variant", "s*", "--output", "oci-archive:x.tar")

    def test_a_locked_build_takes_no_fresh_root(self, tmp_path: Path) -> None:
        assert "`lambda-image lock`" in refused(tmp_path, "build", "python", "--locked", "--fresh-root")


class TestSettings:
    def test_an_unknown_key_is_named_with_the_nearest(self, tmp_path: Path) -> None:
        (tmp_path / "lambda-image.toml").write_text('ca_bundel = "x.pem"\n')
        message = refused(tmp_path, "plan", "python")
        assert "lambda-image.toml" in message
        assert "'ca_bundel'" in message
        assert "'ca_bundle'" in message

    @pytest.mark.parametrize("content", [b"ca_bundle =\n", b"\xff\xfe", b"[[root]\n"])
    def test_what_is_no_toml_is_said_with_its_file(self, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "lambda-image.toml").write_bytes(content)
        message = refused(tmp_path, "plan", "python")
        assert "lambda-image.toml" in message
        assert "TOML" in message

    def test_a_wrong_value_names_its_key_and_what_it_may_be(self, tmp_path: Path) -> None:
        (tmp_path / "lambda-image.toml").write_text('root = "elsewhere"\n')
        message = refused(tmp_path, "plan", "python")
        assert "'root'" in message
        assert "'bootstrap'" in message

    def test_a_wrong_variable_is_said_to_be_one(self, tmp_path: Path) -> None:
        assert "environment" in refused(tmp_path, "plan", "python", LAMBDA_IMAGE_ROOT="elsewhere")

    @pytest.mark.parametrize("path", ["none.pem", "."])
    def test_a_ca_bundle_that_cannot_be_read_is_named(self, tmp_path: Path, path: str) -> None:
        message = refused(tmp_path, "build", "python", "--ca-bundle", path)
        assert "ca_bundle" in message
        assert "cannot be read" in message

    def test_a_ca_bundle_without_a_certificate_is_named(self, tmp_path: Path) -> None:
        (tmp_path / "empty.pem").write_text("hello\n")
        assert "no certificate" in refused(tmp_path, "build", "python", "--ca-bundle", "empty.pem")

    def test_an_overlay_that_is_wrong_names_file_and_key(self, tmp_path: Path) -> None:
        (tmp_path / "lambda-image.toml").write_text('overlays = ["mine"]\n')
        (tmp_path / "mine" / "distros").mkdir(parents=True)
        (tmp_path / "mine" / "distros" / "ours-1.toml").write_text('titel = "Ours"\n')
        message = refused(tmp_path, "list")
        assert "ours-1.toml" in message
        assert "'titel'" in message


class TestOutput:
    @pytest.mark.parametrize(
        "words", [["list"], ["plan", "python"], ["plan", "python", "--variant", "*", "--platform", "linux/*"]]
    )
    def test_json_says_its_schema_and_stands_alone(self, tmp_path: Path, words: list[str]) -> None:
        done = run(tmp_path, *words, "--format", "json")
        assert done.status == 0
        assert done.err == ""
        assert json.loads(done.out)["schema_version"] == 1

    def test_a_dockerfile_stands_alone(self, tmp_path: Path) -> None:
        done = run(tmp_path, "render", "python")
        assert done.err == ""
        assert any(line.startswith("FROM ") for line in done.out.splitlines())

    def test_a_context_is_written_and_named(self, tmp_path: Path) -> None:
        done = run(tmp_path, "render", "python", "--output", "context")
        assert done.out == "context\n"
        assert (tmp_path / "context" / "Dockerfile").is_file()

    def test_what_else_is_in_the_folder_stays_as_it_is(self, tmp_path: Path) -> None:
        private = tmp_path / "context" / "private"
        private.mkdir(parents=True, mode=0o700)
        (tmp_path / "context").chmod(0o750)
        run(tmp_path, "render", "python", "--output", "context")
        assert private.stat().st_mode & 0o777 == 0o700
        assert (tmp_path / "context").stat().st_mode & 0o777 == 0o750

    @pytest.mark.parametrize("target", ["file", "file/below"])
    def test_a_context_that_cannot_be_written_is_said(self, tmp_path: Path, target: str) -> None:
        (tmp_path / "file").touch()
        assert f"cannot write the build context to {target}" in refused(tmp_path, "render", "python", "-o", target)

    def test_no_color_where_it_is_not_wanted(self, tmp_path: Path) -> None:
        for words in (["--help"], ["list"], ["plan", "pyhton"]):
            done = run(tmp_path, *words, NO_COLOR="1")
            assert "\x1b[" not in done.out + done.err

    def test_the_version_is_the_package_s(self, tmp_path: Path) -> None:
        import lambda_image

        assert run(tmp_path, "--version").out == f"lambda-image {lambda_image.__version__}\n"


class TestNoEngine:
    """A dead engine is the machine's fault (3), and the message says how one comes to life."""

    @pytest.mark.parametrize("host", ["unix://{folder}/dead.sock", "tcp://127.0.0.1:1"])
    @pytest.mark.parametrize("words", [["test", "some:image"], ["build", "python"]], ids=" ".join)
    def test_it_is_said_with_what_to_do(self, tmp_path: Path, host: str, words: list[str]) -> None:
        where = host.format(folder=tmp_path)
        message = refused(tmp_path, *words, status=3, DOCKER_HOST=where)
        assert where in message
        assert "DOCKER_HOST" in message
        assert "make engine" in message

    def test_a_context_that_does_not_exist_is_said(self, tmp_path: Path) -> None:
        message = refused(
            tmp_path, "test", "some:image", status=3, DOCKER_CONTEXT="nosuch", DOCKER_HOST="", HOME=str(tmp_path)
        )
        assert "nosuch" in message

    def test_pytest_says_it_too(self, tmp_path: Path) -> None:
        command = [sys.executable, "-m", "pytest", "-p", "lambda_image.pytest_plugin", "--lambda-image", "some:image"]
        dead = f"unix://{tmp_path}/dead.sock"
        variables = environment(DOCKER_HOST=dead, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")
        done = subprocess.run(command, cwd=tmp_path, env=variables, capture_output=True, text=True)
        assert done.returncode == 4
        assert dead in done.stdout + done.stderr
        assert "Traceback" not in done.stdout + done.stderr


class TestInterrupt:
    def test_ctrl_c_ends_it_with_130_and_no_traceback(self, tmp_path: Path) -> None:
        words = ["test-server", "--port", "0", "--invoke-port", "0"]
        with subprocess.Popen(
            [*COMMAND, *words],
            cwd=tmp_path,
            env=environment(PYTHONUNBUFFERED="1"),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as child:
            try:
                assert child.stdout is not None
                assert child.stderr is not None
                assert "AWS_LAMBDA_RUNTIME_API=" in child.stdout.readline()
                child.send_signal(signal.SIGINT)
                assert child.wait(10) == 130
                assert "Traceback" not in child.stderr.read()
            finally:
                child.kill()


def test_a_port_that_is_taken_is_said_with_what_to_do(tmp_path: Path) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        message = refused(tmp_path, "test-server", "--port", port, "--invoke-port", "0", status=3)
    assert "--port" in message


def test_a_reader_that_leaves_is_no_error(tmp_path: Path) -> None:
    """`lambda-image list | head -1`."""
    command = f"{sys.executable} -m lambda_image list --format json | head -c 1"
    done = subprocess.run(["bash", "-c", command], cwd=tmp_path, env=environment(), capture_output=True, text=True)
    assert done.stdout == "{"
    assert "Traceback" not in done.stderr
