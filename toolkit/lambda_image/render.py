"""A plan becomes a build context: files and a digest. Pure: same data, same bytes, no network, no clock.

The context is the product: `docker buildx build .` in it, without arguments, builds the image.
"""

from __future__ import annotations

import hashlib
import shutil
import traceback
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import jinja2
from lambda_image import __version__, go_module, pinned, resources
from lambda_image.additions import Script
from lambda_image.at_hand import NOTHING, Asked, AtHand, Fetched
from lambda_image.catalog import (
    Archive,
    Catalog,
    Client,
    Distro,
    Download,
    Ecosystem,
    Language,
    PinnedPackage,
    Platform,
    Runtime,
    SourcePackage,
    Variant,
    Version,
)
from lambda_image.errors import ConfigurationError
from lambda_image.installs import Installs, InstallSet, InstallStep, Locked, Recording, Unlocked, Wanted
from lambda_image.plan import ImagePlan, find_runtime

EXECUTABLE = 0o755
PLAIN = 0o644
# `{% extends "lambda-image/Dockerfile.j2" %}` in an overlay's template of that name means the project's own.
OURS = "lambda-image"


@dataclass(frozen=True)
class File:
    """A file of the context."""

    content: bytes
    mode: int = PLAIN


@dataclass(frozen=True, kw_only=True)
class BuildContext:
    """What `docker buildx build` is given; the digest is that of all files, and a label of the image."""

    files: Mapping[str, File]
    digest: str
    # What comes along from this machine instead of being fetched, by its place; of no effect on the digest.
    outside: Mapping[str, Path] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Write all files, with their own modes whatever the umask is: the image's files get them too.

        What else is in the folder, and the folder itself, stay as they are.
        """
        for name, file in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(file.content)
            path.chmod(file.mode)
        for name, source in self.outside.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(source, path)
            path.chmod(PLAIN)
        for inner in {inner for name in (*self.files, *self.outside) for inner in Path(name).parents[:-1]}:
            (folder / inner).chmod(EXECUTABLE)


@dataclass(frozen=True, kw_only=True)
class Facts:
    """What a plan's names stand for in the catalog: the words that templates use."""

    plan: ImagePlan
    catalog: Catalog
    language: Language
    version: Version
    runtime: Runtime
    distro: Distro
    variant: Variant
    client: Client

    @property
    def platform(self) -> Platform:
        """The plan's."""
        return self.plan.platform

    @property
    def packages(self) -> tuple[str, ...]:
        """What the distribution's package manager installs: the variant's packages, and those of what it extends."""
        named = self.runtime.packages
        own = [package for one in self.catalog.extended(self.variant.name) for package in named.get(one, ())]
        return tuple(dict.fromkeys([*own, *self.plan.added.packages]))

    @property
    def common_packages(self) -> tuple[str, ...]:
        """Those of all images of the distribution."""
        first = self.catalog.extended(self.variant.name)[-1]
        return tuple(package for package in self.distro.common.get(first, ()) if package in self.packages)

    @property
    def package_steps(self) -> tuple[tuple[str, ...], ...]:
        """The same in the order in which they are shared: by all languages, by a language's variants, by this one."""
        variants = self.catalog.extended(self.variant.name)[::-1]
        own = [self.runtime.packages.get(variant, ()) for variant in variants]
        wanted = [self.common_packages, *own, self.plan.added.packages]
        steps: list[tuple[str, ...]] = []
        for packages in wanted:
            there = {package for step in steps for package in step}
            if new := tuple(package for package in dict.fromkeys(packages) if package not in there):
                steps.append(new)
        return tuple(steps)

    @property
    def client_tools(self) -> tuple[str, ...]:
        """What the client is compiled with."""
        return self.runtime.client_tools.get(self.client.name, ())

    @property
    def fetching(self) -> Distro:
        """The distribution on whose root stages that only fetch stand."""
        return self.catalog.fetching(self.distro)

    @property
    def emulator_is_packaged(self) -> bool:
        """Whether AWS's emulator is taken from a registry's package, or from AWS's own release."""
        return self.catalog.emulator.ecosystem in self.fetching.fetchers

    @property
    def has_client(self) -> bool:
        """Whether the client is in the image: one that is linked into functions is where they are compiled."""
        return self.language.client_delivery != "linked" or self.variant.compiles

    @property
    def program(self) -> str:
        """What the interpreter is started with."""
        return self.client.program or self.language.program


def render(
    plan: ImagePlan,
    catalog: Catalog,
    *,
    created: str = "",
    locked: Sequence[tuple[Wanted, ...]] | None = None,
    at_hand: AtHand = NOTHING,
) -> BuildContext:
    """The build context of a plan. `created` is the label of that name, RFC 3339; none if empty.

    `locked` has the packages of each of its `install_steps`; else the package manager chooses. What is `at_hand` is not
    fetched by the build.
    """

    def dockerfile(digest: str, at_hand: AtHand = NOTHING) -> File:
        installs: Installs = Unlocked() if locked is None else Locked(locked)
        return File(_dockerfile(facts, installs, digest=digest, created=created, at_hand=at_hand).encode())

    facts = look_up(plan, catalog)
    # The digest is a label in the Dockerfile itself, so it is that of the context with the label left empty; and that
    # of the context whose build fetches all: the same bytes make the same image, wherever they come from.
    digest = _digest({**dict(_files(facts)), "Dockerfile": dockerfile("")})
    files = dict(_files(facts, offline=at_hand.offline))
    files["Dockerfile"] = dockerfile(digest, at_hand)
    return BuildContext(files=dict(sorted(files.items())), digest=digest, outside=at_hand.placed)


def downloads(plan: ImagePlan, catalog: Catalog) -> tuple[Download, ...]:
    """The files that the steps of a plan's context fetch by their addresses."""
    return tuple(one for one in _fetched(plan, catalog) if isinstance(one, Download))


def source_packages(plan: ImagePlan, catalog: Catalog) -> tuple[SourcePackage, ...]:
    """Those that they fetch as source packages of the plan's own distribution."""
    return tuple(one for one in _fetched(plan, catalog) if isinstance(one, SourcePackage))


def _fetched(plan: ImagePlan, catalog: Catalog) -> Iterable[Fetched]:
    asked = Asked()
    _dockerfile(look_up(plan, catalog), Unlocked(), digest="", created="", at_hand=asked)
    return asked.files.values()


def install_steps(plan: ImagePlan, catalog: Catalog) -> tuple[InstallStep, ...]:
    """The steps of a plan's context in which a distribution's packages are installed."""
    recording = Recording()
    return recording.steps(_dockerfile(look_up(plan, catalog), recording, digest="", created=""))


def resolving(
    distro: Distro, root: str, sets: Sequence[InstallSet], catalog: Catalog, *, asked: str, sources: str
) -> BuildContext:
    """The context of a build that asks a root's package manager what these sets of packages would bring in.

    Another word in `asked` reads the repositories anew; one in `sources` says that they are others.
    """
    template = environment(template_folders(catalog)).get_template("resolve.j2")
    variables = {**_on_root(distro, root), "sets": sets, "asked": asked, "sources": sources}
    files = {
        "Dockerfile": File(template.render(variables).encode()),
        "question/sets": File("".join(f"{' '.join(one.words)}\n" for one in sets).encode()),
    }
    if script := _found(catalog, f"build/{distro.family}-resolve.sh"):
        files["question/resolve.sh"] = File(script, EXECUTABLE)
    return BuildContext(files=dict(sorted(files.items())), digest=_digest(files))


def fetching_packages(
    distro: Distro, root: str, sets: Sequence[str], catalog: Catalog, *, enabled: Sequence[str] = ()
) -> BuildContext | None:
    """The context of a build that fetches a distribution's packages into a folder; None for families that have none."""
    script = _found(catalog, f"build/{distro.family}-fetch.sh")
    if script is None:
        return None
    template = environment(template_folders(catalog)).get_template("fetch/packages.j2")
    files = {
        "Dockerfile": File(template.render({**_on_root(distro, root), "enabled": enabled}).encode()),
        "fetch.sh": File(script, EXECUTABLE),
        "sets": File("".join(f"{one}\n" for one in sets).encode()),
    }
    return BuildContext(files=dict(sorted(files.items())), digest=_digest(files))


def _on_root(distro: Distro, root: str) -> dict[str, object]:
    """What a template of a build that makes no image of a plan may name: a distribution's root, on which all stands."""
    return {
        "distro": distro,
        "stands_on": distro,
        "secret_suffix": "",
        "root": root,
        "installs": Unlocked(),
        "at_hand": NOTHING,
    }


def fetching_pins(plan: ImagePlan, catalog: Catalog, folder: PinnedFolder) -> BuildContext:
    """The context of a build in which a registry's own program fetches what a folder of a plan's context pins."""
    facts = look_up(plan, catalog)
    template = environment(template_folders(catalog)).get_template("fetch/pins.j2")
    variables = template_variables(facts, digest="", created="") | {"folder": folder}
    # What is fetched first, to fetch with.
    needed = (folder.name, "package-manager", "toolchain")
    files = {name: file for name, file in _files(facts) if name.split("/")[0] in needed}
    files["Dockerfile"] = File(template.render(variables).encode())
    return BuildContext(files=dict(sorted(files.items())), digest=_digest(files))


def look_up(plan: ImagePlan, catalog: Catalog) -> Facts:
    """What the names of a plan stand for."""
    language, distro = catalog.languages[plan.language], catalog.distros[plan.distro]
    version, client = language.find_version(plan.version), language.find_client(plan.client)
    assert version is not None
    assert client is not None
    return Facts(
        plan=plan,
        catalog=catalog,
        language=language,
        version=version,
        runtime=find_runtime(catalog, plan),
        distro=distro,
        variant=catalog.variants[plan.variant],
        client=client,
    )


def _digest(files: Mapping[str, File]) -> str:
    total = hashlib.sha256()
    for name, file in sorted(files.items()):
        total.update(f"{name}\0{file.mode:o}\0{len(file.content)}\0".encode() + file.content)
    return "sha256:" + total.hexdigest()


@dataclass(frozen=True, kw_only=True)
class PinnedFolder:
    """A folder of a context that pins packages of a registry."""

    name: str
    ecosystem: Ecosystem
    pins: tuple[PinnedPackage, ...]
    # In the place of pins: a toolchain that is one package, and for which platform.
    archive: Archive | None = None
    archive_platform: Platform | None = None
    is_package_manager: bool = False

    def files(self, facts: Facts, *, offline: bool = False) -> pinned.Files:
        """What the registry's own program reads."""
        point = facts.version.name, facts.platform
        if self.archive is not None:
            return pinned.archive(self.archive, self.archive_platform or facts.platform)
        if self.is_package_manager:
            return pinned.package_manager(self.ecosystem, self.pins, *point)
        return pinned.files(self.ecosystem, self.pins, *point, offline=offline)


def pinned_folders(facts: Facts) -> Iterator[PinnedFolder]:
    """All of a context, but for the emulator's."""
    yield from _toolchains(facts)
    for ecosystem, packages in facts.runtime.registry.items():
        yield PinnedFolder(name=f"packages-{ecosystem}", ecosystem=ecosystem, pins=packages)
    if facts.client.ecosystem is not None and facts.has_client:
        yield PinnedFolder(name="client", ecosystem=facts.client.ecosystem, pins=facts.client.pin)
    if facts.language.offered and facts.variant.compiles:
        yield PinnedFolder(name="offered", ecosystem=facts.language.ecosystem, pins=facts.language.offered)
    if needs_package_manager(facts):
        yield PinnedFolder(
            name="package-manager",
            ecosystem="npm" if "npm" in facts.runtime.registry else facts.language.ecosystem,
            pins=facts.runtime.package_manager,
            is_package_manager=True,
        )


def _toolchains(facts: Facts) -> Iterator[PinnedFolder]:
    """The toolchain that compiles, and that of a build image, where that is another."""
    archive, built_on = facts.runtime.archive, facts.plan.built_on
    if archive is None:
        return
    if built_on is not None:
        yield PinnedFolder(
            name="compiler", ecosystem=archive.ecosystem, pins=(), archive=archive, archive_platform=built_on
        )
    if built_on is None or facts.variant.compiles:
        yield PinnedFolder(name="toolchain", ecosystem=archive.ecosystem, pins=(), archive=archive)


def _files(facts: Facts, *, offline: bool = False) -> Iterator[tuple[str, File]]:
    yield from _runtime_files(facts)
    for one in pinned_folders(facts):
        for name, content in one.files(facts, offline=offline).items():
            yield f"{one.name}/{name}", File(content)
    if facts.language.client_delivery == "compiled" and facts.client.module is not None:
        yield from _copied(facts.language.folder / facts.client.module, "source")
        if facts.language.training is not None:
            yield from _copied(facts.language.folder / facts.language.training, "training")
    elif facts.client.module is not None and facts.has_client:
        folder = facts.language.folder / facts.client.module
        for name, content in go_module.files(folder, facts.client.version).items():
            yield f"modules/{name}", File(content)
    if facts.plan.emulator and facts.emulator_is_packaged:
        yield "emulator/requirements.txt", File(emulator_requirement(facts).encode())
        program = facts.catalog.emulator.programs[facts.platform]
        yield "emulator/sha256sums", File(f"{program.sha256}  /emulator/{program.path}\n".encode())
    for certificate in facts.plan.certificates:
        yield f"certificates/{certificate.name}.crt", File(certificate.pem)
    for numbered, own in _scripts(facts).items():
        yield f"scripts/{numbered}", File(own.content, EXECUTABLE)
    if facts.variant.minimal:
        for script in ("minimal-root.sh", f"{facts.distro.family}-minimal-root.sh"):
            yield f"build/{script}", File(_find(facts, f"build/{script}"), EXECUTABLE)
    else:
        yield "lambda-entrypoint.sh", File(_find(facts, "rootfs/lambda-entrypoint.sh"), EXECUTABLE)


def _scripts(facts: Facts) -> dict[str, Script]:
    """The user's own, numbered in their order."""
    if facts.variant.minimal:
        return {}  # of a minimal image's root only its packages' files stay
    return {f"{number:02d}-{one.name}": one for number, one in enumerate(facts.plan.added.scripts, start=1)}


def needs_package_manager(facts: Facts) -> bool:
    """Whether one is installed, to stay in the image or in a stage of its own for what is fetched with it."""
    if not facts.runtime.package_manager:
        return False
    ecosystem = facts.client.ecosystem
    # npm's clients are compiled where the interpreter is, by the npm of that stage.
    fetched = ecosystem == "npm" or (ecosystem is not None and ecosystem not in facts.fetching.fetchers)
    return fetched or bool(facts.runtime.registry) or not facts.variant.minimal


def _runtime_files(facts: Facts) -> Iterator[tuple[str, File]]:
    """What lies in /var/runtime beside what the client's packages put there."""
    own = facts.language.folder
    if facts.language.client_delivery == "linked":
        yield from _copied(own / facts.language.minimal_bootstrap, "launcher")
        return
    for name in facts.language.files:
        yield f"runtime/{name}", File((own / name).read_bytes())
    for there, source in facts.client.files.items():
        yield from _copied(own / source, f"runtime/{there}")
    if facts.variant.minimal:
        # A script of the language itself or of a shell; its first line names the interpreter's file, not a link.
        reader = facts.language.minimal_shell or facts.runtime.interpreter
        _, rest = (own / facts.language.minimal_bootstrap).read_bytes().split(b"\n", 1)
        first = " ".join((reader, *facts.client.arguments))
        yield "runtime/bootstrap", File(f"#!{first}\n".encode() + rest, EXECUTABLE)
        if facts.language.options:
            yield "runtime/runtime.sh", File(_constants(facts).encode())
        return
    yield "runtime/bootstrap", File(_find(facts, "rootfs/bootstrap"), EXECUTABLE)
    yield "runtime/runtime.sh", File(_constants(facts).encode())


def _copied(source: Path, name: str) -> Iterator[tuple[str, File]]:
    """A file, or all files of a folder; what an interpreter or an editor left there is not source."""
    if source.is_file():
        yield name, File(source.read_bytes())
        return
    for path in sorted(source.rglob("*")):
        inner = path.relative_to(source)
        if path.is_file() and not any(part == "__pycache__" or part.startswith(".") for part in inner.parts):
            yield f"{name}/{inner.as_posix()}", File(path.read_bytes())


def _find(facts: Facts, name: str) -> bytes:
    """A shared file, from the last root that has it."""
    content = _found(facts.catalog, name)
    assert content is not None, name
    return content


def _found(catalog: Catalog, name: str) -> bytes | None:
    found = next((path for root in reversed(catalog.roots) if (path := root / name).is_file()), None)
    return found.read_bytes() if found else None


def _constants(facts: Facts) -> str:
    interpreter = "/var/lang/bin/" + Path(facts.runtime.interpreter).name
    defaults = [f'export {name}="${{{name}-{value}}}"\n' for name, value in facts.version.defaults.items()]
    options = [f". /var/runtime/{name}\n" for name in (facts.language.options, facts.client.options) if name]
    return (
        "# Read by bootstrap beside it. Generated.\n"
        f"interpreter={interpreter}\n"
        f"program={facts.program}\n{_arguments(facts.client)}"
        f"export AWS_EXECUTION_ENV={facts.version.execution_environment}\n" + "".join(defaults + options)
    )


def _arguments(client: Client) -> str:
    """Where the client has some: the interpreter's arguments, unless the user's variable asks for the whole."""
    if not client.arguments:
        return ""
    words = " ".join(client.arguments)
    unless = client.arguments_unless
    return f"arguments='{words}'\n" + (f'[ -z "${{{unless}:-}}" ] || arguments=\n' if unless else "")


def emulator_requirement(facts: Facts) -> str:
    """The emulator's package, as pip wants it."""
    emulator = facts.catalog.emulator
    return pinned.requirement(emulator.package, emulator.version, (emulator.sha256,))


@cache
def environment(folders: tuple[Path, ...]) -> jinja2.Environment:
    """The template environment; the first folder that has a template wins."""
    return jinja2.Environment(
        loader=jinja2.ChoiceLoader(
            [
                jinja2.FileSystemLoader(folders),
                # What a template that takes the place of ours can extend.
                jinja2.PrefixLoader({OURS: jinja2.FileSystemLoader(resources.TEMPLATES)}),
            ]
        ),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        autoescape=False,  # noqa: S701 # Dockerfiles, not HTML
        extensions=["jinja2.ext.do"],
    )


def template_folders(catalog: Catalog) -> tuple[Path, ...]:
    """Where templates are looked for: `templates/` of overlay roots, the last first, then ours."""
    overlays = (root / "templates" for root in reversed(catalog.roots))
    return (*(folder for folder in overlays if folder.is_dir()), resources.TEMPLATES)


def template_variables(
    facts: Facts, *, digest: str, created: str, installs: Installs | None = None, at_hand: AtHand = NOTHING
) -> dict[str, object]:
    """Everything that a template may name."""
    return {
        "installs": installs or Unlocked(),
        "at_hand": at_hand,
        "plan": facts.plan,
        "language": facts.language,
        "version": facts.version,
        "runtime": facts.runtime,
        "distro": facts.distro,
        "fetching": facts.fetching,
        "variant": facts.variant,
        "client": facts.client,
        "client_tools": facts.client_tools,
        "has_runtime_files": bool(facts.client.pin) and facts.language.client_delivery != "linked",
        "packages": facts.packages,
        "common_packages": facts.common_packages,
        "package_steps": facts.package_steps,
        "emulator": facts.catalog.emulator,
        "emulator_is_packaged": facts.emulator_is_packaged,
        "library_directory": facts.distro.platforms[facts.platform].library_directory,
        "scripts": tuple(_scripts(facts)),
        "own_environment": dict(facts.plan.added.environment),
        "labels": _labels(facts, digest, created),
    }


def _dockerfile(facts: Facts, installs: Installs, *, digest: str, created: str, at_hand: AtHand = NOTHING) -> str:
    variables = template_variables(facts, digest=digest, created=created, installs=installs, at_hand=at_hand)
    try:
        return environment(template_folders(facts.catalog)).get_template("Dockerfile.j2").render(variables)
    except jinja2.TemplateError as error:
        raise ConfigurationError(
            f"{facts.plan.id}: {_place(error)}: {error.message}",
            hint="docs/tutorial and docs/company show what a template of one's own may name",
        ) from error


def _place(error: jinja2.TemplateError) -> str:
    """The line of a template in which it went wrong: jinja2 puts it among the lines of the traceback."""
    if isinstance(error, jinja2.TemplateSyntaxError):
        return f"{error.filename or error.name}:{error.lineno}"
    lines = traceback.extract_tb(error.__traceback__)
    found = [line for line in lines if line.filename.endswith(".j2")]
    return f"{found[-1].filename}:{found[-1].lineno}" if found else "a template"


def _labels(facts: Facts, digest: str, created: str) -> dict[str, str]:
    plan = facts.plan
    title = f"{facts.language.title} {plan.version} on {facts.distro.title} for AWS Lambda"
    image = {
        "title": title,
        "description": f"{title}: {plan.variant}, client {plan.client} {plan.client_version}",
        "version": plan.version,
        "created": created,
        "licenses": "Apache-2.0",
        "base.name": plan.root.reference,
    }
    own = {
        "plan": plan.id,
        "language": plan.language,
        "version": plan.version,
        "distro": plan.distro,
        "variant": plan.variant,
        "client": plan.client,
        "client-version": plan.client_version,
        "profiles": " ".join(plan.claims),
        "root": plan.root.origin,
        "source": plan.source,
        "provider": plan.provider,
        "not-run": plan.not_run,
        "support": "; ".join(f"{end} {who}" for who, end in plan.support),
        "not-exercised": plan.not_exercised,
        "stand-in": plan.stand_in,
        "toolkit": __version__,
        "context": digest,
    }
    named = {f"org.opencontainers.image.{key}": value for key, value in image.items()}
    named |= {f"lambda-image.{key}": value for key, value in own.items()}
    named |= dict(plan.added.labels)
    return {key: value for key, value in named.items() if value or key == "lambda-image.context"}
