"""Which engine is meant: what the docker program would use, in its own order of precedence."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest
from lambda_image.engine.address import DEFAULT_HOST, find
from lambda_image.errors import EngineError

if TYPE_CHECKING:
    from pathlib import Path


def add_context(folder: Path, name: str, host: str) -> None:
    meta = folder / "contexts" / "meta" / hashlib.sha256(name.encode()).hexdigest()
    meta.mkdir(parents=True)
    (meta / "meta.json").write_text(json.dumps({"Name": name, "Endpoints": {"docker": {"Host": host}}}))


def configure(folder: Path, **settings: str) -> dict[str, str]:
    (folder / "config.json").write_text(json.dumps(settings))
    return {"DOCKER_CONFIG": str(folder)}


def test_without_any_setting_it_is_the_local_socket(tmp_path: Path) -> None:
    address = find({"DOCKER_CONFIG": str(tmp_path)})
    assert address.host == DEFAULT_HOST
    assert "neither DOCKER_HOST nor a docker context" in str(address)


def test_the_current_context_is_used(tmp_path: Path) -> None:
    add_context(tmp_path, "colima", "unix:///home/u/.colima/docker.sock")
    address = find(configure(tmp_path, currentContext="colima"))
    assert address.host == "unix:///home/u/.colima/docker.sock"
    assert "colima" in address.said_by
    assert address.program_options == ("--context", "colima")


def test_the_context_of_the_environment_comes_before_the_configured_one(tmp_path: Path) -> None:
    add_context(tmp_path, "one", "tcp://one:1")
    add_context(tmp_path, "two", "tcp://two:2")
    environment = configure(tmp_path, currentContext="one") | {"DOCKER_CONTEXT": "two"}
    assert find(environment).host == "tcp://two:2"


def test_docker_host_comes_before_every_context(tmp_path: Path) -> None:
    add_context(tmp_path, "one", "tcp://one:1")
    environment = configure(tmp_path, currentContext="one") | {"DOCKER_HOST": "tcp://host:3"}
    address = find(environment)
    assert (address.host, address.said_by) == ("tcp://host:3", "DOCKER_HOST")
    assert address.program_options == ("--host", "tcp://host:3")


def test_tls_of_the_environment_reaches_the_program_too(tmp_path: Path) -> None:
    address = find({"DOCKER_HOST": "tcp://h:1", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": str(tmp_path)})
    assert address.certificates == tmp_path
    assert "--tlsverify" in address.program_options
    assert f"{tmp_path}/ca.pem" in address.program_options


@pytest.mark.parametrize("name", ["default", ""])
def test_the_default_context_is_the_local_socket(tmp_path: Path, name: str) -> None:
    assert find(configure(tmp_path, currentContext=name)).host == DEFAULT_HOST


def test_a_context_that_is_not_there_is_named_with_what_would_work(tmp_path: Path) -> None:
    with pytest.raises(EngineError) as caught:
        find(configure(tmp_path, currentContext="gone"))
    assert "'gone'" in caught.value.message
    assert "docker context ls" in caught.value.hint


def test_a_configuration_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text("{")
    with pytest.raises(EngineError, match=r"config\.json cannot be read"):
        find({"DOCKER_CONFIG": str(tmp_path)})
