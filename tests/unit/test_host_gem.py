"""RubyGems' configuration of this machine, as it reaches a build."""

from __future__ import annotations

from pathlib import Path

from lambda_image import host_gem


def test_sources_and_proxy_are_taken_from_the_users_file(tmp_path: Path) -> None:
    (tmp_path / ".gemrc").write_text(
        "---\n:backtrace: false\n:http_proxy: http://proxy.example:3128\n:sources:\n- https://gems.example/\n"
        '- "https://user:secret@own.example/"\n:ssl_client_cert: /home/me/key.pem\ngem: --no-document\n'
    )
    assert host_gem.configuration("/run/build-ca.pem", {"HOME": str(tmp_path)}) == (
        ":http_proxy: http://proxy.example:3128\n"
        ":sources:\n- https://gems.example/\n- https://user:secret@own.example/\n"
        ":ssl_ca_cert: /run/build-ca.pem\n"
    )


def test_the_file_of_the_base_directory_specification_is_read(tmp_path: Path) -> None:
    (tmp_path / ".config/gem").mkdir(parents=True)
    (tmp_path / ".config/gem/gemrc").write_text(":sources:\n- https://gems.example/\n")
    assert "- https://gems.example/" in host_gem.configuration(None, {"HOME": str(tmp_path)})


def test_a_file_that_the_environment_names_wins(tmp_path: Path) -> None:
    (tmp_path / ".gemrc").write_text(":sources:\n- https://a.example/\n")
    (tmp_path / "more").write_text(":sources:\n- https://b.example/\n")
    found = host_gem.configuration(None, {"HOME": str(tmp_path), "GEMRC": str(tmp_path / "more")})
    assert found == ":sources:\n- https://b.example/\n"


def test_bundlers_mirror_of_the_public_registry_wins(tmp_path: Path) -> None:
    (tmp_path / ".gemrc").write_text(":sources:\n- https://a.example/\n")
    for name in ("BUNDLE_MIRROR__ALL", "BUNDLE_MIRROR__HTTPS://RUBYGEMS__ORG/"):
        found = host_gem.configuration(None, {"HOME": str(tmp_path), name: "https://mirror.example/"})
        assert found == ":sources:\n- https://mirror.example/\n"


def test_where_nothing_is_configured_gem_keeps_its_defaults(tmp_path: Path) -> None:
    assert host_gem.configuration(None, {"HOME": str(tmp_path)}) == ""
