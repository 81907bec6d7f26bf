from typing import Annotated, Any

import pytest
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from app.core.http.parameters import CollectionQuery
from app.core.http.validation import ERROR_TEXTS, list_member_names, parameter_problem
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


def errors_of(schema: type[BaseModel], values: dict[str, Any]) -> list[Any]:
    with pytest.raises(ValidationError) as raised:
        schema.model_validate(values)
    return [{**error, "loc": ("query", *error["loc"])} for error in raised.value.errors()]


class TestInvalidParameters:
    @pytest.mark.parametrize("schema", QUERIES, ids=lambda schema: schema.__name__)
    @pytest.mark.parametrize("value", ["\u2603", "", "-1", "0", "9" * 9, "9" * 10, "x" * 5000, "1e3"])
    def test_everything_that_can_be_wrong_has_a_saying(self, schema: type[BaseModel], value: str) -> None:
        """No refusal falls back to "Not a valid value.", and none repeats what was sent."""
        known = list_member_names([schema])
        wrong: list[Any] = []
        for name in [*known, "unknown"]:
            try:
                schema.model_validate({name: value})
            except ValidationError as error:
                wrong += [{**one, "loc": ("query", *one["loc"])} for one in error.errors()]
        assert wrong
        assert {error["type"] for error in wrong} <= set(ERROR_TEXTS)
        for invalid in parameter_problem(wrong, known).errors:
            assert invalid.parameter in (*known, "unknown")
            for detail in invalid.detail:
                assert not value or len(value) < 5 or value not in detail

    def test_all_wrong_parameters_are_named_at_once(self) -> None:
        wrong = errors_of(RegionQuery, {"type": "x", "page_size": "x", "colour": "x", "as_of": "2023-02-29"})
        problem = parameter_problem(wrong, list_member_names([RegionQuery]))
        assert {(error.parameter, error.code) for error in problem.errors} == {
            ("type", "not_one_of"),
            ("page_size", "not_an_integer"),
            ("colour", "unknown_parameter"),
            ("as_of", "no_such_date"),
        }

    def test_the_two_languages_differ(self) -> None:
        wrong = errors_of(RegionQuery, {"type": "x", "page_size": "0", "q": "x", "fields": "x", "as_of": "x", "x": "x"})
        for error in parameter_problem(wrong, list_member_names([RegionQuery])).errors:
            assert error.detail.id != error.detail.en

    def test_indonesian_is_indonesian(self) -> None:
        (error,) = parameter_problem(errors_of(RegionQuery, {"type": "x"}), []).errors
        assert " or " not in error.detail.id

    def test_a_fault_without_a_saying_is_still_told(self) -> None:
        class Query(BaseModel):
            ratio: float

        (error,) = parameter_problem(errors_of(Query, {"ratio": "x"}), ["ratio"]).errors
        assert (error.parameter, error.code, error.detail.en) == ("ratio", "float_parsing", "Not a valid value.")

    def test_a_long_number_is_too_large(self) -> None:
        (error,) = parameter_problem(errors_of(CollectionQuery, {"page_size": "1000000000"}), []).errors
        assert error.code == "too_large"


def test_names_of_are_those_on_the_wire() -> None:
    class Query(BaseModel):
        model_config = ConfigDict(extra="forbid")
        plain: int
        named: Annotated[int, Field(alias="other")]

    assert list_member_names([Query, int, list[int]]) == ["plain", "other"]
