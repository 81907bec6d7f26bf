"""The SQL of rolls."""

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Text,
    bindparam,
    case,
    func,
    literal_column,
    null,
    or_,
    select,
)
from sqlalchemy.orm import aliased

from app import mentions, models
from app.attendance import schemas
from app.core.collection import Collection, Conditions, Given, Reference
from app.core.database import Reading
from app.core.documents import Day, Document, Expression, Rows, json_object
from app.core.facts import fact_members
from app.core.likeness import alike
from app.core.statements import Statement

_listed, _assigned, _meeting = models.Participant, models.ParticipantSession, models.Meeting
_MEETING = bindparam("meeting", type_=Text)
MOST_FOUND = 1_000  # names alike that are ranked: of 100,000 people a third may be alike, and ranking takes its time


def participant(_day: Day) -> Rows:
    """As anyone may see it: neither that somebody was sick, nor what is noted of an excuse, which would tell."""
    note = case((_listed.open_status == literal_column("'excused'"), null()), else_=_listed.note)
    return _participant(_listed.open_status, note)


def participant_in_full(_day: Day) -> Rows:
    """As it is, for who may read personal data."""
    return _participant(_listed.status, _listed.note)


def _participant(status: Expression, note: Expression) -> Rows:
    return select(
        _listed.id,
        mentions.official(_listed.official).label("official"),
        _listed.name,
        mentions.organization(_listed.organization).label("organization"),
        _listed.office,
        _listed.capacity,
        _represented().label("represents"),
        status.label("status"),
        _listed.late,
        _listed.arrived_at,
        _listed.left_at,
        _listed.name_as_printed,
        note.label("note"),
        *fact_members(_listed),
    )


def _represented() -> ColumnElement[Any]:
    other, person = aliased(models.Participant), aliased(models.Official)
    return (
        select(json_object(id=other.id, name=func.coalesce(person.name, other.name)))
        .outerjoin(person, person.id == other.official)
        .where(other.meeting == _listed.meeting, other.id == _listed.represents)
        .correlate_except(other, person)
        .scalar_subquery()
    )


def _if_open(given: Given) -> Iterator[ColumnElement[bool]]:
    # Closed in the SQL itself: whoever has no token sees nothing of a restricted roll, whatever a router forgets.
    yield select(_meeting.code).where(_meeting.code == _MEETING, _meeting.roll == "open").exists()
    yield from _asked(given, "open_status")


def _in_full(given: Given) -> Iterator[ColumnElement[bool]]:
    yield from _asked(given, "status")


def _asked(given: Given, status: str) -> Iterator[ColumnElement[bool]]:
    yield _listed.meeting == _MEETING
    for name, column in (("organization", "organization"), ("office", "office"), ("status", status)):
        if name in given:
            yield _listed.__table__.c[column] == bindparam(name)
    if "session" in given:
        yield (
            select(_assigned.participant)
            .where(
                _assigned.meeting == _listed.meeting,
                _assigned.session == bindparam("session"),
                _assigned.participant == _listed.id,
            )
            .correlate(_listed)
            .exists()
        )


def _found(words: Expression) -> ColumnElement[bool]:
    """By the name on the list, or by any name that the record has of the official."""
    known = aliased(models.Official)
    # An array, not IN: so the indexes on both columns answer, where else the whole list would be gone through.
    officials = func.array(select(known.id).where(alike(known.folded, words)).scalar_subquery())
    return or_(alike(_listed.folded, words), _listed.official == func.any(officials))


def _names() -> ColumnElement[str]:
    known = aliased(models.Official)
    of_record = select(known.folded).where(known.id == _listed.official).correlate(_listed).scalar_subquery()
    names: ColumnElement[str] = func.concat_ws(literal_column("' '"), of_record, _listed.folded)
    return names


def _collection(document: Document, conditions: Conditions) -> Collection:
    return Collection(
        document,
        _listed,
        conditions=conditions,
        sorts={"id": [], "updated_at": [_listed.updated_at]},
        references={
            "organization": Reference(models.Organization.code, "/v1/organizations"),
            "session": Reference(
                models.Session.code, "/v1/meetings/{code}/sessions", within=models.Session.meeting == _MEETING
            ),
        },
        folded=_names(),
        found=_found,
        most=MOST_FOUND,
    )


ATTENDANCE = _collection(Document(schemas.Participant, participant), _if_open)
IN_FULL = _collection(Document(schemas.Participant, participant_in_full), _in_full)

_ROLL = Statement(select(_meeting.roll, _meeting.host).where(_meeting.code == _MEETING))


class Roll(NamedTuple):
    """Whether a meeting's roll is open or restricted, and whose meeting it is."""

    roll: str
    host: str


async def roll_of(read: Reading, meeting: str) -> Roll | None:
    """None where there is no such meeting."""
    row = await read.row(_ROLL, {"meeting": meeting})
    return Roll(*row) if row else None
