import re
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import BaseModel, Field, ValidationError

from app.core.http.body_types import LINE_SCHEMA_PATTERN
from app.core.http.validation import validate_document
from app.core.patterns import PATTERN_FORMS
from app.core.problems import InvalidContent
from tests.applications import get_contract

# Its validator has an error text of its own.
PATTERNS_WITH_OWN_TEXT = {LINE_SCHEMA_PATTERN}


def list_patterns(node: Any) -> Iterator[str]:
    """List the patterns of all parameters and members within a part of the contract, except that of `fields`."""
    if isinstance(node, list):
        for item in node:
            yield from list_patterns(item)
    elif isinstance(node, dict) and node.get("name") != "fields":
        if isinstance(node.get("pattern"), str):
            yield node["pattern"]
        for name, value in node.items():
            if name not in ("example", "examples"):
                yield from list_patterns(value)


def test_every_pattern_of_the_contract_has_words() -> None:
    """Register a new pattern with `register_pattern`, so that its error text says what is allowed."""
    patterns = set(list_patterns(get_contract()))
    assert len(patterns) > 10
    assert patterns - PATTERNS_WITH_OWN_TEXT - set(PATTERN_FORMS) == set()


@pytest.mark.parametrize("pattern", PATTERN_FORMS)
def test_words_end_with_an_example_that_matches(pattern: str) -> None:
    form = PATTERN_FORMS[pattern]
    for words, introduction in ((form.id, "misalnya"), (form.en, "for example")):
        _, found, example = words.rpartition(f", {introduction} ")
        assert found
        assert re.fullmatch(pattern.removesuffix("$"), example)
    assert form.id != form.en


def error_text(model: type[BaseModel]) -> str:
    with pytest.raises(InvalidContent) as raised:
        validate_document(model, {"code": "A B"})
    (error,) = raised.value.errors
    assert error.code == "wrong_form"
    return error.detail.en


def test_error_text_of_a_registered_pattern_is_a_sentence_with_an_example() -> None:
    class Model(BaseModel):
        code: str = Field(pattern="^[0-9]{4}-[0-9]{4}$")

    assert error_text(Model) == "Must be two years with a hyphen between them, for example 2022-2027."


def test_error_text_of_an_unregistered_pattern_does_not_contain_it() -> None:
    class Model(BaseModel):
        code: str = Field(pattern="^[x-z]+$")

    with pytest.raises(ValidationError):
        Model.model_validate({"code": "A B"})
    assert error_text(Model) == "Not a valid value."
