"""A registry in this process, kind or hostile: who is asked for a password, what is believed, and what is not read."""

from __future__ import annotations

import base64
import json
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from lambda_image import image_rules
from lambda_image.errors import ChecksFailed, ImageNotFound, RegistryError
from unit.image_rules_writer import DOCKER, OCI_INDEX, Image, Member, base, digest, function

Reply = tuple[int, dict[str, str], bytes]


class FakeRegistry:
    """Answers by path; `before` may answer first."""

    def __init__(self) -> None:
        self.replies: dict[str, Reply] = {}
        self.asked: list[tuple[str, str, str]] = []
        self.before: Callable[[str, str], Reply | None] = lambda path, authorization: None
        registry = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                self.answer(b"")

            def do_POST(self) -> None:
                self.answer(self.rfile.read(int(self.headers["Content-Length"])))

            def answer(self, body: bytes) -> None:
                authorization = self.headers.get("Authorization", "")
                registry.asked.append((self.path, authorization, body.decode()))
                missing: Reply = (404, {}, b"{}")
                reply = registry.before(self.path, authorization) or registry.replies.get(self.path, missing)
                status, headers, content = reply
                self.send_response(status)
                for name, value in {"Content-Length": str(len(content)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, *words: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.host = f"127.0.0.1:{self.server.server_port}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def hold(self, image: Image, tag: str = "1") -> str:
        """Puts an image there; the digest of what the tag names."""
        files = image.layout()
        top = json.loads(files["index.json"])["manifests"][0]
        for name, content in files.items():
            if not name.startswith("blobs/"):
                continue
            own = digest(content)
            self.replies[f"/v2/f/blobs/{own}"] = (200, {}, content)
            if content.startswith(b"{") and {"schemaVersion", "manifests"} & set(json.loads(content)):
                kind = json.loads(content).get("mediaType", OCI_INDEX)
                reply = (200, {"Content-Type": kind, "Docker-Content-Digest": own}, content)
                self.replies[f"/v2/f/manifests/{own}"] = reply
                if own == top["digest"]:
                    self.replies[f"/v2/f/manifests/{tag}"] = reply
        return str(top["digest"])

    def lint(self, tag: str = "1", **options: str) -> set[str]:
        view = image_rules.read(f"registry:{self.host}/f:{tag}", **options)
        return {finding.rule for finding in image_rules.check(view)}


@pytest.fixture
def registry() -> Iterator[FakeRegistry]:
    fake = FakeRegistry()
    yield fake
    fake.server.shutdown()
    fake.server.server_close()


@pytest.fixture(autouse=True)
def docker_config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[dict[str, object]], None]:
    """A configuration of docker's for this test alone."""
    monkeypatch.setenv("DOCKER_CONFIG", str(tmp_path))
    return lambda document: (tmp_path / "config.json").write_text(json.dumps(document)) and None


@pytest.mark.parametrize("kind", [DOCKER, "application/vnd.oci.image.manifest.v1+json"])
def test_a_sound_image_is_sound_in_a_registry(registry: FakeRegistry, kind: str) -> None:
    registry.hold(Image(kind=kind))
    assert registry.lint() == set()


def test_a_faulty_one_is_not(registry: FakeRegistry) -> None:
    registry.hold(Image(layers=[base(), [*function(), Member(b"srv/x")]]))
    assert registry.lint() == {"missing-parent"}


def test_by_digest_it_is_the_same(registry: FakeRegistry) -> None:
    name = registry.hold(Image())
    report = image_rules.lint(image_rules.read(f"registry:{registry.host}/f@{name}"))
    assert report.ok
    assert report.digest == name


def test_an_index_is_seen_through(registry: FakeRegistry) -> None:
    def index(top: dict[str, object]) -> dict[str, object]:
        return {"mediaType": OCI_INDEX, "manifests": [{**top, "platform": {"os": "linux", "architecture": "arm64"}}]}

    registry.hold(Image(index=index, config={"os": "plan9"}))
    assert registry.lint() == {"index", "os"}


def test_what_is_not_there(registry: FakeRegistry) -> None:
    with pytest.raises(ImageNotFound, match="has no image 2"):
        registry.lint("2")
    gone = registry.hold(Image())
    del registry.replies[
        next(path for path in registry.replies if path.startswith("/v2/f/blobs/") and gone not in path)
    ]
    assert registry.lint() & {"layer-broken", "config-document"}


def test_a_registry_that_does_not_answer_is_an_error_of_its_own() -> None:
    with pytest.raises(RegistryError, match="Connection refused") as caught:
        image_rules.read("registry:127.0.0.1:1/f:1")
    assert caught.value.hint


# Who is asking


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


def wants(what: str, right: str) -> Callable[[str, str], Reply | None]:
    def before(path: str, authorization: str) -> Reply | None:
        if path.startswith("/v2/f/") and authorization != right:
            return 401, {"WWW-Authenticate": what}, b"{}"
        return None

    return before


def test_ecr_wants_a_name_and_password(
    registry: FakeRegistry, docker_config: Callable[[dict[str, object]], None]
) -> None:
    registry.hold(Image())
    registry.before = wants('Basic realm="ecr"', basic("AWS", "a:token"))
    with pytest.raises(RegistryError, match="does not let you read f") as caught:
        registry.lint()
    assert "docker login" in caught.value.hint
    docker_config({"auths": {registry.host: {"auth": base64.b64encode(b"AWS:a:token").decode()}}})
    assert registry.lint() == set()


def test_a_credential_helper_is_asked(
    registry: FakeRegistry,
    docker_config: Callable[[dict[str, object]], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    registry.hold(Image())
    registry.before = wants('Basic realm="ecr"', basic("AWS", "helped"))
    helper = tmp_path / "docker-credential-of-test"
    answer = json.dumps({"ServerURL": registry.host, "Username": "AWS", "Secret": "helped"})
    helper.write_text(f"#!/bin/sh\necho '{answer}'\n")
    helper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    docker_config({"credHelpers": {registry.host: "of-test"}})
    assert registry.lint() == set()


@pytest.mark.parametrize("field", ["token", "access_token"])
def test_a_token_is_fetched_where_the_registry_says(registry: FakeRegistry, field: str) -> None:
    registry.hold(Image())
    challenge = f'Bearer realm="http://{registry.host}/token",service="s",scope="repository:other:push"'
    registry.before = wants(challenge, "Bearer abc")
    registry.replies["/token?service=s&scope=repository%3Af%3Apull"] = (200, {}, json.dumps({field: "abc"}).encode())
    assert registry.lint() == set()
    assert sum(path.startswith("/token") for path, _, _ in registry.asked) == 1


def test_an_identity_token_buys_one(registry: FakeRegistry, docker_config: Callable[[dict[str, object]], None]) -> None:
    registry.hold(Image())
    docker_config({"auths": {registry.host: {"identitytoken": "id"}}})
    registry.before = wants(f'Bearer realm="http://{registry.host}/token",service="s"', "Bearer abc")
    registry.replies["/token"] = (200, {}, b'{"access_token": "abc"}')
    assert registry.lint() == set()
    (form,) = [body for path, _, body in registry.asked if path == "/token"]
    assert "grant_type=refresh_token" in form
    assert "refresh_token=id" in form


def test_passwords_go_to_no_token_server_without_tls(
    registry: FakeRegistry, docker_config: Callable[[dict[str, object]], None]
) -> None:
    registry.hold(Image())
    docker_config({"auths": {registry.host: {"auth": base64.b64encode(b"me:secret").decode()}}})
    registry.before = wants('Bearer realm="http://192.0.2.1/token"', "Bearer abc")
    with pytest.raises(RegistryError, match="not https"):
        registry.lint()


@pytest.mark.parametrize("answer", [b"", b"[]", b"{}", b'{"token": 3}', b'{"token": "a\\nb"}', b"x" * (2 << 20)])
def test_what_is_no_token_is_an_error(registry: FakeRegistry, answer: bytes) -> None:
    registry.hold(Image())
    registry.before = wants(f'Bearer realm="http://{registry.host}/token"', "Bearer abc")
    registry.replies["/token?service=&scope=repository%3Af%3Apull"] = (200, {}, answer)
    with pytest.raises(RegistryError, match="token"):
        registry.lint()


def test_credentials_do_not_follow_a_redirect(
    registry: FakeRegistry, docker_config: Callable[[dict[str, object]], None]
) -> None:
    """ECR sends layers to S3, where its own password would be refused and seen."""
    other = FakeRegistry()
    other.hold(Image())
    registry.hold(Image())
    docker_config({"auths": {registry.host: {"auth": base64.b64encode(b"me:secret").decode()}}})
    right = wants('Basic realm="x"', basic("me", "secret"))

    def before(path: str, authorization: str) -> Reply | None:
        if "/blobs/" in path and authorization:
            return 307, {"Location": f"http://localhost:{other.server.server_port}{path}"}, b""
        return right(path, authorization)

    registry.before = before
    try:
        assert registry.lint() == set()
    finally:
        other.server.shutdown()
        other.server.server_close()
    assert len(other.asked) == 3
    assert {authorization for _, authorization, _ in other.asked} == {""}


# What is believed


def test_other_bytes_than_asked_for_are_told(registry: FakeRegistry) -> None:
    name = registry.hold(Image())
    status, headers, content = registry.replies[f"/v2/f/manifests/{name}"]
    registry.replies[f"/v2/f/manifests/{name}"] = (status, headers, content + b" ")
    view = image_rules.read(f"registry:{registry.host}/f@{name}")
    assert {finding.rule for finding in image_rules.check(view)} == {"manifest-digest"}


def test_layers_that_do_not_end_are_not_read_to_their_end(registry: FakeRegistry) -> None:
    image = Image()
    registry.hold(image)
    large = next(path for path, reply in registry.replies.items() if reply[2][:2] == b"\x1f\x8b")
    status, headers, content = registry.replies[large]
    registry.replies[large] = (status, headers, content + bytes(5_000_000))
    assert registry.lint() == {"layer-digest"}


def test_layers_are_taken_as_they_are_sent(registry: FakeRegistry) -> None:
    """A Content-Encoding would have the client unpack what the digest is of."""
    registry.hold(Image())
    for path, (status, headers, content) in list(registry.replies.items()):
        if content[:2] == b"\x1f\x8b":
            registry.replies[path] = (status, {**headers, "Content-Encoding": "gzip"}, content)
    assert registry.lint() == set()


@pytest.mark.parametrize(
    "reply",
    [
        (200, {"Content-Type": DOCKER}, b"x" * (5 << 20)),
        (200, {"Content-Type": DOCKER}, b"[" * 100_000),
        (200, {"Content-Type": "text/html"}, b"<html>"),
        (200, {"Content-Type": DOCKER}, b"null"),
    ],
    ids=["too large", "too deep", "a page", "null"],
)
def test_what_is_no_manifest_is_no_image(registry: FakeRegistry, reply: Reply) -> None:
    registry.replies["/v2/f/manifests/1"] = reply
    with pytest.raises(ChecksFailed, match="is no image"):
        registry.lint()


@pytest.mark.parametrize("status", [400, 403, 429, 500, 503])
def test_refusals_are_the_registrys(registry: FakeRegistry, status: int) -> None:
    registry.replies["/v2/f/manifests/1"] = (status, {}, b"{}")
    with pytest.raises(RegistryError, match=str(status)):
        registry.lint()


def test_a_layer_that_breaks_off_is_an_error_of_the_registry(registry: FakeRegistry) -> None:
    registry.hold(Image())
    path = next(path for path, reply in registry.replies.items() if reply[2][:2] == b"\x1f\x8b")
    status, _, content = registry.replies[path]
    registry.replies[path] = (status, {"Content-Length": str(len(content) + 10), "Connection": "close"}, content)
    with pytest.raises(RegistryError, match="the connection broke"):
        registry.lint()


def test_redirects_without_end_are_not_followed(registry: FakeRegistry) -> None:
    registry.replies["/v2/f/manifests/1"] = (307, {"Location": "/v2/f/manifests/1"}, b"")
    with pytest.raises(RegistryError, match="redirects"):
        registry.lint()
