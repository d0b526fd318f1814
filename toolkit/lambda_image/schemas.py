"""JSON schemas of the files that a user may write, made from the models that read them: editors complete and check by
them as the program will."""

from __future__ import annotations

from typing import Literal, get_args

from lambda_image.catalog.models import Distro, Emulator, Entry, Language, Variant
from lambda_image.settings import Settings

File = Literal["lambda-image.toml", "distro", "language", "variants", "emulator"]
FILES: tuple[File, ...] = get_args(File)
_ENTRIES: dict[str, type[Entry]] = {"distro": Distro, "language": Language, "variants": Variant, "emulator": Emulator}


def schema(of: File) -> dict[str, object]:
    """The schema of a kind of file, in the dialect 2020-12."""
    if of == "lambda-image.toml":
        found = Settings.model_json_schema()
    else:
        found = _ENTRIES[of].model_json_schema()
        # Where an entry comes from is found by the loader, never said by the file.
        del found["properties"]["origin"]
        found["required"] = [name for name in found["required"] if name != "origin"]
    if of == "variants":
        definitions = {**found.pop("$defs", {}), "Variant": found}
        found = {
            "$defs": definitions,
            "type": "object",
            "additionalProperties": False,
            "properties": {"variant": {"type": "array", "items": {"$ref": "#/$defs/Variant"}}},
        }
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **found, "title": of}
