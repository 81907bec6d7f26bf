import re
from datetime import date, timedelta
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from app.core.http.parameters import (
    AsOf,
    CollectionQuery,
    FieldSelection,
    ItemQuery,
    ListQuery,
    PeriodQuery,
    parse_date,
    require_digits,
)

FIRST, LAST = date(1900, 1, 1), date(2199, 12, 31)


class TestRequireDigits:
    @given(st.integers(0, 10**9 - 1))
    def test_digits_are_returned_unchanged(self, number: int) -> None:
        assert require_digits(str(number)) == str(number)

    @given(st.text().filter(lambda text: not (text.isascii() and text.isdigit())))
    def test_other_texts_are_rejected(self, text: str) -> None:
        with pytest.raises(PydanticCustomError):
            require_digits(text)

    @pytest.mark.parametrize(
        "text", ["", "+5", "-5", "1_0", "٣", "५", "²", "5 ", "5\n", "0x5", "5.", "1" * 101, "True"]
    )
    def test_integers_in_other_forms_are_rejected(self, text: str) -> None:
        with pytest.raises(PydanticCustomError):
            require_digits(text)


class TestParseDate:
    @given(st.dates(FIRST, LAST))
    def test_each_day_is_parsed(self, day: date) -> None:
        assert parse_date(day.isoformat()) == day

    @given(st.dates().filter(lambda day: not FIRST <= day <= LAST))
    def test_days_of_other_years_are_rejected(self, day: date) -> None:
        with pytest.raises(PydanticCustomError, match="1900 to 2199"):
            parse_date(day.isoformat())

    @pytest.mark.parametrize("day", [FIRST - timedelta(1), LAST + timedelta(1)])
    def test_days_just_outside_the_bounds_are_rejected(self, day: date) -> None:
        with pytest.raises(PydanticCustomError):
            parse_date(day.isoformat())

    @given(st.text().filter(lambda text: not re.fullmatch("[0-9]{4}-[0-9]{2}-[0-9]{2}", text)))
    def test_random_texts_are_rejected(self, text: str) -> None:
        with pytest.raises(PydanticCustomError):
            parse_date(text)

    @given(st.from_regex(r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}\Z"))
    def test_texts_like_dates_are_parsed_or_rejected(self, text: str) -> None:
        try:
            assert parse_date(text).isoformat() == text
        except PydanticCustomError as error:
            assert error.type in ("not_a_day", "no_such_day")  # noqa: PT017

    @pytest.mark.parametrize(
        "value", [0, 19000101, 2022.5, True, None, FIRST, b"2022-06-14", "2022-W24-2", "\uff12022-06-14"]
    )
    def test_other_values_that_pydantic_accepts_are_rejected(self, value: object) -> None:
        with pytest.raises(PydanticCustomError):
            parse_date(value)

    def test_schema_has_the_pattern(self) -> None:
        schema = TypeAdapter(AsOf).json_schema()
        assert (schema["type"], schema["format"]) == ("string", "date")
        assert schema["pattern"] == "^(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}$"


class Thing(BaseModel):
    code: str
    name: str
    parent: str


class TestFieldSelection:
    fields = TypeAdapter(Annotated[str, FieldSelection(Thing)])

    @given(st.lists(st.sampled_from(["code", "name", "parent"]), min_size=1))
    def test_comma_separated_members_are_accepted(self, names: list[str]) -> None:
        assert self.fields.validate_python(",".join(names)) == ",".join(names)

    @pytest.mark.parametrize("text", ["", ",", "code,", ",code", "code,,name", "code name", "code, name", "Code", "c*"])
    def test_other_texts_list_the_allowed_members(self, text: str) -> None:
        with pytest.raises(ValidationError) as raised:
            self.fields.validate_python(text)
        assert [(error["type"], error["ctx"]) for error in raised.value.errors()] == [
            ("unknown_field", {"allowed": "code, name, parent"})
        ]

    def test_schema_has_the_pattern(self) -> None:
        assert self.fields.json_schema()["pattern"] == "^(code|name|parent)(,(code|name|parent))*$"


class TestQueries:
    def test_active_filters_exclude_the_paging_parameters(self) -> None:
        query = CollectionQuery.model_validate({"page_size": "5", "q": "ab", "page_token": "t"})
        assert query.active_filters() == {"q": "ab"}
        assert (query.page_size, query.field_names()) == (5, [])
        assert CollectionQuery().active_filters() == {}

    def test_field_names_are_split(self) -> None:
        assert ItemQuery(fields="code,name").field_names() == ["code", "name"]

    def test_query_is_frozen(self) -> None:
        with pytest.raises(ValidationError):
            CollectionQuery().page_size = 7  # type: ignore[misc]

    @pytest.mark.parametrize(
        ("name", "bounds"),
        [
            ("page_size", {"minimum": 1, "maximum": 200, "default": 50}),
            ("q", {"minLength": 2, "maxLength": 100}),
            ("page_token", {"minLength": 1, "maxLength": 2000}),
        ],
    )
    def test_schema_has_the_bounds(self, name: str, bounds: dict[str, int]) -> None:
        schema = CollectionQuery.model_json_schema()["properties"][name]
        schema |= schema.get("anyOf", [{}])[0]
        assert {key: schema[key] for key in bounds} == bounds


class TestPeriodQuery:
    @staticmethod
    def list_errors(**parameters: str) -> list[tuple[str, str]]:
        with pytest.raises(ValidationError) as raised:
            PeriodQuery.model_validate(parameters)
        return [(str(error["loc"][0]), error["type"]) for error in raised.value.errors()]

    @given(st.dates(FIRST, LAST), st.dates(FIRST, LAST))
    def test_to_before_from_is_rejected(self, one: date, other: date) -> None:
        first, last = sorted((one, other))
        query = PeriodQuery.model_validate({"from": str(first), "to": str(last)})
        assert query.active_filters() == {"from_": first, "to": last}
        if first != last:
            assert self.list_errors(**{"from": str(last), "to": str(first)}) == [("to", "to_before_from")]

    def test_both_sides_are_optional(self) -> None:
        assert PeriodQuery.model_validate({}).active_filters() == {}
        assert PeriodQuery.model_validate({"from": "2024-02-11"}).active_filters() == {"from_": date(2024, 2, 11)}
        assert PeriodQuery.model_validate({"to": "2024-02-13"}).active_filters() == {"to": date(2024, 2, 13)}

    def test_python_name_of_from_is_rejected(self) -> None:
        assert self.list_errors(from_="2024-02-11") == [("from_", "extra_forbidden")]

    @pytest.mark.parametrize("bad", ["", "2024-2-11", "1899-12-31", "2200-01-01"])
    def test_each_invalid_day_is_reported_once(self, bad: str) -> None:
        """An invalid `from` does not make `to` invalid."""
        assert self.list_errors(**{"from": bad, "to": "1900-01-01"}) == [("from", "not_a_day")]
        assert self.list_errors(**{"from": "2024-02-11", "to": bad}) == [("to", "not_a_day")]
        assert self.list_errors(**{"from": bad, "to": bad}) == [("from", "not_a_day"), ("to", "not_a_day")]

    def test_order_of_the_parameters_is_irrelevant(self) -> None:
        assert self.list_errors(to="2024-02-10", **{"from": "2024-02-11"}) == [("to", "to_before_from")]

    def test_schema_has_two_dates(self) -> None:
        properties = PeriodQuery.model_json_schema()["properties"]
        for name in ("from", "to"):
            assert properties[name]["anyOf"][0]["format"] == "date"


class TestListQuery:
    def test_list_query_has_no_sort_order(self) -> None:
        assert ListQuery.model_validate({"page_size": "7"}).sort_order is None
        for name in ("q", "sort"):
            with pytest.raises(ValidationError):
                ListQuery.model_validate({name: "ab"})

    def test_sort_order_of_a_collection_query_is_sort(self) -> None:
        assert CollectionQuery(sort="-name").sort_order == "-name"
        assert CollectionQuery().sort_order is None
