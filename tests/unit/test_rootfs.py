"""Roots: the recipe decides what is made anew, and failures say what to do. Making one is an engine test."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from lambda_image import catalog as catalogs
from lambda_image import resources, rootfs
from lambda_image.errors import DiskFull, MachineError
from lambda_image.host_apt import Mirror
from lambda_image.mirrors import Mirrors

CATALOG = catalogs.load()
DISTRO = CATALOG.distros["debian-13"]


def test_recipe_is_the_same_for_the_same_data() -> None:
    again = catalogs.load()
    one = rootfs.recipe(DISTRO, "linux/amd64", CATALOG)
    assert one == rootfs.recipe(again.distros["debian-13"], "linux/amd64", again)


def test_recipe_changes_with_what_goes_in(tmp_path: Path) -> None:
    one = rootfs.recipe(DISTRO, "linux/amd64", CATALOG)
    assert one != rootfs.recipe(DISTRO, "linux/arm64", CATALOG)
    text = (resources.DISTROS / "debian-13.toml").read_text()
    (tmp_path / "distros").mkdir()
    text = text.replace('include = ["ca-certificates"]', 'include = ["ca-certificates", "curl"]')
    (tmp_path / "distros/debian-13.toml").write_text("replaces = true\n" + text)
    overlaid = catalogs.load((resources.BASE_IMAGES, tmp_path))
    assert one != rootfs.recipe(overlaid.distros["debian-13"], "linux/amd64", overlaid)


def test_recipe_changes_with_the_hook(tmp_path: Path) -> None:
    one = rootfs.recipe(DISTRO, "linux/amd64", CATALOG)
    (tmp_path / "build").mkdir()
    (tmp_path / "build/debian-root-hook.sh").write_text("#!/bin/sh\n")
    overlaid = catalogs.load((resources.BASE_IMAGES, tmp_path))
    assert one != rootfs.recipe(DISTRO, "linux/amd64", overlaid)


def test_missing_tool_says_what_installs_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(MachineError) as caught:
        rootfs._mmdebstrap(DISTRO, "linux/amd64", Path("hook.sh"), tmp_path / "root.tar", 0, Mirrors())
    assert "make engine" in caught.value.hint


def tool(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    program = folder / "mmdebstrap"
    program.write_text("#!/bin/sh\n" + script)
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}:/usr/bin:/bin")


def test_failure_shows_the_tool_s_last_words(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool(tmp_path, monkeypatch, "echo 'E: could not resolve mirror'; exit 100\n")
    with pytest.raises(MachineError, match="could not resolve mirror"):
        rootfs._mmdebstrap(DISTRO, "linux/amd64", Path("hook.sh"), tmp_path / "root.tar", 0, Mirrors())


def test_full_disk_is_called_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tool(tmp_path, monkeypatch, "echo 'tar: write: No space left on device' >&2; exit 1\n")
    with pytest.raises(DiskFull):
        rootfs._mmdebstrap(DISTRO, "linux/amd64", Path("hook.sh"), tmp_path / "root.tar", 0, Mirrors())


@pytest.mark.skipif(shutil.which("sh") is None, reason="needs a shell")
def test_hook_leaves_the_distribution_s_own_package_source(tmp_path: Path) -> None:
    import subprocess

    example = tmp_path / "usr/share/doc/apt/examples/debian.sources"
    example.parent.mkdir(parents=True)
    example.write_text("## how to\nTypes: deb\nURIs: http://documented\n")
    (tmp_path / "etc/apt/sources.list.d").mkdir(parents=True)
    (tmp_path / "etc/apt/sources.list").write_text("deb http://mirror.of.this.machine trixie main\n")
    (tmp_path / "etc/apt/sources.list.d/0.list").write_text("deb http://mirror.of.this.machine trixie main\n")
    hook = resources.BASE_IMAGES / "build/debian-root-hook.sh"
    subprocess.run(["sh", hook, tmp_path], check=True)
    left = [path for path in (tmp_path / "etc/apt").rglob("*") if path.is_file()]
    assert [path.name for path in left] == ["debian.sources"]
    assert left[0].read_text() == "Types: deb\nURIs: http://documented\n"


def test_packages_of_a_root_come_through_mirrors_on_the_web_by_a_stand_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What stands in for the tool shows what it was given."""
    tool = tmp_path / "mmdebstrap"
    tool.write_text('#!/bin/sh\nfor word in "$@"; do last=$word; done\ncat "$last" >&2\nexit 1\n')
    tool.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setattr("lambda_image.host_apt.mirror", lambda: Mirror(main="http://a.example/debian", security=None))
    for target, shown in (
        ("https://m.example/deb/", "deb https://m.example/deb/debian trixie main"),
        ("file:///media/", "deb http://a.example/debian trixie main"),
    ):
        rules = Mirrors({"http://a.example/": target})
        with pytest.raises(MachineError) as caught:
            rootfs._mmdebstrap(DISTRO, "linux/amd64", Path("hook.sh"), tmp_path / "root.tar", 0, rules)
        assert shown in caught.value.message
