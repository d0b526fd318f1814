"""The handler contract: what a folder of handlers says, and how mistakes in it are told."""

from __future__ import annotations

from pathlib import Path

import pytest
from lambda_image.conformance import contract
from lambda_image.conformance.contract import Handlers
from lambda_image.errors import ConfigurationError

GOOD = """
language = "perl"
handler = "handlers.{name}"
capabilities = ["lookup", "errors"]
lacks = ["nan"]
[names]
raise = "handlers.raise_"
"""


def parse(text: str = GOOD) -> Handlers:
    return contract.parse(text, origin="here/conformance.toml", files={})


def test_a_name_becomes_a_handler_string_by_the_rule_or_by_its_own_entry() -> None:
    handlers = parse()
    assert handlers.handler("log-exception") == "handlers.log_exception"
    assert handlers.handler("raise") == "handlers.raise_"


def test_what_is_lacking_is_said_only_to_cases_that_use_it() -> None:
    handlers = parse()
    assert handlers.lacking(["echo"]) == ""
    assert handlers.lacking(["echo", "nan"]) == "the handlers of perl lack nan"


def test_without_handlers_all_that_needs_one_is_lacking_with_the_reason() -> None:
    handlers = contract.unknown("give a folder")
    assert all(handlers.lacking([name]) == "give a folder" for name in contract.contract_names())
    assert handlers.lacking([]) == ""
    assert handlers.files is None


@pytest.mark.parametrize(
    ("before", "after", "words"),
    [
        ("lacks =", "lack =", ["'lack'", "'lacks'"]),
        ('"errors"', '"error"', ["'error'", "'errors'"]),
        ('["nan"]', '["nann"]', ["'nann'", "'nan'"]),
        ("raise =", "rais =", ["'rais'", "'raise'"]),
        ('language = "perl"', "", ["'language'", "missing"]),
        ('handler = "handlers.{name}"', "", ["'handler'", "missing"]),
        ('"perl"', "5", ["'language'", "5"]),
        ('["nan"]', '"nan"', ["'lacks'", "a list"]),
        ('"handlers.raise_"', "1", ["'raise'", "1"]),
        ("{name}", "{nam}", ["'handler'", "{name}"]),
        ("{name}", "{", ["'handler'", "{name}"]),
        ('language = "perl"', "language = perl", ["TOML"]),
    ],
)
def test_a_mistake_is_named_with_what_would_be_right(before: str, after: str, words: list[str]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        parse(GOOD.replace(before, after, 1))
    assert all(word in str(caught.value) for word in [*words, "here/conformance.toml"])


class TestFolder:
    def folder(self, path: Path) -> Path:
        (path / "nested").mkdir()
        (path / "__pycache__").mkdir()
        (path / "__pycache__" / "x.pyc").write_bytes(b"no")
        (path / "conformance.toml").write_text(GOOD)
        (path / "handlers.pl").write_bytes(b"sub echo {}")
        (path / "nested" / "more.pl").write_bytes(b"1;")
        return path

    def test_all_its_files_are_taken_but_caches(self, tmp_path: Path) -> None:
        handlers = contract.load(self.folder(tmp_path))
        assert set(handlers.files or ()) == {"conformance.toml", "handlers.pl", "nested/more.pl"}

    def test_its_digest_changes_with_what_is_in_it_and_nothing_else(self, tmp_path: Path) -> None:
        folder = self.folder(tmp_path)
        before = contract.load(folder).digest
        assert contract.load(folder).digest == before
        (folder / "handlers.pl").write_bytes(b"sub echo { 1 }")
        changed = contract.load(folder).digest
        (folder / "handlers.pl").rename(folder / "other.pl")
        assert len({before, changed, contract.load(folder).digest}) == 3

    def test_a_folder_without_its_description_is_none(self, tmp_path: Path) -> None:
        with pytest.raises(ConfigurationError, match="no folder of handlers") as caught:
            contract.load(tmp_path)
        assert "docs/judge-your-image.md" in caught.value.hint

    def test_a_description_that_is_no_text_is_an_error(self, tmp_path: Path) -> None:
        (tmp_path / "conformance.toml").write_bytes(b"\xff\xfe\x00")
        with pytest.raises(ConfigurationError, match="TOML"):
            contract.load(tmp_path)


def test_a_language_that_has_none_has_none() -> None:
    assert contract.of_language("cobol") is None


@pytest.mark.parametrize("name", ["echo", "raise", "context", "env", "counter"])
def test_python_implements_what_a_beginner_starts_with(name: str) -> None:
    handlers = contract.of_language("python")
    assert handlers is not None
    assert name in contract.contract_names()
    assert not handlers.lacking([name])
