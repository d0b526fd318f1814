"""Commands of rendered Dockerfiles are there: what a root lacks is installed in the stage, or in one it stands on."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import pytest
from lambda_image import catalog as catalogs
from lambda_image.plan import ImagePlan, Selection, resolve
from lambda_image.render import render

CATALOG = catalogs.load()
# Programs that the smallest images have not got, by the package that brings them: as package lists of the images and
# the documents of their makers have it (read in 2026; of minimal images known by heart).
UNPACK = {"tar": "tar", "gzip": "gzip", "xz": "xz", "unzip": "unzip"}
FIND = {"find": "findutils", "xargs": "findutils"}
OTHERS = {"which": "which", "useradd": "shadow-utils", "ps": "procps-ng", "git": "git", "make": "make", "gcc": "gcc"}
LACKS = {
    "al2": UNPACK | OTHERS,
    "al2023": UNPACK | FIND | OTHERS,
    "al2023-minimal": UNPACK | FIND | OTHERS | {"dnf": "dnf"},
    "ubi-8": UNPACK | FIND | OTHERS | {"dnf": "dnf"},
    "ubi-9": UNPACK | FIND | OTHERS | {"dnf": "dnf"},
    "rocky-9": UNPACK | FIND | OTHERS | {"dnf": "dnf"},
    "alma-9": UNPACK | FIND | OTHERS | {"dnf": "dnf"},
}
# Options that a root's old programs do not know: coreutils 8.22, yum 3.4.
TOO_NEW = {"al2": ("env -C", "install_weak_deps", "--nodocs")}
# What a script of the context starts, by the place where it is copied or mounted.
SCRIPTS = {"/source/build.sh": ("find",), "/training/compile.sh": ("find", "xargs")}


@dataclass
class Stage:
    distro: str
    has: set[str] = field(default_factory=set)


def roots() -> dict[str, str]:
    return {distro.image: name for name, distro in CATALOG.distros.items() if distro.image}


def faults(dockerfile: str) -> list[str]:
    """In words: the stage, the command, and what is wrong with it."""
    of, stages, stage, wrong = roots(), dict[str, Stage](), Stage("scratch"), []
    text = re.sub(r"\\\n", " ", re.sub(r"^ *#.*\n", "", dockerfile, flags=re.MULTILINE))
    for line in text.splitlines():
        if begins := re.match(r"FROM (?:--platform=\S+ )?(\S+)(?: AS (\S+))?$", line):
            base, name = begins.groups()
            stage = Stage(stages[base].distro, set(stages[base].has)) if base in stages else Stage(of.get(base, base))
            if name:
                stages[name] = stage
        if not line.startswith("RUN "):
            continue
        command = re.sub(r"--mount=\S+", "", line.removeprefix("RUN "))
        for part in re.split(r"&&|\|\||[;|{}]", command):
            wrong += [f"{stage.distro}: {part.strip()}: {why}" for why in wrong_with(part, stage)]
    return wrong


def wrong_with(part: str, stage: Stage) -> list[str]:
    if installed := re.search(r"\b(?:yum|dnf|microdnf|apk|apt-get) (?:install|add)\b(.*)", part):
        packages = [word for word in installed[1].replace('"$@"', "").split() if not word.startswith("-")]
        stage.has.update(packages)
        return [] if packages else ["installs nothing"]
    lacks, words = LACKS.get(stage.distro, {}), [word.rpartition("/")[2] for word in part.split()]
    words += [program for script, programs in SCRIPTS.items() if script in part for program in programs]
    # `-xf` finds out by itself what unpacks an archive.
    words += [{"gz": "gzip", "xz": "xz"}[kind] for kind in re.findall(r"https://\S+\.tar\.(gz|xz)\b", part)]
    started = [word for word in words if word in lacks and (word == words[0] or is_started(word, part))]
    why = [f"{word} is not there" for word in started if lacks[word] not in stage.has]
    why += [f"{option!r} is not known there" for option in TOO_NEW.get(stage.distro, ()) if option in part]
    return why + (["names nothing (None)"] if re.search(r"=None\b", part) else [])


def is_started(word: str, part: str) -> bool:
    """Not only the command's own name: what another starts, and what a script or an archive needs."""
    return bool(re.search(rf"\b(?:env|xargs|exec|then|do|sh)\b.*\b{word}\b", part)) or not re.search(
        rf"\b{word}\b", part
    )


@pytest.mark.parametrize("language", CATALOG.languages)
def test_no_command_of_any_plan_is_one_that_its_root_lacks(language: str) -> None:
    every = ("*",)
    wrong: dict[str, list[str]] = {}
    for source in ("packages", "archive", "source"):
        selection = Selection(
            languages=(language,),
            versions=every,
            distros=(*LACKS, "alpine-3.23", "debian-13"),
            variants=every,
            clients=("builtin", "official"),
            platforms=("linux/amd64",),
            source=source,
        )
        chosen = [answer for answer in resolve(CATALOG, selection) if isinstance(answer, ImagePlan)]
        for plan in chosen:
            if found := faults(render(plan, CATALOG).files["Dockerfile"].content.decode()):
                wrong[plan.id] = found
    assert not wrong


@pytest.mark.parametrize(
    ("root", "command", "fault"),
    [
        ("amazonlinux:2023", "env xargs go mod download", "xargs is not there"),
        ("amazonlinux:2", "env -C /x ls", "is not known there"),
        ("amazonlinux:2023", 'dnf install -y -q "$@" \\\n && dnf clean all', "installs nothing"),
        ("amazonlinux:2", "tar -xf /x", "tar is not there"),
        ("amazonlinux:2023", "sh /training/compile.sh /source", "find is not there"),
        ("amazonlinux:2", "node-gyp rebuild --nodedir=None", "names nothing"),
    ],
)
def test_what_judges_is_judged(root: str, command: str, fault: str) -> None:
    assert fault in " ".join(faults(f"FROM public.ecr.aws/amazonlinux/{root}\nRUN {command}\n"))


def test_what_is_installed_before_is_there() -> None:
    image = "public.ecr.aws/amazonlinux/amazonlinux:2023"
    assert not faults(f"FROM {image} AS a\nRUN dnf install -y tar \\\n && tar -xf /x\nFROM a\nRUN tar -xf /y\n")
