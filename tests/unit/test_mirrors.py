"""`[mirrors]`: which addresses they stand for, what they may be, and that `list` and `plan` tell of them."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest
from lambda_image import catalog as catalogs
from lambda_image import secrets, settings
from lambda_image.errors import ConfigurationError
from lambda_image.host_apt import Mirror
from lambda_image.mirrors import Mirrors
from lambda_image.schemas import schema
from program import run

MIRRORS = Mirrors({"https://a.example/": "https://m.example/a/", "https://a.example/dist/v1/": "file:///media/v1/"})


def given(folder: Path, *lines: str) -> settings.Settings:
    (folder / settings.FILE).write_text("[mirrors]\n" + "\n".join(lines) + "\n")
    return settings.load(folder, environ={})


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://a.example/x.tar.gz", "https://m.example/a/x.tar.gz"),
        ("https://a.example/dist/v1/x.tar.gz", "file:///media/v1/x.tar.gz"),
        ("https://a.example/dist/v10/x.tar.gz", "https://m.example/a/dist/v10/x.tar.gz"),
        ("https://a.example.org/x.tar.gz", ""),
        ("http://a.example/x.tar.gz", ""),
    ],
)
def test_the_longest_prefix_wins_and_none_ends_within_a_name(url: str, found: str) -> None:
    assert MIRRORS.of(url) == found


def test_an_address_that_a_build_goes_to_is_changed_only_for_one_on_the_web() -> None:
    assert MIRRORS.passed_on("https://a.example/simple") == "https://m.example/a/simple"
    assert MIRRORS.passed_on("https://a.example") == "https://m.example/a"
    assert MIRRORS.passed_on("https://a.example/dist/v1/") == "https://a.example/dist/v1/"
    assert MIRRORS.passed_on("direct") == "direct"


def test_a_prefix_is_whole_whether_it_ends_with_a_slash_or_not(tmp_path: Path) -> None:
    found = given(tmp_path, '"https://a.example" = "https://m.example/a"', '"http://b.example/c/" = "file:///srv"')
    assert found.mirror.rules == {"https://a.example/": "https://m.example/a/", "http://b.example/c/": "file:///srv/"}


@pytest.mark.parametrize(
    ("line", "key", "works"),
    [
        ('"nodejs.org" = "https://m.example/"', "nodejs.org", "'https://nodejs.org/'"),
        ('"ftp://nodejs.org/dist" = "https://m.example/"', "ftp://nodejs.org/dist", "'https://nodejs.org/dist/'"),
        ('"https://" = "https://m.example/"', "https://", "https://HOST/"),
        ('"https://a.example/" = "http://m.example/"', "http://m.example/", "https://"),
        ('"https://a.example/" = "file://media/x"', "file://media/x", "file:///FOLDER"),
        ('"https://a.example/" = "/media/x"', "/media/x", "file:///FOLDER"),
        ('"https://a.example/" = "https://me:word@m.example/"', "https://me:word@m.example/", "without user"),
        ('"https://a.example/" = 1', "1", "file:///FOLDER"),
    ],
)
def test_what_is_no_mirror_is_refused_with_what_would_be(tmp_path: Path, line: str, key: str, works: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        given(tmp_path, line)
    assert "lambda-image.toml: key 'mirrors." in caught.value.message
    assert key in caught.value.message
    assert works in caught.value.message


def test_a_near_miss_of_the_table_s_name_is_told(tmp_path: Path) -> None:
    (tmp_path / settings.FILE).write_text("[mirror]\n")
    with pytest.raises(ConfigurationError) as caught:
        settings.load(tmp_path, environ={})
    assert "'mirrors'" in caught.value.hint


def test_mirrors_are_said_in_the_file_alone() -> None:
    with pytest.raises(ConfigurationError, match=r"tables are said in lambda-image\.toml"):
        settings.load(environ={"LAMBDA_IMAGE_MIRRORS": "https://a.example/"})


@pytest.mark.parametrize(
    ("prefix", "target", "is_right"),
    [
        ("https://a.example", "https://m.example", True),
        ("http://a.example/x/", "file:///media", True),
        ("a.example", "https://m.example", False),
        ("https://a.example", "http://m.example", False),
        ("https://a.example", "https://me:word@m.example/", False),
        ("https://a.example", "file://media", False),
    ],
)
def test_the_schema_says_what_the_program_says(tmp_path: Path, prefix: str, target: str, is_right: bool) -> None:
    checker = jsonschema.Draft202012Validator(schema("lambda-image.toml"))
    assert checker.is_valid({"mirrors": {prefix: target}}) == is_right
    if is_right:
        assert given(tmp_path, f'"{prefix}" = "{target}"').mirror
    else:
        with pytest.raises(ConfigurationError):
            given(tmp_path, f'"{prefix}" = "{target}"')


def test_list_and_plan_tell_which_files_come_from_a_mirror(tmp_path: Path) -> None:
    given(tmp_path, '"https://nodejs.org/dist" = "file:///media/node"', '"https://unknown.example" = "file:///x"')
    listed = run(tmp_path, "list").out
    assert "https://nodejs.org/dist/ from file:///media/node/: nodejs 24, " in listed
    assert "https://unknown.example/ from file:///x/: no file of the catalog" in listed
    words = ("plan", "nodejs", "--version", "24", "--distro", "debian-13")
    assert "  MIRRORED: https://nodejs.org/dist/ from file:///media/node/" in run(tmp_path, *words).out
    (row,) = json.loads(run(tmp_path, *words, "--format", "json").out)["plans"]
    assert row["mirrored"] == ["https://nodejs.org/dist/ from file:///media/node/"]
    assert "MIRRORED" not in run(tmp_path, "plan", "python").out


def test_indexes_and_repositories_that_this_machine_names_go_through_mirrors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Those of pip, npm, go and gem, and apt's, as far as the machine's own settings name them."""
    monkeypatch.setattr("lambda_image.host_apt.mirror", lambda: Mirror(main="http://a.example/debian", security=None))
    rules = ('"https://a.example" = "https://m.example/tls"', '"http://a.example" = "https://m.example/plain"')
    environ = {
        "HOME": str(tmp_path),
        "PIP_INDEX_URL": "https://a.example/simple",
        "npm_config_registry": "https://a.example/npm/",
        "GOPROXY": "https://a.example/go,https://b.example|direct",
        "BUNDLE_MIRROR__ALL": "https://a.example/gems",
    }
    found = secrets.find(given(tmp_path, *rules), catalogs.load().distros["debian-13"], environ).contents
    assert b"index-url = https://m.example/tls/simple\n" in found["pip-conf"]
    assert b"registry=https://m.example/tls/npm/\n" in found["npm-conf"]
    assert found["go-env"] == b"GOPROXY=https://m.example/tls/go,https://b.example|direct\n"
    assert b"- https://m.example/tls/gems\n" in found["gem-conf"]
    assert b"URIs: https://m.example/plain/debian\n" in found["apt-sources"]
