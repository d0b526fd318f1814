"""What the catalog itself fixes of an image: archives, clients, package managers, the emulator, each with checksums."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from lambda_image.catalog import Download, Hash, PinnedPackage
from lambda_image.lock.file import Entry
from lambda_image.lock.points import architecture
from lambda_image.render import Facts, needs_package_manager


def pinned_facts(facts: Facts) -> Iterator[Entry]:
    """All of a plan."""
    yield from _archives(facts)
    yield from _client(facts)
    if needs_package_manager(facts):
        for pin in facts.runtime.package_manager:
            yield Entry("manager", (*_version(facts), pin.name), _package(facts, pin))
    if facts.plan.emulator:
        yield _emulator(facts)


def _version(facts: Facts) -> tuple[str, str, str]:
    return facts.language.name, facts.version.name, architecture(facts.plan)


def _archives(facts: Facts) -> Iterator[Entry]:
    runtime, upstream = facts.runtime, facts.runtime.upstream
    if runtime.archive is not None:
        file = runtime.archive.files[facts.platform]
        yield Entry("archive", (*_version(facts), runtime.archive.package), (file.version, file.h1))
    for packages in runtime.registry.values():
        for pin in packages:
            yield Entry("archive", (*_version(facts), pin.name), _package(facts, pin))
    for variant, files in runtime.downloads.items():
        if variant in facts.catalog.extended(facts.variant.name) and facts.platform in files:
            yield _download(facts, files[facts.platform])
    if upstream is not None and facts.platform in upstream.files:
        yield _download(facts, upstream.files[facts.platform])
    if upstream is not None and upstream.source_package is not None:
        of = upstream.source_package
        yield Entry("archive", (*_version(facts), of.name), (of.file, f"sha256:{of.sha256}"))


def _download(facts: Facts, file: Download) -> Entry:
    return Entry("archive", (*_version(facts), file.url.rpartition("/")[2]), (file.url, file.checksum))


def _client(facts: Facts) -> Iterator[Entry]:
    key = (*_version(facts), facts.client.name)
    if not facts.has_client:
        return
    for pin in facts.client.pin:
        yield Entry("client", (*key, pin.name), _package(facts, pin))
    if not facts.client.pin:
        yield Entry("client", (*key, "lambda-image"), (facts.client.version,))


def _emulator(facts: Facts) -> Entry:
    emulator = facts.catalog.emulator
    key = (architecture(facts.plan), emulator.name)
    if facts.emulator_is_packaged:
        package = f"{emulator.package}=={emulator.version}"
        program = emulator.programs[facts.platform]
        return Entry("emulator", key, (package, f"sha256:{emulator.sha256}", program.path, f"sha256:{program.sha256}"))
    file = emulator.release_files[facts.platform]
    return Entry("emulator", (*key[:1], f"{emulator.name}-release"), (file.url, file.checksum))


def _package(facts: Facts, pin: PinnedPackage) -> tuple[str, ...]:
    return (pin.version, *sorted(_checksums(pin.hashes_for(facts.version.name, facts.platform))))


def _checksums(hashes: Iterable[Hash]) -> set[str]:
    return {f"sha256:{one.sha256}" if one.sha256 else str(one.integrity or one.h1) for one in hashes}
