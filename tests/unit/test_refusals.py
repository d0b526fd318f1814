"""Every point of the space of images has an image, or a reason why not and what comes nearest: which has one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from itertools import product

import pytest
from lambda_image import catalog as catalogs
from lambda_image import runtime_choice
from lambda_image.catalog import PLATFORMS, Catalog, Distro, Language, Runtime, Source, Unfit, Version, candidates
from lambda_image.plan import Impossible, Selection, resolve

CATALOG = catalogs.load()
SOURCES: tuple[Source | None, ...] = (None, "packages", "archive", "source")


@cache
def answered(selection: Selection) -> Impossible | None:
    """None where there is such an image."""
    (answer,) = resolve(CATALOG, selection)
    return answer if isinstance(answer, Impossible) else None


def selections(language: str) -> Iterator[Selection]:
    """All exact ones, on one platform: the other differs in pins alone."""
    of = CATALOG.languages[language]
    clients = ("auto", *(client.name for client in of.client))
    versions = tuple(version.name for version in of.version)
    for version, distro, variant, client, source in product(
        versions, CATALOG.distros, CATALOG.variants, clients, SOURCES
    ):
        yield Selection(
            languages=(language,),
            versions=(version,),
            distros=(distro,),
            variants=(variant,),
            clients=(client,),
            platforms=(PLATFORMS[0],),
            source=source,
        )


def named(asked: Selection, piece: str) -> Iterator[Selection]:
    """The selections that a piece of the words names, read as a user reads them: what it does not say stays."""
    if found := re.fullmatch(r"client ([\w-]+(?: or [\w-]+)*)", piece):
        yield from (replace(asked, clients=(one,)) for one in found[1].split(" or "))
        return
    if piece.startswith("linux/"):
        yield from (replace(asked, platforms=(one,)) for one in piece.split(", "))
        return
    pattern = r"(?:(?P<name>\S+) )?(?P<what>\S+(?: or \S+)*) on (?P<distros>[^\s,]+(?: or [^\s,]+)*)"
    found = re.fullmatch(pattern + r"(?: from (?P<source>\w+))?(?:, (?P<variant>\w+), client (?P<client>\w+))?", piece)
    assert found, piece
    source = found["source"] or asked.source
    changed = replace(
        asked,
        source=source,
        variants=(found["variant"],) if found["variant"] else asked.variants,
        clients=(found["client"],) if found["client"] else asked.clients,
    )
    for what, distro in product(found["what"].split(" or "), found["distros"].split(" or ")):
        if found["name"]:
            assert found["name"].lower() in (asked.languages[0], CATALOG.languages[asked.languages[0]].title.lower())
            yield replace(changed, distros=(distro,), versions=(what,))
        else:
            yield replace(changed, distros=(distro,), variants=(what,))


@pytest.fixture(autouse=True)
def _each_runtime_is_put_together_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """The catalog stays as it is here; some points are looked at a hundred times."""
    kept: dict[tuple[str, str, str], tuple[Runtime | Unfit, ...]] = {}

    def once(catalog: Catalog, language: Language, version: Version, distro: Distro) -> tuple[Runtime | Unfit, ...]:
        key = (language.name, version.name, distro.name)
        if key not in kept:
            kept[key] = candidates(catalog, language, version, distro)
        return kept[key]

    monkeypatch.setattr(runtime_choice, "candidates", once)


@pytest.mark.parametrize("language", CATALOG.languages)
def test_every_refusal_has_a_reason_and_each_image_that_it_names_is_there(language: str) -> None:
    wrong = []
    refused = 0
    for selection in selections(language):
        answer = answered(selection)
        if answer is None:
            continue
        refused += 1
        of, version, distro = CATALOG.languages[language].title, selection.versions[0], selection.distros[0]
        bare = f"{of} {version} is not to be had on {CATALOG.distros[distro].title}"
        if not answer.why or answer.why == bare or not answer.nearest:
            wrong.append(str(answer))
            continue
        for piece in answer.nearest.split("; "):
            wrong += [f"{answer}: no {one}" for one in named(selection, piece) if answered(one) is not None]
    assert refused
    assert wrong == []
