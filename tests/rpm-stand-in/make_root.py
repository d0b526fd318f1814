"""Makes `lambda-image/root:rpm-stand-in`: Debian 13's packages as rpm packages, installed by dnf into an empty root.

As root, on Debian with rpm, dnf and createrepo-c; about two minutes. The repository stays in the root, so that a build
needs no server to install from.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from lambda_image import host_apt

IMAGE = "lambda-image/root:rpm-stand-in"
NPM = "npm@10.9.4"
# In the root itself, and what can be installed on it besides.
ROOT = (
    "base-files",
    "base-passwd",
    "bash",
    "ca-certificates",
    "coreutils",
    "dash",
    "dnf",
    "findutils",
    "grep",
    "libc-bin",
    "rpm",
    "sed",
)
MORE = (
    "createrepo-c",
    "gzip",
    "libatomic1",
    "locales",
    "netbase",
    "nodejs",
    "passwd",
    "procps",
    "python3-pip",
    "tar",
    "tzdata",
    "xz-utils",
)
# Names of rpm distributions for what Debian calls otherwise.
ALSO: dict[str, tuple[str, ...]] = {
    "base-files": ("filesystem", "setup", "system-release"),
    "bash": ("/bin/bash", "/usr/bin/bash"),
    "coreutils": ("/usr/bin/env",),
    "createrepo-c": ("createrepo_c",),
    "dash": ("/bin/sh", "/usr/bin/sh"),
    "dnf": ("microdnf", "yum"),
    "libc-bin": ("glibc-common",),
    "libc6": ("glibc",),
    "libgcc-s1": ("libgcc",),
    "libssl3t64": ("openssl-libs",),
    "libstdc++6": ("libstdc++",),
    "nodejs": ("nodejs20",),
    "passwd": ("shadow-utils",),
    "procps": ("procps-ng",),
    "python3-pip": ("python3.13-pip",),
    "xz-utils": ("xz",),
}
# What only Debian's own packaging needs.
NOT_NEEDED = {"adduser", "debconf", "debconf-2.0", "dpkg", "init-system-helpers"}
RELEASE = (
    'NAME="RPM stand-in"\nID=rpmstandin\nID_LIKE="fedora"\nVERSION_ID=13\n'
    'PRETTY_NAME="RPM stand-in made of Debian 13\'s programs"\n'
)
# What of a package's files says that it is Debian's, or is of no use in a root like this.
LEFT_OUT = (
    "etc/apt",
    "usr/lib/python3.13/EXTERNALLY-MANAGED",
    "usr/share/lintian",
    "usr/share/locale",
    "usr/share/man",
)


@dataclass(frozen=True)
class Package:
    """A package to be written as an rpm package."""

    name: str
    version: str
    release: str
    epoch: str
    is_noarch: bool
    requires: tuple[str, ...]
    provides: tuple[str, ...]
    payload: Path

    @property
    def spec(self) -> str:
        lines = [
            f"Name: {self.name}",
            f"Epoch: {self.epoch}",
            f"Version: {self.version}",
            f"Release: {self.release}",
            f"Summary: {self.name}",
            "License: see copyright",
            "AutoReqProv: no",
            *(["BuildArch: noarch"] if self.is_noarch else []),
            *(f"Requires: {one}" for one in self.requires),
            *(f"Provides: {one}" for one in self.provides),
            "%description",
            f"{self.name}, of Debian's files.",
            "%files",
            "%defattr(-,root,root,-)",
            *_listed(self.payload),
        ]
        return "\n".join([*lines, ""])


def main() -> None:
    if missing := [tool for tool in ("apt-get", "createrepo_c", "dnf", "npm", "rpmbuild") if not shutil.which(tool)]:
        sys.exit(f"make_root: {', '.join(missing)} not found: apt-get install rpm dnf createrepo-c npm")
    with tempfile.TemporaryDirectory(prefix="rpm-stand-in-") as name:
        folder = Path(name)
        packages = [_converted(deb, folder) for deb in _downloaded(folder) if _is_wanted(deb)]
        packages += [_langpack(folder), _npm(folder)]
        repository = folder / "repository"
        for package in packages:
            _rpmbuild(package, folder, repository)
        run("createrepo_c", "--quiet", repository)
        root = _installed(repository, folder)
        tar = folder / "root.tar"
        run("tar", "--numeric-owner", "-C", root, "-cf", tar, ".")
        run("docker", "import", tar, IMAGE)
    print(IMAGE)


def run(*command: str | Path, cwd: Path | None = None, **environment: str) -> str:
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=cwd, env={**os.environ, **environment}
    )
    if done.returncode != 0:
        sys.exit(f"make_root: {' '.join(map(str, command[:6]))} failed\n{(done.stdout + done.stderr)[-3000:]}")
    return done.stdout


def _downloaded(folder: Path) -> list[Path]:
    """The packages of Debian 13 and all that they need, by apt with a configuration and a state of its own."""
    mirror = host_apt.mirror()
    if mirror is None:
        sys.exit("make_root: this machine is no Debian, so it is not known where Debian's packages come from")
    apt = folder / "apt"
    for inner in ("lists/partial", "cache/archives/partial"):
        (apt / inner).mkdir(parents=True)
    (apt / "status").touch()
    (apt / "sources.list").write_text(f"deb {mirror.main} trixie main\n")
    options = {
        "Dir::Etc::SourceList": apt / "sources.list",
        "Dir::Etc::SourceParts": "/dev/null",
        "Dir::State::Lists": apt / "lists",
        "Dir::State::status": apt / "status",
        "Dir::Cache": apt / "cache",
        "APT::Install-Recommends": "false",
        "APT::Sandbox::User": "root",
    }
    words = [word for key, value in options.items() for word in ("-o", f"{key}={value}")]
    run("apt-get", *words, "update", "-qq")
    run("apt-get", *words, "install", "-qq", "-y", "--download-only", *ROOT, *MORE)
    return sorted((apt / "cache/archives").glob("*.deb"))


def _field(deb: Path, name: str) -> str:
    return run("dpkg-deb", "-f", deb, name).strip()


def _is_wanted(deb: Path) -> bool:
    return _field(deb, "Package") not in NOT_NEEDED | {"locales"}


def _relations(text: str) -> Iterator[str]:
    """Debian's dependencies as rpm's: names without versions, alternatives in rpm's form."""
    for clause in text.split(","):
        names = [re.sub(r"[(\[<].*", "", one).strip().split(":")[0] for one in clause.split("|")]
        names = [name for name in names if name]
        if names and not NOT_NEEDED.intersection(names):
            yield names[0] if len(names) == 1 else f"({' or '.join(names)})"


def _converted(deb: Path, folder: Path) -> Package:
    name = _field(deb, "Package")
    epoch, _, version = f"0:{_field(deb, 'Version')}".rpartition(":")
    version, _, release = version.rpartition("-") if "-" in version else (version, "", "1")
    payload = folder / "payload" / name
    payload.mkdir(parents=True)
    run("dpkg-deb", "-x", deb, payload)
    _adapted(name, payload)
    return Package(
        name=name,
        version=version.replace("-", "."),
        release=release,
        epoch=epoch.rpartition(":")[2],
        is_noarch=_field(deb, "Architecture") == "all",
        requires=tuple(dict.fromkeys(_relations(f"{_field(deb, 'Depends')},{_field(deb, 'Pre-Depends')}"))),
        provides=tuple(dict.fromkeys((*_relations(_field(deb, "Provides")), *ALSO.get(name, ())))),
        payload=payload,
    )


def _adapted(name: str, payload: Path) -> None:
    """What Debian does at installation is done here, and what is Debian's own goes."""
    for path in LEFT_OUT:
        found = payload / path
        if found.is_dir() and not found.is_symlink():
            shutil.rmtree(found)
        else:
            found.unlink(missing_ok=True)
    for path in (payload / "usr/share/doc").rglob("*"):
        if not path.is_dir() and path.name != "copyright":
            path.unlink()
    if name == "base-files":
        for place in ("etc/os-release", "usr/lib/os-release", "etc/debian_version", "etc/issue", "etc/issue.net"):
            (payload / place).unlink(missing_ok=True)
        (payload / "usr/lib/os-release").write_text(RELEASE)
        (payload / "etc/os-release").symlink_to("../usr/lib/os-release")
    if name == "base-passwd":
        (payload / "etc").mkdir(exist_ok=True)
        for file in ("passwd", "group"):
            shutil.copy(payload / f"usr/share/base-passwd/{file}.master", payload / "etc" / file)
    if name == "ca-certificates":
        bundle = b"".join(path.read_bytes() for path in sorted((payload / "usr/share/ca-certificates").rglob("*.crt")))
        for place in ("etc/ssl/certs", "etc/pki/tls/certs"):
            (payload / place).mkdir(parents=True, exist_ok=True)
        (payload / "etc/pki/tls/certs/ca-bundle.crt").write_bytes(bundle)
        (payload / "etc/ssl/certs/ca-certificates.crt").symlink_to("/etc/pki/tls/certs/ca-bundle.crt")
    if name == "dnf":
        for other in ("microdnf", "yum"):
            (payload / "usr/bin" / other).unlink(missing_ok=True)
            (payload / "usr/bin" / other).symlink_to("dnf")


def _langpack(folder: Path) -> Package:
    """The locale that Lambda's environment names, as a package of the name that rpm distributions give it."""
    sources = folder / "locales"
    (deb,) = (folder / "apt/cache/archives").glob("locales_*.deb")
    run("dpkg-deb", "-x", deb, sources)
    payload = folder / "payload/glibc-langpack-en"
    target = payload / "usr/lib/locale/en_US.utf8"
    target.parent.mkdir(parents=True)
    run("localedef", "--no-archive", "-i", "en_US", "-f", "UTF-8", target, I18NPATH=str(sources / "usr/share/i18n"))
    return Package("glibc-langpack-en", "2.41", "1", "0", True, ("glibc",), (), payload)


def _npm(folder: Path) -> Package:
    """npm without the hundreds of packages that Debian makes of it."""
    name, _, version = NPM.partition("@")
    run("npm", "pack", "--silent", NPM, cwd=folder)
    payload = folder / "payload/npm"
    library = payload / "usr/lib/node_modules/npm"
    library.mkdir(parents=True)
    run("tar", "-xzf", folder / f"{name}-{version}.tgz", "-C", library, "--strip-components=1")
    (payload / "usr/bin").mkdir()
    for program in ("npm", "npx"):
        (library / f"bin/{program}-cli.js").chmod(0o755)
        (payload / "usr/bin" / program).symlink_to(f"../lib/node_modules/npm/bin/{program}-cli.js")
    return Package(name, version, "1", "0", True, ("nodejs",), ("nodejs20-npm",), payload)


def _listed(payload: Path) -> Iterator[str]:
    for path in sorted(payload.rglob("*")):
        name = "/" + str(path.relative_to(payload)).replace("%", "%%")
        quoted = f'"{name}"' if re.search(r"[\s\[\]*?{}]", name) else name
        yield ("%dir " if path.is_dir() and not path.is_symlink() else "") + quoted


def _rpmbuild(package: Package, folder: Path, repository: Path) -> None:
    spec = folder / f"{package.name}.spec"
    spec.write_text(package.spec)
    defined = {
        "_topdir": folder / "top",
        "_rpmdir": repository,
        "__spec_install_pre": "%{nil}",
        "__spec_install_post": "%{nil}",
        "__os_install_post": "%{nil}",
        "_build_id_links": "none",
        "_binary_payload": "w3.zstdio",
        "debug_package": "%{nil}",
    }
    words = [word for key, value in defined.items() for word in ("--define", f"{key} {value}")]
    run("rpmbuild", "-bb", "--quiet", "--noclean", "--buildroot", package.payload, *words, spec)


def _installed(repository: Path, folder: Path) -> Path:
    """An empty root into which dnf has put the first packages, with the repository in it."""
    root, home = folder / "root", folder / "home"
    home.mkdir()
    # Debian's rpm keeps its database elsewhere, where the root's own rpm would not look.
    (home / ".rpmmacros").write_text("%_dbpath /var/lib/rpm\n")
    words = ["--installroot", root, f"--repofrompath=stand-in,file://{repository}", "--repo=stand-in", "--nogpgcheck"]
    words += ["--releasever=13", "--setopt=install_weak_deps=False", "-q", "-y"]
    run("dnf", *words, "install", *ROOT, HOME=str(home))
    run("dnf", *words, "clean", "all", HOME=str(home))
    run("ldconfig", "-r", root)
    shutil.copytree(repository, root / "srv/repository")
    sources = root / "etc/yum.repos.d"
    sources.mkdir(parents=True, exist_ok=True)
    (sources / "stand-in.repo").write_text(
        "[stand-in]\nname=RPM stand-in\nbaseurl=file:///srv/repository\nenabled=1\ngpgcheck=0\n"
    )
    for path in ("etc/hostname", "etc/resolv.conf", "etc/machine-id"):
        (root / path).unlink(missing_ok=True)
    (root / "etc/localtime").unlink(missing_ok=True)
    return root


if __name__ == "__main__":
    main()
