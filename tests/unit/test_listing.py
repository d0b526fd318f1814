"""What `list` and `plan` print."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import pytest
from lambda_image import catalog as catalogs
from lambda_image.build import BuiltImage
from lambda_image.catalog import Catalog
from lambda_image.listing import built_json, built_line, listing, listing_json, plan_json, plan_line
from lambda_image.plan import Certificate, Selection, plans
from lambda_image.render import render


@pytest.fixture(scope="module")
def catalog() -> Catalog:
    return catalogs.load()


def test_every_entry_says_until_when_it_is_supported_and_where_it_is_from(catalog: Catalog) -> None:
    shown = listing(catalog, today=date(2026, 12, 1))
    for language in catalog.languages.values():
        assert f"[{language.origin}]" in shown
        for version in language.version:
            assert f"until {version.end_of_support}" in shown or f"ENDED {version.end_of_support}" in shown
    for distro in catalog.distros.values():
        assert f"[{distro.origin}]" in shown


def test_support_that_ended_is_plain_to_see(catalog: Catalog) -> None:
    assert f"ENDED {catalog.distros['debian-13'].end_of_support}" in listing(catalog, today=date(2090, 1, 1))


def test_what_each_client_claims_is_shown(catalog: Catalog) -> None:
    shown = listing(catalog)
    for language in catalog.languages.values():
        for client in language.client:
            for variant, profiles in client.profiles.items():
                assert f"{variant}: {' '.join(profiles)}" in shown


def test_the_catalog_as_json_is_whole(catalog: Catalog) -> None:
    read = json.loads(listing_json(catalog))
    assert read["schema_version"] == 1
    assert [one["name"] for one in read["languages"]] == list(catalog.languages)
    assert [one["name"] for one in read["distros"]] == list(catalog.distros)


def test_a_plan_is_a_line_and_an_object(catalog: Catalog) -> None:
    chosen = plans(catalog, Selection(languages=("python",), variants=("*",)))
    for plan, row in zip(chosen, json.loads(plan_json(chosen))["plans"], strict=True):
        assert plan.id in plan_line(plan)
        assert plan.tags[0] in plan_line(plan)
        assert row["id"] == plan.id
        assert row["tags"] == list(plan.tags)
        assert row["platform"] == plan.platform


def test_certificates_are_not_printed(catalog: Catalog) -> None:
    secret = Certificate(name="ours", pem=b"-----BEGIN CERTIFICATE-----ours")
    chosen = plans(catalog, Selection(languages=("python",)), certificates=(secret,))
    assert "BEGIN CERTIFICATE" not in plan_json(chosen)


def test_no_images_are_an_empty_list() -> None:
    assert json.loads(built_json([])) == {"schema_version": 1, "images": []}


def test_what_was_never_built_here_says_so_in_list_plan_label_and_verdict(catalog: Catalog) -> None:
    python = catalog.languages["python"]
    clients = tuple(client.model_copy(update={"not_exercised": "no registry serves it"}) for client in python.client)
    marked = replace(catalog, languages={"python": python.model_copy(update={"client": clients})})
    (plan,) = plans(marked, Selection(languages=("python",)))
    image = BuiltImage(
        reference="a:b",
        tags=("a:b",),
        config_digest="sha256:0",
        platform="linux/amd64",
        size=1,
        compressed=1,
        plan_id=plan.id,
        context_digest="sha256:0",
        origin="image",
        seconds=1.0,
        reused=False,
        not_exercised=plan.not_exercised,
    )
    warning = "NOT EXERCISED: no registry serves it"
    for shown in (listing(marked), plan_line(plan), built_line(image)):
        assert warning in shown
    label = b'lambda-image.not-exercised="no registry serves it"'
    assert label in render(plan, marked).files["Dockerfile"].content
    (exercised,) = plans(catalog, Selection(languages=("python",)))
    assert "NOT EXERCISED" not in plan_line(exercised)
    assert b"not-exercised" not in render(exercised, catalog).files["Dockerfile"].content


def test_what_stands_in_says_so_in_list_plan_label_and_verdict(catalog: Catalog) -> None:
    selection = Selection(languages=("dotnet",), versions=("8-stand-in",))
    (plan,) = plans(catalog, selection)
    version = catalog.languages["dotnet"].find_version("8-stand-in")
    assert version is not None
    warning = f"STAND-IN: {version.stand_in}"
    assert warning in plan_line(plan)
    assert any("8-stand-in" in line and warning in line for line in listing(catalog).splitlines())
    assert f'lambda-image.stand-in="{version.stand_in}"'.encode() in render(plan, catalog).files["Dockerfile"].content
    (release,) = plans(catalog, Selection(languages=("dotnet",)))
    assert release.version == catalog.languages["dotnet"].default_version
    assert "STAND-IN" not in plan_line(release)
    assert b"stand-in" not in render(release, catalog).files["Dockerfile"].content
