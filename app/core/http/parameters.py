"""Strict types of query parameters, which accept exactly the documented spelling, and the query models of routes."""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Annotated, Any

from fastapi import Query
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
    ValidationInfo,
    field_validator,
)
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from app.core.clock import FIRST_YEAR, LAST_YEAR
from app.core.datetimes import DATE_PATTERN, INSTANT_PATTERN, parse_instant

_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


def require_digits(value: Any) -> Any:
    """Return the value if it consists of 1 to 100 ASCII digits, else raise a validation error."""
    if not re.fullmatch(r"[0-9]{1,100}", str(value)):
        raise PydanticCustomError("not_digits", "only the digits 0-9")
    return value


def parse_date(value: Any) -> date:
    """Parse a date YYYY-MM-DD (RFC 3339, full-date) of the years 1900 to 2199.

    Raises:
        PydanticCustomError: The text has another form, another year or a date that does not exist.
    """
    if isinstance(value, str) and _DATE.fullmatch(value):
        try:
            day = date.fromisoformat(value)
        except ValueError:
            raise PydanticCustomError("no_such_day", "no such day in the calendar") from None
        if FIRST_YEAR <= day.year <= LAST_YEAR:
            return day
    raise PydanticCustomError("not_a_day", "YYYY-MM-DD, 1900 to 2199")


class FieldSelection:
    """Annotation of `fields`: names of members of a document, separated by commas."""

    def __init__(self, document: type[BaseModel]) -> None:
        self.names = tuple(document.model_fields)

    def __get_pydantic_core_schema__(self, source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(self, schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        name = f"({'|'.join(self.names)})"
        return {**handler(schema), "pattern": f"^{name}(,{name})*$"}

    def _check(self, value: str) -> str:
        """Return `fields` if all its names are members of the document, else raise a validation error."""
        if not set(value.split(",")) <= set(self.names):
            raise PydanticCustomError("unknown_field", "unknown member", {"allowed": ", ".join(self.names)})
        return value


AsOf = Annotated[
    date,
    Field(
        description="The day to show, `YYYY-MM-DD`, 1900 to 2199.",
        json_schema_extra={"pattern": DATE_PATTERN},
        examples=["2022-06-14"],
    ),
    BeforeValidator(parse_date),
]
AsOfOrToday = Annotated[
    AsOf,
    Field(
        description="The day to show; by default today in the time zone of this installation, Asia/Jakarta unless "
        "configured otherwise."
    ),
]
SearchWords = Annotated[
    str,
    Field(
        min_length=2,
        max_length=100,
        description="Words to search for in the names. Case, accents and apostrophes are ignored, and small spelling "
        "errors are tolerated. The best match comes first; not allowed together with `sort`.",
    ),
]
KnownAt = Annotated[
    datetime,
    Field(
        description="Show the record as this service knew it at that instant (RFC 3339, `+` as `%2B`), at least 10 s "
        "ago. Without `as_of`, the day is that of the instant. Not allowed together with `q`.",
        json_schema_extra={"pattern": INSTANT_PATTERN},
        examples=["2026-11-24T09:00:00+07:00"],
    ),
    BeforeValidator(parse_instant),
]
Code = Annotated[str, Field(min_length=1, max_length=40)]


class EmptyQuery(BaseModel):
    """The parameters of a route that has none: all are rejected."""

    model_config = ConfigDict(extra="forbid", frozen=True)


NoParameters = Annotated[EmptyQuery, Query(include_in_schema=False)]


class FieldsQuery(BaseModel):
    """The parameter `fields` of every document. A subclass narrows it to the members of its document."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    fields: str | None = None

    @property
    def known_at_instant(self) -> datetime | None:
        """The value of `known_at`: always None here; a subclass with that parameter overrides it."""
        return None

    def field_names(self) -> list[str]:
        """Return the names in the parameter `fields`; empty if it was not given."""
        return self.fields.split(",") if self.fields else []

    def active_filters(self) -> Mapping[str, Any]:
        """Return the given filters' values by name: all parameters but paging, `sort`, `fields` and `known_at`."""
        others = {"page_size", "page_token", "sort", "fields", "known_at"}
        return {name: value for name, value in self if name in self.model_fields_set and name not in others}


class ItemQuery(FieldsQuery):
    """The parameters of an item."""

    known_at: KnownAt | None = None

    @property
    def known_at_instant(self) -> datetime | None:
        """The value of `known_at`; None if it was not given."""
        return self.known_at


class ListQuery(FieldsQuery):
    """The parameters of every list."""

    page_size: Annotated[
        int,
        Field(ge=1, le=200, description="Largest number of items on a page.", examples=[20]),
        BeforeValidator(require_digits),
    ] = 50
    page_token: (
        Annotated[
            str,
            Field(
                min_length=1,
                max_length=2000,
                description="`next_page_token` of the previous page.",
            ),
        ]
        | None
    ) = None

    @property
    def sort_order(self) -> str | None:
        """The value of `sort`: always None here; a subclass with that parameter overrides it."""
        return None


class SortableQuery(ListQuery):
    """The parameters of a list that can be sorted. A subclass adds its filters, `sort` and `fields`."""

    sort: str | None = None
    known_at: KnownAt | None = None

    @property
    def sort_order(self) -> str | None:
        """The value of `sort`; None if it was not given."""
        return self.sort

    @property
    def known_at_instant(self) -> datetime | None:
        """The value of `known_at`; None if it was not given."""
        return self.known_at


class SearchableQuery(ListQuery):
    """The parameters of a list that can be searched."""

    q: SearchWords | None = None


class CollectionQuery(SortableQuery, SearchableQuery):
    """The parameters of a list that can be searched and sorted."""


class PeriodQuery(CollectionQuery):
    """The parameters of a list of objects with a first and a last day."""

    from_: Annotated[
        AsOf | None,
        Field(alias="from", description="Lasting until this day or longer.", examples=["2024-02-01"]),
    ] = None
    to: Annotated[AsOf | None, Field(description="Beginning on this day or earlier.", examples=["2024-02-29"])] = None

    @field_validator("to")
    @classmethod
    def _check_not_before_from(cls, to: date | None, info: ValidationInfo) -> date | None:
        """Return `to` if it is not before `from`, else raise a validation error."""
        begins = info.data.get("from_")
        if to and begins and to < begins:
            raise PydanticCustomError("to_before_from", "not before from")
        return to
