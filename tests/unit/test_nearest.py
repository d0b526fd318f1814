"""The nearest valid words for a wrong one."""

from __future__ import annotations

from enum import StrEnum

import pytest
from lambda_image.nearest import nearest


class Colour(StrEnum):
    RED = "red"
    GREEN = "green"


@pytest.mark.parametrize(
    ("word", "valid", "expected"),
    [
        ("pyhton", ["python", "ruby"], "'python'"),
        ("Python", ["python", "ruby"], "'python'"),
        ("rapi-next-1", ["RAPI-NEXT-001", "ENV-001"], "'RAPI-NEXT-001'"),
        ("gren", Colour, "'green' or 'red'"),
        ("3.7", ["3.13"], "'3.13'"),
        ("x", ["b", "a"], "'a' or 'b'"),
        ("x", [], ""),
    ],
)
def test_the_nearest_words_are_named_quoted(word: str, valid: list[str], expected: str) -> None:
    assert nearest(word, valid) == expected


def test_the_best_comes_first_and_few_are_named() -> None:
    assert nearest("debian13", ["debian-12", "debian-13", "debian-11", "alpine"]).split(" or ")[0] == "'debian-13'"
    assert len(nearest("debian", [f"debian-{n}" for n in range(9)]).split(" or ")) == 3


def test_where_none_is_near_the_first_few_of_all_are_named() -> None:
    valid = [f"{letter}{letter}" for letter in "abcdefghijklmn"]
    assert len(nearest("zzzzzz", valid).split(" or ")) == 10
    assert nearest("zzzzzz", valid, otherwise=0) == ""
