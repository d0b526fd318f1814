"""The rendered context is the product: every change of it is seen here, as a difference of files.

What is copied as it is (scripts, the client's own files) is not repeated: `files.txt` names it.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from golden.plans import EMULATED, FETCHING, LOCKED, PLANS, RESOLVING, catalog, context, plan
from lambda_image.plan import Selection, plans
from lambda_image.render import BuildContext, install_steps, render

HERE = Path(__file__).parent
HADOLINT = Path(sys.executable).parent / "hadolint"
# apt, yum, dnf, apk: an archive keeps only the newest version of a package, so a pinned one fails next week.
# DL3007: UBI and Wolfi offer their newest under no other name.
HADOLINT_IGNORED = ("DL3007", "DL3008", "DL3018", "DL3033", "DL3041")
GENERATED = (
    "Dockerfile",
    "go.sum",
    "modules.txt",
    "package.json",
    "package-lock.json",
    "requirements.txt",
    "runtime.sh",
    "sets",
    "sha256sums",
)


def golden(built: BuildContext) -> dict[str, str]:
    """What is compared. The digest changes with every file, so it is left out."""
    files = {name: file.content.decode() for name, file in built.files.items() if Path(name).name in GENERATED}
    files["Dockerfile"] = files["Dockerfile"].replace(built.digest, "sha256:(digest)")
    files["files.txt"] = "".join(f"{file.mode:o} {name}\n" for name, file in built.files.items())
    return files


@pytest.mark.parametrize("name", [*PLANS, *RESOLVING, *FETCHING])
def test_context_is_the_reviewed_one(name: str, request: pytest.FixtureRequest) -> None:
    """Renew with `python -m pytest tests/golden --renew-golden`, then review the difference."""
    folder, rendered = HERE / "expected" / name, golden(context(name))
    if request.config.getoption("--renew-golden", default=False):
        for path in folder.rglob("*"):
            if path.is_file():
                path.unlink()
        for file, text in rendered.items():
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(text)
    expected = {str(path.relative_to(folder)): path.read_text() for path in folder.rglob("*") if path.is_file()}
    assert rendered == expected


@pytest.mark.parametrize("name", PLANS)
def test_rendering_twice_gives_the_same_bytes(name: str) -> None:
    assert context(name) == context(name)


@pytest.mark.parametrize("name", [*PLANS, *RESOLVING, *FETCHING])
def test_dockerfile_is_tidy(name: str) -> None:
    """No trailing space, no tab, no two blank lines in a row, one line break at the end."""
    text = context(name).files["Dockerfile"].content.decode()
    assert not re.search(r"[ \t]+$", text, re.MULTILINE)
    assert "\t" not in text
    assert "\n\n\n" not in text
    assert text.endswith("\n")
    assert not text.endswith("\n\n")


@pytest.mark.parametrize("name", PLANS)
def test_dockerfile_has_the_sections_in_order(name: str) -> None:
    text = context(name).files["Dockerfile"].content.decode()
    sections = re.findall(r"^# ---- ([a-z ]+)", text, re.MULTILINE)
    scripts = ["scripts of lambda"] if plan(name).added.scripts and plan(name).variant != "slim" else []
    order = ["base", "packages", "language runtime", "client", *scripts, "layout and environment", "entrypoint"]
    staged = " AS runtime\n" in text or " AS npm\n" in text
    before = [*(["emulator"] if plan(name).emulator else []), *(["runtime"] if staged else [])]
    assert sections == [*before, *order]


@pytest.mark.parametrize("name", PLANS)
def test_dockerfile_builds_on_the_oldest_engine(name: str) -> None:
    """BuildKit 0.8 has no heredocs, --link, --parents; a `# syntax=` line would ask a registry."""
    text = context(name).files["Dockerfile"].content.decode()
    assert not re.search(r"^# *syntax *=", text, re.MULTILINE | re.IGNORECASE)
    assert not re.search(r"<<|--link|--parents|^ARG ", text, re.MULTILINE)


@pytest.mark.parametrize("name", PLANS)
def test_hadolint_finds_nothing(name: str) -> None:
    words = [word for rule in HADOLINT_IGNORED for word in ("--ignore", rule)]
    text = context(name).files["Dockerfile"].content
    done = subprocess.run([HADOLINT, "--no-color", *words, "-"], input=text, capture_output=True, check=False)
    assert (done.stdout.decode(), done.returncode) == ("", 0)


@pytest.mark.parametrize("name", PLANS)
def test_no_command_needs_a_secret_to_be_there(name: str) -> None:
    """A bare `docker build` has none: Maven and those like it refuse a file of settings that is not there."""
    for command in dockerfile_of(name).replace("\\\n", " ").splitlines():
        for path in re.findall(r"--(?:settings|config|userconfig|cacert)[ =](/run/\S+?);? ", command):
            assert f"if [ -e {path} ]" in command or f"if [ -s {path} ]" in command


@pytest.mark.parametrize("name", EMULATED)
def test_only_what_is_fetched_and_cross_compiled_stands_on_the_machine_s_own_platform(name: str) -> None:
    """No stage that the image, or what runs in it, is made of; and nothing is copied but out of those."""
    found = plan(name)
    text = context(name).files["Dockerfile"].content.decode()
    froms = re.findall(r"^FROM (--platform=\S+ )?(\S+)(?: AS (\S+))?$", text, re.MULTILINE)
    here = {stage for flag, root, stage in froms if flag}
    assert {flag for flag, root, stage in froms if root == "example/amd64-root:1"} == {"--platform=$BUILDPLATFORM "}
    assert here <= {"emulator", "runtime", "compiler", "toolchain", "npm", "client"}
    assert not [root for flag, root, _ in froms if flag and root != "example/amd64-root:1"]
    assert "base" in [stage for flag, _, stage in froms if not flag]
    assert not froms[-1][0]
    assert (" GOARCH=arm64 " in text) == (found.language == "go")


def test_a_native_build_has_no_platform_of_its_own() -> None:
    """Whoever builds the same image without emulation gets the same stages, and so the same bytes."""
    native = plan("standard")
    assert native.fetching_on(native.platform, native.fetch_root) == native
    assert not [name for name in PLANS if name not in EMULATED and "FROM --platform=" in dockerfile_of(name)]


def dockerfile_of(name: str) -> str:
    return context(name).files["Dockerfile"].content.decode()


def test_packages_stand_one_a_line_and_sorted() -> None:
    text = context("standard").files["Dockerfile"].content.decode()
    installs = re.findall(r"--no-install-recommends \\\n((?: {6}[^\n]+\n)+)", text)
    assert installs
    for block in installs:
        packages = [line.strip().removesuffix(" \\") for line in block.splitlines()]
        assert packages == sorted(packages)
        assert all(" " not in package for package in packages)


@pytest.mark.parametrize("name", LOCKED)
def test_every_package_of_a_locked_context_has_a_version(name: str) -> None:
    """An unlocked context has the same steps, and names alone."""
    for one, ends in ((name, re.compile(r"[=-]1:2\.3-4$")), (LOCKED[name], re.compile(r"^[^=:]+$"))):
        blocks = installed(context(one).files["Dockerfile"].content.decode())
        assert blocks
        assert not [package for block in blocks for package in block if not ends.search(package)]


def installed(dockerfile: str) -> list[list[str]]:
    """The packages that each installing command of a Dockerfile names."""
    found = re.findall(r"(?:apt-get install|apk add|(?:yum|dnf) install)[^\n]* \\\n((?: {6}[^\n]+\n)+)", dockerfile)
    return [[line.strip().removesuffix(" \\") for line in block.splitlines()] for block in found]


@pytest.mark.parametrize("name", [name for name in PLANS if name not in LOCKED])
def test_every_installing_command_is_a_step_that_a_lock_knows(name: str) -> None:
    """Read from the Dockerfile on the one hand, told by the templates on the other."""
    blocks = installed(context(name).files["Dockerfile"].content.decode())
    told = [sorted(step.packages) for step in install_steps(plan(name), catalog())]
    assert sorted(blocks) == sorted(told)


def first_layers(language: str, variant: str) -> list[str]:
    """The instructions of an image up to what is its language's own."""
    words = Selection(languages=(language,), variants=(variant,), platforms=("linux/amd64",))
    (wanted,) = plans(catalog(), words)
    text = render(wanted, catalog()).files["Dockerfile"].content.decode()
    stage = re.split(r"^FROM \S+ AS base$", text, flags=re.MULTILINE)[1].split("# ---- language runtime")[0]
    lines = "\n".join(line for line in stage.splitlines() if line and not line.startswith("#"))
    return lines.replace("\\\n", "").splitlines()


@pytest.mark.parametrize("language", sorted(catalog().languages))
def test_a_build_image_begins_with_the_layers_of_the_standard_one(language: str) -> None:
    standard, build = first_layers(language, "standard"), first_layers(language, "build")
    assert build[:-1] == standard


def test_all_languages_begin_with_the_same_layers() -> None:
    """The emulator, and the packages of every image with the locale; then each has its own."""
    found = [first_layers(language, "standard") for language in catalog().languages]
    assert len({tuple(one[:2]) for one in found}) == 1
    assert len({tuple(one) for one in found}) == len(found)
