"""Pinned packages as the files that each registry's own program installs them from, checksums included.

One function an ecosystem; the toolkit itself fetches nothing and names no host.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping

from lambda_image.catalog import Archive, Ecosystem, Hash, PinnedPackage, Platform

Files = Mapping[str, bytes]


def files(
    ecosystem: Ecosystem, pins: Iterable[PinnedPackage], version: str, platform: Platform, *, offline: bool = False
) -> Files:
    """What installs these packages, for a version of the language on a platform; `offline`: from files beside it."""
    chosen = [(pin, pin.hashes_for(version, platform)) for pin in pins]
    return _npm(chosen, offline=offline) if ecosystem == "npm" else _WRITERS[ecosystem](chosen)


def package_manager(ecosystem: Ecosystem, pins: Iterable[PinnedPackage], version: str, platform: Platform) -> Files:
    """What installs the language's own package manager, before there is one."""
    return _MANAGER_WRITERS[ecosystem]([(pin, pin.hashes_for(version, platform)) for pin in pins])


def archive(of: Archive, platform: Platform) -> Files:
    """What fetches a toolchain's archive."""
    file = of.files[platform]
    return _go_project([(of.package, file.version, file.h1, of.h1_mod)])


_Chosen = list[tuple[PinnedPackage, tuple[Hash, ...]]]


def requirement(name: str, version: str, sha256: Iterable[str | None]) -> str:
    """A line of requirements.txt, as pip's --require-hashes wants it."""
    return " \\\n    ".join([f"{name}=={version}", *sorted(f"--hash=sha256:{value}" for value in sha256)]) + "\n"


def _pypi(chosen: _Chosen) -> Files:
    rows = [requirement(pin.name, pin.version, (one.sha256 for one in hashes)) for pin, hashes in chosen]
    return {"requirements.txt": "".join(rows).encode()}


def npm_file(name: str, version: str) -> str:
    """What the file of a package of npm is called here."""
    return f"{name.removeprefix('@').replace('/', '-')}-{version}.tgz"


def _npm(chosen: _Chosen, *, offline: bool = False) -> Files:
    """A project that depends on each package, and its lock, for `npm ci`: flat, so all pins are siblings."""
    wanted = {pin.name: pin.version for pin, _ in chosen}
    packages: dict[str, object] = {"": {"dependencies": wanted}}
    for pin, (one, *_) in chosen:
        resolved = {"resolved": f"file:{npm_file(pin.name, pin.version)}"} if offline else {}
        packages[f"node_modules/{pin.name}"] = {"version": pin.version, **resolved, "integrity": one.integrity}
    return {
        "package.json": _json({"private": True, "dependencies": wanted}),
        "package-lock.json": _json({"lockfileVersion": 3, "requires": True, "packages": packages}),
    }


def _corepack(chosen: _Chosen) -> Files:
    """The file from which Corepack, which comes with Node.js, knows which npm to fetch."""
    ((pin, (checksum, *_)),) = chosen
    return {"package.json": _json({"packageManager": f"{pin.name}@{pin.version}+sha512.{checksum.sha512}"})}


def _go(chosen: _Chosen) -> Files:
    return _go_project([(pin.name, pin.version, one.h1, one.h1_mod) for pin, (one, *_) in chosen])


def _go_project(modules: Iterable[tuple[str, str, str | None, str | None]]) -> Files:
    """A module beside whose go.sum `go mod download` downloads those of modules.txt: what is not listed is refused."""
    rows = sorted(modules)
    sums = [f"{name} {version} {h1}\n{name} {version}/go.mod {h1_mod}\n" for name, version, h1, h1_mod in rows]
    return {
        "go.mod": b"module fetch\n\ngo 1.21\n",
        "go.sum": "".join(sums).encode(),
        "modules.txt": "".join(f"{name}@{version}\n" for name, version, *_ in rows).encode(),
    }


def _rubygems(chosen: _Chosen) -> Files:
    """What the files that `gem fetch` leaves are checked with."""
    sums = [f"{one.sha256}  {pin.name}-{pin.version}.gem\n" for pin, (one, *_) in chosen]
    return {"sha256sums": "".join(sums).encode()}


def _maven(chosen: _Chosen) -> Files:
    """A project that depends on each artifact and on nothing that they need, and the checksums of its jars."""
    rows = [(*pin.name.split(":"), pin.version, one.sha256) for pin, (one, *_) in chosen]
    return {
        "pom.xml": _POM.format(dependencies="".join(_DEPENDENCY.format(*row) for row in rows)).encode(),
        "sha256sums": "".join(f"{sha256}  /jars/{name}-{version}.jar\n" for _, name, version, sha256 in rows).encode(),
    }


_POM = """\
<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>fetch</groupId>
  <artifactId>fetch</artifactId>
  <version>1</version>
  <packaging>pom</packaging>
  <dependencies>
{dependencies}  </dependencies>
</project>
"""
_DEPENDENCY = """\
    <dependency>
      <groupId>{}</groupId>
      <artifactId>{}</artifactId>
      <version>{}</version>
      <exclusions><exclusion><groupId>*</groupId><artifactId>*</artifactId></exclusion></exclusions>
    </dependency>
"""


def _json(value: object) -> bytes:
    return (json.dumps(value, indent=2) + "\n").encode()


_WRITERS: Mapping[Ecosystem, Callable[[_Chosen], Files]] = {
    "pypi": _pypi,
    "go": _go,
    "maven": _maven,
    "rubygems": _rubygems,
}
_MANAGER_WRITERS: Mapping[Ecosystem, Callable[[_Chosen], Files]] = {"pypi": _pypi, "npm": _corepack}
