"""What `base-images/` may say, as frozen models: unknown keys, missing keys and wrong types are errors.

A model holds facts and checks them; it fills nothing in and asks nothing of the network. `origin` is the file
an entry came from: the loader sets it, a file that does so itself is refused.
"""

from __future__ import annotations

import datetime
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

Platform = Literal["linux/amd64", "linux/arm64"]
PLATFORMS: tuple[Platform, ...] = ("linux/amd64", "linux/arm64")
Profile = Literal["core", "container", "runtime", "parity", "streaming", "snapstart", "concurrency", "tenancy"]

Name = Annotated[str, StringConstraints(pattern=r"^[a-z0-9]+([.-][a-z0-9]+)*$")]
AbsolutePath = Annotated[str, StringConstraints(pattern=r"^/[^\s]*$")]
Sha256 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")]
Sha512 = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{128}$")]
# As npm writes it: SHA-512 in Base64.
Integrity = Annotated[str, StringConstraints(pattern=r"^sha512-[A-Za-z0-9+/]{86}==$")]
GoSum = Annotated[str, StringConstraints(pattern=r"^h1:[A-Za-z0-9+/]{43}=$")]
Package = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9+._-]*$")]
RelativePath = Annotated[str, StringConstraints(pattern=r"^\w[\w.-]*(/\w[\w.-]*)*$")]
Argument = Annotated[str, StringConstraints(pattern=r"^-[A-Za-z0-9_.,:=/+-]+$")]
Variable = Annotated[str, StringConstraints(pattern=r"^[A-Z_][A-Z0-9_]*$")]
# What may stand between quotes in a Dockerfile's LABEL.
LabelText = Annotated[str, StringConstraints(pattern=r'^[^"\\$\r\n]*$')]
# Registries of packages, by the name of what they serve; which host answers is the user's configuration.
Ecosystem = Literal["pypi", "npm", "go", "maven", "rubygems", "nuget"]
# What fetches for a stage of its own: from a registry of packages, or a file of a named host.
Fetching = Literal[Ecosystem, "download"]
ClientName = Literal["official", "builtin"]


class Model(BaseModel):
    """Frozen, strict about keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Entry(Model):
    """Something with a name that an overlay may add, or replace if it says so."""

    name: Name
    origin: Path
    replaces: bool = False


class Bootstrap(Model):
    """How a root file system is made by the distribution's own tool where no image registry answers."""

    tool: Literal["mmdebstrap"]
    suites: tuple[str, ...] = Field(min_length=1)
    security_suite: str | None = None
    components: tuple[str, ...] = Field(min_length=1)
    include: tuple[Package, ...] = ()


class DistroPlatform(Model):
    """What differs from architecture to architecture."""

    architecture: str
    library_directory: AbsolutePath


class Distro(Entry):
    """A distribution's release."""

    title: str
    family: Name
    package_manager: Literal["apt", "dnf", "yum", "microdnf", "apk"]
    libc: Literal["glibc", "musl"]
    libc_version: str
    released: datetime.date
    full_support_until: datetime.date | None = None
    end_of_support: datetime.date
    like: Name | None = None
    image: str | None = None
    bootstrap: Bootstrap | None = None
    platforms: dict[Platform, DistroPlatform] = Field(min_length=1)
    fetchers: dict[Fetching, tuple[Package, ...]] = Field(default_factory=dict)
    # Folders that are made before one of these packages is installed.
    installation_folders: dict[AbsolutePath, tuple[Package, ...]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _has_a_root(self) -> Distro:
        if self.image is None and self.bootstrap is None:
            raise ValueError("needs a root: set image, or a [bootstrap] table, or both")
        return self


class Variant(Entry):
    """A kind of image, as facts that templates ask for by name."""

    title: str
    minimal: bool
    emulator: bool
    entrypoint: AbsolutePath
    profiles: tuple[Profile, ...]
    # Whether functions are compiled in it: it then has the language's toolchain, and the client where it is linked.
    compiles: bool = False
    # The variant whose packages and claims this one has, too.
    extends: Name | None = None


class Program(Model):
    """One file of a package, with its own checksum."""

    path: str
    sha256: Sha256


class Emulator(Entry):
    """AWS's emulator and the package it is taken from."""

    ecosystem: Literal["pypi"]
    package: str
    version: str
    sha256: Sha256
    programs: dict[Platform, Program] = Field(min_length=1)


class Hash(Model):
    """The checksum of one file of a pinned package: for which language version, for which platform.

    In the form that its registry gives it: `sha256`, npm's `integrity`, or Go's `h1` (and `h1_mod` of go.mod alone).
    """

    version: str
    platform: Platform | Literal["any"]
    sha256: Sha256 | None = None
    integrity: Integrity | None = None
    h1: GoSum | None = None
    h1_mod: GoSum | None = None

    @model_validator(mode="after")
    def _is_one_checksum(self) -> Hash:
        if (self.sha256, self.integrity, self.h1).count(None) != 2 or (self.h1 is None) != (self.h1_mod is None):
            raise ValueError("needs a checksum: sha256, or integrity for npm, or h1 and h1_mod for Go")
        return self

    def serves(self, version: str, platform: Platform) -> bool:
        """Whether this file may be installed there."""
        return self.version in (version, "any") and self.platform in (platform, "any")


class PinnedPackage(Model):
    """A package at a version, with the checksums of its files."""

    name: str
    version: str
    hashes: tuple[Hash, ...] = Field(min_length=1)

    def hashes_for(self, version: str, platform: Platform) -> tuple[Hash, ...]:
        """The checksums of the files that may be installed there."""
        return tuple(hash_ for hash_ in self.hashes if hash_.serves(version, platform))


class Pin(PinnedPackage):
    """A pinned package that every architecture can have."""

    @model_validator(mode="after")
    def _has_every_architecture(self) -> Pin:
        for version in {hash_.version for hash_ in self.hashes}:
            for platform in PLATFORMS:
                if not self.hashes_for(version, platform):
                    raise ValueError(f"{self.name} {self.version} has no hash for version {version} on {platform}")
        return self


class Shortfall(Model):
    """A requirement that this version of a client is known not to meet."""

    requirement: str
    reason: str
    issue: str = ""


class Client(Model):
    """A Runtime API client as it gets into images: pinned packages of a registry, our own files, or both."""

    name: ClientName
    ecosystem: Ecosystem | None = None
    package: str = ""
    version: str
    profiles: dict[Name, tuple[Profile, ...]]
    pin: tuple[Pin, ...] = ()
    # What it puts into /var/runtime: path there = path in the language's folder, of a file or of a whole folder.
    files: dict[RelativePath, RelativePath] = Field(default_factory=dict)
    # What the interpreter is started with, where that is not the language's own program.
    program: AbsolutePath | None = None
    # What the interpreter is given before the program; not where the user set a variable that asks for the whole.
    arguments: tuple[Argument, ...] = ()
    arguments_unless: Variable | None = None
    # Where it is linked into functions, the folder of the module that a build image offers; where it is compiled, that
    # of its sources.
    module: RelativePath | None = None
    # A shell file among its files that the bootstrap sources after the language's own options.
    options: RelativePath | None = None
    known_shortfalls: tuple[Shortfall, ...] = ()
    # Why no image with it has been built and judged here, where that is so: then it is rendered, and said so.
    not_exercised: LabelText = ""

    @model_validator(mode="after")
    def _is_something(self) -> Client:
        if bool(self.pin) != (self.ecosystem is not None):
            raise ValueError("pinned packages need an ecosystem, and an ecosystem needs pinned packages")
        if not self.pin and not self.files and self.module is None and not (self.package and self.not_exercised):
            raise ValueError("needs pinned packages, files or a module of its own")
        return self


class Minimal(Model):
    """What of the packages' files goes into an image without a package manager."""

    programs: tuple[AbsolutePath, ...] = ()
    without: tuple[AbsolutePath, ...] = ()
    uncompiled: tuple[str, ...] = ()
    # Modules that a runtime is linked of, where the language links one.
    modules: tuple[str, ...] = ()


class ArchiveFile(Model):
    """The archive of one platform."""

    version: str
    h1: GoSum


class Archive(Model):
    """A language's toolchain as one package of a registry, with a version for each platform."""

    ecosystem: Literal["go"]
    package: str
    h1_mod: GoSum
    files: dict[Platform, ArchiveFile]

    @model_validator(mode="after")
    def _has_every_architecture(self) -> Archive:
        if missing := set(PLATFORMS) - self.files.keys():
            raise ValueError(f"{self.package} has no file for {', '.join(sorted(missing))}")
        return self


class Download(Model):
    """A file of an upstream's own host, never without its checksum."""

    url: Annotated[str, StringConstraints(pattern=r"^https://[\w.-]+/[\w./+%-]+$")]
    sha512: Sha512


class Runtime(Model):
    """How one version of a language gets onto some distributions: its packages, or archives.

    Archives are a toolchain of a registry (`archive`), files of an upstream's host (`downloads`, by variant), or
    packages of registries that carry a runtime (`registry`).
    """

    source: Literal["packages", "archive"]
    archive: Archive | None = None
    downloads: dict[Name, dict[Platform, Download]] = Field(default_factory=dict)
    registry: dict[Ecosystem, tuple[PinnedPackage, ...]] = Field(default_factory=dict)
    # The version that is taken instead, and said so, where the host of the downloads cannot be reached.
    fallback: str = ""
    distros: tuple[Name, ...] = Field(min_length=1)
    interpreter: AbsolutePath
    standard_library: AbsolutePath | None = None
    clients: dict[Platform, ClientName] = Field(min_length=1)
    clients_reason: str
    packages: dict[Name, tuple[Package, ...]] = Field(min_length=1)
    # What a client is compiled with, in a stage of its own: nothing of it is in an image.
    client_tools: dict[ClientName, tuple[Package, ...]] = Field(default_factory=dict)
    links: dict[str, AbsolutePath] = Field(default_factory=dict)
    tool_links: dict[str, AbsolutePath] = Field(default_factory=dict)
    package_manager: tuple[Pin, ...] = ()
    minimal: Minimal = Minimal()

    @model_validator(mode="after")
    def _has_its_source(self) -> Runtime:
        archives = [self.archive is not None, bool(self.downloads), bool(self.registry)].count(True)
        if archives != (1 if self.source == "archive" else 0):
            raise ValueError(
                'a runtime with source = "archive" has one table archive, downloads or registry, and no other has one'
            )
        if self.fallback and not self.downloads:
            raise ValueError("fallback is for a runtime that has downloads")
        return self


class Version(Model):
    """A version of a language."""

    name: str
    end_of_support: datetime.date
    execution_environment: Annotated[str, StringConstraints(pattern=r"^AWS_Lambda_[a-z]+[0-9.]*x?$")]
    # Why this is no release of the language but stands in for one, where that is so: said wherever it is shown.
    stand_in: LabelText = ""
    # Variables that the bootstrap exports where the user has not: search paths and the like.
    defaults: dict[Variable, AbsolutePath] = Field(default_factory=dict)
    runtime: tuple[Runtime, ...] = Field(min_length=1)


class Language(Entry):
    """A language, its versions and its clients."""

    title: str
    default_version: str
    default_distro: Name
    client_delivery: Literal["copied", "compiled", "linked"]
    ecosystem: Ecosystem
    program: AbsolutePath
    files: tuple[RelativePath, ...] = ()
    # A shell file among `files` that sets the interpreter's own options as arguments of the bootstrap.
    options: RelativePath | None = None
    # Packages that a build image offers, for functions to be compiled against: nothing of them is in another.
    offered: tuple[Pin, ...] = ()
    # A folder of what makes something of a compiled client at image build: an archive of its classes, for example.
    training: RelativePath | None = None
    minimal_bootstrap: str
    # What reads that, where it is no script of the language itself.
    minimal_shell: AbsolutePath | None = None
    version: tuple[Version, ...] = Field(min_length=1)
    client: tuple[Client, ...] = Field(min_length=1)

    @property
    def folder(self) -> Path:
        """Where the language's sources lie."""
        return self.origin.parent

    def find_version(self, name: str) -> Version | None:
        """The version of that name."""
        return next((version for version in self.version if version.name == name), None)

    def find_client(self, name: str) -> Client | None:
        """The client of that name."""
        return next((client for client in self.client if client.name == name), None)
