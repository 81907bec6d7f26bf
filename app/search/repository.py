"""The SQL of the search over all that has a name."""

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, Text, bindparam, case, cast, func, literal_column, null, select, union_all

from app import models
from app.core.collection import Collection, Given
from app.core.documents import Day, Document, Rows
from app.search import schemas

_person, _body, _division = models.Official, models.Organization, models.Division
_stage, _meeting, _held = models.Stage, models.Meeting, models.Appointment


def _entry(kind: str, listed_at: str, key: Any, row: Any, name_en: Any, detail: Any) -> Rows:
    return select(
        _text(kind).label("kind"),
        key.label("key"),
        row.name.label("name"),
        name_en.label("name_en"),
        func.concat(_text(f"/v1/{listed_at}/"), key).label("url"),
        detail.label("detail"),
        row.folded.label("folded"),
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
    return case((row.start_on <= row.end_on, func.concat(row.start_on, _text("/"), row.end_on)))


_entries = union_all(
    _entry("official", "officials", cast(_person.id, Text), _person, cast(null(), Text), _last_office()),
    *(
        _entry(kind, f"{kind}s", row.code, row, row.name_en, _joined(*detail))
        for kind, row, detail in (
            ("organization", _body, (_body.kind, _body.level)),
            ("division", _division, (_division.kind, _division.level)),
            ("stage", _stage, (_stage.election, _days(_stage))),
            ("meeting", _meeting, (_meeting.place, _days(_meeting))),
        )
    ),
).subquery("entries")


def hit(_day: Day) -> Rows:
    found = _entries.c
    return select(found.kind, found.key, found.name, found.name_en, found.url, found.detail)


def _conditions(given: Given) -> Iterator[ColumnElement[bool]]:
    if "kind" in given:
        yield _entries.c.kind == bindparam("kind")


HITS = Collection(
    Document(schemas.Hit, hit),
    _entries,
    key=_entries.c.url,
    conditions=_conditions,
    sorts={},
)
