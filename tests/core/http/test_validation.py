from typing import Annotated, Any
from uuid import UUID

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError, create_model

from app.core.http.parameters import CollectionQuery
from app.core.http.validation import ERROR_TEXTS, list_member_names, validation_problem
from app.core.languages import Text
from app.divisions.schemas import DivisionItemQuery, DivisionQuery
from app.officials.schemas import OfficialItemQuery, OfficialQuery
from app.organizations.schemas import OrganizationItemQuery, OrganizationQuery, RosterQuery
from app.regions.schemas import RegionItemQuery, RegionQuery

QUERIES: list[type[BaseModel]] = [
    RegionQuery,
    RegionItemQuery,
    OrganizationQuery,
    OrganizationItemQuery,
    RosterQuery,
    DivisionQuery,
    DivisionItemQuery,
    OfficialQuery,
    OfficialItemQuery,
]


def list_errors(schema: type[BaseModel], values: dict[str, Any]) -> list[Any]:
    with pytest.raises(ValidationError) as raised:
        schema.model_validate(values)
    return [{**error, "loc": ("query", *error["loc"])} for error in raised.value.errors()]


class TestValidationProblem:
    @pytest.mark.parametrize("schema", QUERIES, ids=lambda schema: schema.__name__)
    @pytest.mark.parametrize("value", ["\u2603", "", "-1", "0", "9" * 9, "9" * 10, "x" * 5000, "1e3"])
    def test_every_error_type_has_a_text(self, schema: type[BaseModel], value: str) -> None:
        """No error has the general text, and none repeats the value."""
        known = list_member_names([schema])
        errors: list[Any] = []
        for name in [*known, "unknown"]:
            try:
                schema.model_validate({name: value})
            except ValidationError as error:
                errors += [{**one, "loc": ("query", *one["loc"])} for one in error.errors()]
        assert errors
        assert {error["type"] for error in errors} <= set(ERROR_TEXTS)
        for error_detail in validation_problem(errors, known).errors:
            assert error_detail.parameter in (*known, "unknown")
            for detail in error_detail.detail:
                assert not value or len(value) < 5 or value not in detail

    def test_all_invalid_parameters_are_reported_together(self) -> None:
        errors = list_errors(RegionQuery, {"type": "x", "page_size": "x", "colour": "x", "as_of": "2023-02-29"})
        problem = validation_problem(errors, list_member_names([RegionQuery]))
        assert {(error.parameter, error.code) for error in problem.errors} == {
            ("type", "not_one_of"),
            ("page_size", "not_an_integer"),
            ("colour", "unknown_parameter"),
            ("as_of", "no_such_date"),
        }

    def test_texts_in_both_languages_differ(self) -> None:
        errors = list_errors(
            RegionQuery, {"type": "x", "page_size": "0", "q": "x", "fields": "x", "as_of": "x", "x": "x"}
        )
        for error in validation_problem(errors, list_member_names([RegionQuery])).errors:
            assert error.detail.id != error.detail.en

    def test_choices_are_listed_without_english_words(self) -> None:
        (error,) = validation_problem(list_errors(RegionQuery, {"type": "x"}), []).errors
        assert " or " not in error.detail.id

    def test_invalid_uuid_has_an_example(self) -> None:
        class Query(BaseModel):
            id: UUID

        (error,) = validation_problem(list_errors(Query, {"id": "x"}), []).errors
        assert (error.code, error.detail.en) == (
            "uuid_parsing",
            "Must be a UUID, for example 01a20c10-0ad9-7584-8953-0eb59d6a8d90.",
        )

    def test_unknown_error_type_has_a_general_text(self) -> None:
        class Query(BaseModel):
            ratio: float

        (error,) = validation_problem(list_errors(Query, {"ratio": "x"}), ["ratio"]).errors
        assert (error.parameter, error.code, error.detail.en) == ("ratio", "float_parsing", "Not a valid value.")

    @pytest.mark.parametrize(("length", "noun"), [(1, "character"), (2, "characters")])
    def test_smallest_length_has_its_noun_in_the_singular_or_plural(self, length: int, noun: str) -> None:
        query = create_model("Query", name=(str, Field(min_length=length)))
        (error,) = validation_problem(list_errors(query, {"name": ""}), ["name"]).errors
        assert error.detail == Text(f"Paling sedikit {length} karakter.", f"Must have at least {length} {noun}.")

    @pytest.mark.parametrize(("length", "noun"), [(1, "item"), (2, "items")])
    def test_greatest_length_has_its_noun_in_the_singular_or_plural(self, length: int, noun: str) -> None:
        query = create_model("Query", names=(list[str], Field(max_length=length)))
        (error,) = validation_problem(list_errors(query, {"names": ["x"] * 3}), ["names"]).errors
        assert error.detail == Text(f"Paling banyak {length} unsur.", f"Must have at most {length} {noun}.")

    def test_long_number_is_too_large(self) -> None:
        (error,) = validation_problem(list_errors(CollectionQuery, {"page_size": "1000000000"}), []).errors
        assert error.code == "too_large"


def test_list_member_names_returns_aliases() -> None:
    class Query(BaseModel):
        model_config = ConfigDict(extra="forbid")
        plain: int
        named: Annotated[int, Field(alias="other")]

    assert list_member_names([Query, int, list[int]]) == ["plain", "other"]
