"""The plans whose contexts are golden: together they reach every line of the templates."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from pathlib import Path

from lambda_image import catalog as catalogs
from lambda_image.additions import Addition, Script
from lambda_image.at_hand import AtHand
from lambda_image.catalog import Catalog, Source
from lambda_image.catalog.models import Hash, Pin
from lambda_image.installs import InstallSet, Wanted
from lambda_image.lock import Entry, Lock, steps
from lambda_image.plan import Certificate, ImagePlan, Root, Selection, plans
from lambda_image.render import (
    BuildContext,
    downloads,
    fetching_packages,
    fetching_pins,
    install_steps,
    look_up,
    pinned_folders,
    render,
    resolving,
    source_packages,
)

_COMPANY = (Certificate(name="company", pem=b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"),)
_AMD64 = ("linux/amd64",)


def _on(
    distro: str,
    language: str,
    version: str,
    *,
    variant: str = "standard",
    source: Source | None = None,
    stand_in: bool = False,
    platforms: tuple[str, ...] = _AMD64,
) -> Selection:
    """An image of our own client on a distribution."""
    return Selection(
        languages=(language,),
        versions=(version,),
        distros=(distro,),
        variants=(variant,),
        clients=("builtin",),
        platforms=platforms,
        source=source,
        stand_in=stand_in,
    )


PLANS: dict[str, tuple[Selection, tuple[Certificate, ...]]] = {
    "standard": (Selection(languages=("python",), variants=("standard",), clients=("official",), platforms=_AMD64), ()),
    "slim": (Selection(languages=("python",), variants=("slim",), clients=("official",), platforms=_AMD64), ()),
    "standard-arm64": (
        Selection(languages=("python",), variants=("standard",), clients=("official",), platforms=("linux/arm64",)),
        (),
    ),
    "builtin": (Selection(languages=("python",), variants=("standard",), clients=("builtin",), platforms=_AMD64), ()),
    "builtin-slim": (Selection(languages=("python",), variants=("slim",), clients=("builtin",), platforms=_AMD64), ()),
    "certificates-without-emulator": (
        Selection(
            languages=("python",), variants=("standard",), clients=("official",), platforms=_AMD64, emulator=False
        ),
        _COMPANY,
    ),
    "nodejs-standard": (Selection(languages=("nodejs",), variants=("standard",), platforms=_AMD64), ()),
    "nodejs-slim": (Selection(languages=("nodejs",), variants=("slim",), platforms=_AMD64), ()),
    "nodejs-build": (Selection(languages=("nodejs",), variants=("build",), platforms=_AMD64), ()),
    "nodejs-official": (
        Selection(languages=("nodejs",), variants=("standard",), clients=("official",), platforms=_AMD64),
        (),
    ),
    "nodejs-official-slim": (
        Selection(languages=("nodejs",), variants=("slim",), clients=("official",), platforms=("linux/arm64",)),
        (),
    ),
    "go-standard": (Selection(languages=("go",), variants=("standard",), platforms=_AMD64), ()),
    "go-slim": (Selection(languages=("go",), variants=("slim",), platforms=("linux/arm64",)), ()),
    "go-build": (Selection(languages=("go",), variants=("build",), platforms=_AMD64), ()),
    "go-official-build": (
        Selection(languages=("go",), variants=("build",), clients=("official",), platforms=_AMD64),
        (),
    ),
    "ruby-standard": (Selection(languages=("ruby",), variants=("standard",), platforms=_AMD64), ()),
    "ruby-slim": (Selection(languages=("ruby",), variants=("slim",), platforms=("linux/arm64",)), ()),
    "ruby-build": (Selection(languages=("ruby",), variants=("build",), platforms=_AMD64), ()),
    "ruby-official": (
        Selection(languages=("ruby",), variants=("standard",), clients=("official",), platforms=_AMD64),
        (),
    ),
    "debian-12-python": (_on("debian-12", "python", "3.11"), ()),
    "debian-11-python": (_on("debian-11", "python", "3.9"), ()),
    "ubuntu-22.04-python": (_on("ubuntu-22.04", "python", "3.10", variant="slim"), ()),
    "ubuntu-24.04-python": (_on("ubuntu-24.04", "python", "3.12"), ()),
    "ubi-8-nodejs": (_on("ubi-8", "nodejs", "22"), ()),
    "ubi-9-python": (_on("ubi-9", "python", "3.12", variant="build"), ()),
    "rocky-9-ruby": (_on("rocky-9", "ruby", "3.3"), ()),
    "alma-9-go": (_on("alma-9", "go", "1.26"), ()),
    "wolfi-python": (_on("wolfi", "python", "3.13"), ()),
    "debian-12-python-official": (
        Selection(
            languages=("python",), versions=("3.11",), variants=("slim",), clients=("official",), platforms=_AMD64
        ),
        (),
    ),
    "debian-12-nodejs": (_on("debian-12", "nodejs", "18", variant="build"), ()),
    "al2023-java-build": (_on("al2023", "java", "21", variant="build"), ()),
    "al2023-java-archive-build": (_on("al2023", "java", "25", variant="build", source="archive"), ()),
    "al2023-minimal-java-official": (
        Selection(
            languages=("java",),
            versions=("17",),
            distros=("al2023-minimal",),
            clients=("official",),
            platforms=_AMD64,
        ),
        (),
    ),
    "alpine-go": (_on("alpine-3.23", "go", "1.26"), ()),
    "alpine-nodejs": (_on("alpine-3.23", "nodejs", "24", stand_in=True), ()),
    "alpine-go-slim": (_on("alpine-3.23", "go", "1.26", variant="slim"), ()),
    "alpine-nodejs-slim": (_on("alpine-3.23", "nodejs", "24", variant="slim", stand_in=True), ()),
    "alpine-python-slim": (_on("alpine-3.23", "python", "3.12", variant="slim"), _COMPANY),
    "alpine-python": (_on("alpine-3.23", "python", "3.12"), _COMPANY),
    "alpine-python-archive": (_on("alpine-3.23", "python", "3.14"), ()),
    "debian-13-nodejs-archive": (_on("debian-13", "nodejs", "24", variant="slim"), ()),
    "debian-12-go": (_on("debian-12", "go", "1.26", variant="build"), ()),
    "debian-13-python-source": (_on("debian-13", "python", "3.12", variant="slim", source="source"), ()),
    "debian-13-python-source-package": (_on("debian-13", "python", "3.13", stand_in=True), ()),
    "debian-13-ruby-source-package": (_on("debian-13", "ruby", "3.3", variant="slim", stand_in=True), ()),
    "al2-python": (_on("al2", "python", "3.11"), ()),
    "al2-python-packages": (_on("al2", "python", "3.8", variant="build"), ()),
    "al2-python-source": (_on("al2", "python", "3.14", source="source", platforms=("linux/arm64",)), ()),
    "al2-python-slim": (_on("al2", "python", "3.8", variant="slim"), ()),
    "al2-python-archive-slim": (_on("al2", "python", "3.11", variant="slim"), ()),
    "al2-nodejs-slim": (_on("al2", "nodejs", "16", variant="slim"), ()),
    "al2023-nodejs-slim": (_on("al2023", "nodejs", "22", variant="slim"), _COMPANY),
    "al2023-minimal-ruby-slim": (_on("al2023-minimal", "ruby", "3.4", variant="slim"), ()),
    "al2023-python-official-slim": (
        Selection(
            languages=("python",),
            versions=("3.13",),
            distros=("al2023",),
            variants=("slim",),
            clients=("official",),
            platforms=_AMD64,
        ),
        (),
    ),
    "ubi-9-nodejs-slim": (_on("ubi-9", "nodejs", "22", variant="slim"), ()),
    "al2-nodejs": (_on("al2", "nodejs", "12"), ()),
    "al2-ruby": (_on("al2", "ruby", "3.3"), ()),
    "al2-ruby-packages": (_on("al2", "ruby", "3.0", variant="build"), ()),
    "al2-java": (_on("al2", "java", "21"), _COMPANY),
    "al2023-java": (_on("al2023", "java", "25"), ()),
    "al2-go": (_on("al2", "go", "1.26"), ()),
    "al2023-python": (_on("al2023", "python", "3.12", variant="build"), ()),
    "al2023-minimal-python": (_on("al2023-minimal", "python", "3.13", platforms=("linux/arm64",)), ()),
    "al2023-nodejs": (_on("al2023", "nodejs", "22"), ()),
    "al2023-ruby": (_on("al2023", "ruby", "3.4"), _COMPANY),
    "al2023-ruby-source": (_on("al2023", "ruby", "4.0", variant="build", source="source"), ()),
    "al2023-go": (_on("al2023", "go", "1.26", variant="build"), ()),
    "java-standard": (
        Selection(languages=("java",), versions=("25",), variants=("standard",), platforms=_AMD64),
        _COMPANY,
    ),
    "java-slim": (
        Selection(languages=("java",), versions=("21",), variants=("slim",), platforms=("linux/arm64",)),
        _COMPANY,
    ),
    "java-build": (Selection(languages=("java",), versions=("21",), variants=("build",), platforms=_AMD64), ()),
    "java-official": (
        Selection(languages=("java",), versions=("21",), variants=("slim",), clients=("official",), platforms=_AMD64),
        (),
    ),
    "additions": (Selection(languages=("nodejs",), variants=("standard",), platforms=_AMD64), _COMPANY),
    "additions-slim": (Selection(languages=("ruby",), variants=("slim",), platforms=_AMD64), ()),
    "dotnet-standard": (Selection(languages=("dotnet",), variants=("standard",), platforms=_AMD64), ()),
    "dotnet-slim": (Selection(languages=("dotnet",), variants=("slim",), platforms=("linux/arm64",)), ()),
    "dotnet-build": (Selection(languages=("dotnet",), variants=("build",), platforms=_AMD64), ()),
    "al2023-dotnet": (
        Selection(languages=("dotnet",), distros=("al2023",), variants=("standard",), platforms=_AMD64),
        (),
    ),
    "al2-dotnet-build": (
        Selection(
            languages=("dotnet",), versions=("8",), distros=("al2",), variants=("build",), platforms=("linux/arm64",)
        ),
        (),
    ),
    "alpine-3.23-dotnet": (
        Selection(languages=("dotnet",), distros=("alpine-3.23",), variants=("standard",), platforms=_AMD64),
        (),
    ),
    "ubuntu-24.04-dotnet-slim": (
        Selection(languages=("dotnet",), distros=("ubuntu-24.04",), variants=("slim",), platforms=_AMD64),
        (),
    ),
    "dotnet-official": (
        Selection(languages=("dotnet",), variants=("standard",), clients=("official",), platforms=_AMD64),
        (),
    ),
    "dotnet-stand-in-slim": (
        Selection(languages=("dotnet",), versions=("8-stand-in",), variants=("slim",), platforms=_AMD64),
        (),
    ),
    "dotnet-stand-in-build": (
        Selection(languages=("dotnet",), versions=("8-stand-in",), variants=("build",), platforms=_AMD64),
        (),
    ),
    "ruby-official-pinned": (
        Selection(languages=("ruby",), variants=("standard",), clients=("official",), platforms=_AMD64),
        (),
    ),
    "ruby-official-pinned-slim": (
        Selection(languages=("ruby",), variants=("slim",), clients=("official",), platforms=_AMD64),
        (),
    ),
}
_ADDITIONS = (
    Addition(
        packages=("curl",),
        environment=(("TEAM", "orders"), ("LOG_DESTINATION", "a b")),
        labels=(("com.example.team", "orders"),),
    ),
    Addition(
        languages=("node*",),
        scripts=(
            Script(name="harden.sh", content=b"#!/bin/sh -eu\n"),
            Script(name="audit", content=b"#!/bin/sh -eu\n"),
        ),
    ),
    Addition(languages=("python",), packages=("not-here",)),
    Addition(variants=("slim",), environment=(("TEAM", "small orders"),)),
)
# The gem's checksum is not known here; somebody's own catalog may have it. This one is made up.
_GEM = Pin(name="aws_lambda_ric", version="3.1.3", hashes=(Hash(version="any", platform="any", sha256="5a" * 32),))

# The same with the versions of a lock.
LOCKED = {
    "locked-debian": "nodejs-official",
    "locked-rpm": "al2-ruby-packages",
    "locked-apk": "alpine-python",
}
PLANS |= {name: PLANS[unlocked] for name, unlocked in LOCKED.items()}
# The same where a mirror has the files that are fetched by their addresses, and where there is no network.
MIRRORED = {
    "mirrored-archive": "debian-13-nodejs-archive",
    "mirrored-downloads": "dotnet-standard",
    "mirrored-emulator": "al2-go",
}
OFFLINE = {
    "offline-python": "slim",
    "offline-nodejs": "nodejs-official",
    "offline-ruby-pinned": "ruby-official-pinned",
    "offline-source-package": "debian-13-python-source-package",
    "offline-apk": "alpine-python",
    "offline-dnf": "al2023-python",
    "offline-yum": "al2-python-packages",
}
PLANS |= {name: PLANS[online] for name, online in (MIRRORED | OFFLINE).items()}
# The same for the other architecture than that of the machine that builds.
EMULATED = {
    "emulated-python": "standard-arm64",
    "emulated-go-build": "go-official-build-arm64",
    "emulated-go-slim": "go-slim",
    "emulated-go-archive": "al2-go-arm64",
    "emulated-nodejs-archive": "al2023-nodejs-archive-arm64",
}
PLANS |= {
    "go-official-build-arm64": (
        Selection(languages=("go",), variants=("build",), clients=("official",), platforms=("linux/arm64",)),
        (),
    ),
    "al2-go-arm64": (_on("al2", "go", "1.26", platforms=("linux/arm64",)), ()),
    "al2023-nodejs-archive-arm64": (
        _on("al2023", "nodejs", "22", variant="slim", source="archive", platforms=("linux/arm64",)),
        (),
    ),
}
PLANS |= {name: PLANS[native] for name, native in EMULATED.items()}
# What fetches for a folder of builds without a network: packages on a distribution, a folder of a plan's pins.
FETCHING = {
    "fetch-packages": ("debian-13", ""),
    "fetch-packages-one-line-sources": ("debian-11", ""),
    "fetch-packages-apk": ("alpine-3.23", ""),
    "fetch-packages-dnf": ("al2023", ""),
    "fetch-packages-yum": ("al2", ""),
    "fetch-go": ("go-standard", "toolchain"),
    "fetch-go-client": ("go-official-build", "client"),
    "fetch-maven": ("java-official", "client"),
    "fetch-rubygems-pinned": ("ruby-official-pinned", "client"),
    "fetch-npm": ("nodejs-official", "client"),
}
# What asks a root's package manager for versions; by distribution, with what is enabled first.
RESOLVING = {
    "resolve-debian": ("debian-13", ()),
    "resolve-rpm": ("al2", ("ruby3.0",)),
    "resolve-rpm-module": ("al2023", ("example:1",)),
    "resolve-apk": ("alpine-3.23", ()),
}


@cache
def catalog(*, pinned: bool = False) -> Catalog:
    found = catalogs.load()
    if not pinned:
        return found
    ruby = found.languages["ruby"]
    own = {"pin": (_GEM,), "ecosystem": "rubygems"}
    clients = tuple(one.model_copy(update=own) if one.name == "official" else one for one in ruby.client)
    return replace(found, languages={**found.languages, "ruby": ruby.model_copy(update={"client": clients})})


def plan(name: str) -> ImagePlan:
    selection, certificates = PLANS[name]
    additions = _ADDITIONS if name.startswith("additions") else ()
    (found,) = plans(catalog(pinned="pinned" in name), selection, certificates=certificates, additions=additions)
    if name in EMULATED:
        return found.fetching_on("linux/amd64", Root(reference="example/amd64-root:1", origin="bootstrap"))
    return found


def context(name: str) -> BuildContext:
    if name in RESOLVING:
        distro, enabled = RESOLVING[name]
        words = (("ca-certificates",), ("ca-certificates", "tzdata"))
        sets = [InstallSet(enabled=enabled, wanted=tuple(Wanted(name=one) for one in names)) for names in words]
        return resolving(catalog().distros[distro], "example/root:1", sets, catalog(), asked="today", sources="these")
    if name in FETCHING:
        of, folder = FETCHING[name]
        return fetching(of, folder)
    return render(
        plan(name),
        catalog(pinned="pinned" in name),
        locked=locked(name) if name in LOCKED else None,
        at_hand=at_hand(name),
    )


def fetching(of: str, folder: str) -> BuildContext:
    if not folder:
        distro = catalog().distros[of]
        more = "source python3.13=1" if distro.family == "debian" else "download ca-certificates=1-2"
        enabled = ("python3.8",) if distro.package_manager == "yum" else ()
        wishes = ("install ca-certificates tzdata", more)
        packages = fetching_packages(distro, "example/root:1", wishes, catalog(), enabled=enabled)
        assert packages is not None
        return packages
    known = catalog(pinned="pinned" in of)
    pins = pinned_folders(look_up(plan(of), known))
    return fetching_pins(plan(of), known, next(one for one in pins if one.name == folder))


def at_hand(name: str) -> AtHand:
    """All that the plan's steps fetch by its address, as files of no content."""
    if name not in MIRRORED | OFFLINE:
        return AtHand()
    files = (*downloads(plan(name), catalog()), *source_packages(plan(name), catalog()))
    return AtHand(downloads={file.checksum: Path("/dev/null") for file in files}, offline=name in OFFLINE)


def locked(name: str) -> list[tuple[Wanted, ...]]:
    """By a lock in which each step brings one package along, and all have one version."""
    found, wanted = install_steps(plan(name), catalog()), []
    for step in found:
        site = (steps.site(step), "amd64")
        entries = [Entry("install", (*site, steps.asked(step)), ("example-library",))]
        names = (*step.packages, "example-library")
        entries += [Entry("package", (*site, package), ("1:2.3-4",)) for package in names]
        wanted.append(steps.wanted(step, "amd64", Lock.of(entries)) or ())
    return wanted
