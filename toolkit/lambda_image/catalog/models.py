"""What `base-images/` may say, as frozen models: unknown keys, missing keys and wrong types are errors.

A model holds facts and checks them; it fills nothing in and asks nothing of the network. `origin` is the file
an entry came from: the loader sets it, a file that does so itself is refused.
"""

from __future__ import annotations

import base64
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
ConfigureArgument = Annotated[str, StringConstraints(pattern=r"^(--|[A-Z]+=)[A-Za-z0-9_.,:=/+ -]*$")]
LibraryVersion = Annotated[str, StringConstraints(pattern=r"^[0-9]+(\.[0-9]+)+$")]
WheelPlatform = Annotated[str, StringConstraints(pattern=r"^[a-z0-9_]+$")]
ModuleStream = Annotated[str, StringConstraints(pattern=r"^[a-z0-9-]+:[a-z0-9.]+$")]
Variable = Annotated[str, StringConstraints(pattern=r"^[A-Z_][A-Z0-9_]*$")]
# What may stand between quotes in a Dockerfile's LABEL.
LabelText = Annotated[str, StringConstraints(pattern=r'^[^"\\$\r\n]*$')]
# Registries of packages, by the name of what they serve; which host answers is the user's configuration.
Ecosystem = Literal["pypi", "npm", "go", "maven", "rubygems", "nuget"]
# What fetches for a stage of its own: from a registry of packages, or a file of a named host; what makes a repository
# of a folder of packages.
Fetching = Literal[Ecosystem, "download", "unpack", "repository"]
ClientName = Literal["official", "builtin"]
# Where a language's runtime comes from.
Source = Literal["packages", "archive", "source"]


# What the project's own families of distributions install by.
PACKAGE_MANAGERS: dict[str, tuple[str, ...]] = {
    "apk": ("apk",),
    "debian": ("apt",),
    "rpm": ("dnf", "yum", "microdnf"),
}


class Model(BaseModel):
    """Frozen, strict about keys."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Entry(Model):
    """Something with a name that an overlay may add, or replace if it says so."""

    name: Name
    origin: Path
    replaces: bool = False


class Bootstrap(Model):
    """How a root file system is made by Debian's own tool where no image registry answers."""

    tool: Literal["mmdebstrap"]
    suites: tuple[str, ...] = Field(min_length=1)
    security_suite: str | None = None
    components: tuple[str, ...] = Field(min_length=1)
    include: tuple[Package, ...] = ()


class DiskImage(Model):
    """How it is made of a virtual machine's disk that a package of PyPI carries: one file system, no partitions."""

    tool: Literal["disk-image"]
    package: str
    version: str
    sha256: dict[Platform, Sha256] = Field(min_length=1)
    disk: dict[Platform, RelativePath]


class DistroPlatform(Model):
    """What differs from architecture to architecture."""

    architecture: str
    library_directory: AbsolutePath


class Minimal(Model):
    """What of the packages' files goes into an image without a package manager."""

    programs: tuple[AbsolutePath, ...] = ()
    without: tuple[AbsolutePath, ...] = ()
    uncompiled: tuple[str, ...] = ()
    # What of a runtime in /var/lang stays out, where that is an upstream's.
    trimmed: tuple[AbsolutePath, ...] = ()
    # Modules that a runtime is linked of, where the language links one.
    modules: tuple[str, ...] = ()


class Libraries(Model):
    """What a language needs of a distribution where its runtime is not among the distribution's packages."""

    # What an upstream's archive is linked to, and its client; and what of it is for some variants alone.
    archive: tuple[Package, ...] | None = None
    besides: dict[Name, tuple[Package, ...]] = Field(default_factory=dict)
    # Of these, names that nobody has looked up.
    recalled: tuple[Package, ...] = ()
    # What a runtime that was compiled here is linked to, and what compiles it.
    source: tuple[Package, ...] | None = None
    compile: tuple[Package, ...] = ()
    # Arguments of ./configure that this distribution asks for.
    configure: tuple[ConfigureArgument, ...] = ()

    @model_validator(mode="after")
    def _compiles_what_it_links(self) -> Libraries:
        if (self.source is None) != (not self.compile):
            raise ValueError("source and compile belong together: what is compiled, and what compiles it")
        return self


class Packaged(Model):
    """A language's version among a distribution's packages: their names, and what is laid out in another way there."""

    language: Name
    version: str
    packages: dict[Name, tuple[Package, ...]] = Field(min_length=1)
    # A stream to enable first (dnf module), or a topic (amazon-linux-extras).
    module: ModuleStream | None = None
    extras: Package | None = None
    # Where the distribution ends its support of these packages before its own end.
    end_of_support: datetime.date | None = None
    # Why no image with them has been built and judged by this project, where that is so though the distribution is run.
    not_run: LabelText = ""
    # How sure the names are: seen in the distribution's own documents, or known by heart only.
    confidence: Literal["read", "recalled"] = "read"
    # Of names that were seen, those of packages or programs that are known by heart only.
    recalled: tuple[str, ...] = ()
    interpreter: AbsolutePath | None = None
    standard_library: AbsolutePath | None = None
    links: dict[str, AbsolutePath] | None = None
    tool_links: dict[str, AbsolutePath] | None = None
    minimal: Minimal | None = None
    client_tools: dict[ClientName, tuple[Package, ...]] | None = None

    @model_validator(mode="after")
    def _recalls_what_it_names(self) -> Packaged:
        named = {name for packages in self.packages.values() for name in packages}
        named |= {*(self.links or {}).values(), *(self.tool_links or {}).values(), self.interpreter or ""}
        if unknown := sorted(set(self.recalled) - named):
            raise ValueError(f"recalled names {', '.join(unknown)}, which it has not")
        return self


class Distro(Entry):
    """A distribution's release."""

    title: str
    family: Name
    package_manager: Name
    # What the package manager is told besides at each installation.
    install_options: tuple[Argument, ...] = ()
    # Whether it leaves out a package that it does not find, and succeeds all the same, as yum 3 does.
    leaves_out_unknown: bool = False
    # What it leaves behind that its own cleaning does not take away; wildcards are the shell's.
    leftovers: tuple[AbsolutePath, ...] = ()
    # The file that says where its packages come from, where a build puts a mirror's in its place (apt).
    package_sources: AbsolutePath = "/etc/apt/sources.list.d/debian.sources"
    # All trusted certificates in one file, where OpenSSL's own /etc/ssl/cert.pem is none.
    certificates_elsewhere: AbsolutePath | None = None
    libc: Literal["glibc", "musl"]
    libc_version: Annotated[str, StringConstraints(pattern=r"^[0-9]+(\.[0-9]+)+$")]
    released: datetime.date
    full_support_until: datetime.date | None = None
    # None where there is no such date: a rolling release.
    end_of_support: datetime.date | None = None
    like: Name | None = None
    image: str | None = None
    bootstrap: Annotated[Bootstrap | DiskImage, Field(discriminator="tool")] | None = None
    # Why no image on it has been built and judged by this project, where that is so: it is rendered, and said so.
    not_run: LabelText = ""
    # What else is to be known of it: names that are known by heart only, for example. Shown with each of its images.
    caution: LabelText = ""
    platforms: dict[Platform, DistroPlatform] = Field(min_length=1)
    fetchers: dict[Fetching, tuple[Package, ...]] = Field(default_factory=dict)
    # The distribution on whose root stages that only fetch stand, where this one has not got what fetches.
    fetch_on: Name | None = None
    # What the locale of Lambda's environment takes: of packages that stay, or that make it and go again.
    locale_packages: tuple[Package, ...] = ()
    # Packages of every image on it, by variant.
    common: dict[Name, tuple[Package, ...]] = Field(default_factory=dict)
    # Its packages of languages; what it brings to upstreams' archives and to what is compiled, by language.
    runtime: tuple[Packaged, ...] = ()
    libraries: dict[Name, Libraries] = Field(default_factory=dict)
    # Versions of libraries that are too old for some of what is compiled.
    library_versions: dict[Package, LibraryVersion] = Field(default_factory=dict)
    # Folders that are made before one of these packages is installed.
    installation_folders: dict[AbsolutePath, tuple[Package, ...]] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _is_installed_by_what_its_family_knows(self) -> Distro:
        known = PACKAGE_MANAGERS.get(self.family)
        if known is not None and self.package_manager not in known:
            raise ValueError(
                f"the family {self.family} installs by {' or '.join(known)}, not by {self.package_manager!r}: another "
                "package manager is another family, which has a template of its own (templates/families/FAMILY.j2)"
            )
        return self

    @model_validator(mode="after")
    def _has_a_root(self) -> Distro:
        if self.image is None and self.bootstrap is None:
            raise ValueError("needs a root: set image, or a [bootstrap] table, or both")
        return self

    @model_validator(mode="after")
    def _has_what_makes_its_locale(self) -> Distro:
        if self.package_manager == "apt" and not self.locale_packages:
            raise ValueError(
                'apt\'s distributions make the locale by localedef: locale_packages = ["locales"] brings it'
            )
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


class Download(Model):
    """A file of an upstream's own host, never without its checksum."""

    url: Annotated[str, StringConstraints(pattern=r"^https://[\w.-]+/[\w./+%-]+$")]
    sha256: Sha256 | None = None
    sha512: Sha512 | None = None

    @model_validator(mode="after")
    def _is_checked(self) -> Download:
        if (self.sha256 is None) == (self.sha512 is None):
            raise ValueError("needs one checksum, sha256 or sha512: nothing is fetched without")
        return self

    @property
    def algorithm(self) -> Literal["sha256", "sha512"]:
        """Which of the two it is."""
        return "sha256" if self.sha256 else "sha512"

    @property
    def digest(self) -> str:
        """The checksum alone."""
        return self.sha256 or self.sha512 or ""

    @property
    def checksum(self) -> str:
        """The checksum, as in `sha256:…`."""
        return f"{self.algorithm}:{self.digest}"


class Program(Model):
    """One file of a package, with its own checksum."""

    path: str
    sha256: Sha256


class Emulator(Entry):
    """AWS's emulator and the package it is taken from; AWS's own release where a distribution fetches no packages."""

    ecosystem: Literal["pypi"]
    package: str
    version: str
    sha256: Sha256
    programs: dict[Platform, Program] = Field(min_length=1)
    release: str
    release_files: dict[Platform, Download] = Field(min_length=1)
    # What is to be known of the release's files, which this project cannot reach: shown where they are taken.
    release_caution: LabelText = ""


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

    @property
    def sha512(self) -> str:
        """npm's checksum as other programs write it; empty where there is another."""
        return base64.b64decode(self.integrity.removeprefix("sha512-")).hex() if self.integrity else ""

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
    # The C libraries that its pinned packages are made for.
    libcs: tuple[Literal["glibc", "musl"], ...] = ("glibc",)
    # What it puts into /var/runtime: path there = path in the language's folder, of a file or of a whole folder.
    files: dict[RelativePath, RelativePath] = Field(default_factory=dict)
    # What the interpreter is started with, where that is not the language's own program.
    program: AbsolutePath | None = None
    # What the interpreter is given before the program; not where the user set a variable that asks for the whole.
    arguments: tuple[Argument, ...] = ()
    arguments_unless: Variable | None = None
    # Whether something of its packages is compiled where the image is built: by tools that the runtime names for it.
    has_native_part: bool = False
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


class SourcePackage(Model):
    """The upstream's archive as a source package of a distribution carries it."""

    distro: Name
    name: Package
    version: Package
    file: Package
    sha256: Sha256

    @property
    def checksum(self) -> str:
        """As in `sha256:…`."""
        return f"sha256:{self.sha256}"


class Upstream(Model):
    """A version's bytes as its upstream offers them: binaries for a C library (`archive`), or sources (`source`)."""

    # Who made them, and which release they are.
    provider: LabelText
    release: str
    # Binaries: the C library that they are linked to, and the oldest version of it that runs them. None: they are
    # linked to none, or there is nothing to run before it is compiled here.
    libc: Literal["glibc", "musl"] | None = None
    libc_min: str = ""
    # Of other libraries that it is compiled with, the oldest version that will do, where a distribution is known to
    # have an older one.
    library_min: dict[Package, LibraryVersion] = Field(default_factory=dict)
    # Files of a host, one for all variants or each variant's own; or one package of a registry in their place (Go's
    # toolchain), or several.
    files: dict[Platform, Download] = Field(default_factory=dict)
    variants: dict[Name, dict[Platform, Download]] = Field(default_factory=dict)
    module: Archive | None = None
    registry: dict[Ecosystem, tuple[PinnedPackage, ...]] = Field(default_factory=dict)
    # What pip calls the platform that a wheel is for, where that is not the one of the stage that fetches it.
    wheel_platforms: dict[Platform, WheelPlatform] = Field(default_factory=dict)
    # A source package of the distribution: its name, the file in it, and the checksum of that.
    source_package: SourcePackage | None = None
    # Where they are to be had only because the provider's host cannot be reached: what they are in truth.
    stand_in: LabelText = ""
    # The version that is taken instead, and said so, where the host of the variants' files cannot be reached.
    fallback: str = ""
    # Why they cannot be taken though they are there: no checksum of them is known.
    unpinned: LabelText = ""
    # Whether they bring all that they are linked to but the C library.
    self_contained: bool = False
    # Why no image with them has been built and judged by this project, where that is so: then they are rendered alone.
    not_run: LabelText = ""
    # What their maker or our data says about how far they can be trusted: shown wherever they are chosen.
    caution: LabelText = ""

    @model_validator(mode="after")
    def _is_somewhere(self) -> Upstream:
        places = [self.files, self.variants, self.module, self.registry, self.source_package, self.unpinned]
        if sum(map(bool, places)) != 1:
            raise ValueError(
                "needs files, variants, module, registry or source_package, or says why it is unpinned: one of them"
            )
        if self.fallback and not self.variants:
            raise ValueError("fallback is for what has variants")
        return self


class Placed(Model):
    """Where a runtime's files lie, and what belongs to it there."""

    interpreter: AbsolutePath
    standard_library: AbsolutePath | None = None
    clients: dict[Platform, ClientName] = Field(min_length=1)
    clients_reason: str
    # What a client is compiled with, in a stage of its own: nothing of it is in an image.
    client_tools: dict[ClientName, tuple[Package, ...]] = Field(default_factory=dict)
    links: dict[str, AbsolutePath] = Field(default_factory=dict)
    tool_links: dict[str, AbsolutePath] = Field(default_factory=dict)
    package_manager: tuple[Pin, ...] = ()
    # Where a copy of the package manager lies that installs it (a path, perhaps with a wildcard); else it is on hand.
    bundled_package_manager: AbsolutePath | None = None
    # A file by which the distribution forbids the package manager to install for everyone.
    externally_managed: AbsolutePath | None = None
    # Where the package manager lies after it is installed, and installs for everyone; empty where it is on hand.
    installs_into: AbsolutePath | None = None
    # The prefix of the runtime's headers, for what is compiled against them.
    headers: AbsolutePath | None = None
    minimal: Minimal = Minimal()
    # Why no image without a package manager is made of it, where that is so; in words that follow a colon.
    not_minimal: LabelText = ""


class Layout(Placed):
    """How a language is laid out by all distributions of some families (none named: by all). `{version}` stands for
    the version's name."""

    source: Source
    families: tuple[Name, ...] = ()


class Runtime(Placed):
    """How one version of a language gets onto some distributions: packages, an archive, or compiled from source.

    Archives are a toolchain of a registry (`archive`), files of an upstream's host (`downloads`, by variant), packages
    of registries that carry a runtime (`registry`), or an `upstream`'s, as sources are.
    """

    source: Source
    archive: Archive | None = None
    downloads: dict[Name, dict[Platform, Download]] = Field(default_factory=dict)
    registry: dict[Ecosystem, tuple[PinnedPackage, ...]] = Field(default_factory=dict)
    upstream: Upstream | None = None
    # The version that is taken instead, and said so, where the host of the downloads cannot be reached.
    fallback: str = ""
    distros: tuple[Name, ...] = Field(min_length=1)
    packages: dict[Name, tuple[Package, ...]] = Field(min_length=1)
    module: ModuleStream | None = None
    extras: Package | None = None
    libraries: Libraries = Libraries()
    # Libraries that are too old here, so that it is compiled without what needs them; and why, in words.
    left_out: dict[str, LabelText] = Field(default_factory=dict)
    end_of_support: datetime.date | None = None
    not_run: LabelText = ""
    confidence: Literal["read", "recalled"] = "read"
    recalled: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _has_its_source(self) -> Runtime:
        tables = [self.archive is not None, bool(self.downloads), bool(self.registry)].count(True)
        wanted = (0,) if self.source == "packages" else (1,) if self.upstream is None else (0, 1)
        if tables not in wanted or (self.source == "packages" and self.upstream is not None):
            raise ValueError(
                'a runtime with source = "archive" has one table archive, downloads or registry, and no other has one'
            )
        if self.fallback and not self.downloads:
            raise ValueError("fallback is for a runtime that has downloads")
        return self

    def lacks(self, variant: Variant) -> str | None:
        """Why no image of a variant is made of it, in words that follow a colon, or none; None where one is."""
        if variant.minimal and self.not_minimal:
            return f": {self.not_minimal}"
        return None if variant.name in self.packages else ""


class Version(Model):
    """A version of a language."""

    name: str
    end_of_support: datetime.date
    execution_environment: Annotated[str, StringConstraints(pattern=r"^AWS_Lambda_[a-z]+[0-9.]*x?$")]
    # Why this is no release of the language but stands in for one, where that is so: said wherever it is shown.
    stand_in: LabelText = ""
    # Variables that the bootstrap exports where the user has not: search paths and the like.
    defaults: dict[Variable, AbsolutePath] = Field(default_factory=dict)
    # How it gets onto the distributions that are named there; distributions themselves name their own packages.
    runtime: tuple[Runtime, ...] = ()
    # Its upstreams' binaries and sources: for every distribution that can run, or compile, them.
    archive: tuple[Upstream, ...] = ()
    source: tuple[Upstream, ...] = ()


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
    layout: tuple[Layout, ...] = ()
    # The language's package manager, for layouts into which one is installed: pins for some versions each.
    package_manager: tuple[Pin, ...] = ()
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
