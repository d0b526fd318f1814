"""The ELF files that the suite writes: assembled as their sources say, run and loaded by this machine's kernel."""

import ctypes
import os
import platform
import shutil
import socket
import subprocess
from pathlib import Path

import pytest
from lambda_image.conformance import machine
from lambda_image.conformance.machine.code import CODE

SOURCES = Path(machine.__file__).parent
TRIPLES = {"amd64": "x86_64", "arm64": "aarch64"}
HERE = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), "")

here = pytest.mark.skipif(not HERE, reason="this machine runs neither architecture")


@pytest.mark.skipif(not shutil.which("llvm-mc") or not shutil.which("llvm-objcopy"), reason="no llvm here")
@pytest.mark.parametrize(("program", "architecture"), list(CODE))
def test_the_code_is_what_its_source_assembles_to(program: str, architecture: str, tmp_path: Path) -> None:
    """A change of a source that did not reach the code would go unnoticed."""
    source = SOURCES / f"{program}.{architecture}.s"
    output, text = tmp_path / "object", tmp_path / "text"
    subprocess.run(["llvm-mc", f"-triple={TRIPLES[architecture]}", "-filetype=obj", source, "-o", output], check=True)
    subprocess.run(["llvm-objcopy", "-O", "binary", "-j", ".text", output, text], check=True)
    assert text.read_bytes() == CODE[program, architecture]


def program(folder: Path, content: bytes) -> Path:
    """The content as an executable file."""
    path = folder / "program"
    path.write_bytes(content)
    path.chmod(0o755)
    return path


@here
def test_say_writes_its_line_and_exits(tmp_path: Path) -> None:
    """Text and status are those asked for."""
    done = subprocess.run([program(tmp_path, machine.say(HERE, "found é", status=7))], capture_output=True, check=False)
    assert (done.returncode, done.stdout) == (7, "found é\n".encode())


@here
def test_launch_becomes_the_program_with_all_its_arguments(tmp_path: Path) -> None:
    """Nothing asked for, nothing changed: not arguments, not environment."""
    path = program(tmp_path, machine.launch(HERE))
    done = subprocess.run(
        [path, "/bin/sh", "-c", 'echo "$0 $1 $X"', "a b", "c"],
        capture_output=True,
        env={"X": "1", "Y": "2"},
        check=False,
    )
    assert done.stdout == b"a b c 1\n"


@here
def test_launch_adds_an_argument_and_a_variable_and_prints_its_arguments(tmp_path: Path) -> None:
    """The added argument comes first; variables that were there stay."""
    path = program(tmp_path, machine.launch(HERE, argument="-u", variable="ADDED=yes", prefix="argument: "))
    done = subprocess.run(
        [path, "/bin/sh", "-c", 'echo "$X $ADDED $UNSET"'], capture_output=True, env={"X": "1"}, check=False
    )
    assert done.stderr == b"" or b"UNSET" in done.stderr  # -u complains of what is unset
    assert done.stdout.startswith(b'\nargument: /bin/sh\nargument: -c\nargument: echo "$X $ADDED $UNSET"\n')
    assert done.returncode != 0
    done = subprocess.run([path, "/bin/sh", "-c", 'echo "$X $ADDED"'], capture_output=True, env={"X": "1"}, check=False)
    assert done.stdout.endswith(b"\n1 yes\n")


@here
def test_launch_makes_a_descriptor_that_is_standard_error(tmp_path: Path) -> None:
    """What is written there arrives on standard error."""
    path = program(tmp_path, machine.launch(HERE, descriptor=63))
    done = subprocess.run([path, "/bin/bash", "-c", "echo frame >&63"], capture_output=True, check=False)
    assert (done.stdout, done.stderr) == (b"", b"frame\n")


@here
def test_launch_exits_with_126_where_the_program_cannot_be_started(tmp_path: Path) -> None:
    """As a shell does for what is not executable."""
    path = program(tmp_path, machine.launch(HERE))
    assert subprocess.run([path, "/nonexistent"], check=False).returncode == 126


@here
def test_fetch_sends_each_argument_and_writes_what_comes_back(tmp_path: Path) -> None:
    """Over a connection for each, also while nobody listens yet."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    path = program(tmp_path, machine.fetch(HERE, port))
    with subprocess.Popen([path, "one é", "two"], stdout=subprocess.PIPE) as process:
        with socket.create_server(("127.0.0.1", port)) as server:
            server.settimeout(10)
            for expected in ("one é", "two"):
                connection, _ = server.accept()
                with connection:
                    assert connection.recv(100).decode() == expected
                    connection.sendall(b"x" * 10_000 + expected.encode())
        output, _ = process.communicate(timeout=10)
    assert process.returncode == 0
    assert output == b"x" * 10_000 + "one é".encode() + b"x" * 10_000 + b"two"


@here
def test_the_loader_takes_the_library(tmp_path: Path) -> None:
    """By path here; by name is what the suite asks of an image."""
    path = tmp_path / "libnothing.so"
    path.write_bytes(machine.library(HERE, "libnothing.so"))
    assert ctypes.CDLL(os.fspath(path))


@pytest.mark.parametrize("architecture", machine.ARCHITECTURES)
def test_the_architecture_is_in_the_header(architecture: str) -> None:
    """62 is x86-64, 183 AArch64 (psABI)."""
    expected = {"amd64": 62, "arm64": 183}[architecture]
    for content in (
        machine.say(architecture, "x"),
        machine.launch(architecture),
        machine.fetch(architecture, 8080),
        machine.library(architecture, "x"),
    ):
        assert content[:4] == b"\x7fELF"
        assert int.from_bytes(content[18:20], "little") == expected


@here
def test_gate_becomes_the_program_when_it_is_told_to(tmp_path: Path) -> None:
    """Not before the byte came; arguments and environment are the caller's, and the connection is gone."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        path = program(tmp_path, machine.gate(HERE, "127.0.0.1", listener.getsockname()[1]))
        words = [path, "/bin/sh", "-c", 'echo "$0 $1 $X"; ls /proc/self/fd | wc -l', "a b", "c"]
        with subprocess.Popen(words, stdout=subprocess.PIPE, env={"X": "1", "PATH": os.environ["PATH"]}) as child:
            connection, _ = listener.accept()
            assert child.poll() is None
            connection.sendall(b"!")
            assert connection.recv(1) == b""
            assert child.stdout is not None
            assert child.stdout.read() == b"a b c 1\n4\n"
            connection.close()


@here
def test_gate_without_a_byte_exits(tmp_path: Path) -> None:
    """Nobody listens: 126, as for a program that cannot be started."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    path = program(tmp_path, machine.gate(HERE, "127.0.0.1", port))
    assert subprocess.run([path, "/bin/true"], check=False).returncode == 126
