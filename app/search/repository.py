"""The SQL of the search over all that has a name."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Text, bindparam, case, cast, func, literal_column, null, or_, select, union_all

from app import models
from app.core.collection import Collection, Given
from app.core.documents import Day, Document, Rows
from app.search import schemas

_person, _body, _division = models.Official, models.Organization, models.Division
_stage, _meeting, _held = models.Stage, models.Meeting, models.Appointment


def _entry(
    kind: str, row: Any, *names: Any, detail: Any, key: Any = None, name_en: Any = None, folded: Any = None
) -> Rows:
    key = row.code if key is None else key
    words = select(func.fold(func.trim(bindparam("q", type_=Text)))).scalar_subquery()
    return select(
        _text(kind).label("kind"),
        key.label("key"),
        row.name.label("name"),
        (cast(null(), Text) if name_en is None else name_en).label("name_en"),
        func.concat(_text(f"/v1/{kind}s/"), key).label("url"),
        detail.label("detail"),
        (row.folded if folded is None else folded).label("folded"),
        or_(*(func.fold(name) == words for name in (row.name, *names))).label("is_named_so"),
    )


def _text(constant: str) -> ColumnElement[str]:
    return literal_column(f"'{constant}'::text", Text)


def _joined(*parts: Any) -> ColumnElement[str]:
    joined: ColumnElement[str] = func.nullif(func.concat_ws(_text(", "), *parts), _text(""))
    return joined


def _last_office() -> ColumnElement[Any]:
    """The office that an official came into last, and the body."""
    return (
        select(_joined(_held.office, _body.name))
        .join(_body, _body.code == _held.organization)
        .where(_held.official == _person.id)
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
    _entry("official", _person, key=cast(_person.id, Text), detail=_last_office()),
    _entry(
        "organization",
        _body,
        _body.name_en,
        _body.short_name,
        name_en=_body.name_en,
        detail=_joined(_body.kind, _body.level),
    ),
    _entry(
        "division",
        _division,
        _division.name_en,
        name_en=_division.name_en,
        detail=_joined(_division.kind, _division.level),
    ),
    _entry("stage", _stage, _stage.name_en, name_en=_stage.name_en, detail=_joined(_stage.election, _days(_stage))),
    _entry(
        "meeting",
        _meeting,
        _meeting.name_en,
        name_en=_meeting.name_en,
        detail=_joined(_meeting.place, _days(_meeting)),
        # With its code, for that is what people call it: "Rakornas 2022".
        folded=_meeting.folded + _text(" ") + _meeting.code,
    ),
).subquery("entries")


def hit(_day: Day) -> Rows:
    found = _entries.c
    return select(found.kind, found.key, found.name, found.name_en, found.url, found.detail)


def _conditions(given: Given) -> Iterator[ColumnElement[bool]]:
    if "kind" in given:
        yield _entries.c.kind == bindparam("kind")


def _named_so_first() -> ColumnElement[str]:
    """Of hits that are equally alike, one whose whole name was given comes before those with more in their names."""
    place: ColumnElement[str] = case((_entries.c.is_named_so, _text("0")), else_=_text("1")) + _entries.c.url
    return place


HITS = Collection(
    Document(schemas.Hit, hit),
    _entries,
    key=_named_so_first(),
    conditions=_conditions,
    sorts={},
)
