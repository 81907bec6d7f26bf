"""Each type accepts exactly the values that its JSON schema allows."""

import json
from datetime import UTC, date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field, TypeAdapter, ValidationError

from app.core.http.body_types import (
    BLANK,
    CONTROL,
    Day,
    Instant,
    Int32,
    Line,
    Name,
    PayloadModel,
    Slug,
    Uuid,
    build_patch_model,
)
from app.core.http.validation import ERROR_TEXTS, validate_document
from app.core.problems import InvalidContent

TYPES: dict[str, Any] = {
    "Name": Name,
    "a short Name": Annotated[Name, Field(max_length=3)],
    "Line": Line,
    "Slug": Slug,
    "Day": Day,
    "Instant": Instant,
    "Uuid": Uuid,
    "Int32": Int32,
    "a small Int32": Annotated[Int32, Field(ge=1, le=9)],
    "nullable": Day | None,
    "list": Annotated[list[Uuid], Field(max_length=1)],
}
EDGES = [
    *(
        "",
        " ",
        "a",
        " a",
        "a ",
        "a b",
        "a\n",
        "\na",
        "a\nb",
        "a\tb",
        "\0",
        "a\x7f",
        "\x85",
        "\u00a0a",
        "a\u3000",
        "\ufeffa",
    ),
    *("a\u2028b", "é", "Asy'ari", "😀", "x" * 3, "x" * 4, "x" * 40, "x" * 41, "x" * 300, "x" * 301, "x" * 5001),
    *("a-b", "a--b", "-a", "a-", "A", "a_b", "ab1", "ab1\n", "é-b"),
    *("2022-06-14", "2022-06-14\n", "1899-12-31", "1900-01-01", "2199-12-31", "2200-01-01", "2023-02-29", "2022-6-14"),
    *("2022-06-31", "2022-00-01", "2022-13-01", "+2022-06-14", "20220614", "2022-06-14T00:00:00", "٢٠٢٢-06-14"),
    *("2022-06-14T09:00:00+07:00", "2022-06-14T09:00:00Z", "2022-06-14T09:00:00z", "2022-06-14t09:00:00Z"),
    *(
        "2022-06-14T09:00:00",
        "2022-06-14 09:00:00Z",
        "2022-06-14T09:00Z",
        "2022-06-14T24:00:00Z",
        "2022-06-14T09:60:00Z",
    ),
    *("2022-06-14T23:59:60Z", "2022-06-14T09:00:00.5Z", "2022-06-14T09:00:00.123456Z", "2022-06-14T09:00:00.1234567Z"),
    *("2022-06-14T09:00:00.Z", "2022-06-14T09:00:00+0700", "2022-06-14T09:00:00+24:00", "2022-06-14T09:00:00-00:00"),
    *("2023-02-29T09:00:00Z", "1899-12-31T23:59:59Z", "2022-06-14T09:00:00Z\n", "1655172000"),
    *(
        "01a20c10-0ae2-7033-aa5d-2a6bfa807bee",
        "01A20C10-0AE2-7033-AA5D-2A6BFA807BEE",
        "01a20c100ae27033aa5d2a6bfa807bee",
    ),
    *("{01a20c10-0ae2-7033-aa5d-2a6bfa807bee}", "urn:uuid:01a20c10-0ae2-7033-aa5d-2a6bfa807bee"),
    *("01a20c10-0ae2-7033-aa5d-2a6bfa807bee\n", "01a20c10-0ae27033-aa5d-2a6bfa807bee0", "1", "true", "null"),
    *(None, True, False, 0, 1, 9, 10, -1, 2**31 - 1, 2**31, -(2**31), -(2**31) - 1, 0.5, {}, [], [1], {"a": 1}),
    *(["01a20c10-0ae2-7033-aa5d-2a6bfa807bee"], ["01a20c10-0ae2-7033-aa5d-2a6bfa807bee"] * 2, [None]),
]
LETTERS = st.sampled_from(
    [*"aZ09-:.TZ+ \n\t\0é😀\x7f\x85\u00a0\u2028\ufeff\u200b\u2800\U000e0001\U0001d159\ufe0f", "2022-06-14", "T09:00:00"]
)


def build_validators(kind: str) -> tuple[TypeAdapter[Any], jsonschema_rs.Validator]:
    adapter: TypeAdapter[Any] = TypeAdapter(TYPES[kind])
    return adapter, jsonschema_rs.Draft202012Validator(adapter.json_schema(), validate_formats=True)


def list_error_types(adapter: TypeAdapter[Any], value: Any) -> list[str]:
    try:
        adapter.validate_python(value)
    except ValidationError as error:
        return [one["type"] for one in error.errors()]
    return []


def is_accepted(adapter: TypeAdapter[Any], value: Any) -> bool:
    return not list_error_types(adapter, value)


@pytest.mark.parametrize("kind", TYPES)
class TestTypes:
    def test_edge_cases_are_accepted_exactly_if_the_schema_allows_them(self, kind: str) -> None:
        adapter, schema = build_validators(kind)
        assert {True, False} == {is_accepted(adapter, value) for value in EDGES}
        for value in EDGES:
            assert is_accepted(adapter, value) == schema.is_valid(value), value

    def test_every_error_type_has_a_text(self, kind: str) -> None:
        adapter, _ = build_validators(kind)
        assert {error_type for value in EDGES for error_type in list_error_types(adapter, value)} <= set(ERROR_TEXTS)

    @given(value=st.lists(LETTERS, max_size=6).map("".join))
    def test_random_texts_are_accepted_exactly_if_the_schema_allows_them(self, kind: str, value: str) -> None:
        adapter, schema = build_validators(kind)
        assert is_accepted(adapter, value) == schema.is_valid(value)

    def test_float_with_an_integral_value_is_rejected(self, kind: str) -> None:
        """JSON Schema compares values only, so it allows 1.0 as an integer."""
        assert not is_accepted(build_validators(kind)[0], 1.0)


def test_texts_are_parsed_to_python_values() -> None:
    assert TypeAdapter(Day).validate_python("2022-06-14") == date(2022, 6, 14)
    at = TypeAdapter(Instant).validate_python("2022-06-14T09:00:00.25+07:00")
    assert at == datetime(2022, 6, 14, 2, 0, 0, 250000, UTC)
    assert at.tzinfo is UTC
    word = "01a20c10-0ae2-7033-aa5d-2a6bfa807bee"
    assert TypeAdapter(Uuid).validate_python(word.upper()) == UUID(word)


@pytest.mark.parametrize("blank", [" ", "\u00a0", "\u1680", "\u2000", "\u200a", "\u202f", "\u205f", "\u3000", "\ufeff"])
def test_name_may_contain_spaces_but_not_begin_or_end_with_one(blank: str) -> None:
    name = TypeAdapter(Name)
    assert name.validate_python(f"a{blank}b") == f"a{blank}b"
    assert (
        list_error_types(name, f"{blank}a")
        == list_error_types(name, f"a{blank}")
        == list_error_types(name, blank)
        == ["not_plain"]
    )


def test_name_has_no_control_characters() -> None:
    name = TypeAdapter(Name)
    assert list_error_types(name, "") == ["string_too_short"]
    for control in ("\0", "\t", "\n", "\r", "\x1f", "\x7f", "\x80", "\x9f", "\u2028", "\u2029"):
        assert list_error_types(name, f"a{control}b") == ["not_plain"]
    for seen in ("\u200b", "\u200d", "¡", "é", "😀"):  # zero-width characters join letters and emoji
        assert is_accepted(name, f"a{seen}b")


def test_int32_has_32_bits() -> None:
    for value in (2**31 - 1, -(2**31)):
        assert is_accepted(TypeAdapter(Int32), value)
        assert not is_accepted(TypeAdapter(Int32), value + (1 if value > 0 else -1))


def test_character_classes_are_escaped() -> None:
    assert set((CONTROL + BLANK).replace("\\u", "").replace("-", "")) <= set("0123456789abcdef")


class Place(PayloadModel):
    name: Name
    zone: Annotated[Name, Field(max_length=40)]


class Meeting(PayloadModel):
    code: Slug
    name: Annotated[Name, Field(description="Its name.", examples=["Rakornas"])]
    start_on: Day | None = None
    place: Place | None = None
    rooms: list[Place] = Field(default_factory=list)
    seats: Annotated[Int32, Field(ge=1)] = 5
    kind: Literal["plenary", "other"] = "other"


class Flags(PayloadModel):
    on: bool = False
    ratio: int = 0


class TestPayloadModel:
    @pytest.mark.parametrize("value", [0, 1, "true", "on", 1.0, None])
    def test_types_are_not_converted(self, value: Any) -> None:
        with pytest.raises(InvalidContent):
            validate_document(Flags, {"on": value})
        with pytest.raises(InvalidContent):
            validate_document(Flags, {"ratio": True if value == 1 else "1"})

    def test_at_most_100_errors_are_reported(self) -> None:
        with pytest.raises(InvalidContent) as raised:
            validate_document(Flags, {f"x{number}": 1 for number in range(500)})
        assert len(raised.value.errors) == 100


class TestBuildPatchModel:
    PATCH = build_patch_model(Meeting)

    def test_all_members_are_optional_without_defaults(self) -> None:
        schema = self.PATCH.model_json_schema()
        assert "required" not in schema
        assert list(schema["properties"]) == list(Meeting.model_fields)
        assert '"default"' not in json.dumps(schema)
        assert self.PATCH.model_validate({}).model_dump(exclude_unset=True) == {}

    def test_members_keep_their_descriptions(self) -> None:
        schema, whole = self.PATCH.model_json_schema(), Meeting.model_json_schema()
        assert schema["properties"]["name"] == whole["properties"]["name"]
        assert schema["properties"]["code"] == whole["properties"]["code"]

    @pytest.mark.parametrize(
        "patch",
        [{"start_on": None}, {"place": {"zone": "WIB"}}, {"place": None}, {"seats": 7}, {"kind": "plenary"}],
    )
    def test_partial_patch_is_accepted(self, patch: dict[str, Any]) -> None:
        assert validate_document(self.PATCH, patch).model_dump(exclude_unset=True) == patch

    @pytest.mark.parametrize(
        ("patch", "pointer", "code"),
        [
            ({"name": None}, "/name", "null_not_allowed"),
            ({"seats": None}, "/seats", "null_not_allowed"),
            ({"seats": 0}, "/seats", "too_small"),
            ({"place": {"zone": "x" * 41}}, "/place/zone", "too_long"),
            ({"place": {"zone": None}}, "/place/zone", "null_not_allowed"),
            ({"place": {"town": "x"}}, "/place/town", "unknown_member"),
            ({"rooms": [{"zone": "x"}]}, "/rooms/0/name", "missing_member"),
            ({"colour": 1}, "/colour", "unknown_member"),
            ({"kind": "x"}, "/kind", "not_one_of"),
        ],
    )
    def test_invalid_patch_is_rejected(self, patch: dict[str, Any], pointer: str, code: str) -> None:
        with pytest.raises(InvalidContent) as raised:
            validate_document(self.PATCH, patch)
        assert [(error.pointer, error.code) for error in raised.value.errors] == [(pointer, code)]
