"""What the catalog allows, the templates can render: every language, version, distribution, variant and client."""

from __future__ import annotations

import re
from pathlib import PurePosixPath

import pytest
from lambda_image import catalog as catalogs
from lambda_image.plan import ImagePlan, Selection, resolve
from lambda_image.render import BuildContext, render

CATALOG = catalogs.load()


def absent(context: BuildContext) -> list[str]:
    """What the Dockerfile mounts or copies from the context, and is not in it."""
    text = context.files["Dockerfile"].content.decode()
    mounted = re.findall(r"--mount=type=bind,source=([^,\s]+)", text)
    copied = re.findall(r"^COPY (?!--)(\S+)", text, re.MULTILINE)
    there = {*context.files, *(str(parent) for name in context.files for parent in PurePosixPath(name).parents)}
    return sorted({name for name in (*mounted, *copied) if name.rstrip("/") not in there})


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
            missing = absent(render(plan, CATALOG))
        except Exception as error:
            wrong[plan.id] = repr(error)
        else:
            if missing:
                wrong[plan.id] = f"the context lacks {', '.join(missing)}"
    assert chosen
    assert not wrong
