"""A sandbox is what Lambda is: every limit is seen from inside, and nothing is left outside."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from functools import partial
from typing import TYPE_CHECKING

import pytest
from lambda_image.sandbox import FileEntry, Sandboxes, SandboxSpec, volume

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lambda_image.engine import Engine
    from lambda_image.sandbox import Log, Sandbox

pytestmark = pytest.mark.engine


def python(sandboxes: Sandboxes, image: str, code: str, **options: object) -> Sandbox:
    spec = SandboxSpec(image=image, entrypoint=("python3", "-u", "-c", code), command=(), **options)  # type: ignore[arg-type]
    return sandboxes.create(spec)


def answer(sandboxes: Sandboxes, image: str, code: str, **options: object) -> object:
    """What the code prints as JSON."""
    with python(sandboxes, image, f"import json, os\nprint(json.dumps({code}))", **options) as sandbox:
        sandbox.start()
        assert sandbox.wait(20) == 0, sandbox.log.text
        return json.loads(sandbox.log.data("stdout"))


def test_its_user_has_no_name_no_capability_and_gains_no_privilege(sandboxes: Sandboxes, python_image: str) -> None:
    status = answer(
        sandboxes,
        python_image,
        "dict(l.split(':', 1) for l in open('/proc/self/status')) | {'ids': [os.getuid(), os.getgid()]}",
    )
    assert isinstance(status, dict)
    assert status["ids"] == [993, 990]
    assert {status[f"Cap{kind}"].strip() for kind in ("Inh", "Prm", "Eff", "Bnd", "Amb")} == {"0" * 16}
    assert status["NoNewPrivs"].strip() == "1"


def test_tmp_is_writable_empty_on_disk_and_all_else_is_not(sandboxes: Sandboxes, python_image: str) -> None:
    found = answer(
        sandboxes,
        python_image,
        "dict(writable=[p for p in ('/', '/var/task', '/opt', '/dev', '/dev/shm', '/tmp', '/run')"
        " if os.access(p, os.W_OK)],"
        " mode=oct(os.stat('/tmp').st_mode), content=os.listdir('/tmp'),"
        " kind=[l.split()[2] for l in open('/proc/mounts') if l.split()[1] == '/tmp'])",
    )
    assert isinstance(found, dict)
    assert found["writable"] == ["/tmp"]
    assert found["mode"] == "0o41777"
    assert found["content"] == []
    assert found["kind"] != ["tmpfs"]


def test_each_sandbox_has_a_tmp_of_its_own(sandboxes: Sandboxes, python_image: str) -> None:
    for _ in range(2):
        assert answer(sandboxes, python_image, "[os.listdir('/tmp'), open('/tmp/x', 'w').close()]") == [
            [],
            None,
        ]


def test_descriptors_and_processes_are_limited(sandboxes: Sandboxes, python_image: str) -> None:
    assert answer(sandboxes, python_image, "__import__('resource').getrlimit(7)", descriptors=77) == [77, 77]
    many = "[subprocess.Popen(['sleep', '9']) for _ in range(30)]"
    code = f"import subprocess\ntry: {many}\nexcept OSError: print('full')"
    with python(sandboxes, python_image, code, processes=10) as sandbox:
        assert sandbox.start().log.wait_for(lambda text: "full" in text, 20)


def test_more_memory_than_the_limit_is_an_oom_kill(sandboxes: Sandboxes, python_image: str) -> None:
    with python(sandboxes, python_image, "x = b'1' * (300 << 20)", memory_mb=128) as sandbox:
        sandbox.start()
        assert sandbox.wait(20) == 137
        assert sandbox.oom_killed


def test_standard_output_is_a_pipe_and_both_streams_are_told_apart(sandboxes: Sandboxes, python_image: str) -> None:
    code = "import os, stat, sys\nprint(stat.S_ISFIFO(os.fstat(1).st_mode))\nprint('two', file=sys.stderr)\nsys.exit(9)"
    with python(sandboxes, python_image, code) as sandbox:
        begun = time.time()
        sandbox.start()
        assert sandbox.wait(20) == 9
        lines = {(line.stream, line.text) for line in sandbox.log.lines}
        assert lines == {("stdout", "True"), ("stderr", "two")}
        assert all(begun < line.at < time.time() for line in sandbox.log.lines)
        assert not sandbox.running
        assert sandbox.exit_status == 9
        assert not sandbox.oom_killed


def test_a_long_line_comes_whole(sandboxes: Sandboxes, python_image: str) -> None:
    """The log API would cut it into pieces of 16 KiB, each with a time in front."""
    with python(sandboxes, python_image, "print('x' * 1_000_000)") as sandbox:
        sandbox.start().wait(20)
        assert [len(line.text) for line in sandbox.log.lines] == [1_000_000]


def test_a_program_that_closes_its_outputs_still_runs(sandboxes: Sandboxes, python_image: str) -> None:
    """The end of the log is not taken for the end of the process."""
    with python(sandboxes, python_image, "import os, time\nos.close(1); os.close(2); time.sleep(60)") as sandbox:
        sandbox.start()
        assert sandbox.wait(2) is None
        assert sandbox.running


def settled(log: Log) -> None:
    """Until nothing more comes of what was written before: it is on its way through the engine."""
    deadline = time.monotonic() + 20
    while log.wait_for(partial(longer, len(log.data())), 1.5):
        assert time.monotonic() < deadline, "something comes all the time"


def longer(than: int, text: str) -> bool:
    return len(text) > than


def test_nothing_moves_while_frozen(sandboxes: Sandboxes, python_image: str) -> None:
    code = "import time\nwhile True: print('tick'); time.sleep(0.01)"
    with python(sandboxes, python_image, code) as sandbox:
        assert sandbox.start().log.wait_for(lambda text: "tick" in text, 20)
        with sandbox.frozen():
            settled(sandbox.log)
            before = len(sandbox.log.data())
            time.sleep(0.3)
            assert len(sandbox.log.data()) == before
        assert sandbox.log.wait_for(lambda text: len(text) > before, 5)


def test_a_thawed_one_can_be_frozen_again_at_once(sandboxes: Sandboxes, python_image: str) -> None:
    """Also where the engine hears of the thaw late: otherwise it takes the frozen one for a running one."""
    with python(sandboxes, python_image, "import time; time.sleep(60)") as sandbox:
        sandbox.start()
        for _ in range(4):
            with sandbox.frozen():
                pass
        assert sandbox.running


def test_a_signal_reaches_the_first_process(sandboxes: Sandboxes, python_image: str) -> None:
    code = "import signal, sys\nsignal.signal(15, lambda *_: sys.exit(7))\nprint('ready')\nsignal.pause()"
    with python(sandboxes, python_image, code) as sandbox:
        sandbox.start().log.wait_for(lambda text: "ready" in text, 20)
        [process] = sandbox.processes()
        assert process.uid == 993
        assert process.command.startswith("python3")
        assert sandbox.signal("SIGTERM")
        assert sandbox.wait(10) == 7
        assert not sandbox.signal("SIGTERM")
        assert sandbox.processes() == ()


def test_its_network_leads_nowhere_but_to_the_gateway(sandboxes: Sandboxes, python_image: str) -> None:
    """An address outside and the engine's other bridge are unreachable: there is no route to them."""
    code = (
        "[[l.split()[0] for l in open('/proc/net/dev').readlines()[2:]],"
        " [__import__('errno').errorcode.get(__import__('socket').socket().connect_ex((a, 9)))"
        " for a in ('192.0.2.1', '172.17.0.1')]]"
    )
    interfaces, errors = answer(sandboxes, python_image, code)  # type: ignore[misc]
    assert sorted(name for name in interfaces if name in ("lo:", "eth0:")) == ["eth0:", "lo:"]
    assert errors == ["ENETUNREACH", "ENETUNREACH"]


def test_without_a_network_there_is_only_loopback(sandboxes: Sandboxes, python_image: str) -> None:
    names = answer(
        sandboxes,
        python_image,
        "[n for _, n in __import__('socket').if_nameindex() if n.startswith('eth')]",
        network=False,
    )
    assert names == []


@pytest.fixture
def kept_volume(engine: Engine) -> Iterator[str]:
    """Asked for twice under one key, with other files the second time: those are not looked at."""
    key = os.urandom(20).hex()
    files = {"a/b/data.json": FileEntry(b"{}"), "run.sh": FileEntry(b"#!/bin/sh\n", 0o755)}
    name = volume(engine, files, key)
    assert volume(engine, {}, key) == name
    yield name
    for removed in (name, f"{name}-filled"):
        engine.volumes.remove(removed)


def test_a_volume_is_filled_once_read_by_all_and_written_by_none(
    engine: Engine, python_image: str, kept_volume: str
) -> None:
    with Sandboxes(engine) as sandboxes:
        found = answer(
            sandboxes,
            python_image,
            "dict(files=sorted(os.path.join(d, f) for d, _, fs in os.walk('/var/task') for f in fs),"
            " data=open('/var/task/a/b/data.json').read(), run=os.access('/var/task/run.sh', os.X_OK),"
            " modes=[oct(os.stat(p).st_mode & 0o777) for p in ('/var/task', '/var/task/a')],"
            " readonly=[l.split()[3].split(',')[0] for l in open('/proc/mounts') if '/var/task' in l])",
            task=kept_volume,
        )
    assert found == {
        "files": ["/var/task/a/b/data.json", "/var/task/run.sh"],
        "data": "{}",
        "run": True,
        "modes": ["0o755", "0o755"],
        "readonly": ["ro"],
    }


@pytest.fixture
def image_with_volume(engine: Engine, python_image: str, tmp_path: Path) -> Iterator[str]:
    name = "lambda-image-test/volume:1"
    lines = (f"FROM {python_image}", "RUN mkdir -m 1777 /data && touch /data/x", "VOLUME /data", "")
    (tmp_path / "Dockerfile").write_text("\n".join(lines))
    engine.build(tmp_path, tags=[name])
    yield name
    engine.remove_image(name)


def test_a_volume_of_the_image_is_not_a_writable_place(engine: Engine, image_with_volume: str) -> None:
    """Lambda ignores VOLUME; so the path is as read-only as the rest."""
    with Sandboxes(engine) as sandboxes:
        seen = answer(sandboxes, image_with_volume, "[os.access('/data', os.W_OK), os.listdir('/data')]")
    assert seen == [False, ["x"]]


def left_behind(engine: Engine, run: str) -> list[str]:
    label = f"lambda-image.run={run}"
    return [name for kind in (engine.containers, engine.networks, engine.volumes) for name in kind.labelled(label)]


def test_closing_leaves_nothing_even_of_what_still_runs(engine: Engine, python_image: str) -> None:
    sandboxes = Sandboxes(engine)

    def fail_within() -> None:
        with sandboxes:
            python(sandboxes, python_image, "import time; time.sleep(60)").start()
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail_within()
    assert left_behind(engine, sandboxes.run) == []


CHILD = """
import sys, time
from lambda_image.engine import Engine
from lambda_image.sandbox import Sandboxes, SandboxSpec
with Sandboxes(Engine.connect()) as run:
    run.create(SandboxSpec(image=sys.argv[1], entrypoint=("sleep", "60"), command=())).start()
    print(run.run, flush=True)
    time.sleep(60)
"""


def start_child(image: str) -> tuple[subprocess.Popen[str], str]:
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, image],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
    )
    assert child.stdout
    return child, child.stdout.readline().strip()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_run_that_is_stopped_cleans_up(engine: Engine, python_image: str, number: signal.Signals) -> None:
    child, run = start_child(python_image)
    with child:
        child.send_signal(number)
        assert child.wait(30) != 0
    assert left_behind(engine, run) == []


def test_what_a_killed_run_left_is_swept_by_the_next(engine: Engine, python_image: str) -> None:
    child, run = start_child(python_image)
    with child:
        child.kill()
    assert left_behind(engine, run)
    engine.sweep()
    assert left_behind(engine, run) == []


def test_a_run_that_lives_is_not_swept(engine: Engine, python_image: str, sandboxes: Sandboxes) -> None:
    with python(sandboxes, python_image, "import time; time.sleep(60)") as sandbox:
        sandbox.start()
        subprocess.run(
            [sys.executable, "-c", "from lambda_image.engine import Engine; Engine.connect().sweep()"],
            check=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        )
        assert sandbox.running
