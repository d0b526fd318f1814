"""What this machine's network needs while an image is built: certificates, index, mirror, proxies.

All of it is found as the usual programs find it, and reaches the build as BuildKit secrets (proxies as
BuildKit's predefined arguments): files that exist for one step, so no layer and no history shows them.
"""

from __future__ import annotations

import os
import ssl
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from lambda_image import host_apt, host_gem, host_go, host_maven, host_npm, host_pip
from lambda_image.catalog import Bootstrap, Distro
from lambda_image.errors import ConfigurationError
from lambda_image.settings import Settings, certificates_in

# Where the rendered Dockerfile mounts the bundle.
MOUNTED_CA = "/run/build-ca.pem"

_CA_VARIABLES = (
    "SSL_CERT_FILE",
    "PIP_CERT",
    "REQUESTS_CA_BUNDLE",
    "CURL_CA_BUNDLE",
    "NODE_EXTRA_CA_CERTS",
    "AWS_CA_BUNDLE",
)
_SYSTEM_BUNDLES = (
    "/etc/ssl/certs/ca-certificates.crt",
    "/etc/pki/tls/certs/ca-bundle.crt",
    "/etc/ssl/cert.pem",
)
_PROXIES = tuple(
    name for upper in ("HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY", "ALL_PROXY") for name in (upper, upper.lower())
)


@dataclass(frozen=True, kw_only=True)
class CaBundle:
    """Certificates to trust while building, and what named them."""

    path: Path
    said_by: str


@dataclass(frozen=True, kw_only=True)
class BuildSecrets:
    """The content of each secret by its id, and BuildKit's predefined arguments."""

    contents: Mapping[str, bytes] = field(repr=False)
    arguments: Mapping[str, str] = field(repr=False)

    @contextmanager
    def files(self) -> Iterator[Mapping[str, Path]]:
        """The secrets as files that only this user can read, gone afterwards."""
        with tempfile.TemporaryDirectory(prefix="lambda-image-secrets-") as folder:
            paths = {}
            for name, content in self.contents.items():
                paths[name] = Path(folder) / name
                paths[name].touch(mode=0o600)
                paths[name].write_bytes(content)
            yield paths


def find(
    settings: Settings, distro: Distro, environ: Mapping[str, str] | None = None, *, fetching: Distro | None = None
) -> BuildSecrets:
    """Everything that a build on this machine needs; `fetching` is the distribution of stages that only fetch, where
    that is another."""
    if settings.offline is not None:
        return _from_the_context(distro, fetching)
    environ = os.environ if environ is None else environ
    mirrored = settings.mirror.passed_on
    pip = host_pip.configuration(environ).mirrored(mirrored)
    bundle = ca_bundle(settings, environ, pip.cert)
    contents: dict[str, bytes] = {}
    if bundle is not None:
        contents["ca"] = _with_public(bundle)
    mounted = MOUNTED_CA if bundle else None
    contents["pip-conf"] = pip.for_build(mounted).encode()
    contents["npm-conf"] = host_npm.configuration(mounted, environ, mirrored).encode()
    contents["gem-conf"] = host_gem.configuration(mounted, environ, mirrored).encode()
    contents["go-env"] = host_go.configuration(environ, mirrored).encode()
    contents["maven-conf"] = host_maven.configuration(environ)
    contents["apt-conf"] = host_apt.configuration(mounted).encode()
    sources = _apt_sources(settings, distro)
    if sources is not None:
        contents["apt-sources"] = sources
    other = _machine_sources(settings, fetching) if fetching is not None else None
    if other is not None:
        contents["apt-sources-fetching"] = other
    if settings.rpm_repos is not None:
        contents["rpm-repos"] = _content(settings.rpm_repos, "rpm_repos")
    if settings.apk_repositories is not None:
        contents["apk-repositories"] = _content(settings.apk_repositories, "apk_repositories")
    return BuildSecrets(contents=contents, arguments=_arguments(environ))


def _from_the_context(distro: Distro, fetching: Distro | None) -> BuildSecrets:
    """Where there is no network: everything lies in the context, beside what pins it (`at_hand`)."""
    contents = {
        "pip-conf": f"[global]\nno-index = true\nfind-links = {_BESIDE}\ndisable-pip-version-check = true\n",
        "go-env": f"GOPROXY=file://{_BESIDE}/proxy\nGONOSUMDB=*\n",
        "maven-conf": _MAVEN.format(folder=f"{_BESIDE}/repository"),
        "apt-sources": _LOCAL_LIST if _is_list(distro) else _LOCAL_SOURCES,
        "apk-repositories": "/srv/Packages.adb\n",
        "rpm-repos": "[folder]\nname=folder\nbaseurl=file:///srv\ngpgcheck=0\n",
    }
    if fetching is not None:
        contents["apt-sources-fetching"] = _LOCAL_LIST if _is_list(fetching) else _LOCAL_SOURCES
    return BuildSecrets(contents={name: text.encode() for name, text in contents.items()}, arguments={})


# Where steps have the folder of their pins, and of their packages; those were checked before they were put there.
_BESIDE = "/mnt"
_LOCAL_SOURCES = "Types: deb\nURIs: file:/srv\nSuites: ./\nTrusted: yes\n"
_LOCAL_LIST = "deb [trusted=yes] file:/srv ./\n"
_MAVEN = (
    "<settings><mirrors><mirror><id>folder</id><mirrorOf>*</mirrorOf><url>file://{folder}</url>"
    "</mirror></mirrors></settings>\n"
)


def ca_bundle(settings: Settings, environ: Mapping[str, str], pip_cert: str | None = None) -> CaBundle | None:
    """The first of: the setting, the usual variables, pip's configuration, this machine's own bundle."""
    if settings.ca_bundle is not None:
        certificates_in(settings.ca_bundle, "ca_bundle")
        return CaBundle(path=settings.ca_bundle, said_by="ca_bundle")
    named = [(environ.get(name), name) for name in _CA_VARIABLES]
    named += [(pip_cert, "pip's configuration")]
    named += [
        (ssl.get_default_verify_paths().cafile, "this machine"),
        *((path, "this machine") for path in _SYSTEM_BUNDLES),
    ]
    for path, said_by in named:
        if path and Path(path).is_file():
            return CaBundle(path=Path(path), said_by=said_by)
    return None


def _with_public(bundle: CaBundle) -> bytes:
    """A bundle that holds only a company's authority must not take the public ones away."""
    pieces = certificates_in(bundle.path, bundle.said_by)
    system = next((Path(path) for path in _SYSTEM_BUNDLES if Path(path).is_file()), None)
    if system is not None:
        pieces += certificates_in(system, "this machine")
    return b"".join(dict.fromkeys(pieces))


def _apt_sources(settings: Settings, distro: Distro) -> bytes | None:
    if settings.apt_sources is not None:
        return _content(settings.apt_sources, "apt_sources")
    return _machine_sources(settings, distro)


def _machine_sources(settings: Settings, distro: Distro) -> bytes | None:
    """This machine's own mirror, where the distribution is one of its kind."""
    if not isinstance(distro.bootstrap, Bootstrap):
        return None
    mirror = host_apt.mirror()
    if mirror is None:
        return None
    mirror = mirror.mirrored(settings.mirror.passed_on)
    return (mirror.one_line(distro.bootstrap) if _is_list(distro) else mirror.deb822(distro.bootstrap)).encode()


def _is_list(distro: Distro) -> bool:
    """Whether apt's sources are of the older form there, a line each."""
    return distro.package_sources.endswith(".list")


def _content(path: Path, key: str) -> bytes:
    try:
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{key}: {path} cannot be read: {error.strerror}") from error


def _arguments(environ: Mapping[str, str]) -> dict[str, str]:
    names = (*_PROXIES, "SOURCE_DATE_EPOCH")
    return {name: environ[name] for name in names if environ.get(name)}
