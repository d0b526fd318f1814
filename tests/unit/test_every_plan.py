"""What the catalog allows, the templates can render: every language, version, distribution, variant and client."""

from __future__ import annotations

import pytest
from lambda_image import catalog as catalogs
from lambda_image.plan import ImagePlan, Selection, resolve
from lambda_image.render import render

CATALOG = catalogs.load()


@pytest.mark.parametrize("language", CATALOG.languages)
def test_every_plan_has_a_context(language: str) -> None:
    """On one platform: the other differs in pins alone, which a plan looks at before it is made."""
    every = ("*",)
    selection = Selection(
        languages=(language,),
        versions=every,
        distros=every,
        variants=every,
        clients=("builtin", "official"),
        platforms=("linux/amd64",),
    )
    wrong = {}
    chosen = [answer for answer in resolve(CATALOG, selection) if isinstance(answer, ImagePlan)]
    for plan in chosen:
        try:
            render(plan, CATALOG)
        except Exception as error:
            wrong[plan.id] = repr(error)
    assert chosen
    assert not wrong
