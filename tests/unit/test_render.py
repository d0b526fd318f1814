"""Rendering is pure; what it makes can be written and built as it is."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

import pytest
from lambda_image import catalog as catalogs
from lambda_image import resources
from lambda_image.plan import Certificate, ImagePlan, Root, Selection, plans
from lambda_image.render import BuildContext, render

CATALOG = catalogs.load()


def plan(variant: str = "standard", **changes: object) -> ImagePlan:
    (found,) = plans(
        CATALOG,
        Selection(languages=("python",), variants=(variant,), clients=("official",), platforms=("linux/amd64",)),
    )
    return replace(found, **changes)  # type: ignore[arg-type]


def dockerfile(context: BuildContext) -> str:
    return context.files["Dockerfile"].content.decode()


def test_root_is_named_by_from_and_nothing_else() -> None:
    root = Root(reference="lambda-image/root:x", origin="bootstrap")
    text = dockerfile(render(plan().on(root), CATALOG))
    assert set(re.findall(r"^FROM (\S+)", text, re.MULTILINE)) == {"lambda-image/root:x"}
    assert 'lambda-image.root="bootstrap"' in text
    assert 'org.opencontainers.image.base.name="lambda-image/root:x"' in text


def test_digest_is_a_label_and_changes_with_the_context() -> None:
    one, two = render(plan(), CATALOG), render(plan(emulator=False), CATALOG)
    assert f'lambda-image.context="{one.digest}"' in dockerfile(one)
    assert one.digest != two.digest


def test_created_is_a_label_only_if_given() -> None:
    assert "image.created" not in dockerfile(render(plan(), CATALOG))
    text = dockerfile(render(plan(), CATALOG, created="2026-01-01T00:00:00Z"))
    assert 'org.opencontainers.image.created="2026-01-01T00:00:00Z"' in text


def test_labels_say_what_the_image_is() -> None:
    text = dockerfile(render(plan(), CATALOG))
    for key, value in {
        "plan": "python-3.13-debian-13-standard-official-amd64",
        "language": "python",
        "version": "3.13",
        "distro": "debian-13",
        "variant": "standard",
        "client": "official",
        "client-version": "4.2.2",
        "profiles": "core container runtime parity",
    }.items():
        assert f'lambda-image.{key}="{value}"' in text


def test_environment_is_that_of_aws_with_the_distribution_s_libraries_before_the_function_s() -> None:
    text = dockerfile(render(plan(), CATALOG))
    assert "PATH=/var/lang/bin:/usr/local/bin:/usr/bin/:/bin:/opt/bin \\" in text
    libraries = re.search(r"LD_LIBRARY_PATH=(\S+)", text)
    assert libraries is not None
    assert libraries[1].split(":") == [
        "/var/lang/lib",
        "/lib64",
        "/usr/lib64",
        "/usr/lib/x86_64-linux-gnu",
        "/var/runtime",
        "/var/runtime/lib",
        "/var/task",
        "/var/task/lib",
        "/opt/lib",
    ]


def test_slim_names_the_interpreter_s_file_in_its_first_line() -> None:
    script = render(plan("slim"), CATALOG).files["runtime/bootstrap"]
    assert script.content.startswith(b'#!/usr/bin/python3.13\n"""ENTRYPOINT')
    assert script.mode == 0o755


def test_requirements_have_only_what_fits_the_plan() -> None:
    text = render(plan(), CATALOG).files["client/requirements.txt"].content.decode()
    assert text.count("==") == 3
    assert text.count("--hash=sha256:") == 3
    assert "2215bca01bbd" in text


def test_certificates_are_files_of_the_context() -> None:
    context = render(plan(certificates=(Certificate(name="company", pem=b"PEM"),)), CATALOG)
    assert context.files["certificates/company.crt"].content == b"PEM"
    assert "update-ca-certificates" in dockerfile(context)
    assert "update-ca-certificates" not in dockerfile(render(plan(), CATALOG))


def test_written_files_have_their_modes_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        render(plan(), CATALOG).write(tmp_path)
    finally:
        os.umask(before)
    modes = {path: path.stat().st_mode & 0o777 for path in tmp_path.rglob("*")}
    assert modes[tmp_path / "runtime"] == 0o755
    assert modes[tmp_path / "runtime/bootstrap"] == 0o755
    assert set(modes.values()) == {0o644, 0o755}


def test_overlay_s_template_wins(tmp_path: Path) -> None:
    (tmp_path / "templates/families").mkdir(parents=True)
    ours = (resources.TEMPLATES / "families/debian.j2").read_text()
    (tmp_path / "templates/families/debian.j2").write_text(ours.replace("update-ca-certificates", "own-command"))
    catalog = catalogs.load((resources.BASE_IMAGES, tmp_path))
    certificates = (Certificate(name="company", pem=b"PEM"),)
    assert "own-command" in dockerfile(render(plan(certificates=certificates), catalog))


def test_distro_that_is_like_another_takes_one_file(tmp_path: Path) -> None:
    text = (resources.DISTROS / "debian-13.toml").read_text()
    text = text.replace('name = "debian-13"', 'name = "golden-1"\nlike = "debian-13"')
    (tmp_path / "distros").mkdir()
    (tmp_path / "distros/golden-1.toml").write_text(text.replace("debian:trixie-slim", "golden:1"))
    catalog = catalogs.load((resources.BASE_IMAGES, tmp_path))
    (found,) = plans(catalog, Selection(languages=("python",), distros=("golden-1",)))
    assert "FROM golden:1 AS base" in dockerfile(render(found, catalog))


@pytest.mark.parametrize("variant", ["standard", "slim"])
def test_no_network_no_clock(variant: str, monkeypatch: pytest.MonkeyPatch) -> None:
    import socket
    import time

    def forbidden(*_: object, **__: object) -> None:
        raise AssertionError("rendering is pure")

    monkeypatch.setattr(socket, "socket", forbidden)
    monkeypatch.setattr(time, "time", forbidden)
    assert render(plan(variant), CATALOG).files
