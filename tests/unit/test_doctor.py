"""The doctor looks where the machine's configuration points, and says what would work where it fails."""

from __future__ import annotations

import http.server
import threading
from typing import TYPE_CHECKING

import pytest
from lambda_image import doctor
from lambda_image.doctor import registries
from lambda_image.doctor.check import guarded
from lambda_image.errors import EngineError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Index(http.server.BaseHTTPRequestHandler):
    """Answers with the status that the path names."""

    def do_HEAD(self) -> None:
        self.send_response(int(self.path.strip("/")))
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Index)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize(("answer", "status"), [(200, "ok"), (403, "ok"), (404, "ok"), (407, "fail"), (502, "fail")])
def test_the_configured_index_is_asked(index: str, monkeypatch: pytest.MonkeyPatch, answer: int, status: str) -> None:
    """Any answer of the index itself is reach; a proxy that wants a password is none."""
    monkeypatch.setenv("PIP_INDEX_URL", f"{index}/{answer}")
    check = registries.pip_index()
    assert check.status == status
    assert f"{index}/{answer} (PIP_INDEX_URL)" in check.found


def test_the_configured_proxy_is_used_and_its_password_is_not_shown(
    index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The index's name resolves nowhere, so only a proxy can have answered."""
    monkeypatch.setenv("no_proxy", "")
    monkeypatch.setenv("http_proxy", index.replace("http://", "http://user:secret@"))
    monkeypatch.setenv("PIP_INDEX_URL", "http://user:hidden@index.invalid/simple")
    check = registries.pip_index()
    assert "through http://***@127.0.0.1" in check.found
    assert "secret" not in check.found
    assert "hidden" not in check.found


def test_an_index_that_does_not_resolve_fails_with_a_word_on_proxies(
    index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "http://index.invalid/simple")
    check = registries.pip_index()
    assert check.status == "fail"
    assert "HTTPS_PROXY" in check.advice


def test_an_index_that_is_a_folder_is_not_checked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PIP_INDEX_URL", "file:///srv/simple")
    check = registries.pip_index()
    assert check.status == "warn"
    assert "not checked" in check.found


def test_a_bundle_that_is_none_is_a_failure_that_names_who_said_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bundle = tmp_path / "ca.pem"
    bundle.write_text("no certificate")
    monkeypatch.setenv("SSL_CERT_FILE", str(bundle))
    check = doctor._certificates()
    assert check.status == "fail"
    assert "SSL_CERT_FILE" in check.found


def test_without_an_engine_the_machine_is_still_examined(
    tmp_path: Path, index: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/none.sock")
    monkeypatch.setenv("PIP_INDEX_URL", f"{index}/200")
    monkeypatch.setattr(registries.shutil, "which", lambda _: None)
    checks = {check.name: check for check in doctor.examine()}
    assert checks["engine"].status == "fail"
    assert f"{tmp_path}/none.sock" in checks["engine"].found
    assert "DOCKER_HOST" in checks["engine"].advice
    assert {"disk", "certificates", "pip index"} <= set(checks)


def test_a_foreseen_error_within_a_check_is_its_finding() -> None:
    def fails() -> doctor.Check:
        raise EngineError("no network left", hint="Remove some.")

    check = guarded("sandbox route", fails)
    assert (check.status, check.found, check.advice) == ("fail", "no network left", "Remove some.")
