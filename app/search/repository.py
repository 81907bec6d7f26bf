"""The SQL of the search over all that has a name."""

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
from app.core.db.documents import DayExpression, Document, DocumentSelect, Expression
from app.core.db.similarity import FOLDED_WORDS, is_exact_name, matches
from app.search import schemas

_person, _body, _division = models.Official, models.Organization, models.Division
_stage, _meeting, _appointment = models.Stage, models.Meeting, models.Appointment

_NULL_TEXT = cast(null(), Text)


def _select_entries(
    kind: str, row: Any, *names: Any, detail: Any, key: Any = None, name_en: Any = _NULL_TEXT
) -> DocumentSelect:
    """The rows of one kind. `names`: beside its name, what people call it."""
    is_its_code = row.code == FOLDED_WORDS if key is None else false()
    key = row.code if key is None else key
    return select(
        _text_literal(kind).label("kind"),
        key.label("key"),
        row.name.label("name"),
        name_en.label("name_en"),
        func.concat(_text_literal(f"/v1/{kind}s/"), key).label("url"),
        detail.label("detail"),
        row.folded,
        is_its_code.label("is_its_code"),
        or_(is_its_code, *(is_exact_name(name) for name in (row.name, *names))).label("is_whole"),
        (row.id if kind == "official" else cast(null(), Uuid)).label("person"),
    )


def _text_literal(value: str) -> ColumnElement[str]:
    return literal_column(f"'{value}'::text", Text)


def _join_text(*parts: Any) -> ColumnElement[str]:
    joined: ColumnElement[str] = func.nullif(func.concat_ws(_text_literal(", "), *parts), _text_literal(""))
    return joined


def _last_office_expression(person: Any) -> ColumnElement[Any]:
    """The office that an official came into last, the body, and from when until when as far as known."""
    days = func.nullif(func.concat(_appointment.start_on, _text_literal("/"), _appointment.end_on), _text_literal("/"))
    return (
        select(_join_text(_appointment.office, _body.name, days))
        .join(_body, _body.code == _appointment.organization)
        .where(_appointment.official == person)
        .order_by(func.lower(_appointment.possible).desc(), _appointment.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def _interval_expression(row: Any) -> ColumnElement[str]:
    """Both days, as an ISO 8601 interval; null where one is not known."""
    first, last = (func.to_char(day, _text_literal("YYYY-MM-DD")) for day in (row.start_on, row.end_on))
    days: ColumnElement[str] = first + _text_literal("/") + last
    return days


_entries = union_all(
    _select_entries("official", _person, key=cast(_person.id, Text), detail=_NULL_TEXT),
    *(
        _select_entries(kind, row, row.name_en, *names, name_en=row.name_en, detail=_join_text(*detail))
        for kind, row, names, detail in (
            ("organization", _body, [_body.short_name], (_body.kind, _body.level)),
            ("division", _division, [], (_division.kind, _division.level)),
            ("stage", _stage, [], (_stage.election, _interval_expression(_stage))),
            ("meeting", _meeting, [], (_meeting.place, _interval_expression(_meeting))),
        )
    ),
).subquery("entries")


def select_hit(_day: DayExpression) -> DocumentSelect:
    found = _entries.c
    # The office is looked up here, for those on the page, and not among the entries, for all that were found.
    detail = func.coalesce(found.detail, _last_office_expression(found.person)).label("detail")
    return select(found.kind, found.key, found.name, found.name_en, found.url, detail)


def _filter_conditions(filters: ActiveFilters) -> Iterator[ColumnElement[bool]]:
    if "kind" in filters:
        yield _entries.c.kind == bindparam("kind")


def _match_condition(words: Expression) -> ColumnElement[bool]:
    """By words like those of the names, or by the code itself: two conditions, so that an index can answer each."""
    return or_(matches(_entries.c.folded, words), _entries.c.is_its_code)


HITS = Collection(
    Document(schemas.Hit, select_hit),
    _entries,
    key=_entries.c.url,
    # A code that was given is as like as can be, whatever the names are.
    folded_text=case((_entries.c.is_its_code, FOLDED_WORDS), else_=_entries.c.folded),
    search_condition=_match_condition,
    tie_break=_entries.c.is_whole,
    conditions=_filter_conditions,
    sorts={},
)
