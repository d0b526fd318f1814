"""Where an upstream's archive cannot be reached: what stands in for it is taken, and said; else the build ends."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from lambda_image import catalog as catalogs
from lambda_image import runtime_source
from lambda_image.catalog import Catalog
from lambda_image.errors import BuildFailed, MachineError
from lambda_image.plan import ImagePlan, Selection, plans
from lambda_image.progress import Silent
from lambda_image.render import look_up
from lambda_image.settings import Settings

CATALOG = catalogs.load()
REFUSED = "http://127.0.0.1:9/archive.tar.gz"


class Notes(Silent):
    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, text: str) -> None:
        self.lines.append(text)


class Upstream(BaseHTTPRequestHandler):
    def do_HEAD(self) -> None:
        self.send_response(200 if self.path == "/archive.tar.gz" else 404)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture(scope="module")
def upstream() -> Iterator[str]:
    with HTTPServer(("127.0.0.1", 0), Upstream) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def dotnet(**words: tuple[str, ...]) -> ImagePlan:
    (plan,) = plans(CATALOG, Selection(languages=("dotnet",), platforms=("linux/amd64",), **words))
    return plan


def catalog_with(url: str, fallback: str | None = None) -> Catalog:
    """The catalog, with all archives of .NET at one address."""
    language = CATALOG.languages["dotnet"]
    versions = []
    for version in language.version:
        archives = []
        for archive in version.archive:
            variants = {
                variant: {platform: file.model_copy(update={"url": url}) for platform, file in files.items()}
                for variant, files in archive.variants.items()
            }
            changed = {"variants": variants} | ({} if fallback is None else {"fallback": fallback})
            archives.append(archive.model_copy(update=changed))
        versions.append(version.model_copy(update={"archive": tuple(archives)}))
    return replace(CATALOG, languages={"dotnet": language.model_copy(update={"version": tuple(versions)})})


def test_an_archive_that_can_be_reached_is_taken(upstream: str) -> None:
    notes = Notes()
    plan = dotnet()
    catalog = catalog_with(f"{upstream}/archive.tar.gz")
    assert runtime_source.with_reachable_runtime(plan, Settings(), notes, catalog=catalog) == plan
    assert notes.lines == []


@pytest.mark.parametrize("variant", ["standard", "slim", "build"])
def test_one_that_cannot_is_replaced_by_what_stands_in_for_it_and_that_is_said(upstream: str, variant: str) -> None:
    notes = Notes()
    catalog = catalog_with(f"{upstream}/gone.tar.gz")
    plan = dotnet(variants=(variant,))
    instead = runtime_source.with_reachable_runtime(plan, Settings(), notes, catalog=catalog)
    assert (instead.version, instead.variant, instead.client) == ("8-stand-in", variant, plan.client)
    assert instead.stand_in
    assert instead.tags[0] != plan.tags[0]
    assert "HTTP status 404" in notes.lines[0]
    assert f"STAND-IN: version 8-stand-in instead of {plan.version}" in notes.lines[1]


def test_whoever_wants_the_archive_gets_no_other() -> None:
    settings = Settings(runtime_from="archive")
    with pytest.raises(MachineError, match=REFUSED) as caught:
        runtime_source.with_reachable_runtime(dotnet(), settings, Silent(), catalog=catalog_with(REFUSED))
    assert "--runtime-from stand-in" in caught.value.hint


def test_the_stand_in_can_be_asked_for_and_then_nothing_is_reached_for() -> None:
    settings, notes = Settings(runtime_from="stand-in"), Notes()
    plan = runtime_source.with_reachable_runtime(dotnet(), settings, notes, catalog=catalog_with(REFUSED))
    assert plan.version == "8-stand-in"
    assert not [line for line in notes.lines if REFUSED in line]


@pytest.mark.parametrize("runtime_from", ["auto", "stand-in"])
def test_where_nothing_stands_in_the_build_ends(runtime_from: str) -> None:
    settings = Settings.model_validate({"runtime_from": runtime_from})
    with pytest.raises(MachineError):
        runtime_source.with_reachable_runtime(dotnet(), settings, Silent(), catalog=catalog_with(REFUSED, fallback=""))


def test_what_stands_in_on_another_distribution_alone_is_not_taken() -> None:
    plan = dotnet(distros=("al2023",))
    with pytest.raises(MachineError, match=REFUSED) as caught:
        runtime_source.with_reachable_runtime(plan, Settings(), Silent(), catalog=catalog_with(REFUSED))
    assert "stands in for it on debian-13" in caught.value.hint


def test_a_plan_says_what_stands_in_where_it_is_built() -> None:
    """So that a matrix tries what is rendered alone elsewhere."""
    assert dotnet().fallback == "8-stand-in"
    assert dotnet(distros=("al2023",)).fallback == ""


def test_a_runtime_that_is_no_archive_of_an_upstream_is_left_alone() -> None:
    for plan in (dotnet(versions=("8-stand-in",)), *plans(CATALOG, Selection(languages=("python", "go")))):
        assert runtime_source.with_reachable_runtime(plan, Settings(), Silent(), catalog=CATALOG) is plan


def test_nothing_is_fetched_without_a_checksum() -> None:
    facts = look_up(dotnet(), CATALOG)
    unknown = replace(facts, runtime=facts.runtime.model_copy(update={"downloads": {"standard": {}}}))
    with pytest.raises(BuildFailed, match="no checksum is known"):
        runtime_source.download(unknown)
