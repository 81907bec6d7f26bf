from datetime import date, timedelta
from typing import Annotated

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import PydanticCustomError

from app.core.parameters import AsOf, FieldsOf, ItemQuery, PageQuery, calendar_day, plain_digits

FIRST, LAST = date(1900, 1, 1), date(2199, 12, 31)


class TestPlainDigits:
    @given(st.integers(0, 10**9 - 1))
    def test_digits_pass_unchanged(self, number: int) -> None:
        assert plain_digits(str(number)) == str(number)

    @given(st.text().filter(lambda text: not (text.isascii() and text.isdigit())))
    def test_nothing_else_does(self, text: str) -> None:
        with pytest.raises(PydanticCustomError):
            plain_digits(text)

    @pytest.mark.parametrize(
        "text", ["", "+5", "-5", "1_0", "٣", "५", "²", "5 ", "5\n", "0x5", "5.", "1" * 101, "True"]
    )
    def test_what_python_would_take(self, text: str) -> None:
        with pytest.raises(PydanticCustomError):
            plain_digits(text)


class TestCalendarDay:
    @given(st.dates(FIRST, LAST))
    def test_each_day_passes(self, day: date) -> None:
        assert calendar_day(day.isoformat()) == day

    @given(st.dates().filter(lambda day: not FIRST <= day <= LAST))
    def test_no_day_outside_the_years_does(self, day: date) -> None:
        with pytest.raises(PydanticCustomError, match="1900 to 2199"):
            calendar_day(day.isoformat())

    @pytest.mark.parametrize("day", [FIRST - timedelta(1), LAST + timedelta(1)])
    def test_the_days_beside_the_bounds(self, day: date) -> None:
        with pytest.raises(PydanticCustomError):
            calendar_day(day.isoformat())

    @given(st.text())
    def test_no_other_text_does(self, text: str) -> None:
        with pytest.raises(PydanticCustomError):
            calendar_day(text)

    @given(st.from_regex(r"\A[0-9]{4}-[0-9]{2}-[0-9]{2}\Z"))
    def test_what_looks_like_a_day_is_one_or_none(self, text: str) -> None:
        try:
            assert calendar_day(text).isoformat() == text
        except PydanticCustomError as error:
            assert error.type in ("not_a_day", "no_such_day")  # noqa: PT017

    @pytest.mark.parametrize(
        "value", [0, 19000101, 2022.5, True, None, FIRST, b"2022-06-14", "2022-W24-2", "\uff12022-06-14"]
    )
    def test_what_pydantic_would_take(self, value: object) -> None:
        with pytest.raises(PydanticCustomError):
            calendar_day(value)

    def test_the_schema_says_so(self) -> None:
        schema = TypeAdapter(AsOf).json_schema()
        assert (schema["type"], schema["format"]) == ("string", "date")
        assert schema["pattern"] == "^(19|20|21)[0-9]{2}-[0-9]{2}-[0-9]{2}$"


class Thing(BaseModel):
    code: str
    name: str
    parent: str


class TestFieldsOf:
    fields = TypeAdapter(Annotated[str, FieldsOf(Thing)])

    @given(st.lists(st.sampled_from(["code", "name", "parent"]), min_size=1))
    def test_members_with_commas(self, names: list[str]) -> None:
        assert self.fields.validate_python(",".join(names)) == ",".join(names)

    @pytest.mark.parametrize("text", ["", ",", "code,", ",code", "code,,name", "code name", "code, name", "Code", "c*"])
    def test_anything_else(self, text: str) -> None:
        with pytest.raises(ValidationError) as raised:
            self.fields.validate_python(text)
        assert [(error["type"], error["ctx"]) for error in raised.value.errors()] == [
            ("unknown_field", {"allowed": "code, name, parent"})
        ]

    def test_the_schema_says_so(self) -> None:
        assert self.fields.json_schema()["pattern"] == "^(code|name|parent)(,(code|name|parent))*$"


class TestQueries:
    def test_filters_are_what_was_given_beside_the_page(self) -> None:
        query = PageQuery.model_validate({"page_size": "5", "q": "ab", "page_token": "t"})
        assert query.filters() == {"q": "ab"}
        assert (query.page_size, query.names()) == (5, [])
        assert PageQuery().filters() == {}

    def test_names(self) -> None:
        assert ItemQuery(fields="code,name").names() == ["code", "name"]

    def test_a_query_does_not_change(self) -> None:
        with pytest.raises(ValidationError):
            PageQuery().page_size = 7  # type: ignore[misc]

    @pytest.mark.parametrize(
        ("name", "bounds"),
        [
            ("page_size", {"minimum": 1, "maximum": 200, "default": 50}),
            ("q", {"minLength": 2, "maxLength": 100}),
            ("page_token", {"minLength": 1, "maxLength": 2000}),
        ],
    )
    def test_the_schema_has_the_bounds(self, name: str, bounds: dict[str, int]) -> None:
        schema = PageQuery.model_json_schema()["properties"][name]
        schema |= schema.get("anyOf", [{}])[0]
        assert {key: schema[key] for key in bounds} == bounds
