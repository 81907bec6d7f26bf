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
_stage, _meeting, _held = models.Stage, models.Meeting, models.Appointment

_NOTHING = cast(null(), Text)


def _entry(kind: str, row: Any, *names: Any, detail: Any, key: Any = None, name_en: Any = _NOTHING) -> DocumentSelect:
    """The rows of one kind. `names`: beside its name, what people call it."""
    is_its_code = row.code == FOLDED_WORDS if key is None else false()
    key = row.code if key is None else key
    return select(
        _text(kind).label("kind"),
        key.label("key"),
        row.name.label("name"),
        name_en.label("name_en"),
        func.concat(_text(f"/v1/{kind}s/"), key).label("url"),
        detail.label("detail"),
        row.folded,
        is_its_code.label("is_its_code"),
        or_(is_its_code, *(is_exact_name(name) for name in (row.name, *names))).label("is_whole"),
        (row.id if kind == "official" else cast(null(), Uuid)).label("person"),
    )


def _text(constant: str) -> ColumnElement[str]:
    return literal_column(f"'{constant}'::text", Text)


def _joined(*parts: Any) -> ColumnElement[str]:
    joined: ColumnElement[str] = func.nullif(func.concat_ws(_text(", "), *parts), _text(""))
    return joined


def _last_office(person: Any) -> ColumnElement[Any]:
    """The office that an official came into last, the body, and from when until when as far as known."""
    days = func.nullif(func.concat(_held.start_on, _text("/"), _held.end_on), _text("/"))
    return (
        select(_joined(_held.office, _body.name, days))
        .join(_body, _body.code == _held.organization)
        .where(_held.official == person)
        .order_by(func.lower(_held.possible).desc(), _held.id.desc())
        .limit(1)
        .scalar_subquery()
    )


def _days(row: Any) -> ColumnElement[str]:
    """Both days, as an ISO 8601 interval; null where one is not known."""
    first, last = (func.to_char(day, _text("YYYY-MM-DD")) for day in (row.start_on, row.end_on))
    days: ColumnElement[str] = first + _text("/") + last
    return days


_entries = union_all(
    _entry("official", _person, key=cast(_person.id, Text), detail=_NOTHING),
    *(
        _entry(kind, row, row.name_en, *names, name_en=row.name_en, detail=_joined(*detail))
        for kind, row, names, detail in (
            ("organization", _body, [_body.short_name], (_body.kind, _body.level)),
            ("division", _division, [], (_division.kind, _division.level)),
            ("stage", _stage, [], (_stage.election, _days(_stage))),
            ("meeting", _meeting, [], (_meeting.place, _days(_meeting))),
        )
    ),
).subquery("entries")


def hit(_day: DayExpression) -> DocumentSelect:
    found = _entries.c
    # The office is looked up here, for those on the page, and not among the entries, for all that were found.
    detail = func.coalesce(found.detail, _last_office(found.person)).label("detail")
    return select(found.kind, found.key, found.name, found.name_en, found.url, detail)


def _conditions(given: ActiveFilters) -> Iterator[ColumnElement[bool]]:
    if "kind" in given:
        yield _entries.c.kind == bindparam("kind")


def _found(words: Expression) -> ColumnElement[bool]:
    """By words like those of the names, or by the code itself: two conditions, so that an index can answer each."""
    return or_(matches(_entries.c.folded, words), _entries.c.is_its_code)


HITS = Collection(
    Document(schemas.Hit, hit),
    _entries,
    key=_entries.c.url,
    # A code that was given is as like as can be, whatever the names are.
    folded=case((_entries.c.is_its_code, FOLDED_WORDS), else_=_entries.c.folded),
    found=_found,
    whole=_entries.c.is_whole,
    conditions=_conditions,
    sorts={},
)
