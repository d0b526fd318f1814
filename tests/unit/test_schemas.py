"""The schemas say of a file what the program says of it."""

from __future__ import annotations

import json
import tomllib
from pathlib import Path

import jsonschema
import pytest
from lambda_image import catalog as catalogs
from lambda_image.errors import ConfigurationError
from lambda_image.resources import BASE_IMAGES
from lambda_image.schemas import FILES, File, schema
from typer.testing import CliRunner

DOCS = Path(__file__).parents[2] / "docs"
TUTORIAL, COMPANY = DOCS / "tutorial", DOCS / "company"
KINDS: list[tuple[File, Path]] = [
    *(("distro", path) for path in sorted(BASE_IMAGES.glob("distros/*.toml"))),
    *(("language", path) for path in sorted(BASE_IMAGES.glob("languages/*/language.toml"))),
    ("language", next(TUTORIAL.glob("overlay/languages/*/language.toml"))),
    ("variants", BASE_IMAGES / "variants.toml"),
    ("emulator", BASE_IMAGES / "emulator.toml"),
    ("lambda-image.toml", TUTORIAL / "lambda-image.toml"),
    ("lambda-image.toml", COMPANY / "lambda-image.toml"),
    ("distro", COMPANY / "overlay/distros/company-linux.toml"),
]


def plain(path: Path) -> object:
    """As an editor's checker sees it: dates are texts."""
    return json.loads(json.dumps(tomllib.loads(path.read_text(encoding="utf-8")), default=str))


@pytest.mark.parametrize(("kind", "path"), KINDS, ids=lambda value: value if isinstance(value, str) else value.stem)
def test_each_file_of_the_project_obeys_its_schema(kind: File, path: Path) -> None:
    jsonschema.Draft202012Validator(schema(kind)).validate(plain(path))


@pytest.mark.parametrize("kind", FILES)
def test_schema_is_one(kind: File) -> None:
    jsonschema.Draft202012Validator.check_schema(schema(kind))


def test_schema_and_program_refuse_the_same_key(tmp_path: Path) -> None:
    """A key that is not there, and one that only the loader sets."""
    (source,) = (path for kind, path in KINDS if kind == "distro" and path.stem == "debian-13")
    checker = jsonschema.Draft202012Validator(schema("distro"))
    for key in ("titel", "origin"):
        text = f'{key} = "x"\n' + source.read_text(encoding="utf-8").replace('"debian-13"', '"mine"')
        path = tmp_path / "distros" / "mine.toml"
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
        assert not checker.is_valid(plain(path))
        with pytest.raises(ConfigurationError, match=key):
            catalogs.load((BASE_IMAGES, tmp_path))


def test_the_program_prints_it() -> None:
    from lambda_image.cli import app

    done = CliRunner().invoke(app, ["schema", "distro"])
    assert json.loads(done.stdout) == schema("distro")
