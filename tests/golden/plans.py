"""The plans whose contexts are golden: together they reach every line of the templates."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

from lambda_image import catalog as catalogs
from lambda_image.catalog import Catalog
from lambda_image.catalog.models import Hash, Pin
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
    "ruby-official": (
        Selection(languages=("ruby",), variants=("standard",), clients=("official",), platforms=_AMD64),
        (),
    ),
    "ruby-official-pinned": (
        Selection(languages=("ruby",), variants=("standard",), clients=("official",), platforms=_AMD64),
        (),
    ),
    "ruby-official-pinned-slim": (
        Selection(languages=("ruby",), variants=("slim",), clients=("official",), platforms=_AMD64),
        (),
    ),
}
# The gem's checksum is not known here; somebody's own catalog may have it. This one is made up.
_GEM = Pin(name="aws_lambda_ric", version="3.1.3", hashes=(Hash(version="any", platform="any", sha256="5a" * 32),))


@cache
def catalog(*, pinned: bool = False) -> Catalog:
    found = catalogs.load()
    if not pinned:
        return found
    ruby = found.languages["ruby"]
    own = {"pin": (_GEM,), "ecosystem": "rubygems"}
    clients = tuple(one.model_copy(update=own) if one.name == "official" else one for one in ruby.client)
    return replace(found, languages={**found.languages, "ruby": ruby.model_copy(update={"client": clients})})


def plan(name: str) -> ImagePlan:
    selection, certificates = PLANS[name]
    (found,) = plans(catalog(pinned="pinned" in name), selection, certificates=certificates)
    return found


def context(name: str) -> BuildContext:
    return render(plan(name), catalog(pinned="pinned" in name))
