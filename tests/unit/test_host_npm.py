"""npm's configuration of this machine, as it reaches a build."""

from __future__ import annotations

from pathlib import Path

from lambda_image import host_npm


def lines(cert: str | None, environ: dict[str, str]) -> set[str]:
    return set(host_npm.configuration(cert, {"npm_config_globalconfig": "/none", **environ}).splitlines())


def test_registry_scope_and_token_are_taken_from_the_users_file(tmp_path: Path) -> None:
    (tmp_path / ".npmrc").write_text(
        "; a comment\nregistry = https://npm.example/all/\n@own:registry=https://own.example/\n"
        "//npm.example/all/:_authToken=${TOKEN}\nprefix=/home/me\ncafile=/home/me/ca.pem\n"
    )
    found = lines("/run/build-ca.pem", {"HOME": str(tmp_path), "TOKEN": "secret"})
    assert "registry=https://npm.example/all/" in found
    assert "@own:registry=https://own.example/" in found
    assert "//npm.example/all/:_authToken=secret" in found
    assert "cafile=/run/build-ca.pem" in found
    assert not [line for line in found if line.startswith("prefix")]


def test_paths_of_this_machine_mean_nothing_in_a_build(tmp_path: Path) -> None:
    (tmp_path / ".npmrc").write_text("cafile=/home/me/ca.pem\n")
    assert not [line for line in lines(None, {"HOME": str(tmp_path)}) if "cafile" in line]


def test_environment_wins(tmp_path: Path) -> None:
    (tmp_path / ".npmrc").write_text("registry=https://a.example/\n")
    environ = {"HOME": str(tmp_path), "NPM_CONFIG_REGISTRY": "https://b.example/", "npm_config_https_proxy": "http://p"}
    assert {"registry=https://b.example/", "https-proxy=http://p"} <= lines(None, environ)


def test_where_nothing_is_configured_npm_keeps_its_defaults(tmp_path: Path) -> None:
    assert lines(None, {"HOME": str(tmp_path)}) == {"audit=false", "fund=false", "update-notifier=false"}
