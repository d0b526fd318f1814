"""Building for real: nothing of the network stays, nothing is built twice, failures speak."""

from __future__ import annotations

import gzip
import io
import os
import re
import shutil
import subprocess
import tarfile
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from engine.images import CATALOG, plan
from lambda_image import catalog as catalogs
from lambda_image import host_apt, resources, secrets, settings
from lambda_image.build import build
from lambda_image.engine import BuildEvent, Engine
from lambda_image.errors import BuildFailed, ImageNotFound
from lambda_image.progress import Silent
from lambda_image.rootfs import ensure_root

pytestmark = pytest.mark.engine

SENTINEL = "sentinel-5f2c"
MOUNTED = ("run/build-ca.pem", "etc/pip.conf", "etc/apt/apt.conf.d/99build", "run/secrets")


class Recorder(Silent):
    def __init__(self) -> None:
        self.events: list[BuildEvent] = []

    def event(self, event: BuildEvent) -> None:
        self.events.append(event)


def blobs(engine: Engine, reference: str) -> Iterator[bytes]:
    """Every file of the image's archive, layers unpacked."""
    archive = io.BytesIO(b"".join(engine.save(reference)))
    with tarfile.open(fileobj=archive) as tar:
        for member in tar:
            file = tar.extractfile(member)
            if file is not None:
                data = file.read()
                yield gzip.decompress(data) if data[:2] == b"\x1f\x8b" else data


@pytest.fixture
def network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[settings.Settings, list[bytes]]:
    """A machine whose certificates, index, mirror and proxies all carry a mark; and the marks."""
    key, authority = tmp_path / "key.pem", tmp_path / "authority.pem"
    request = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", key, "-out", authority]
    subprocess.run([*request, "-subj", f"/CN={SENTINEL}"], check=True, capture_output=True)
    found = secrets.ca_bundle(settings.Settings(), os.environ)
    bundle = tmp_path / "bundle.pem"
    bundle.write_bytes((found.path.read_bytes() if found else b"") + authority.read_bytes())
    monkeypatch.setenv("PIP_EXTRA_INDEX_URL", f"file:///{SENTINEL}-index")
    monkeypatch.setenv("PIP_TRUSTED_HOST", f"{SENTINEL}-host")
    monkeypatch.setenv("NO_PROXY", f"{SENTINEL}-proxy,{os.environ.get('NO_PROXY', '')}")
    given = settings.Settings(ca_bundle=bundle)
    mirror, bootstrap = host_apt.mirror(), CATALOG.distros["debian-13"].bootstrap
    if mirror is not None and bootstrap is not None:
        sources = tmp_path / "apt.sources"
        sources.write_text(f"# {SENTINEL}-mirror\n{mirror.deb822(bootstrap)}")
        given = settings.Settings(ca_bundle=bundle, apt_sources=sources)
    return given, [SENTINEL.encode(), authority.read_bytes().splitlines()[1]]


@pytest.mark.parametrize("variant", ["standard", "slim"])
def test_no_layer_knows_the_network_it_was_built_in(
    variant: str, engine: Engine, network: tuple[settings.Settings, list[bytes]]
) -> None:
    """All layers, the config and the history are read."""
    given, marks = network
    found = secrets.find(given, CATALOG.distros["debian-13"])
    assert all(marks[0] in found.contents[name] for name in ("pip-conf", "apt-sources"))
    assert marks[1] in found.contents["ca"]
    assert SENTINEL in found.arguments["NO_PROXY"]
    tag = f"lambda-image/test:traces-{variant}"
    built = build(replace(plan(variant), tags=(tag,)), engine, given, catalog=CATALOG, no_cache=True)
    try:
        count = 0
        for blob in blobs(engine, built.reference):
            count += 1
            assert not [mark for mark in marks if mark in blob]
            if blob[257:262] == b"ustar":
                with tarfile.open(fileobj=io.BytesIO(blob)) as layer:
                    names = {name.removeprefix("./") for name in layer.getnames()}
                assert not names.intersection(MOUNTED)
                assert not [name for name in names if re.match("var/lib/apt/lists/.*Packages|var/log/apt", name)]
        assert count > 4
    finally:
        engine.remove_image(tag)


@pytest.mark.parametrize("variant", ["standard", "slim"])
def test_second_build_finds_the_first(variant: str, engine: Engine) -> None:
    first = build(plan(variant), engine, settings.Settings(), catalog=CATALOG)
    started = time.monotonic()
    recorder = Recorder()
    second = build(plan(variant), engine, settings.Settings(), recorder, catalog=CATALOG)
    assert time.monotonic() - started < 3
    assert second.reused
    assert not recorder.events
    assert (second.config_digest, second.size) == (first.config_digest, first.size)


def test_built_image_says_what_it_is(engine: Engine) -> None:
    built = build(plan("standard"), engine, settings.Settings(), catalog=CATALOG)
    labels = engine.image(built.reference).config.labels
    assert labels["lambda-image.plan"] == built.plan_id
    assert labels["lambda-image.context"] == built.context_digest
    assert labels["lambda-image.root"] == built.origin
    assert built.tags
    for tag in built.tags:
        assert engine.image(tag).config_digest == built.config_digest


def test_root_is_found_again(engine: Engine) -> None:
    first = ensure_root(plan("standard"), engine, catalog=CATALOG)
    started = time.monotonic()
    assert ensure_root(plan("standard"), engine, catalog=CATALOG) == first
    assert time.monotonic() - started < 1
    assert engine.has_image(first.reference)


def test_failed_build_shows_the_step_and_leaves_no_tag(engine: Engine, tmp_path: Path) -> None:
    """Here: a package that is not the pinned one."""
    folder = tmp_path / "languages/python"
    shutil.copytree(resources.LANGUAGES / "python", folder)
    text = (folder / "language.toml").read_text()
    client = CATALOG.languages["python"].find_client("official")
    assert client is not None
    pin = next(
        pin_hash.sha256
        for pin in client.pin
        for pin_hash in pin.hashes
        if pin_hash.serves("3.13", plan("slim").platform)
    )
    (folder / "language.toml").write_text("replaces = true\n" + text.replace(pin, "0" * 64))
    broken = catalogs.load((resources.BASE_IMAGES, tmp_path))
    tag = "lambda-image/test:failing"
    with pytest.raises(BuildFailed) as caught:
        build(replace(plan("slim"), tags=(tag,)), engine, settings.Settings(), catalog=broken)
    assert "DO NOT MATCH THE HASHES" in caught.value.log
    assert "pip install" in caught.value.message
    with pytest.raises(ImageNotFound):
        engine.image(tag)


def test_context_builds_without_the_toolkit(engine: Engine, tmp_path: Path) -> None:
    """A bare `docker buildx build`, no arguments and no secrets: its first stages need only the mirror."""
    from lambda_image.render import render

    root = ensure_root(plan("slim"), engine, catalog=CATALOG)
    render(plan("slim").on(root), CATALOG).write(tmp_path)
    command = ["docker", "buildx", "build", "--provenance=false", "--target=base", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-2000:]
