"""All sandboxes of one run: its network, its /tmp volumes, and the promise that nothing of it stays.

What has ended is removed in the background, several at a time; `close` waits for all of it. What a
killed run leaves is swept by the next one.
"""

from __future__ import annotations

import atexit
import signal
import threading
import uuid
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING, Self

from lambda_image.engine.removal import TOGETHER, remove_together
from lambda_image.sandbox import volumes
from lambda_image.sandbox.container import Sandbox
from lambda_image.sandbox.spec import Surroundings, container_config

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import FrameType, TracebackType

    from lambda_image.engine import Engine, Network
    from lambda_image.sandbox.spec import SandboxSpec
    from lambda_image.sandbox.volumes import FileEntry

RUN_LABEL = "lambda-image.run"
_TMP_BATCH = 16


class Sandboxes:
    """The factory of one run. A context manager; safe to use from several threads."""

    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.run = uuid.uuid4().hex[:12]
        self.labels = {RUN_LABEL: self.run, **engine.owner_label}
        # Names that every sandbox resolves, set by the route.
        self.hosts: dict[str, str] = {}
        self._lock = threading.RLock()
        self._tmp_lock = threading.Lock()
        self._network: Network | None = None
        self._tmp_free: list[str] = []
        self._tmp_all: list[str] = []
        self._ended: list[str] = []
        self._image_volumes: dict[str, tuple[str, ...]] = {}
        self._workers = ThreadPoolExecutor(2, thread_name_prefix="sandboxes")
        self._closed = False
        self._restores_signal = False

    def __enter__(self) -> Self:
        self._later(self.engine.sweep)
        in_main = threading.current_thread() is threading.main_thread()
        if in_main and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            # SIGTERM ends Python at once, past every `finally`; as an exception it does not.
            signal.signal(signal.SIGTERM, _terminate)
            self._restores_signal = True
        atexit.register(self.close)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    # What a run owns

    @property
    def network(self) -> Network:
        """The run's own: internal, so that it leads to its gateway and nowhere else."""
        with self._lock:
            if self._network is None:
                self._network = self.engine.networks.create(f"lambda-image-{self.run}", self.labels)
            return self._network

    def volume(self, files: Mapping[str, FileEntry], key: str) -> str:
        """See volumes.volume."""
        return volumes.volume(self.engine, files, key)

    def create(self, spec: SandboxSpec) -> Sandbox:
        """A container, not yet started."""
        around = Surroundings(
            labels=self.labels,
            tmp_volume=spec.tmp or self._tmp_volume(),
            network=self.network.name if spec.network else "none",
            hosts=self.hosts,
            image_volumes={
                path: f"lambda-image-{self.run}-{uuid.uuid4().hex[:12]}" for path in self._volumes_of(spec.image)
            },
        )
        identity = self.engine.containers.create(container_config(spec, around), platform=spec.platform)
        return Sandbox(self.engine, replace(spec, tmp=around.tmp_volume), identity, self._discard)

    def _volumes_of(self, image: str) -> tuple[str, ...]:
        if image not in self._image_volumes:
            self._image_volumes[image] = self.engine.image(image).config.volumes
        return self._image_volumes[image]

    def _tmp_volume(self) -> str:
        """Made several at a time: one that is ready costs nothing when a sandbox starts."""
        with self._lock:
            name = self._tmp_free.pop() if self._tmp_free else None
            low = len(self._tmp_free) < _TMP_BATCH // 2
        if name is None:
            return self._more_tmp_volumes()
        if low and not self._tmp_lock.locked():
            self._later(self._restock)
        return name

    def _more_tmp_volumes(self) -> str:
        with self._tmp_lock:
            with self._lock:
                if self._tmp_free:
                    return self._tmp_free.pop()
            self._make_tmp_volumes()
            with self._lock:
                return self._tmp_free.pop()

    def _restock(self) -> None:
        with self._tmp_lock:
            if len(self._tmp_free) < _TMP_BATCH // 2:
                self._make_tmp_volumes()

    def _make_tmp_volumes(self) -> None:
        names = [f"lambda-image-{self.run}-tmp{len(self._tmp_all) + number}" for number in range(_TMP_BATCH)]
        self._tmp_all += names
        volumes.fresh(self.engine, names, self.labels)
        with self._lock:
            self._tmp_free += names

    # Cleaning up

    def _discard(self, sandbox: Sandbox) -> None:
        self._later(lambda: self._end(sandbox.id))

    def _end(self, identity: str) -> None:
        """Ends it now, and removes it with others."""
        self.engine.containers.kill(identity)
        with self._lock:
            self._ended.append(identity)
            if len(self._ended) < TOGETHER:
                return
            together, self._ended = self._ended, []
        remove_together(self.engine.containers.remove, together)

    def _later(self, work: Callable[[], object]) -> None:
        with self._lock:
            if not self._closed:
                self._workers.submit(work)

    def close(self) -> None:
        """Removes everything of the run and waits for it; safe to call twice, and after an interrupt."""
        with self._lock:
            if self._closed:
                return
            self._closed = True
        atexit.unregister(self.close)
        try:
            self._workers.shutdown(wait=True)
            self._remove_all()
        finally:
            if self._restores_signal:
                signal.signal(signal.SIGTERM, signal.SIG_DFL)

    def _remove_all(self) -> None:
        """By label, so that it holds for things whose creation was interrupted too."""
        label = f"{RUN_LABEL}={self.run}"
        for kind in (self.engine.containers, self.engine.networks, self.engine.volumes):
            remove_together(kind.remove, kind.labelled(label))


def _terminate(number: int, frame: FrameType | None) -> None:
    raise SystemExit(128 + number)
