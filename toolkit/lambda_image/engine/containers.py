"""Containers, networks and volumes of an engine: thin typed calls, one request each, no policy."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, cast

from lambda_image.engine.api import RefusedError
from lambda_image.errors import EngineError, ImageNotFound

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from lambda_image.engine.api import Api

Stream = Literal["stdout", "stderr"]
_FREEZER_PAUSES = (0.1, 0.2, 0.4, 0.8)
_STREAMS: dict[int, Stream] = {1: "stdout", 2: "stderr"}


@dataclass(frozen=True, kw_only=True)
class Process:
    """One process of a container, with the numbers that the engine's host sees."""

    pid: int
    parent: int
    uid: int
    threads: int
    state: str
    command: str


@dataclass(frozen=True, kw_only=True)
class Network:
    """A network and the address of its bridge on the engine's host."""

    id: str
    name: str
    gateway: str
    subnet: str


def _labelled(label: str) -> str:
    return json.dumps({"label": [label]})


class Containers:
    """The engine's containers."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def create(self, config: Mapping[str, object], *, name: str = "", platform: str = "") -> str:
        """Its id; ImageNotFound where the image is not there."""
        params = {key: value for key, value in (("name", name), ("platform", platform)) if value}
        try:
            return str(self._api.post("/containers/create", config, **params)["Id"])
        except RefusedError as error:
            if error.status == 404 and "image" in error.message.lower():
                raise ImageNotFound(f"the engine has no image '{config.get('Image')}'") from error
            raise

    def start(self, container: str) -> None:
        """Returns when its first process has been started."""
        self._api.call("POST", f"/containers/{container}/start")

    def pause(self, container: str) -> None:
        """Freezes all its processes. The kernel's old freezer gives up on a busy machine where a process is just
        being made (runc: unable to freeze), and takes it at the next try."""
        for pause in (*_FREEZER_PAUSES, None):
            try:
                self._api.call("POST", f"/containers/{container}/pause")
            except RefusedError as error:
                if "already paused" in error.message:  # by a try of which the engine said that it failed
                    return
                if pause is None or "unable to freeze" not in error.message:
                    raise
                time.sleep(pause)
            else:
                return

    def unpause(self, container: str) -> None:
        """Thaws them."""
        self._api.call("POST", f"/containers/{container}/unpause")

    def kill(self, container: str, signal: str = "SIGKILL") -> bool:
        """Sends a signal to its first process; False if it is not running."""
        try:
            self._api.call("POST", f"/containers/{container}/kill", params={"signal": signal})
        except RefusedError as error:
            if error.status in (404, 409):
                return False
            raise
        return True

    def wait(self, container: str, timeout: float) -> int | None:
        """Its exit status, or None if it still runs after `timeout` seconds."""
        from requests.exceptions import RequestException

        try:
            response = self._api.call("POST", f"/containers/{container}/wait", stream=True, timeout=max(timeout, 0.01))
            with response:
                return int(json.loads(response.content)["StatusCode"])
        except (EngineError, RequestException) as error:
            cause = error.__cause__ if isinstance(error, EngineError) else error
            if cause is not None and "timed out" in str(cause).lower():
                return None
            raise

    def inspect(self, container: str) -> dict[str, object]:
        """All that the engine knows of it."""
        return self._api.get(f"/containers/{container}/json")

    def processes(self, container: str) -> tuple[Process, ...]:
        """Those that run in it now."""
        answer = self._api.get(f"/containers/{container}/top", ps_args="-eo pid,ppid,uid,nlwp,stat,args")
        rows = cast("list[list[str]]", answer.get("Processes") or [])
        return tuple(
            Process(
                pid=int(pid),
                parent=int(parent),
                uid=int(uid),
                threads=int(nlwp),
                state=state,
                command=command,
            )
            for pid, parent, uid, nlwp, state, command in rows
        )

    def attach(self, container: str) -> Iterator[tuple[Stream, bytes]]:
        """Attached when this returns; then what it writes, as it writes it, until it ends.

        Before the start nothing is lost, and unlike the log's API it cuts no long lines.
        """
        params = {"stream": 1, "stdout": 1, "stderr": 1}
        response = self._api.call("POST", f"/containers/{container}/attach", params=params, stream=True, timeout=None)

        def frames() -> Iterator[tuple[Stream, bytes]]:
            with response:
                while len(head := response.raw.read(8)) == 8:
                    yield _STREAMS.get(head[0], "stdout"), response.raw.read(int.from_bytes(head[4:], "big"))

        return frames()

    def put_archive(self, container: str, path: str, tar: bytes) -> None:
        """Unpacks a tar at a path of it."""
        self._api.call("PUT", f"/containers/{container}/archive", params={"path": path}, data=tar)

    def remove(self, container: str) -> None:
        """Kills and removes it with its anonymous volumes; fine if it is gone."""
        _unless_gone(self._api, f"/containers/{container}", {"force": 1, "v": 1})

    def labelled(self, label: str) -> dict[str, dict[str, str]]:
        """Labels of all containers, running or not, that have this one, by id."""
        listed = self._api.get_list("/containers/json", all=1, filters=_labelled(label))
        return {str(item["Id"]): cast("dict[str, str]", item["Labels"]) for item in listed}


class Networks:
    """The engine's networks."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def create(self, name: str, labels: Mapping[str, str], *, internal: bool = True) -> Network:
        """A bridge; an internal one leads nowhere but to its own members and its gateway on the host."""
        body = {"Name": name, "Driver": "bridge", "Internal": internal, "Labels": dict(labels)}
        self._api.post("/networks/create", body)
        return self.find(name)

    def find(self, name: str) -> Network:
        """By name or id."""
        found = self._api.get(f"/networks/{name}")
        ipam = cast("dict[str, list[dict[str, str]]]", found["IPAM"])
        first = (ipam.get("Config") or [{}])[0]
        return Network(
            id=str(found["Id"]),
            name=str(found["Name"]),
            gateway=first.get("Gateway", "").partition("/")[0],
            subnet=first.get("Subnet", ""),
        )

    def connect(self, network: str, container: str) -> None:
        """Gives the container one more leg."""
        self._api.call("POST", f"/networks/{network}/connect", body={"Container": container})

    def disconnect(self, network: str, container: str) -> None:
        """Takes that leg away."""
        body = {"Container": container, "Force": True}
        self._api.call("POST", f"/networks/{network}/disconnect", body=body)

    def remove(self, network: str) -> None:
        """Fine if it is gone."""
        _unless_gone(self._api, f"/networks/{network}", {})

    def labelled(self, label: str) -> dict[str, dict[str, str]]:
        """Labels of all networks that have this one, by id."""
        listed = self._api.get_list("/networks", filters=_labelled(label))
        return {str(item["Id"]): cast("dict[str, str]", item["Labels"]) for item in listed}


class Volumes:
    """The engine's volumes."""

    def __init__(self, api: Api) -> None:
        self._api = api

    def create(self, name: str, labels: Mapping[str, str]) -> None:
        """A named volume; fine if it is there."""
        self._api.post("/volumes/create", {"Name": name, "Labels": dict(labels)})

    def exists(self, name: str) -> bool:
        """Whether there is one of that name."""
        try:
            self._api.get(f"/volumes/{name}")
        except RefusedError as error:
            if error.status == 404:
                return False
            raise
        return True

    def remove(self, name: str) -> None:
        """Fine if it is gone."""
        _unless_gone(self._api, f"/volumes/{name}", {})

    def labelled(self, label: str) -> dict[str, dict[str, str]]:
        """Labels of all volumes that have this one, by name."""
        answer = self._api.get("/volumes", filters=_labelled(label))
        listed = cast("list[dict[str, object]]", answer.get("Volumes") or [])
        return {str(item["Name"]): cast("dict[str, str]", item["Labels"]) for item in listed}


def _unless_gone(api: Api, path: str, params: Mapping[str, int]) -> None:
    try:
        api.call("DELETE", path, params=params)
    except RefusedError as error:
        # 409 with "already in progress": another thread or a sweep removes it just now.
        if error.status != 404 and "already in progress" not in error.message:
            raise
