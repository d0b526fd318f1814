"""The Java images as users meet them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from engine.images import run
from lambda_image.engine import Engine

pytestmark = pytest.mark.engine


@pytest.fixture(scope="module")
def images(built: Callable[..., str]) -> dict[str, str]:
    return {variant: built("java", variant=variant, client="builtin") for variant in ("standard", "slim")}


def test_slim_is_small(engine: Engine, images: dict[str, str]) -> None:
    assert engine.image(images["slim"]).size <= 150_000_000


@pytest.mark.parametrize("variant", ["standard", "slim"])
def test_client_s_classes_come_from_the_archive(variant: str, images: dict[str, str]) -> None:
    """With the very options that the bootstrap gives, and no Runtime API: it ends before it asks for anything."""
    script = ". /var/runtime/runtime.sh; exec $interpreter -Xlog:class+load -Xshare:on $arguments $program"
    ended = run(images[variant], "-c", script, options=("--entrypoint=/bin/sh",))
    assert "lambdaimage.Main source: shared objects file" in ended.out


@pytest.mark.parametrize("arguments", [(), ("a", "b"), ("",)])
def test_entrypoint_wants_one_handler(images: dict[str, str], arguments: tuple[str, ...]) -> None:
    for variant in ("standard", "slim"):
        ended = run(images[variant], *arguments)
        assert ended.status == 142
        assert "CMD" in ended.err
