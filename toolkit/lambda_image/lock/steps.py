"""The installation steps of an image in a lock: what each brings along, at which versions."""

from __future__ import annotations

from collections.abc import Iterator

from lambda_image.installs import InstallStep, Wanted
from lambda_image.lock.file import Entry, Key, Lock

# Before a package of the root that a step replaces by a newer one, rather than adding it.
_REPLACES = "^"
# Stands between what was there before and what a step asks for.
_ON_TOP = "/"
_AND = ","


def site(step: InstallStep) -> str:
    """Where versions are alike: a distribution, with what was enabled there."""
    return "+".join((step.distro, *step.enabled))


def distro_of(site: str) -> str:
    """The distribution's name of it."""
    return site.split("+")[0]


def asked(step: InstallStep) -> str:
    """What a step asks for, in one word."""
    own = _AND.join(step.packages)
    return f"{_AND.join(step.onto)}{_ON_TOP}{own}" if step.onto else own


def asked_packages(word: str) -> tuple[str, ...]:
    """The packages of such a word that the step itself asks for."""
    return tuple(word.rpartition(_ON_TOP)[2].split(_AND))


def wanted(step: InstallStep, architecture: str, lock: Lock) -> tuple[Wanted, ...] | None:
    """What the step writes down by the lock; None where the lock does not have all of it."""
    along = lock.find("install", site(step), architecture, asked(step))
    if along is None:
        return None
    found: list[Wanted] = []
    for name in installed(step, architecture, lock):
        version = lock.find("package", site(step), architecture, name)
        if version is None:
            return None
        found.append(Wanted(name=name, version=version.said, is_dependency=name in along.value))
    return tuple(found)


def provider(name: str, site: str, architecture: str, lock: Lock) -> str:
    """The package that comes for a name: mostly its own."""
    virtual = lock.find("virtual", site, architecture, name)
    return virtual.value[0] if virtual else name


def installed(step: InstallStep, architecture: str, lock: Lock) -> list[str]:
    """The packages that a step installs by the lock: those that come for its names, and what comes along."""
    along = lock.find("install", site(step), architecture, asked(step))
    named = {provider(name, site(step), architecture, lock) for name in step.packages}
    return sorted({*named, *(along_packages(along) if along else ())})


def along_word(name: str, *, is_in_root: bool) -> str:
    """How a step's line names a package that comes along."""
    return f"{_REPLACES}{name}" if is_in_root else name


def along_packages(install: Entry) -> tuple[str, ...]:
    """The packages of such words."""
    return tuple(word.removeprefix(_REPLACES) for word in install.value)


def keys(step: InstallStep, architecture: str, lock: Lock) -> Iterator[Key]:
    """The facts of a lock that a step takes."""
    yield "install", (site(step), architecture, asked(step))
    for name in step.packages:
        if provider(name, site(step), architecture, lock) != name:
            yield "virtual", (site(step), architecture, name)
    for name in installed(step, architecture, lock):
        yield "package", (site(step), architecture, name)
