"""Go's own parts of the toolkit: modules as a proxy serves them, and this machine's configuration of go."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from lambda_image import go_module, host_go, pinned, resources
from lambda_image.catalog import load

CLIENT = resources.LANGUAGES / "go" / "client"


def test_module_has_the_files_of_a_proxy() -> None:
    files = go_module.files(CLIENT, "0.1.0")
    root = "lambda-image.internal/go/@v"
    assert list(files) == [f"{root}/list", f"{root}/v0.1.0.info", f"{root}/v0.1.0.mod", f"{root}/v0.1.0.zip"]
    assert files[f"{root}/v0.1.0.mod"] == (CLIENT / "go.mod").read_bytes()
    names = zipfile.ZipFile(io.BytesIO(files[f"{root}/v0.1.0.zip"])).namelist()
    assert all(name.startswith("lambda-image.internal/go@v0.1.0/") for name in names)
    assert any(name.endswith("/lambda/loop.go") for name in names)
    assert not any(name.endswith("_test.go") for name in names)


def test_module_is_the_same_bytes_twice() -> None:
    assert go_module.files(CLIENT, "0.1.0") == go_module.files(CLIENT, "0.1.0")


def test_version_of_the_catalog_is_the_client_s_own() -> None:
    client = load().languages["go"].find_client("builtin")
    assert client is not None
    assert f'const Version = "{client.version}"' in (CLIENT / "lambda" / "runtime_api.go").read_text()


def test_archive_is_listed_in_go_sum() -> None:
    module = load().languages["go"].version[0].archive[0].module
    assert module is not None
    files = pinned.archive(module, "linux/arm64")
    assert files["modules.txt"].startswith(b"golang.org/toolchain@v0.0.1-go1.26")
    assert files["go.sum"].count(b" h1:") == 2
    assert b"linux-arm64/go.mod h1:" in files["go.sum"]


def test_environment_wins_over_what_go_wrote(tmp_path: Path) -> None:
    folder = tmp_path / "go"
    folder.mkdir()
    (folder / "env").write_text("GOPROXY=written\nGOFLAGS=-mod=mod\nGONOSUMDB=private\n# GOSUMDB=off\n")
    environ = {"XDG_CONFIG_HOME": str(tmp_path), "GOPROXY": "named", "GOROOT": "/usr/local/go"}
    assert host_go.configuration(environ) == "GONOSUMDB=private\nGOPROXY=named\n"


def test_configuration_that_is_off_is_not_read(tmp_path: Path) -> None:
    (tmp_path / "env").write_text("GOPROXY=written\n")
    assert host_go.configuration({"GOENV": "off", "HOME": str(tmp_path)}) == ""
    assert host_go.configuration({"GOENV": str(tmp_path / "env")}) == "GOPROXY=written\n"
    assert host_go.configuration({"GOENV": str(tmp_path / "none")}) == ""
