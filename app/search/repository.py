"""SQL of the search over the names and codes of all resources."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Text,
    Uuid,
    bindparam,
    case,
    cast,
    false,
    func,
    literal_column,
    null,
    or_,
    select,
    union_all,
)

from app import models
from app.core.collection import ActiveFilters, Collection
from app.core.db.documents import ROOT_PATH_PARAMETER, DayExpression, Document, DocumentSelect, Expression
from app.core.db.similarity import FOLDED_WORDS, exact_name_condition, similarity_condition
from app.search import schemas

_official, _organization, _division = models.Official, models.Organization, models.Division
_stage, _meeting, _appointment = models.Stage, models.Meeting, models.Appointment

_NULL_TEXT = cast(null(), Text)


def _select_entries(
    kind: str, row: Any, *names: Any, detail: Any, key: Any = None, name_en: Any = _NULL_TEXT
) -> DocumentSelect:
    """Build the SELECT of search entries of one kind (official, stage …), for a union of all kinds.

    Args:
        kind: The kind, which is the singular of the name of its list.
        row: The model.
        names: Further names for which an exact match ranks first.
        detail: The SQL of the text that distinguishes entries with the same name.
        key: The SQL of the key; None: the code.
        name_en: The SQL of the English name.
    """
    matches_code = row.code == FOLDED_WORDS if key is None else false()
    key = row.code if key is None else key
    return select(
        _text_literal(kind).label("kind"),
        key.label("key"),
        row.name.label("name"),
        name_en.label("name_en"),
        func.concat(ROOT_PATH_PARAMETER, _text_literal(f"/v1/{kind}s/"), key).label("url"),
        detail.label("detail"),
        row.folded,
        matches_code.label("matches_code"),
        or_(matches_code, *(exact_name_condition(name) for name in (row.name, *names))).label("is_exact_match"),
        (row.id if kind == "official" else cast(null(), Uuid)).label("official"),
    )


def _text_literal(value: str) -> ColumnElement[str]:
    """Return an SQL literal of type text; `value` is a constant of this module."""
    return literal_column(f"'{value}'::text", Text)


def _join_text(*parts: Any) -> ColumnElement[str]:
    """Return the SQL that joins the texts that are not null with commas; it is null if all are null."""
    text: ColumnElement[str] = func.nullif(func.concat_ws(_text_literal(", "), *parts), _text_literal(""))
    return text


def _last_office_expression(official: Any) -> ColumnElement[Any]:
    """Return the SQL of an official's latest office as one text: office, organization, known days; null if none."""
    days = func.nullif(func.concat(_appointment.start_on, _text_literal("/"), _appointment.end_on), _text_literal("/"))
    return (
        select(_join_text(_appointment.office, _organization.name, days))
        .join(_organization, _organization.code == _appointment.organization)
        .where(_appointment.official == official)
        .order_by(func.lower(_appointment.possible).desc(), _appointment.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def _interval_expression(row: Any) -> ColumnElement[str]:
    """Return the SQL of an object's days as an ISO 8601 interval; null if the first or last is unknown."""
    first, last = (func.to_char(day, _text_literal("YYYY-MM-DD")) for day in (row.start_on, row.end_on))
    days: ColumnElement[str] = first + _text_literal("/") + last
    return days


_entries = union_all(
    _select_entries("official", _official, key=cast(_official.id, Text), detail=_NULL_TEXT),
    *(
        _select_entries(kind, row, row.name_en, *names, name_en=row.name_en, detail=_join_text(*detail))
        for kind, row, names, detail in (
            ("organization", _organization, [_organization.short_name], (_organization.kind, _organization.level)),
            ("division", _division, [], (_division.kind, _division.level)),
            ("stage", _stage, [], (_stage.election, _interval_expression(_stage))),
            ("meeting", _meeting, [], (_meeting.place, _interval_expression(_meeting))),
        )
    ),
).subquery("entries")


def select_hit(_day: DayExpression) -> DocumentSelect:
    """Build the SELECT of a search result document, one column per JSON member; it does not depend on the day."""
    entry = _entries.c
    # The office is looked up here, for the hits of one page, and not in `_entries`, for all matches.
    detail = func.coalesce(entry.detail, _last_office_expression(entry.official)).label("detail")
    return select(entry.kind, entry.key, entry.name, entry.name_en, entry.url, detail)


def _filter_conditions(filters: ActiveFilters) -> Iterator[ColumnElement[bool]]:
    """Yield the SQL condition of the filter `kind`, if the search request uses it."""
    if "kind" in filters:
        yield _entries.c.kind == bindparam("kind")


def _match_condition(words: Expression) -> ColumnElement[bool]:
    """Return the SQL condition that an entry's name is similar to the words, or its code equals the words."""
    return or_(similarity_condition(_entries.c.folded, words), _entries.c.matches_code)


HITS = Collection(
    Document(schemas.SearchResult, select_hit),
    _entries,
    key=_entries.c.url,
    # An entry with this code ranks first, regardless of its names.
    folded_text=case((_entries.c.matches_code, FOLDED_WORDS), else_=_entries.c.folded),
    search_condition=_match_condition,
    tie_break=_entries.c.is_exact_match,
    conditions=_filter_conditions,
    sorts={},
)
