"""The keys of a conformance.toml that tell the suite what is a language's own."""

import pytest
from lambda_image import resources
from lambda_image.conformance import contract, language
from lambda_image.conformance.language import Hook, Language, Place
from lambda_image.errors import ConfigurationError

GOOD: dict[str, object] = {
    "forms": ["a.b", "c/d.e"],
    "interpreter_flag": "-B",
    "runtime_modules": ["shipped"],
    "logger": {"levels": {"warn": "WARNING"}, "request_id": "AWSRequestId"},
    "hooks": [{"variable": "X", "value": "y"}],
    "module": {"file": "{name}.x", "content": "ORIGIN = '{origin}'"},
    "layers": [{"folder": "x/{version}"}, {"folder": "y", "through": {"x/more": "/opt/y"}}],
}


def test_all_keys_are_read() -> None:
    """What is given is there, and what is not has its default."""
    found = language.parse(GOOD, "here")
    assert found.forms == ("a.b", "c/d.e")
    assert found.hooks == (Hook(variable="X", value="y"),)
    assert found.layers[1] == Place(folder="y", through={"x/more": "/opt/y"})
    assert found.module is not None
    assert found.module.source == ""
    assert (found.logger.request_id, found.logger.tenant_id) == ("AWSRequestId", "tenantId")
    assert found.module_systems == ()


def test_nothing_is_needed() -> None:
    """A folder of handlers without any of it is a good one."""
    assert language.parse({}, "here") == Language()


def test_a_level_has_lambda_s_name_or_the_logger_s() -> None:
    """Both are accepted in a record, whatever the case of letters."""
    logger = language.parse(GOOD, "here").logger
    assert logger.names("warn") == {"WARN", "WARNING"}
    assert logger.names("info") == {"INFO"}


@pytest.mark.parametrize(
    ("key", "value", "words"),
    [
        ("forms", "a.b", "forms is 'a.b', not a list"),
        ("forms", [1], "forms is 1, not a text"),
        ("logger", "x", "logger is 'x', not a table"),
        ("logger", {"level": "x"}, "unknown key 'level'"),
        ("logger", {"levels": {"warn": 1}}, "logger.levels is 1, not a text"),
        ("hooks", [{"variable": "X"}], "value"),
        ("layers", [{"folder": "x", "through": {"a": 1}}], "layers.through is 1, not a text"),
        ("interpreter_flag", 1, "interpreter_flag is 1, not a text"),
    ],
)
def test_what_is_wrong_is_named(key: str, value: object, words: str) -> None:
    """The message says where it stands and what is wrong with it."""
    with pytest.raises(ConfigurationError) as caught:
        language.parse({key: value}, "here")
    assert words in str(caught.value)
    assert "here: " in str(caught.value)


def test_only_the_names_asked_for_are_put_in() -> None:
    """Other braces stay: the text may be code."""
    assert language.filled("{name}: {x} {origin}", name="a", origin="b") == "a: {x} b"


@pytest.mark.parametrize(
    "folder", sorted(resources.LANGUAGES.glob("*/handlers")), ids=lambda folder: folder.parent.name
)
def test_our_own_handlers_say_what_their_capabilities_need(folder: object) -> None:
    """A capability without the data that its cases need would leave rows unjudged."""
    handlers = contract.load(folder)  # type: ignore[arg-type]
    facts = handlers.facts
    needed: dict[str, object] = {
        "interpreter": facts.interpreter_flag and facts.hooks,
        "lookup": facts.forms,
        "layers": facts.layers and facts.module,
        "module-systems": facts.module_systems,
    }
    assert not [word for word, given in needed.items() if word in handlers.capabilities and not given]
