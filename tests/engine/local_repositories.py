"""Roots with small repositories of their own, so that what a package manager says and does is known: no mirror
changes it. Two suites, of which the second has newer versions; package manager, index and solving are the real ones."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from engine.images import CATALOG, run
from lambda_image import rootfs
from lambda_image.engine import Engine
from program import run as run_program

STAND_IN = "lambda-image/root:rpm-stand-in"
MAKE_STAND_IN = Path(__file__).parents[1] / "rpm-stand-in/make_root.py"


@dataclass(frozen=True)
class Example:
    """A package without files but one that says its version."""

    name: str
    version: str
    # Names, with an operator and a version where they matter.
    needs: tuple[str, ...] = ()
    provides: tuple[str, ...] = ()


# `example-tool` and `example-library` are of one source; the newer tool needs one more; the newer `example-other` only
# goes with the newer library; `example-virtual` is a name and no package.
OLD = (
    Example("example-tool", "1.0", ("example-library = 1.0",)),
    Example("example-library", "1.0"),
    Example("example-other", "1.0", (), ("example-virtual",)),
    Example("example-locale", "1.0"),
)
NEW = (
    Example("example-tool", "1.1", ("example-library = 1.1", "example-helper")),
    Example("example-library", "1.1"),
    Example("example-helper", "1.0"),
    Example("example-other", "2.0", ("example-library >= 1.1",), ("example-virtual",)),
)
SUITES: dict[str, tuple[Example, ...]] = {"old": OLD, "new": NEW}

LANGUAGE = """
name = "example"
title = "Example"
default_version = "5"
default_distro = "local-FAMILY"
ecosystem = "pypi"
client_delivery = "copied"
program = "/var/runtime/loop.sh"
minimal_bootstrap = "none"

[[version]]
name = "5"
end_of_support = 2030-06-30
execution_environment = "AWS_Lambda_example5"

[[version.runtime]]
source = "packages"
distros = ["local-FAMILY"]
interpreter = "/bin/sh"
clients = { "linux/amd64" = "builtin" }
clients_reason = "it is the only one"
packages = { standard = ["example-tool", "example-virtual"] }
links = { sh = "/bin/sh" }

[[client]]
name = "builtin"
version = "1"
profiles = { standard = ["core"] }
files = { "loop.sh" = "loop.sh" }
"""
DISTRO = """
name = "local-{family}"
title = "Local repositories, {family}"
family = "{family}"
package_manager = "{manager}"
{more}
libc = "{libc}"
libc_version = "{libc_version}"
released = 2025-08-09
end_of_support = 2030-06-30
image = "{image}"
locale_packages = [{locale}]

[platforms."linux/amd64"]
architecture = "{architecture}"
library_directory = "/usr/lib"

[common]
standard = []
"""
TEMPLATE = """
{% macro language_runtime() %}
RUN mkdir -p /var/lang/bin
{% endmacro %}
{% macro language_client() %}
COPY runtime/ /var/runtime/
{% endmacro %}
"""


class Company:
    """A folder in which the program is run: an overlay, and a file of package sources. Its root is an image."""

    def __init__(self, engine: Engine, folder: Path, family: str) -> None:
        self.engine, self.folder, self.family = engine, folder, family
        self.image = f"lambda-image/example:5-local-{family}-standard-builtin"
        self.root = f"lambda-image/test:local-{family}"
        overlay(folder / "overlay", family, self._distro())

    def _distro(self) -> str:
        own = self.folder / "root"
        if self.family == "debian":
            return debian_root(self.engine, self._found("debian-13"), own, self.root)
        if self.family == "apk":
            return apk_root(self.engine, self._found("alpine-3.23"), own, self.root)
        if not self.engine.has_image(STAND_IN):
            subprocess.run([sys.executable, MAKE_STAND_IN], check=True)
        return rpm_root(self.engine, STAND_IN, own, self.root)

    def _found(self, distro: str) -> str:
        return rootfs.root_of(CATALOG.distros[distro], "linux/amd64", self.engine, catalog=CATALOG).reference

    def offers(self, *suites: str) -> None:
        """What the repositories have from now on."""
        sources, key = {
            "debian": (debian_sources, "apt_sources"),
            "apk": (apk_sources, "apk_repositories"),
            "rpm": (rpm_sources, "rpm_repos"),
        }[self.family]
        (self.folder / "sources").write_text(sources(*suites))
        settings = f'overlays = ["overlay"]\nemulator = false\n{key} = "sources"\n'
        (self.folder / "lambda-image.toml").write_text(settings)

    def says(self, *words: str, status: int = 0, before: Sequence[str] = ()) -> str:
        """What the program writes; it is started by the command that stands `before` it."""
        done = run_program(self.folder, *words, before=before)
        assert done.status == status, done.err
        return done.out if status == 0 else done.out + done.err

    def installed(self) -> dict[str, str]:
        """What the packages in the image say of themselves."""
        script = "cd /usr/share/example && grep . example-[hot]* example-library"
        ended = run(self.image, "-c", script, options=("--entrypoint=/bin/sh", "--network=none"))
        return dict(line.split(":") for line in ended.out.splitlines())

    def forget(self) -> None:
        """The images go."""
        for image in (self.image, "lambda-image/example:5", self.root):
            if self.engine.has_image(image):
                self.engine.remove_image(image)


def overlay(folder: Path, family: str, distro: str) -> Path:
    """A folder that adds a language of one script, on that distribution."""
    for inner in ("distros", "languages/example", "templates/languages"):
        (folder / inner).mkdir(parents=True)
    (folder / "languages/example/language.toml").write_text(LANGUAGE.replace("FAMILY", family))
    (folder / "languages/example/loop.sh").write_text("#!/bin/sh\n")
    (folder / "templates/languages/example.j2").write_text(TEMPLATE)
    (folder / "distros/local.toml").write_text(distro)
    return folder


def debian_root(engine: Engine, root: str, folder: Path, image: str) -> str:
    """On a root of Debian; its distribution's file."""
    script = ["set -e"]
    for suite, packages in SUITES.items():
        script.append(f"mkdir -p /srv/{suite}; cd /srv/{suite}")
        for one in packages:
            fields = {
                "Package": one.name,
                "Version": one.version,
                "Architecture": "all",
                "Maintainer": "nobody <nobody@example.com>",
                "Depends": ", ".join(_in_brackets(need) for need in one.needs),
                "Provides": ", ".join(one.provides),
                "Description": "an example",
            }
            control = "".join(f"{key}: {value}\\n" for key, value in fields.items() if value)
            script += [
                "rm -rf /tmp/p; mkdir -p /tmp/p/DEBIAN /tmp/p/usr/share/example",
                f"printf '{control}' >/tmp/p/DEBIAN/control",
                f"echo {one.version} >/tmp/p/usr/share/example/{one.name}",
                # Stands before the C library's, which wants Debian's own sources of locales.
                f"[ {one.name} != example-locale ] || install -D -m 0755 /bin/true /tmp/p/usr/local/bin/localedef",
                f"dpkg-deb --build /tmp/p {one.name}_{one.version}_all.deb >/dev/null",
            ]
        script += [
            "for deb in *.deb; do dpkg-deb --field $deb; echo Filename: ./$deb; echo Size: $(stat -c %s $deb)",
            "echo SHA256: $(sha256sum $deb | cut -d ' ' -f 1); echo; done >Packages",
        ]
    script.append("rm -rf /tmp/p")
    _build(engine, folder, f"FROM {root}\nCOPY make.sh /tmp/\nRUN sh /tmp/make.sh && rm /tmp/make.sh\n", script, image)
    return _distro("debian", "apt", image, architecture="amd64")


def debian_sources(*suites: str) -> str:
    """As `apt_sources` has them."""
    return "\n".join(f"Types: deb\nURIs: copy:/srv/{suite}\nSuites: ./\nTrusted: yes\n" for suite in suites)


def apk_root(engine: Engine, root: str, folder: Path, image: str) -> str:
    """On a root of Alpine, which is given a key that signs the repositories."""
    key = folder / "example.rsa"
    folder.mkdir()
    subprocess.run(["openssl", "genrsa", "-out", key, "2048"], check=True, capture_output=True)
    public = ["openssl", "rsa", "-in", key, "-pubout", "-out", folder / "example.rsa.pub"]
    subprocess.run(public, check=True, capture_output=True)
    script = ["set -e"]
    for suite, packages in SUITES.items():
        script.append(f"mkdir -p /srv/{suite}/x86_64; cd /srv/{suite}/x86_64")
        for one in packages:
            words = [
                "--sign-key /tmp/example.rsa",
                f"--info name:{one.name}",
                f"--info version:{one.version}-r0",
                "--info arch:x86_64",
            ]
            needs = " ".join(_apk_needs(need) for need in one.needs)
            words += [f"--info 'depends:{needs}'"] if needs else []
            words += [f"--info 'provides:{' '.join(one.provides)}'"] if one.provides else []
            words += ["--info 'provider-priority:1'"] if one.provides else []
            script += [
                "rm -rf /tmp/p; mkdir -p /tmp/p/usr/share/example",
                f"echo {one.version} >/tmp/p/usr/share/example/{one.name}",
                f"apk mkpkg --files /tmp/p --output {one.name}-{one.version}-r0.apk {' '.join(words)}",
            ]
        script.append("apk mkndx --output Packages.adb --sign-key /tmp/example.rsa --quiet *.apk")
    dockerfile = f"FROM {root}\nCOPY make.sh example.rsa /tmp/\nCOPY example.rsa.pub /etc/apk/keys/\n"
    dockerfile += "RUN sh /tmp/make.sh && rm -r /tmp/*\n"
    _build(engine, folder, dockerfile, script, image)
    return _distro("apk", "apk", image, architecture="x86_64", libc="musl", libc_version="1.2.5")


def apk_sources(*suites: str) -> str:
    """As `apk_repositories` has them."""
    return "".join(f"/srv/{suite}/x86_64/Packages.adb\n" for suite in suites)


def rpm_root(engine: Engine, root: str, folder: Path, image: str) -> str:
    """On the stand-in of an rpm root."""
    folder.mkdir()
    for suite, packages in SUITES.items():
        (folder / suite).mkdir()
        for one in packages:
            spec = folder / f"{one.name}.spec"
            lines = [
                f"Name: {one.name}",
                f"Version: {one.version}",
                "Release: 1",
                "Summary: x",
                "License: MIT",
                "BuildArch: noarch",
            ]
            lines += [f"Requires: {need}" for need in one.needs] + [f"Provides: {name}" for name in one.provides]
            file = f"/usr/share/example/{one.name}"
            lines += ["%description", "x", "%install", "mkdir -p %{buildroot}/usr/share/example"]
            lines += [f"echo {one.version} >%{{buildroot}}{file}", "%files", file]
            spec.write_text("\n".join(lines) + "\n")
            defined = [f"--define=_topdir {folder}/top", f"--define=_rpmdir {folder}/{suite}"]
            subprocess.run(["rpmbuild", "-bb", "--quiet", *defined, spec], check=True, capture_output=True)
        subprocess.run(["createrepo_c", "--quiet", folder / suite], check=True, capture_output=True)
    shutil.rmtree(folder / "top")
    dockerfile = f"FROM {root}\nRUN rm -rf /etc/yum.repos.d/*\nCOPY old/ /srv/old/\nCOPY new/ /srv/new/\n"
    _build(engine, folder, dockerfile, [], image)
    more = (
        'install_options = ["-q", "--nodocs"]\nleftovers = ["/var/cache/dnf", "/var/log/dnf.*", "/var/log/hawkey.log"]'
    )
    return _distro("rpm", "dnf", image, architecture="x86_64", more=more) + _REPOSITORY


# What makes a repository of a folder is a package of the stand-in's own, which lie there besides.
_REPOSITORY = '\n[fetchers]\nrepository = ["createrepo_c"]\n'


def rpm_sources(*suites: str) -> str:
    """As `rpm_repos` has them."""
    suites = (*suites, "repository")
    return "\n".join(f"[{suite}]\nname={suite}\nbaseurl=file:///srv/{suite}\ngpgcheck=0\n" for suite in suites)


def _in_brackets(need: str) -> str:
    name, _, relation = need.partition(" ")
    return f"{name} ({relation})" if relation else name


def _apk_needs(need: str) -> str:
    name, *relation = need.split()
    return "".join((name, *relation)) + ("-r0" if relation else "")


def _distro(
    family: str,
    manager: str,
    image: str,
    *,
    architecture: str,
    libc: str = "glibc",
    libc_version: str = "2.41",
    more: str = "",
) -> str:
    return DISTRO.format(
        family=family,
        manager=manager,
        image=image,
        architecture=architecture,
        libc=libc,
        libc_version=libc_version,
        more=more,
        locale='"example-locale"' if family == "debian" else "",
    )


def _build(engine: Engine, folder: Path, dockerfile: str, script: Sequence[str], image: str) -> None:
    folder.mkdir(exist_ok=True)
    (folder / "Dockerfile").write_text(dockerfile)
    (folder / "make.sh").write_text("\n".join(script) + "\n")
    engine.build(folder, tags=(image,))
