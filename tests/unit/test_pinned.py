"""Pinned packages as files that the registries' own programs read."""

from __future__ import annotations

import json
from xml.etree import ElementTree

import pytest
from lambda_image import pinned
from lambda_image.catalog import Hash, Pin
from pydantic import ValidationError

SRI = "sha512-" + "A" * 86 + "=="


def npm_pin(name: str, version: str) -> Pin:
    return Pin(name=name, version=version, hashes=(Hash(version="any", platform="any", integrity=SRI),))


def test_npm_gets_a_project_and_a_lock_that_names_no_host() -> None:
    files = pinned.files("npm", [npm_pin("a", "1.0.0"), npm_pin("@own/b", "2.0.0")], "20", "linux/amd64")
    assert json.loads(files["package.json"])["dependencies"] == {"a": "1.0.0", "@own/b": "2.0.0"}
    packages = json.loads(files["package-lock.json"])["packages"]
    assert packages["node_modules/@own/b"] == {"version": "2.0.0", "integrity": SRI}
    assert b"://" not in files["package-lock.json"]


def test_npm_itself_is_named_with_its_checksum_in_hexadecimal() -> None:
    files = pinned.package_manager("npm", [npm_pin("npm", "11.0.0")], "20", "linux/amd64")
    assert json.loads(files["package.json"]) == {"packageManager": "npm@11.0.0+sha512." + "0" * 128}


def test_pip_gets_a_line_with_the_hashes_that_fit() -> None:
    hashes = (
        Hash(version="3.13", platform="any", sha256="1" * 64),
        Hash(version="3.11", platform="any", sha256="2" * 64),
    )
    files = pinned.files("pypi", [Pin(name="p", version="1", hashes=hashes)], "3.13", "linux/arm64")
    assert files == {"requirements.txt": b"p==1 \\\n    --hash=sha256:" + b"1" * 64 + b"\n"}


def test_maven_gets_a_project_that_depends_on_each_jar_alone_and_the_jars_checksums() -> None:
    hashes = (Hash(version="any", platform="any", sha256="1" * 64),)
    files = pinned.files("maven", [Pin(name="org.a:b", version="1.2", hashes=hashes)], "21", "linux/amd64")
    (dependency,) = ElementTree.fromstring(files["pom.xml"]).iter("dependency")
    assert [dependency.findtext(name) for name in ("groupId", "artifactId", "version")] == ["org.a", "b", "1.2"]
    assert dependency.findtext("exclusions/exclusion/artifactId") == "*"
    assert files["sha256sums"] == b"1" * 64 + b"  /jars/b-1.2.jar\n"


@pytest.mark.parametrize("checksums", [{}, {"sha256": "0" * 64, "integrity": SRI}, {"integrity": "sha512-x"}])
def test_a_file_has_one_checksum(checksums: dict[str, str]) -> None:
    with pytest.raises(ValidationError):
        Hash.model_validate({"version": "any", "platform": "any", **checksums})
