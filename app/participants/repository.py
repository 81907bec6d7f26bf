"""The SQL of a meeting's list."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import (
    ColumnElement,
    Integer,
    Text,
    Uuid,
    bindparam,
    case,
    cast,
    column,
    func,
    literal_column,
    null,
    select,
)

from app import models, references
from app.core.collection import ActiveFilters
from app.core.db.documents import Day, Document, Rows, json_list, json_object
from app.core.db.provenance import fact_members
from app.core.db.statements import Statement
from app.core.db.transaction import Transaction
from app.participants import payloads, schemas
from app.roll_access import collection
from app.roll_access.access import must_be_open
from app.writes.resource import Parts, Resource, Values

_listed, _assigned, _meeting = models.Participant, models.ParticipantSession, models.Meeting
_MEETING = bindparam("meeting", type_=Text)


def _chain() -> ColumnElement[Any]:
    """Whom a participant comes for, and whom that one does, as far as it goes."""
    step = func.representation_chain(_listed.id).table_valued(
        column("id", Uuid), column("name", Text), column("step", Integer), name="in_turn"
    )
    return json_list(json_object(id=step.c.id, name=step.c.name), step.c.step, where=literal_column("true"))


def participant(_day: Day) -> Rows:
    letter = json_object(number=_listed.letter_number, dated_on=_listed.letter_dated_on)
    there_is_one = func.num_nonnulls(_listed.letter_number, _listed.letter_dated_on) > 0
    return select(
        _listed.id,
        references.official_reference(_listed.official).label("official"),
        _listed.name,
        references.organization_reference(_listed.organization).label("organization"),
        _listed.office,
        _listed.capacity,
        references.participant_reference(_listed.represents).label("represents"),
        _chain().label("representation_chain"),
        case((there_is_one, letter), else_=null()).label("assignment_letter"),
        _listed.parts["sessions"].label("sessions"),
        _listed.name_as_printed,
        _listed.note,
        *fact_members(_listed),
    )


def _asked(given: ActiveFilters) -> Iterator[ColumnElement[bool]]:
    yield from collection.asked(given, "organization", "office", "capacity")


PARTICIPANTS = collection.collection(Document(schemas.Participant, participant), _asked)


def _columns(members: Values) -> Values:
    """The letter stands in two columns, the sessions in rows of their own."""
    columns = dict(members)
    if "assignment_letter" in columns:
        letter = columns.pop("assignment_letter")
        letter = letter if isinstance(letter, Mapping) or letter is None else dict(letter)
        columns["letter_number"] = letter["number"] if letter else None
        columns["letter_dated_on"] = letter["dated_on"] if letter else None
    if "sessions" in columns:
        columns["sessions"] = [{"session": code} for code in columns["sessions"]]
    return columns


def _members(columns: Values) -> Values:
    number, dated_on = columns.get("letter_number"), columns.get("letter_dated_on")
    letter = {"number": number, "dated_on": dated_on} if number or dated_on else None
    return {**columns, "assignment_letter": letter}


PARTICIPANT = Resource(
    "participants",
    _listed,
    PARTICIPANTS,
    address="/v1/meetings/{meeting}/participants/{id}",
    payload_model=payloads.ParticipantContent,
    key_columns=("meeting", "id"),
    generated_columns=("folded", "open_status"),
    parts=[
        Parts(
            "sessions",
            models.ParticipantSession,
            foreign_key={"meeting": "meeting", "participant": "id"},
            ordered=False,
            keys_only=True,
        )
    ],
    to_columns=_columns,
    to_members=_members,
    owner_query=Statement(select(_meeting.host).where(_meeting.code == bindparam("meeting", type_=Text))),
    ensure_writable=must_be_open,
    is_personal=True,
)

_REGISTER = """
INSERT INTO participants ({names}) SELECT {names}
FROM jsonb_populate_recordset(NULL::participants, $1::text::jsonb) AS one ORDER BY one.organization, one.id
"""
_ASSIGN = """
INSERT INTO participant_sessions (meeting, session, participant)
SELECT one.meeting, one.session, one.participant
FROM jsonb_to_recordset($1::text::jsonb) AS one (meeting text, session text, participant uuid)
ORDER BY one.participant, one.session
"""
_LISTED = Statement(
    select(
        _listed.id,
        cast(
            json_object(
                id=_listed.id,
                official=references.official_reference(_listed.official),
                name=_listed.name,
                organization=references.organization_reference(_listed.organization),
                office=_listed.office,
            ),
            Text,
        ),
    ).where(_listed.meeting == _MEETING, _listed.id == func.any(bindparam("ids")))
)
_IN_OFFICE = """
SELECT DISTINCT ON (held.official) held.official::text, held.organization, held.office,
    coalesce(meeting.start_on <@ held.certain, false),
    EXISTS (SELECT FROM participants AS one WHERE one.meeting = $1 AND one.official = held.official)
FROM meetings AS meeting
JOIN appointments AS held ON meeting.start_on <@ held.possible
WHERE meeting.code = $1 AND held.organization = ANY ($2) AND held.office = ANY ($3)
ORDER BY held.official, array_position($3, held.office), held.id
"""
_UNKNOWN = "SELECT code FROM unnest($1::text[]) AS code WHERE code NOT IN (SELECT code FROM organizations)"


async def register(write: Transaction, rows: Sequence[Mapping[str, Any]], seats: Sequence[Mapping[str, Any]]) -> None:
    """Put all of these on lists, with the sessions they are assigned to, in a statement each."""
    columns = ", ".join(f'"{name}"' for name in rows[0])
    await write.fetch(_REGISTER.format(names=columns), orjson.dumps(rows).decode())
    if seats:
        await write.fetch(_ASSIGN, orjson.dumps(seats).decode())


async def listed(write: Transaction, meeting: str, ids: Sequence[UUID]) -> dict[UUID, Any]:
    """What a batch says of those whom it has put on the list, by id."""
    return {id_: orjson.loads(told) for id_, told in await write.fetch_all(_LISTED, {"meeting": meeting, "ids": ids})}


async def in_office(
    write: Transaction, meeting: str, organizations: Sequence[str], offices: Sequence[str]
) -> list[tuple[str, str, str, bool, bool]]:
    """Who holds one of these offices on the meeting's first day: official, organization, office, whether that is
    certain, and whether they are on the list already. One who holds two comes in the first of `offices`.
    """
    return [tuple(row) for row in await write.fetch(_IN_OFFICE, meeting, list(organizations), list(offices))]


async def unknown(write: Transaction, organizations: Sequence[str]) -> set[str]:
    """Those that are no codes of organizations."""
    return {code for (code,) in await write.fetch(_UNKNOWN, list(organizations))}
