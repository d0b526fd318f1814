"""Settings: precedence, paths, mistakes; and what of this machine a build is given."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from lambda_image import catalog as catalogs
from lambda_image import host_pip, secrets, settings
from lambda_image.errors import ConfigurationError
from lambda_image.host_apt import Mirror

PEM = "-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n"


def pem(path: Path, *bodies: str) -> Path:
    path.write_text("".join(PEM.format(body) for body in bodies))
    return path


def write(folder: Path, text: str) -> None:
    (folder / settings.FILE).write_text(text)


def test_option_beats_environment_beats_file_beats_default(tmp_path: Path) -> None:
    assert settings.load(tmp_path, environ={}).root == "auto"
    write(tmp_path, 'root = "image"')
    assert settings.load(tmp_path, environ={}).root == "image"
    environ = {"LAMBDA_IMAGE_ROOT": "bootstrap"}
    assert settings.load(tmp_path, environ=environ).root == "bootstrap"
    assert settings.load(tmp_path, environ=environ, options={"root": "auto"}).root == "auto"
    assert settings.load(tmp_path, environ=environ, options={"root": None}).root == "bootstrap"


def test_unknown_key_names_file_and_nearest(tmp_path: Path) -> None:
    write(tmp_path, 'certificate = ["a.pem"]')
    with pytest.raises(ConfigurationError) as caught:
        settings.load(tmp_path, environ={})
    assert "lambda-image.toml: unknown key 'certificate'" in caught.value.message
    assert "'certificates'" in caught.value.hint


def test_wrong_value_in_the_environment_is_named() -> None:
    with pytest.raises(ConfigurationError, match="the environment: key 'root'"):
        settings.load(environ={"LAMBDA_IMAGE_ROOT": "imagine"})


def test_paths_in_the_file_are_relative_to_it(tmp_path: Path) -> None:
    write(tmp_path, 'overlays = ["own"]\ncertificates = ["ca/company.pem"]')
    loaded = settings.load(tmp_path, environ={})
    assert loaded.overlays == (tmp_path / "own",)
    assert loaded.certificates == (tmp_path / "ca/company.pem",)


def test_several_paths_in_the_environment(tmp_path: Path) -> None:
    loaded = settings.load(tmp_path, environ={"LAMBDA_IMAGE_OVERLAYS": f"/a{os.pathsep}/b"})
    assert loaded.overlays == (Path("/a"), Path("/b"))


def test_image_certificates_are_one_a_piece(tmp_path: Path) -> None:
    path = pem(tmp_path / "Our Company.pem", "AAAA", "BBBB")
    loaded = settings.Settings(certificates=(path,))
    names = [certificate.name for certificate in loaded.image_certificates()]
    assert names == ["our-company-1", "our-company-2"]
    assert b"AAAA" in loaded.image_certificates()[0].pem


def test_certificate_file_without_certificates_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "key.pem").write_text("-----BEGIN PRIVATE KEY-----")
    with pytest.raises(ConfigurationError, match="holds no certificate"):
        settings.Settings(certificates=(tmp_path / "key.pem",)).image_certificates()


def test_ca_bundle_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    given = settings.Settings(ca_bundle=tmp_path / "none.pem")
    with pytest.raises(ConfigurationError, match=r"none\.pem cannot be read"):
        secrets.ca_bundle(given, {})


def test_ca_bundle_is_found_in_the_usual_variables(tmp_path: Path) -> None:
    path = pem(tmp_path / "ca.pem", "AAAA")
    for name in ("SSL_CERT_FILE", "PIP_CERT", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "AWS_CA_BUNDLE"):
        found = secrets.ca_bundle(settings.Settings(), {name: str(path)})
        assert found == secrets.CaBundle(path=path, said_by=name)


def test_variable_that_names_no_file_is_passed_over(tmp_path: Path) -> None:
    path = pem(tmp_path / "ca.pem", "AAAA")
    environ = {"SSL_CERT_FILE": "/none.pem", "PIP_CERT": str(path)}
    found = secrets.ca_bundle(settings.Settings(), environ)
    assert found is not None
    assert found.said_by == "PIP_CERT"


def test_a_company_s_authority_does_not_replace_the_public_ones(tmp_path: Path) -> None:
    given = settings.Settings(ca_bundle=pem(tmp_path / "ca.pem", "AAAA"))
    found = secrets.find(given, catalogs.load().distros["debian-13"], {})
    assert b"AAAA" in found.contents["ca"]
    if Path("/etc/ssl/certs/ca-certificates.crt").exists():
        assert found.contents["ca"].count(b"BEGIN CERTIFICATE") > 50


def test_proxies_go_as_predefined_arguments() -> None:
    environ = {"https_proxy": "http://proxy:3128", "NO_PROXY": "internal", "HTTP_PROXY": ""}
    found = secrets.find(settings.Settings(), catalogs.load().distros["debian-13"], environ)
    assert found.arguments == {"https_proxy": "http://proxy:3128", "NO_PROXY": "internal"}


def test_secret_files_are_the_user_s_alone_and_gone_afterwards() -> None:
    found = secrets.BuildSecrets(contents={"ca": b"x"}, arguments={})
    with found.files() as files:
        assert files["ca"].read_bytes() == b"x"
        assert files["ca"].stat().st_mode & 0o777 == 0o600
    assert not files["ca"].exists()


def test_secrets_are_not_in_a_repr() -> None:
    found = secrets.BuildSecrets(contents={"pip-conf": b"token"}, arguments={"HTTP_PROXY": "http://me:token@x"})
    assert "token" not in repr(found)


def test_pip_s_index_and_proxy_are_taken_and_its_local_paths_are_not(tmp_path: Path) -> None:
    config = tmp_path / "pip.conf"
    config.write_text(
        "[global]\nindex-url = https://index/simple\nfind-links = /opt/wheels\n[install]\nproxy = http://p\n"
    )
    found = host_pip.configuration({"PIP_CONFIG_FILE": str(config), "HOME": str(tmp_path)})
    text = found.for_build("/run/ca.pem")
    assert "index-url = https://index/simple\n" in text
    assert "proxy = http://p\n" in text
    assert "cert = /run/ca.pem\n" in text
    assert "wheels" not in text


def test_pip_s_environment_beats_its_files(tmp_path: Path) -> None:
    config = tmp_path / "pip.conf"
    config.write_text("[global]\nindex-url = https://file/simple\n")
    environ = {"PIP_CONFIG_FILE": str(config), "PIP_INDEX_URL": "https://env/simple", "HOME": str(tmp_path)}
    assert host_pip.configuration(environ).index_url == "https://env/simple"


def test_several_extra_indexes_stay_on_one_line() -> None:
    found = host_pip.PipConfiguration(extra_index_url="https://a/simple\nhttps://b/simple")
    assert "extra-index-url = https://a/simple https://b/simple\n" in found.for_build(None)


def test_mirror_gives_every_suite_of_a_release() -> None:
    bootstrap = catalogs.load().distros["debian-13"].bootstrap
    assert bootstrap is not None
    mirror = Mirror(main="http://m/debian", security="http://m/security")
    assert mirror.one_line(bootstrap) == (
        "deb http://m/debian trixie main\n"
        "deb http://m/debian trixie-updates main\n"
        "deb http://m/security trixie-security main\n"
    )
    assert "URIs: http://m/debian\nSuites: trixie trixie-updates\n" in mirror.deb822(bootstrap)


def test_apt_sources_can_be_given(tmp_path: Path) -> None:
    (tmp_path / "apt.sources").write_text("Types: deb\n")
    given = settings.Settings(apt_sources=tmp_path / "apt.sources")
    found = secrets.find(given, catalogs.load().distros["debian-13"], {})
    assert found.contents["apt-sources"] == b"Types: deb\n"


def test_stages_that_only_fetch_get_the_sources_of_their_own_distribution(monkeypatch: pytest.MonkeyPatch) -> None:
    mirror = Mirror(main="http://mirror.of.this.machine/debian", security=None)
    monkeypatch.setattr("lambda_image.host_apt.mirror", lambda: mirror)
    distros = catalogs.load().distros
    found = secrets.find(settings.Settings(), distros["debian-11"], {}, fetching=distros["debian-13"])
    # In the form of the file that each of them has.
    assert found.contents["apt-sources"].startswith(b"deb http://mirror.of.this.machine/debian bullseye main\n")
    assert b"Suites: trixie trixie-updates" in found.contents["apt-sources-fetching"]
    alone = secrets.find(settings.Settings(), distros["alpine-3.23"], {}, fetching=distros["debian-13"])
    assert "apt-sources" not in alone.contents


def test_rpm_repositories_can_be_given(tmp_path: Path) -> None:
    (tmp_path / "own.repo").write_text("[own]\n")
    given = settings.Settings(rpm_repos=tmp_path / "own.repo")
    assert secrets.find(given, catalogs.load().distros["al2023"], {}).contents["rpm-repos"] == b"[own]\n"
