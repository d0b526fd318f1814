"""The plans whose contexts are golden: together they reach every line of the templates."""

from __future__ import annotations

from functools import cache

from lambda_image import catalog as catalogs
from lambda_image.catalog import Catalog
from lambda_image.plan import Certificate, ImagePlan, Selection, plans
from lambda_image.render import BuildContext, render

_COMPANY = (Certificate(name="company", pem=b"-----BEGIN CERTIFICATE-----\nAA==\n-----END CERTIFICATE-----\n"),)
_AMD64 = ("linux/amd64",)

PLANS: dict[str, tuple[Selection, tuple[Certificate, ...]]] = {
    "standard": (Selection(languages=("python",), variants=("standard",), clients=("official",), platforms=_AMD64), ()),
    "slim": (Selection(languages=("python",), variants=("slim",), clients=("official",), platforms=_AMD64), ()),
    "standard-arm64": (
        Selection(languages=("python",), variants=("standard",), clients=("official",), platforms=("linux/arm64",)),
        (),
    ),
    "builtin": (Selection(languages=("python",), variants=("standard",), clients=("builtin",), platforms=_AMD64), ()),
    "builtin-slim": (Selection(languages=("python",), variants=("slim",), clients=("builtin",), platforms=_AMD64), ()),
    "certificates-without-emulator": (
        Selection(
            languages=("python",), variants=("standard",), clients=("official",), platforms=_AMD64, emulator=False
        ),
        _COMPANY,
    ),
    "nodejs-standard": (Selection(languages=("nodejs",), variants=("standard",), platforms=_AMD64), ()),
    "nodejs-slim": (Selection(languages=("nodejs",), variants=("slim",), platforms=_AMD64), ()),
    "nodejs-build": (Selection(languages=("nodejs",), variants=("build",), platforms=_AMD64), ()),
    "nodejs-official": (
        Selection(languages=("nodejs",), variants=("standard",), clients=("official",), platforms=_AMD64),
        (),
    ),
    "nodejs-official-slim": (
        Selection(languages=("nodejs",), variants=("slim",), clients=("official",), platforms=("linux/arm64",)),
        (),
    ),
    "go-standard": (Selection(languages=("go",), variants=("standard",), platforms=_AMD64), ()),
    "go-slim": (Selection(languages=("go",), variants=("slim",), platforms=("linux/arm64",)), ()),
    "go-build": (Selection(languages=("go",), variants=("build",), platforms=_AMD64), ()),
    "go-official-build": (
        Selection(languages=("go",), variants=("build",), clients=("official",), platforms=_AMD64),
        (),
    ),
    "ruby-standard": (Selection(languages=("ruby",), variants=("standard",), platforms=_AMD64), ()),
    "ruby-slim": (Selection(languages=("ruby",), variants=("slim",), platforms=("linux/arm64",)), ()),
    "ruby-build": (Selection(languages=("ruby",), variants=("build",), platforms=_AMD64), ()),
    "ruby-official-slim": (
        Selection(languages=("ruby",), variants=("slim",), clients=("official",), platforms=_AMD64),
        (),
    ),
    "ruby-official": (
        Selection(languages=("ruby",), variants=("standard",), clients=("official",), platforms=_AMD64),
        (),
    ),
    "java-standard": (
        Selection(languages=("java",), versions=("25",), variants=("standard",), platforms=_AMD64),
        _COMPANY,
    ),
    "java-slim": (
        Selection(languages=("java",), versions=("21",), variants=("slim",), platforms=("linux/arm64",)),
        _COMPANY,
    ),
    "java-build": (Selection(languages=("java",), versions=("21",), variants=("build",), platforms=_AMD64), ()),
    "java-official": (
        Selection(languages=("java",), versions=("21",), variants=("slim",), clients=("official",), platforms=_AMD64),
        (),
    ),
}


@cache
def catalog() -> Catalog:
    return catalogs.load()


def plan(name: str) -> ImagePlan:
    selection, certificates = PLANS[name]
    (found,) = plans(catalog(), selection, certificates=certificates)
    return found


def context(name: str) -> BuildContext:
    return render(plan(name), catalog())
