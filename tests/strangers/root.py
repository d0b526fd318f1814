"""The root image that the strangers are built on, made where it is not there; run as a program it prints its name."""

from __future__ import annotations

from lambda_image import catalog as catalogs
from lambda_image.engine import Engine
from lambda_image.plan import Selection, plans
from lambda_image.rootfs import ensure_root


def root(engine: Engine) -> str:
    """The reference of Debian 13's root."""
    catalog = catalogs.load()
    plan = plans(catalog, Selection(languages=("python",), distros=("debian-13",), variants=("standard",)))[0]
    return ensure_root(plan, engine, catalog=catalog).reference


if __name__ == "__main__":
    with Engine.connect() as connected:
        print(root(connected))
