"""Where images come from: each source makes the same view, streaming, and trusts nothing that it reads."""

from __future__ import annotations

from lambda_image.image_rules.model import View
from lambda_image.image_rules.sources.reference import Transport, parse


def read(reference: str, *, platform: str = "") -> View:
    """The image that a reference names, read to its end; `platform` chooses where an index stands."""
    asked = parse(reference)
    match asked.transport:
        case Transport.DOCKER:
            from lambda_image.image_rules.sources.engine import from_engine

            return from_engine(reference, asked.name, platform=platform)
        case Transport.REGISTRY:
            from lambda_image.image_rules.sources.registry import from_registry

            return from_registry(reference, asked.name, platform=platform)
        case Transport.OCI_DIR:
            from lambda_image.image_rules.sources.folder import from_folder

            return from_folder(reference, asked.name, platform=platform)
        case _:
            from lambda_image.image_rules.sources.archive import from_file

            return from_file(reference, asked.name, platform=platform)


__all__ = ["Transport", "parse", "read"]
